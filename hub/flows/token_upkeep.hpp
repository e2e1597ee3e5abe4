/// Keeps captured tokens alive that nobody uses (plugin-contract section 2).
#pragma once

#include "hub/flows/flow_runner.hpp"

namespace hub::flows {

inline constexpr std::int64_t kTokenUpkeepEveryMs = 60'000;
/// Accounts that are looked up at once.
inline constexpr int kTokenUpkeepRowsMax = 200;

/// One pass at this time: for every secret with idle_max_ms, starts auth.token on the enabled
/// accounts that have a value of it and have not renewed for half of that time. A renewal that
/// failed is tried again after an eighth of it. Gives how many were started; a failure is logged
/// and leaves the account for the next pass. Any thread; several nodes start a renewal once.
std::int64_t renewIdleTokens(const FlowServices& services);

}  // namespace hub::flows
