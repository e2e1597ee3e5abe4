/// The Retry-After field of an answer (RFC 9110 section 10.2.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hub::flows {

/// The longest wait that a vendor is believed.
inline constexpr std::int64_t kRetryAfterMaxMs = std::int64_t{24} * 3600 * 1000;

/// Milliseconds to wait, 0 to kRetryAfterMaxMs; nothing if the field is neither a count of seconds
/// nor a date of the form "Sun, 06 Nov 1994 08:49:37 GMT". Any thread.
[[nodiscard]] std::optional<std::int64_t> retryAfterMs(std::string_view field, std::int64_t now_ms);

}  // namespace hub::flows
