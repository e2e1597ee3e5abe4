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

/// The end of a tenant's chain. Before the first entry: 0 and 64 zeros.
struct ChainHead {
    std::int64_t seq = 0;
    std::string hash = std::string(64, '0');
};

/// Where a tenant's chain does not hold any more.
struct ChainBreak {
    std::int64_t seq = 0;
    std::string reason;  ///< missing, unlinked, changed, cut, rewritten, no_head, unreadable
};

/// What one page of a verification saw.
struct ChainPage {
    std::int64_t checked = 0;          ///< entries of this page that hold
    std::int64_t last_seq = 0;         ///< go on behind it
    bool at_end = false;               ///< the head was compared too
    std::optional<ChainBreak> broken;  ///< the first; nothing behind it was looked at
    std::int64_t unnumbered = 0;       ///< entries that wait for the relay
};

inline constexpr int kChainPageMax = 1'000;

/// Append-only: there is no update and no delete but the numbers of the relay. The chain is
/// described in docs/adr/0016-audit-chain.md. Throws StorageError.
class AuditRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit AuditRepository(const security::Vault& vault)
        : vault_(vault), cells_(vault, "audit_entry"), heads_(vault, "audit_chain") {}

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
    /// Tenants with entries that wait for their number.
    [[nodiscard]] std::vector<std::string> tenantsToNumber(Connection& connection,
                                                           const SystemScope& system,
                                                           int rows_max) const;
    /// Numbers and links up to `rows_max` committed entries of a tenant; gives how many. Throws
    /// StorageError (kCorrupt) if the chain's head is not to be read: then nothing may be linked to
    /// it before a person has looked.
    std::int64_t numberEntries(Connection& connection, const SystemScope& system,
                               std::string_view tenant_id, int rows_max, std::int64_t now_ms) const;
    /// Numbers up to `rows_max` committed events; gives how many.
    std::int64_t numberEvents(Connection& connection, const SystemScope& system,
                              int rows_max) const;

    /// Checks up to `rows_max` (at most kChainPageMax) entries behind `after_seq`.
    [[nodiscard]] ChainPage verify(Connection& connection, const TenantScope& scope,
                                   std::int64_t after_seq, int rows_max) const;
    /// The head; nothing if nothing was numbered yet. StorageError (kCorrupt) if it does not open.
    [[nodiscard]] std::optional<ChainHead> head(Connection& connection,
                                                std::string_view tenant_id) const;

private:
    [[nodiscard]] std::optional<ChainBreak> breakAtEnd(Connection& connection,
                                                       std::string_view tenant_id,
                                                       const ChainHead& last) const;
    void saveHead(Connection& connection, std::string_view tenant_id, const ChainHead& head,
                  std::int64_t now_ms) const;

    const security::Vault& vault_;
    SealedCells cells_;
    SealedCells heads_;
};

}  // namespace hub::storage
