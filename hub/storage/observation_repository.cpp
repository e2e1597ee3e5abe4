#include "hub/storage/observation_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, provider_config_id, source_kind, source_id, ordinal, kind, vendor_order_row_id, "
    "outcome, document_enc, created_at FROM observation ";

StoredObservation observationOf(const Row& row, const SealedCells& cells,
                                const std::string& tenant) {
    StoredObservation out;
    out.account_id = row.string(1);
    out.source_kind = row.string(2);
    out.source_id = row.string(3);
    out.ordinal = row.integer(4);
    out.kind = row.string(5);
    out.vendor_order_row_id = row.optString(6);
    out.outcome = row.string(7);
    out.document = cells.open(tenant, row.text(0), "document_enc", row.text(8));
    out.created_at_ms = row.time(9);
    return out;
}

}  // namespace

bool ObservationRepository::isDone(Connection& connection, const TenantScope& scope,
                                   std::string_view source_id, std::int64_t ordinal) const {
    bool done = false;
    connection.query(
        "SELECT 1 FROM observation WHERE tenant_id = ? AND source_id = ? AND ordinal = ?",
        {scope.tenantId(), source_id, ordinal}, [&](const Row&) { done = true; });
    return done;
}

void ObservationRepository::add(Connection& connection, const TenantScope& scope,
                                const StoredObservation& observation, std::int64_t now_ms) const {
    const std::string id = security::uuid7(now_ms);
    try {
        connection.run(
            "INSERT INTO observation (id, tenant_id, provider_config_id, source_kind, source_id, "
            "ordinal, kind, vendor_order_row_id, outcome, document_enc, created_at) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            {id, scope.tenantId(), observation.account_id, observation.source_kind,
             observation.source_id, observation.ordinal, observation.kind,
             observation.vendor_order_row_id, observation.outcome,
             cells_.seal(scope.tenantId(), id, "document_enc",
                         std::string_view(observation.document)),
             timeText(now_ms)});
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
        throw UnitRefused(hubsdk::makeError(hubsdk::ErrorCode::kConflict,
                                            "this observation was applied already"));
    }
}

std::vector<StoredObservation> ObservationRepository::ofSource(Connection& connection,
                                                               const TenantScope& scope,
                                                               std::string_view source_id) const {
    std::vector<StoredObservation> found;
    connection.query(
        std::string(kSelect).append("WHERE tenant_id = ? AND source_id = ? ORDER BY ordinal"),
        {scope.tenantId(), source_id},
        [&](const Row& row) { found.push_back(observationOf(row, cells_, scope.tenantId())); });
    return found;
}

std::vector<StoredObservation> ObservationRepository::ofVendorOrder(Connection& connection,
                                                                    const TenantScope& scope,
                                                                    std::string_view row_id) const {
    std::vector<StoredObservation> found;
    connection.query(std::string(kSelect).append("WHERE tenant_id = ? AND vendor_order_row_id = ? "
                                                 "ORDER BY created_at, source_id, ordinal"),
                     {scope.tenantId(), row_id}, [&](const Row& row) {
                         found.push_back(observationOf(row, cells_, scope.tenantId()));
                     });
    return found;
}

}  // namespace hub::storage
