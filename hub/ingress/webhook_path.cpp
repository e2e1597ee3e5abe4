#include "hub/ingress/webhook_path.hpp"

#include <algorithm>

namespace hub::ingress {

std::optional<WebhookPath> webhookPath(std::string_view path) {
    if (!path.starts_with(kWebhookPrefix)) return std::nullopt;
    path.remove_prefix(kWebhookPrefix.size());
    const std::size_t slash = path.find('/');
    WebhookPath parts;
    parts.vendor = path.substr(0, slash);
    if (parts.vendor.empty()) return std::nullopt;
    if (slash == std::string_view::npos || slash + 1 == path.size()) return parts;
    const std::string_view rest = path.substr(slash + 1);
    const std::size_t end = rest.find('/');
    parts.token = rest.substr(0, end);
    if (end != std::string_view::npos && end + 1 < rest.size()) parts.tail = rest.substr(end);
    if (parts.token.empty()) return std::nullopt;
    return parts;
}

std::size_t webhookBodyBytesMax(const hubsdk::Manifest& manifest) {
    if (!manifest.body_bytes_max) return kWebhookBodyBytesMax;
    const auto asked =
        static_cast<std::size_t>(std::max<std::int64_t>(*manifest.body_bytes_max, 0));
    return std::min(asked, kWebhookBodyBytesCeiling);
}

}  // namespace hub::ingress
