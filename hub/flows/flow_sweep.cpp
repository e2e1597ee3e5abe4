#include "hub/flows/flow_sweep.hpp"

#include "hub/observe/log.hpp"

namespace hub::flows {

std::int64_t sweepFlows(storage::Database& database, const storage::FlowRepository& flows,
                        std::int64_t now_ms) {
    const std::int64_t before = now_ms - kEntriesKeptMs;
    const auto system = storage::SystemScope::forWorker();
    std::int64_t all = 0;
    for (int i = 0; i < kSweepUnitsMax; ++i) {
        auto swept =
            database.writeFor(storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
                return flows.deleteEntries(connection, system, before, kSweepRowsMax) +
                       flows.clearInputs(connection, system, before, kSweepRowsMax, now_ms) +
                       flows.dropTransients(connection, system, now_ms);
            });
        if (!swept) {
            observe::log(observe::Level::kWarning, "flow.sweep_failed",
                         {{"why", swept.error().text()}});
            return all;
        }
        if (*swept == 0) break;
        all += *swept;
    }
    return all;
}

}  // namespace hub::flows
