/// Audit entries and outbox events: both or neither, in the transaction of the change they tell of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// canonical-model.md section 7.22. `description` holds no value of class P2 or above.
struct AuditEntry {
    std::string actor_type = "system";  ///< user, applicant, system, plugin, apikey
    std::optional<std::string> actor_id;
    std::optional<std::string> actor_name;
    std::string action;                ///< order_created …
    std::string operation = "UPDATE";  ///< CREATE, UPDATE, DELETE, VIEW
    std::string resource_type;
    std::string resource_id;
    std::optional<std::string> order_id;
    std::optional<std::string> check_id;
    std::optional<std::string> person_id;
    bool is_timeline = false;
    std::optional<std::string> title;
    std::optional<std::string> description;
    std::optional<std::string> old_status;
    std::optional<std::string> new_status;
    std::optional<std::string> changes;  ///< JSON [{field, old, new}]; sealed
    std::int64_t visible_mask = 31;      ///< 1 candidate, 2 client, 4 HR, 8 admin, 16 platform
    std::optional<std::string> ip_address;
    std::optional<std::string> trace_id;
};

/// canonical-model.md section 7.20. `payload` holds references and codes only.
struct OutboundEvent {
    std::string event_type;
    std::string subject_type;
    std::string subject_id;
    std::optional<std::string> person_id;
    std::string idempotency_key;  ///< SHA-256, hex
    std::string source = "hub";
    std::string payload = "{}";
    std::optional<std::string> trace_id;
};

/// An entry of an order's timeline, as stored.
struct TimelineEntry {
    std::string id;
    std::int64_t occurred_at_ms;
    std::string actor_type;
    std::string action;
    std::optional<std::string> title;
    std::optional<std::string> description;
    std::optional<std::string> old_status;
    std::optional<std::string> new_status;
    std::int64_t visible_mask;
};

/// An event that a relay has not numbered yet.
struct UnnumberedEvent {
    std::string id;
    std::string tenant_id;
    std::string event_type;
    std::string payload;
};

/// Append-only: there is no update and no delete. Throws StorageError.
class AuditRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit AuditRepository(const security::Vault& vault) : cells_(vault, "audit_entry") {}

    /// Writes both rows without a number; call it in the unit of the change (invariant 6).
    void record(Connection& connection, const TenantScope& scope, const AuditEntry& entry,
                const OutboundEvent& event, std::int64_t now_ms) const;
    /// For what only looks at data: an entry without an event.
    void recordView(Connection& connection, const TenantScope& scope, const AuditEntry& entry,
                    std::int64_t now_ms) const;

    /// An order's entries, oldest first, at most `rows_max`.
    [[nodiscard]] std::vector<TimelineEntry> timeline(Connection& connection,
                                                      const TenantScope& scope,
                                                      std::string_view order_id,
                                                      int rows_max) const;
    /// Committed events that wait for their number, oldest first.
    [[nodiscard]] std::vector<UnnumberedEvent> unnumbered(Connection& connection,
                                                          const SystemScope& system,
                                                          int rows_max) const;

private:
    SealedCells cells_;
};

}  // namespace hub::storage
