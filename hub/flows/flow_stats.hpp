/// What the flow engine counts, for whoever shows it. Values only grow from the start of the
/// process.
#pragma once

#include "hub/observe/counter.hpp"

#include <atomic>
#include <cstdint>

namespace hub::flows {

using observe::LabelledCounter;

/// Any thread.
struct FlowStats {
    LabelledCounter started;                   ///< by command and vendor
    LabelledCounter ended;                     ///< by command and state
    LabelledCounter calls;                     ///< by vendor and outcome: 2xx … 5xx, lost …
    LabelledCounter unmapped;                  ///< by vendor: words that its plugin does not map
    LabelledCounter sleeps;                    ///< by vendor and what is waited for
    std::atomic<std::uint64_t> lost{0};        ///< steps without a reply
    std::atomic<std::uint64_t> uncertain{0};   ///< flows that wait for a person
    std::atomic<std::uint64_t> lease_lost{0};  ///< commits that came too late
    std::atomic<std::uint64_t> steps_repeated{0};
    std::atomic<std::uint64_t> rows_swept{0};  ///< old entries, inputs and results
};

}  // namespace hub::flows
