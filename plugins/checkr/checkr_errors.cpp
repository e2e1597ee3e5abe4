#include "plugins/checkr/checkr_errors.hpp"

#include "plugins/checkr/checkr_fields.hpp"

#include <algorithm>

namespace vendor::checkr {
namespace {

constexpr std::size_t kMessageBytesMax = 500;
constexpr std::size_t kTextsMax = 10;
// The budget is per minute: a reset that is farther away is a wrong clock.
constexpr std::int64_t kResetMaxMs = 10 * 60'000;
constexpr std::int64_t kResetMinMs = 1000;

// "text", ["text", …] or {"message": "text"}.
std::string textsOf(Json error) {
    if (const auto text = textOf(error)) return *text;
    if (const auto text = textOf(error["message"])) return *text;
    std::string all;
    for (std::size_t i = 0; i < std::min(error.size(), kTextsMax); ++i) {
        const auto text = textOf(error.at(i));
        if (text) all += (all.empty() ? "" : "; ") + *text;
    }
    return all;
}

// Empty if the body is none of the vendor's forms (HTML of a proxy, nothing).
std::string messageOf(const hubsdk::Reply& reply) {
    const auto document = hubsdk::JsonDocument::parse(reply.body());
    if (!document) return {};
    const Json root = document->root();
    std::string message = textsOf(root["error"]);
    if (message.empty()) message = textsOf(root["errors"]);
    // "Invalid API Key provided: …" repeats the key.
    if (reply.status() == 401) message.resize(std::min(message.find(':'), message.size()));
    return clipped(message, kMessageBytesMax);
}

std::optional<std::int64_t> resetAfterMs(const hubsdk::Reply& reply) {
    const std::string* reset = reply.header("X-Ratelimit-Reset");
    const auto at_ms =
        reset == nullptr ? std::nullopt : hubsdk::timestampOf(hubsdk::trimmed(*reset));
    if (!at_ms) return std::nullopt;
    return std::clamp(*at_ms - hubsdk::now(), kResetMinMs, kResetMaxMs);
}

}  // namespace

hubsdk::VendorError classifyReply(const hubsdk::Reply& reply) {
    hubsdk::VendorError error = hubsdk::classifyByStatus(reply);
    std::string message = messageOf(reply);
    // Without "Duplicate" the first request with this key is still running.
    if (reply.status() == 409) error.retryable = !hubsdk::containsNoCase(message, "duplicate");
    // checkr.md, "5xx retry": the whole class, not only what every vendor is given another try for.
    if (reply.status() >= 500) error.retryable = true;
    if (reply.status() == 429 && !error.retry_after_ms) error.retry_after_ms = resetAfterMs(reply);
    if (!message.empty()) error.message = std::move(message);
    return error;
}

}  // namespace vendor::checkr
