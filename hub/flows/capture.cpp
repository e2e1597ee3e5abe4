#include "hub/flows/capture.hpp"

#include <algorithm>

namespace hub::flows {
namespace {

// A lifetime that a vendor names is believed up to a hundred years: the sum must not overflow.
constexpr std::int64_t kLifetimeSecondsMax = std::int64_t{100} * 366 * 24 * 3600;

}  // namespace

CapturedReply captureSecrets(std::string body, const std::vector<hubsdk::Capture>& captures,
                             std::int64_t now_ms) {
    CapturedReply reply;
    if (captures.empty()) {
        reply.body = std::move(body);
        return reply;
    }
    auto document = hubsdk::JsonDocument::parse(body);
    if (!document) return reply;
    std::vector<std::string> pointers;
    for (const hubsdk::Capture& capture : captures) {
        const auto value = document->root().pointer(capture.at).scalarText();
        if (!value || value->empty()) continue;
        CapturedSecret secret;
        secret.name = capture.into;
        secret.value.text = std::string(*value);
        secret.mode =
            capture.mode == "add" ? storage::CaptureMode::kAdd : storage::CaptureMode::kReplace;
        secret.transient = capture.mode == "transient";
        if (capture.expires) {
            const auto seconds = document->root().pointer(*capture.expires).asInt64();
            if (seconds && *seconds >= 0) {
                secret.value.expires_at_ms =
                    now_ms + std::min(*seconds, kLifetimeSecondsMax) * 1000;
            }
        }
        pointers.push_back(capture.at);
        reply.secrets.push_back(std::move(secret));
    }
    // By the same look-up that found them: two ways to read a pointer would leave a secret behind.
    reply.body = hubsdk::toMaskedText(document->root(), pointers);
    return reply;
}

}  // namespace hub::flows
