#include "plugins/checkr/simulator/switches.hpp"

#include <algorithm>
#include <array>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::Json;
using hubsdk::JsonKind;

constexpr std::int64_t kDelayMsMax = 50'000;  // below the server's own deadline for an answer
constexpr std::int64_t kCountMax = 1'000'000;

bool readRange(Json json, std::int64_t max, std::int64_t& into) {
    const auto number = json.asInt64();
    if (!number || *number < 0 || *number > max) return false;
    into = *number;
    return true;
}

bool readCountdown(Json json, Countdown& into) {
    into = Countdown{};
    if (const auto on = json.asBool()) {
        into.left = *on ? 1 : 0;
        return true;
    }
    if (json.kind() != JsonKind::kObject) return readRange(json, kCountMax, into.left);
    into.left = 1;
    into.request = json["request"].text();
    return !json["count"].present() || readRange(json["count"], kCountMax, into.left);
}

bool readFailure(Json json, Switches& to) {
    std::int64_t status = 0;
    if (!readRange(json["status"], 599, status) || status < 400) return false;
    to.fail_status = static_cast<int>(status);
    return readCountdown(json, to.fail);
}

bool readInclude(Json json, Switches& to) {
    to.include_object = json.asBool();
    return to.include_object.has_value() || json.kind() == JsonKind::kNull;
}

bool readReorder(Json json, Switches& to) {
    const auto on = json.asBool();
    to.reorder = on.value_or(false);
    return on.has_value();
}

struct Member {
    std::string_view name;
    bool (*read)(Json, Switches&);
};

constexpr std::array kMembers = {
    Member{"duplicate_every",
           [](Json json, Switches& to) { return readRange(json, kCountMax, to.duplicate_every); }},
    Member{"reorder", readReorder},
    Member{"drop_percent",
           [](Json json, Switches& to) { return readRange(json, 100, to.drop_percent); }},
    Member{"lose_reply_next",
           [](Json json, Switches& to) { return readCountdown(json, to.lose_reply); }},
    Member{"fail_next", readFailure},
    Member{"delay_ms",
           [](Json json, Switches& to) { return readRange(json, kDelayMsMax, to.delay_ms); }},
    Member{"include_object", readInclude},
};

}  // namespace

bool Countdown::takes(std::string_view method, std::string_view path) {
    if (left <= 0) return false;
    const std::string line = std::string(method) + " " + std::string(path);
    if (!line.starts_with(request)) return false;
    --left;
    return true;
}

hubsdk::Result<void> applySwitches(Json json, Switches& switches) {
    if (json.kind() != JsonKind::kObject) {
        return hubsdk::makeError(hubsdk::ErrorCode::kInvalid, "switches are one JSON object");
    }
    Switches next = switches;
    for (const auto& member : json.members()) {
        const auto* found = std::find_if(kMembers.begin(), kMembers.end(), [&](const Member& own) {
            return own.name == member.name;
        });
        if (found == kMembers.end() || !found->read(Json(&member.value), next)) {
            return hubsdk::makeError(hubsdk::ErrorCode::kInvalid, "no such switch or value",
                                     std::string(member.name));
        }
    }
    switches = std::move(next);
    return {};
}

}  // namespace vendor::checkr::simulator
