/// Deletes what flows leave behind when its time is over (architecture section 7).
#pragma once

#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"

namespace hub::flows {

/// A leg's entries, and the inputs and result of a flow, are kept so long after its end; longer as
/// recordings where the account has recording_days (architecture section 7).
inline constexpr std::int64_t kEntriesKeptMs = std::int64_t{30} * 24 * 3600 * 1000;
inline constexpr std::int64_t kSweepEveryMs = 10 * 60'000;
/// Rows of one unit, and units of one sweep: other work is let in between, and what is left over
/// waits for the next sweep.
inline constexpr int kSweepRowsMax = 200;
inline constexpr int kSweepUnitsMax = 50;

/// One sweep at this time; gives how many rows it emptied or deleted. A failure is logged and ends
/// it. Any thread, also on several nodes at once.
std::int64_t sweepFlows(storage::Database& database, const storage::FlowRepository& flows,
                        std::int64_t now_ms);

}  // namespace hub::flows
