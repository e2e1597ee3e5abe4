#include "hub/flows/capture.hpp"

#include <algorithm>

namespace hub::flows {
namespace {

using hubsdk::Json;
using hubsdk::JsonKind;

constexpr std::string_view kBlank = "***";
// A lifetime that a vendor names is believed up to a hundred years: the sum must not overflow.
constexpr std::int64_t kLifetimeSecondsMax = std::int64_t{100} * 366 * 24 * 3600;

std::string escapedToken(std::string_view name) {
    std::string token;
    for (const char c : name) {
        if (c == '~') {
            token += "~0";
        } else if (c == '/') {
            token += "~1";
        } else {
            token += c;
        }
    }
    return token;
}

// Copies a value, with the ones at `pointers` blanked.
void copyBlanked(hubsdk::JsonWriter& writer, Json json, const std::string& here,
                 const std::vector<std::string>& pointers) {
    if (std::ranges::find(pointers, here) != pointers.end()) return writer.string(kBlank);
    if (json.kind() == JsonKind::kObject) {
        writer.beginObject();
        for (const hubsdk::internal::JsonMember& member : json.members()) {
            writer.key(member.name);
            copyBlanked(writer, Json(&member.value), here + "/" + escapedToken(member.name),
                        pointers);
        }
        return writer.endObject();
    }
    if (json.kind() == JsonKind::kArray) {
        writer.beginArray();
        for (std::size_t i = 0; i < json.size(); ++i) {
            copyBlanked(writer, json.at(i), here + "/" + std::to_string(i), pointers);
        }
        return writer.endArray();
    }
    writer.value(json);
}

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
    hubsdk::JsonWriter writer(reply.body);
    copyBlanked(writer, document->root(), "", pointers);
    return reply;
}

}  // namespace hub::flows
