#include "hub/flows/flow_sweep.hpp"

#include <algorithm>

#include "hub/observe/log.hpp"

namespace hub::flows {

namespace {

constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;

// One unit: what is old by the rule of each group of accounts.
std::int64_t sweepOnce(storage::Connection& connection, const storage::FlowRepository& flows,
                       std::int64_t now_ms) {
    const auto system = storage::SystemScope::forWorker();
    std::int64_t swept = flows.dropTransients(connection, system, now_ms);
    swept += flows.dropWakes(connection, system);
    for (const std::int64_t days : flows.recordingDays(connection, system)) {
        const std::int64_t before = now_ms - std::max(kEntriesKeptMs, days * kDayMs);
        swept += flows.deleteEntries(connection, system, before, kSweepRowsMax, days);
        swept += flows.clearInputs(connection, system, {before, kSweepRowsMax, days}, now_ms);
    }
    return swept;
}

}  // namespace

std::int64_t sweepFlows(storage::Database& database, const storage::FlowRepository& flows,
                        std::int64_t now_ms) {
    std::int64_t all = 0;
    for (int i = 0; i < kSweepUnitsMax; ++i) {
        auto swept = database.writeFor(
            storage::WriteQueue::kFlow,
            [&](storage::Connection& connection) { return sweepOnce(connection, flows, now_ms); });
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
