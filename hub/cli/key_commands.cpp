#include "hub/cli/key_commands.hpp"

#include <iostream>

#include "hub/cli/loaded_plugin.hpp"
#include "hub/cli/plugin_commands.hpp"

namespace hub::cli {
namespace {

using hubsdk::ErrorCode;

constexpr std::string_view kPermission = "plugin.manage";
// A call seals 320 values; this many are more than a billion.
constexpr int kCallsMax = 4'000'000;
constexpr int kCallsOfALine = 100;
constexpr int kPassesMax = 10;

int refused(const hubsdk::Error& error) {
    return complain(error.code == ErrorCode::kConflict ? kRefused : kBadInput, error.text());
}

std::string placeOf(hubsdk::Json view) {
    return R"({"column":)" + std::to_string(view["column"].asInt64().value_or(0)) +
           R"(,"afterRow":)" + hubsdk::toText(view["afterRow"]) + "}";
}

struct Pass {
    std::int64_t resealed = 0;
    std::string key_id;
};

hubsdk::Result<Pass> resealOnce(HubCaller& hub) {
    Pass pass;
    std::string place = "{}";
    for (int i = 1; i <= kCallsMax; ++i) {
        const auto answer = hub.post("/admin/keys/reseal", place, kPermission);
        if (!answer) return answer.error();
        const hubsdk::Json view = answer->root()["data"];
        pass.resealed += view["resealed"].asInt64().value_or(0);
        pass.key_id = view["activeKeyId"].text();
        if (view["finished"].asBool().value_or(false)) return pass;
        if (i % kCallsOfALine == 0) std::cout << pass.resealed << " values …" << std::endl;
        place = placeOf(view);
    }
    return hubsdk::makeError(ErrorCode::kUnavailable, "the hub does not get to the end");
}

// What was sealed before the rotation may be committed behind a pass, so a pass must find nothing.
int resealAll(HubCaller& hub) {
    std::int64_t resealed = 0;
    for (int i = 0; i < kPassesMax; ++i) {
        const auto pass = resealOnce(hub);
        if (!pass) return refused(pass.error());
        resealed += pass->resealed;
        if (pass->resealed > 0) continue;
        std::cout << "sealed " << resealed << " values with " << pass->key_id << "\n"
                  << "Older keys still open backups and what was on its way. Keep a copy of the "
                     "old key file with\nthe old backups; after 10 minutes 'hubctl key retire' "
                     "makes the hub forget them.\n";
        return kOk;
    }
    return complain(kBadInput, "values that an older key sealed keep coming: run it again");
}

}  // namespace

int rotateKey(const HubArguments& arguments, bool resume) {
    auto hub = HubCaller::open(arguments);
    if (!hub) return complain(kBadInput, hub.error().text());
    if (!resume) {
        const auto rotated = hub->post("/admin/keys/rotate", "{}", kPermission);
        if (!rotated) return refused(rotated.error());
        std::cout << "new master key " << rotated->root()["data"]["activeKeyId"].text() << "\n";
    }
    return resealAll(*hub);
}

int retireKeys(const HubArguments& arguments) {
    auto hub = HubCaller::open(arguments);
    if (!hub) return complain(kBadInput, hub.error().text());
    const auto retired = hub->post("/admin/keys/retire", "{}", kPermission);
    if (!retired) return refused(retired.error());
    std::cout << "the only master key is " << retired->root()["data"]["activeKeyId"].text() << "\n";
    return kOk;
}

}  // namespace hub::cli
