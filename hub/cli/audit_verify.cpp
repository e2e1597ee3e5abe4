#include "hub/cli/audit_verify.hpp"

#include <iostream>

#include "hub/cli/loaded_plugin.hpp"
#include "hub/cli/plugin_commands.hpp"

namespace hub::cli {
namespace {

// Calls go on as long as each gets further; this many would be a hundred million entries.
constexpr int kCallsMax = 10'000;

struct Chain {
    std::int64_t checked = 0;
    std::int64_t last_seq = 0;
};

int report(hubsdk::Json tenant, const Chain& chain) {
    const std::string name(tenant["tenantId"].text());
    const hubsdk::Json broken = tenant["firstBreak"];
    if (broken.empty()) {
        std::cout << "tenant " << name << ": holds, " << chain.checked << " entries checked, "
                  << tenant["unnumbered"].asInt64().value_or(0) << " wait for their number\n";
        return kOk;
    }
    std::cout << "tenant " << name << ": BROKEN at entry " << broken["seq"].asInt64().value_or(0)
              << ": " << broken["reason"].text() << "\n  " << broken["text"].text() << "\n  "
              << chain.checked << " entries before it hold. Keep the database as it is, compare "
              << "the entry with a backup,\n  and look for the last 'audit.anchor' line of this "
              << "tenant in the log.\n";
    return kRefused;
}

}  // namespace

int verifyAudit(const HubArguments& arguments) {
    auto hub = HubCaller::open(arguments);
    if (!hub) return complain(kBadInput, hub.error().text());
    Chain chain;
    for (int i = 0; i < kCallsMax; ++i) {
        const auto answer =
            hub->post("/admin/audit/verify",
                      R"({"afterSeq":)" + std::to_string(chain.last_seq) + "}", "audit.read");
        if (!answer) return complain(kBadInput, answer.error().text());
        const hubsdk::Json tenant = answer->root()["data"]["tenants"].at(0);
        const std::int64_t checked = tenant["entriesChecked"].asInt64().value_or(0);
        chain.checked += checked;
        chain.last_seq = tenant["lastSeq"].asInt64().value_or(0);
        if (tenant["finished"].asBool().value_or(false)) return report(tenant, chain);
        if (checked == 0) break;
    }
    return complain(kBadInput, "the hub does not get to the end of the trail");
}

}  // namespace hub::cli
