#include "hub/storage/relay_lease_repository.hpp"

#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

// Two that make the row at once: the second finds it.
void makeRow(Connection& connection, std::string_view name, std::string_view now) {
    bool there = false;
    connection.query("SELECT 1 FROM relay_lease WHERE name = ?", {name},
                     [&](const Row&) { there = true; });
    if (there) return;
    try {
        connection.run("INSERT INTO relay_lease (name, updated_at) VALUES (?, ?)", {name, now});
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
    }
}

}  // namespace

std::optional<RelayLease> RelayLeaseRepository::take(Connection& connection,
                                                     const SystemScope& /*system*/,
                                                     std::string_view name, std::string_view owner,
                                                     std::int64_t now_ms,
                                                     std::int64_t lease_ms) const {
    const std::string now = timeText(now_ms);
    makeRow(connection, name, now);
    const auto taken = connection.run(
        "UPDATE relay_lease SET owner = ?, fence = fence + 1, turns = turns + 1, lease_until = ?, "
        "updated_at = ? WHERE name = ? AND (owner IS NULL OR owner = ? OR lease_until < ?)",
        {owner, timeText(now_ms + lease_ms), now, name, owner, now});
    if (taken != 1) return std::nullopt;
    RelayLease lease{std::string(name), std::string(owner), 0, now_ms + lease_ms};
    connection.query("SELECT fence FROM relay_lease WHERE name = ?", {name},
                     [&](const Row& row) { lease.fence = row.integer(0); });
    return lease;
}

void RelayLeaseRepository::prove(Connection& connection, const SystemScope& /*system*/,
                                 const RelayLease& lease, std::int64_t now_ms) const {
    requireOne(connection.run("UPDATE relay_lease SET turns = turns + 1, updated_at = ? "
                              "WHERE name = ? AND owner = ? AND fence = ?",
                              {timeText(now_ms), lease.name, lease.owner, lease.fence}),
               hubsdk::ErrorCode::kConflict, "the lease was lost");
}

void RelayLeaseRepository::release(Connection& connection, const SystemScope& /*system*/,
                                   const RelayLease& lease, std::int64_t now_ms) const {
    connection.run(
        "UPDATE relay_lease SET owner = NULL, lease_until = NULL, turns = turns + 1, "
        "updated_at = ? WHERE name = ? AND owner = ? AND fence = ?",
        {timeText(now_ms), lease.name, lease.owner, lease.fence});
}

}  // namespace hub::storage
