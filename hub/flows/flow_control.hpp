/// What all flows of a process share in memory: budgets, breakers, counters. Losing it loses no
/// work.
#pragma once

#include "hub/flows/circuit_breaker.hpp"
#include "hub/flows/flow_stats.hpp"
#include "hub/flows/rate_budget.hpp"
#include "hub/flows/stuck_leases.hpp"

namespace hub::flows {

/// Any thread.
struct FlowControl {
    RateBudget budget;
    CircuitBreaker breaker;
    FlowStats stats;
    StuckLeases stuck;
};

}  // namespace hub::flows
