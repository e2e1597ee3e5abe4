/// Leases whose work could not be committed because the database was away. They are given back when
/// it answers again, instead of waiting for their end (TM-DB-2: recovery within seconds).
#pragma once

#include "hub/storage/flow_repository.hpp"

#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace hub::flows {

/// When a flow that is given back is due: not at once, so that a database that falls over with each
/// of its steps is not asked without a pause.
inline constexpr std::int64_t kStuckPauseMs = 1'000;

/// Any thread. A lease comes here when its run has ended and no call of it is under way.
class StuckLeases {
public:
    void add(std::vector<storage::FlowLease> leases) {
        const std::lock_guard lock(mutex_);
        leases_.insert(leases_.end(), std::make_move_iterator(leases.begin()),
                       std::make_move_iterator(leases.end()));
    }
    [[nodiscard]] std::vector<storage::FlowLease> takeAll() {
        const std::lock_guard lock(mutex_);
        return std::exchange(leases_, {});
    }

private:
    std::mutex mutex_;
    std::vector<storage::FlowLease> leases_;  ///< guarded by mutex_
};

}  // namespace hub::flows
