/// Keeps the leases that this process holds from running out under a long step.
#pragma once

#include "hub/storage/database.hpp"
#include "hub/storage/flow_repository.hpp"

#include <map>
#include <mutex>
#include <string>

namespace hub::flows {

/// How often held leases are extended; well below kLeaseMs.
inline constexpr std::int64_t kExtendEveryMs = 5'000;

/// Any thread. The database and the repository must outlive it.
class LeaseKeeper {
public:
    LeaseKeeper(storage::Database& database, const storage::FlowRepository& flows)
        : database_(database), flows_(flows) {}

    /// Registers a lease for as long as it lives.
    class Held {
    public:
        Held(LeaseKeeper& keeper, const storage::FlowLease& lease);
        ~Held();
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

    private:
        LeaseKeeper& keeper_;
        std::string key_;
    };

    /// Makes every held lease last until then, unless it was given back, lost, or lasts longer.
    void extendAll(std::int64_t until_ms);

private:
    storage::Database& database_;
    const storage::FlowRepository& flows_;
    std::mutex mutex_;
    std::map<std::string, storage::FlowLease> held_;  ///< guarded by mutex_; at most one a thread
};

}  // namespace hub::flows
