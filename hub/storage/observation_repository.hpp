/// Observations as they came, and the mark that each was applied once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

struct StoredObservation {
    std::string account_id;
    std::string source_kind;  ///< delivery, flow_step
    std::string source_id;
    std::int64_t ordinal = 0;  ///< in its source, from 0
    std::string kind;          ///< screening, identity, …
    std::optional<std::string> vendor_order_row_id;
    std::string outcome;   ///< applied, dropped, fetch, parked …
    std::string document;  ///< canonical JSON; sealed
    std::int64_t created_at_ms = 0;
};

/// All functions throw StorageError.
class ObservationRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit ObservationRepository(const security::Vault& vault) : cells_(vault, "observation") {}

    /// True if this (source, ordinal) was stored before: its effects must not be applied again.
    [[nodiscard]] bool isDone(Connection& connection, const TenantScope& scope,
                              std::string_view source_id, std::int64_t ordinal) const;
    /// Stores and marks as done, in the unit of its effects. UnitRefused (kConflict) if it is done
    /// already.
    void add(Connection& connection, const TenantScope& scope, const StoredObservation& observation,
             std::int64_t now_ms) const;
    [[nodiscard]] std::vector<StoredObservation> ofSource(Connection& connection,
                                                          const TenantScope& scope,
                                                          std::string_view source_id) const;
    [[nodiscard]] std::vector<StoredObservation> ofVendorOrder(Connection& connection,
                                                               const TenantScope& scope,
                                                               std::string_view row_id) const;

private:
    SealedCells cells_;
};

}  // namespace hub::storage
