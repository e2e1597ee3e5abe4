/// Tells a person of orders that are open too long (canonical-model.md section 5.1).
#pragma once

#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"

namespace hub::flows {

/// From an order's submission, or its creation while it was not submitted.
inline constexpr std::int64_t kOrderAgeMaxMs = std::int64_t{30} * 24 * 3600 * 1000;
inline constexpr std::int64_t kOldOrdersEveryMs = 3'600'000;
/// Orders of one pass; what is left over waits for the next.
inline constexpr int kOldOrdersMax = 500;

/// One pass: each open order over its age raises one alert, once for ever, and goes to
/// requires_action from where it still runs; one unit each. Gives how many were told of. A failure
/// is logged, and that order waits for the next pass. Any thread, also on several nodes at once.
std::int64_t tellOldOrders(storage::Database& database, const storage::Repositories& repositories,
                           std::int64_t now_ms);

}  // namespace hub::flows
