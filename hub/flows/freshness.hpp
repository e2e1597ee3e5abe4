/// Finds what vendors never delivered: every open vendor order is fetched when its deadline passed
/// (architecture section 6, TM-IN-6).
#pragma once

#include "hub/flows/flow_runner.hpp"

namespace hub::flows {

inline constexpr std::int64_t kOverdueEveryMs = 60'000;
/// Vendor orders of one pass; what is left over waits for the next.
inline constexpr int kOverdueRowsMax = 200;

/// One pass at this time: asks for a fetch of each overdue vendor order whose account is enabled,
/// each in a unit of its own, and gives how many it asked for. The next deadline is set in the same
/// unit, so that several nodes ask once. A failure is logged and leaves the row for the next pass.
/// Any thread.
std::int64_t fetchOverdue(const FlowServices& services);

}  // namespace hub::flows
