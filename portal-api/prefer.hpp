/// The request header Prefer (RFC 7240), of which the portal knows one preference: wait.
#pragma once

#include "hub/http/message.hpp"

#include <cstdint>
#include <optional>

namespace portal {

/// The longest that an answer is waited for (plugin-contract section 8).
inline constexpr std::int64_t kWaitSecondsMax = 10;

/// How many seconds the caller would wait for the end of what it starts: 1 to kWaitSecondsMax, a
/// longer wish counts as the longest. Nothing without the preference, and for a value that is no
/// number above zero: RFC 7240 has such a preference ignored. The first of several counts.
[[nodiscard]] std::optional<std::int64_t> preferredWait(const hub::http::Request& request);

}  // namespace portal
