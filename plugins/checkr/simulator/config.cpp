#include "plugins/checkr/simulator/config.hpp"

#include <hubsdk/cpp/json.hpp>

#include <algorithm>
#include <array>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::Json;
using hubsdk::JsonKind;

constexpr std::int64_t kNumberMax = 86'400'000;

bool readText(Json json, std::string& into) {
    const auto text = json.asString();
    if (!text || text->empty()) return false;
    into = *text;
    return true;
}

bool readNumber(Json json, std::int64_t& into) {
    const auto number = json.asInt64();
    if (!number || *number < 0 || *number > kNumberMax) return false;
    into = *number;
    return true;
}

bool readKeys(Json json, std::vector<std::string>& into) {
    into.clear();
    if (json.kind() != JsonKind::kArray) return readText(json, into.emplace_back());
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (!readText(json.at(i), into.emplace_back())) return false;
    }
    return !into.empty();
}

bool readWebhooks(Json json, std::vector<WebhookSeed>& into) {
    if (json.kind() != JsonKind::kArray) return false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        WebhookSeed seed;
        if (!readText(json.at(i)["webhook_url"], seed.url)) return false;
        seed.include_object = json.at(i)["include_object"].asBool().value_or(true);
        into.push_back(std::move(seed));
    }
    return true;
}

bool readRoutes(Json json, std::map<std::string, std::string>& into) {
    if (json.kind() != JsonKind::kObject) return false;
    for (const auto& member : json.members()) {
        if (!readText(Json(&member.value), into[std::string(member.name)])) return false;
    }
    return true;
}

struct Member {
    std::string_view name;
    bool (*read)(Json, Config&);
};

constexpr std::array kMembers = {
    Member{"api_key", [](Json json, Config& to) { return readKeys(json, to.api_keys); }},
    Member{"client_id", [](Json json, Config& to) { return readText(json, to.client_id); }},
    Member{"client_secret", [](Json json, Config& to) { return readText(json, to.client_secret); }},
    Member{"seed", [](Json json, Config& to) { return readText(json, to.seed); }},
    Member{"story", [](Json json, Config& to) { return readText(json, to.story); }},
    Member{"pace_ms", [](Json json, Config& to) { return readNumber(json, to.pace_ms); }},
    Member{"retry_ms", [](Json json, Config& to) { return readNumber(json, to.retry_ms); }},
    Member{"rate_limit_per_minute",
           [](Json json, Config& to) { return readNumber(json, to.rate_limit_per_minute); }},
    Member{"webhooks", [](Json json, Config& to) { return readWebhooks(json, to.webhooks); }},
    Member{"application_webhook_url",
           [](Json json, Config& to) { return readText(json, to.application_webhook_url); }},
    Member{"routes", [](Json json, Config& to) { return readRoutes(json, to.routes); }},
};

}  // namespace

hubsdk::Result<Config> readConfig(std::string_view json) {
    Config config;
    if (json.empty()) return config;
    auto document = hubsdk::JsonDocument::parse(json);
    if (!document) return std::move(document).error();
    if (document->root().kind() != JsonKind::kObject) {
        return hubsdk::makeError(hubsdk::ErrorCode::kInvalid,
                                 "the configuration is no JSON object");
    }
    for (const auto& member : document->root().members()) {
        const auto* found = std::find_if(kMembers.begin(), kMembers.end(), [&](const Member& own) {
            return own.name == member.name;
        });
        const bool good = found != kMembers.end() && found->read(Json(&member.value), config);
        if (good) continue;
        const char* why =
            found == kMembers.end() ? "unknown member" : "not a value for this member";
        return hubsdk::makeError(hubsdk::ErrorCode::kInvalid, why, std::string(member.name));
    }
    return config;
}

}  // namespace vendor::checkr::simulator
