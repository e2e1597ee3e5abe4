/// Leases of work that one node does at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hub/storage/connection.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

struct RelayLease {
    std::string name;
    std::string owner;
    std::int64_t fence = 0;  ///< higher than that of everybody who had it before
    std::int64_t until_ms = 0;
};

/// All functions throw StorageError. Any thread.
class RelayLeaseRepository {
public:
    /// Takes the lease if it is free, over, or the owner's own; commit this before the work starts.
    [[nodiscard]] std::optional<RelayLease> take(Connection& connection, const SystemScope& system,
                                                 std::string_view name, std::string_view owner,
                                                 std::int64_t now_ms, std::int64_t lease_ms) const;
    /// First statement of a unit of work under the lease: takes the row's lock, so that nobody else
    /// can take the lease before the unit ends. UnitRefused (kConflict) if somebody else has it.
    void prove(Connection& connection, const SystemScope& system, const RelayLease& lease,
               std::int64_t now_ms) const;
    /// Gives it back at once; nothing happens if somebody else has it.
    void release(Connection& connection, const SystemScope& system, const RelayLease& lease,
                 std::int64_t now_ms) const;
};

}  // namespace hub::storage
