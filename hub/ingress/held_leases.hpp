/// Leases of deliveries that the inbox workers have in hand, and those whose work could not be
/// stored because the database was away.
#pragma once

#include "hub/storage/inbox_repository.hpp"

#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace hub::ingress {

/// Any thread.
class HeldLeases {
public:
    using Leases = std::vector<storage::DeliveryLease>;

    /// Taken in hand now, until `until_ms`.
    void hold(const Leases& leases, std::int64_t now_ms, std::int64_t until_ms) {
        const std::lock_guard lock(mutex_);
        for (const storage::DeliveryLease& lease : leases)
            held_.insert_or_assign(keyOf(lease), Held{lease, now_ms, until_ms});
    }
    /// These were renewed; those that were let go in between stay so.
    void extend(const Leases& leases, std::int64_t until_ms) {
        const std::lock_guard lock(mutex_);
        for (const storage::DeliveryLease& lease : leases) {
            const auto found = held_.find(keyOf(lease));
            if (found != held_.end()) found->second.until_ms = until_ms;
        }
    }
    void letGo(const storage::DeliveryLease& lease) {
        const std::lock_guard lock(mutex_);
        held_.erase(keyOf(lease));
    }
    /// Those that end before `at_ms` and were taken in hand since `since_ms`.
    [[nodiscard]] Leases endingBefore(std::int64_t at_ms, std::int64_t since_ms) const {
        const std::lock_guard lock(mutex_);
        Leases ending;
        for (const auto& [key, held] : held_)
            if (held.until_ms < at_ms && held.since_ms >= since_ms) ending.push_back(held.lease);
        return ending;
    }

    /// To be given back when the database answers again.
    void strand(const Leases& leases) {
        const std::lock_guard lock(mutex_);
        stranded_.insert(stranded_.end(), leases.begin(), leases.end());
    }
    [[nodiscard]] Leases takeStranded() {
        const std::lock_guard lock(mutex_);
        return std::exchange(stranded_, {});
    }

private:
    // The same row may be taken anew, with another fence, before who lost it has noticed.
    using Key = std::pair<std::string, std::int64_t>;
    static Key keyOf(const storage::DeliveryLease& lease) { return {lease.id, lease.fence}; }

    struct Held {
        storage::DeliveryLease lease;
        std::int64_t since_ms;
        std::int64_t until_ms;
    };
    mutable std::mutex mutex_;
    std::map<Key, Held> held_;  ///< guarded by mutex_
    Leases stranded_;           ///< guarded by mutex_
};

}  // namespace hub::ingress
