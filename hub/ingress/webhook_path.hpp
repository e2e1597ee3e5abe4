/// Paths of the webhook door, and how large a body may be there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <hubsdk/model/manifest.hpp>

namespace hub::ingress {

inline constexpr std::string_view kWebhookPrefix = "/api/webhooks/";
/// Bodies on webhook paths (threat-model section 21); a manifest may ask for up to the second.
inline constexpr std::size_t kWebhookBodyBytesMax = std::size_t{2} * 1024 * 1024;
inline constexpr std::size_t kWebhookBodyBytesCeiling = std::size_t{8} * 1024 * 1024;

/// Where a request on the webhook door points to.
struct WebhookPath {
    std::string vendor;
    std::string token;  ///< "": the vendor's only connection is meant (R-WHI-01)
    std::string tail;   ///< "" or "/…"; none without a token
};
/// Nothing if the path is no webhook path.
[[nodiscard]] std::optional<WebhookPath> webhookPath(std::string_view path);

/// What the plugin of a vendor asks for, within the ceiling.
[[nodiscard]] std::size_t webhookBodyBytesMax(const hubsdk::Manifest& manifest);

}  // namespace hub::ingress
