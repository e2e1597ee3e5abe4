#include "hub/flows/lease_keeper.hpp"

#include "hub/observe/log.hpp"

namespace hub::flows {

LeaseKeeper::Held::Held(LeaseKeeper& keeper, const storage::FlowLease& lease)
    : keeper_(keeper), key_(lease.flow_id + "#" + std::to_string(lease.fence)) {
    const std::lock_guard lock(keeper_.mutex_);
    keeper_.held_[key_] = lease;
}

LeaseKeeper::Held::~Held() {
    const std::lock_guard lock(keeper_.mutex_);
    keeper_.held_.erase(key_);
}

void LeaseKeeper::extendAll(std::int64_t until_ms) {
    std::map<std::string, storage::FlowLease> held;
    {
        const std::lock_guard lock(mutex_);
        held = held_;
    }
    if (held.empty()) return;
    auto extended =
        database_.write(storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
            for (const auto& [id, lease] : held) flows_.extendLease(connection, lease, until_ms);
        });
    if (extended.ok()) return;
    observe::log(observe::Level::kWarning, "flow.extend_failed",
                 {{"why", extended.error().text()}});
}

}  // namespace hub::flows
