// The check and finding part of OrderRepository.
#include <algorithm>

#include "hub/security/digest.hpp"
#include "hub/storage/order_repository.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;

void requireColumnsFit(const Check& check) {
    requireFits(check.check_type, 50, "check_type");
    requireFits(check.vendor_type.value_or(""), 255, "vendor_type");
    requireFits(check.vendor_check_id.value_or(""), 100, "vendor_check_id");
    requireFits(check.vendor_status.value_or(""), 50, "vendor_status");
    requireFits(check.scope.value_or(""), 50, "scope");
    requireFits(check.jurisdiction.value_or(""), 100, "jurisdiction");
}

void requireColumnsFit(const Finding& finding) {
    requireFits(finding.category.value_or(""), 50, "category");
    requireFits(finding.offense_type.value_or(""), 100, "offense_type");
    requireFits(finding.jurisdiction.value_or(""), 100, "jurisdiction");
    requireFits(finding.dedupe_key, 64, "dedupe_key");
}

Check checkOf(const Row& row, const SealedCells& cells, const std::string& tenant) {
    Check out;
    out.id = row.string(0);
    out.order_id = row.string(1);
    out.person_id = row.string(2);
    out.vendor_order_row_id = row.optString(3);
    out.check_type = row.string(4);
    out.vendor_type = row.optString(5);
    out.vendor_check_id = row.optString(6);
    out.vendor_status = row.optString(7);
    out.status = row.string(8);
    out.result = row.optString(9);
    out.outcome = row.optString(10);
    out.verdict = row.optString(11);
    out.scope = row.optString(12);
    out.severity = row.optString(13);
    out.jurisdiction = row.optString(14);
    out.added_by_vendor = row.flag(15);
    out.estimated_at_ms = row.optTime(16);
    out.started_at_ms = row.optTime(17);
    out.completed_at_ms = row.optTime(18);
    out.withdrawn_at_ms = row.optTime(19);
    out.details = cells.open(tenant, out.id, "details_enc", row.optString(20));
    return out;
}

Finding findingOf(const Row& row, const SealedCells& cells, const std::string& tenant) {
    Finding out;
    out.id = row.string(0);
    out.check_id = row.string(1);
    out.order_id = row.string(2);
    out.person_id = row.string(3);
    out.kind = row.string(4);
    out.check_type = row.string(5);
    out.category = row.optString(6);
    out.offense_type = row.optString(7);
    out.offense_level = row.optString(8);
    if (!row.isNull(9)) out.is_conviction = row.flag(9);
    out.severity = row.optString(10);
    out.description = cells.open(tenant, out.id, "description_enc", row.optString(11));
    out.finding_date = row.optString(12);
    out.file_date = row.optString(13);
    out.disposition_date = row.optString(14);
    out.disposition = cells.open(tenant, out.id, "disposition_enc", row.optString(15));
    out.sentence = cells.open(tenant, out.id, "sentence_enc", row.optString(16));
    out.jurisdiction = row.optString(17);
    out.case_number = cells.open(tenant, out.id, "case_number_enc", row.optString(18));
    out.details = cells.open(tenant, out.id, "details_enc", row.optString(19));
    out.dedupe_key = row.string(20);
    out.removed_at_ms = row.optTime(21);
    return out;
}

}  // namespace

std::vector<Check> OrderRepository::checks(Connection& connection, const TenantScope& scope,
                                           std::string_view order_id) const {
    std::vector<Check> found;
    connection.query(
        "SELECT id, order_id, person_id, vendor_order_row_id, check_type, vendor_type, "
        "vendor_check_id, vendor_status, status, result, outcome, verdict, scope, severity, "
        "jurisdiction, added_by_vendor, estimated_at, started_at, completed_at, withdrawn_at, "
        "details_enc FROM screening_check WHERE tenant_id = ? AND order_id = ? ORDER BY ordinal",
        {scope.tenantId(), order_id},
        [&](const Row& row) { found.push_back(checkOf(row, checks_, scope.tenantId())); });
    return found;
}

void OrderRepository::upsertCheck(Connection& connection, const TenantScope& scope, Check& check,
                                  std::int64_t now_ms) const {
    requireColumnsFit(check);
    const std::string& tenant = scope.tenantId();
    const std::string now = timeText(now_ms);
    if (check.id.empty()) {
        check.id = security::uuid7(now_ms);
        // Only an order of this tenant gives a row to insert.
        requireOne(
            connection.run(
                "INSERT INTO screening_check (id, tenant_id, person_id, order_id, ordinal, "
                "check_type, "
                "status, created_at, updated_at) SELECT ?, o.tenant_id, o.person_id, o.id, "
                "(SELECT COUNT(*) FROM screening_check c WHERE c.order_id = o.id), ?, ?, ?, ? "
                "FROM screening_order o WHERE o.id = ? AND o.tenant_id = ?",
                {check.id, check.check_type, check.status, now, now, check.order_id, tenant}),
            ErrorCode::kNotFound, "no such order");
    }
    requireOne(
        connection.run(
            "UPDATE screening_check SET vendor_order_row_id = ?, check_type = ?, vendor_type = ?, "
            "vendor_check_id = ?, vendor_status = ?, status = ?, result = ?, outcome = ?, "
            "verdict = ?, scope = ?, severity = ?, jurisdiction = ?, added_by_vendor = ?, "
            "estimated_at = ?, started_at = ?, completed_at = ?, withdrawn_at = ?, details_enc = "
            "?, "
            "updated_at = ? WHERE id = ? AND tenant_id = ?",
            {check.vendor_order_row_id,
             check.check_type,
             check.vendor_type,
             check.vendor_check_id,
             check.vendor_status,
             check.status,
             check.result,
             check.outcome,
             check.verdict,
             check.scope,
             check.severity,
             check.jurisdiction,
             check.added_by_vendor,
             timeText(check.estimated_at_ms),
             timeText(check.started_at_ms),
             timeText(check.completed_at_ms),
             timeText(check.withdrawn_at_ms),
             checks_.seal(tenant, check.id, "details_enc", check.details),
             now,
             check.id,
             tenant}),
        ErrorCode::kNotFound, "no such check");
}

std::vector<Finding> OrderRepository::findings(Connection& connection, const TenantScope& scope,
                                               std::string_view order_id) const {
    std::vector<Finding> found;
    connection.query(
        "SELECT id, check_id, order_id, person_id, kind, check_type, category, offense_type, "
        "offense_level, is_conviction, severity, description_enc, finding_date, file_date, "
        "disposition_date, disposition_enc, sentence_enc, jurisdiction, case_number_enc, "
        "details_enc, dedupe_key, removed_at FROM finding WHERE tenant_id = ? AND order_id = ? "
        "ORDER BY check_id, ordinal",
        {scope.tenantId(), order_id},
        [&](const Row& row) { found.push_back(findingOf(row, findings_, scope.tenantId())); });
    return found;
}

void OrderRepository::upsertFinding(Connection& connection, const TenantScope& scope,
                                    Finding& finding, std::int64_t now_ms) const {
    requireColumnsFit(finding);
    const std::string& tenant = scope.tenantId();
    const std::string now = timeText(now_ms);
    finding.id.clear();
    connection.query(
        "SELECT id FROM finding WHERE tenant_id = ? AND check_id = ? AND dedupe_key = ?",
        {tenant, finding.check_id, finding.dedupe_key},
        [&](const Row& row) { finding.id = row.string(0); });
    if (finding.id.empty()) {
        finding.id = security::uuid7(now_ms);
        try {
            requireOne(
                connection.run(
                    "INSERT INTO finding (id, tenant_id, check_id, order_id, person_id, ordinal, "
                    "kind, "
                    "check_type, dedupe_key, created_at, updated_at) SELECT ?, c.tenant_id, c.id, "
                    "c.order_id, c.person_id, (SELECT COUNT(*) FROM finding f WHERE f.check_id = "
                    "c.id), "
                    "?, c.check_type, ?, ?, ? FROM screening_check c WHERE c.id = ? AND "
                    "c.tenant_id = "
                    "?",
                    {finding.id, finding.kind, finding.dedupe_key, now, now, finding.check_id,
                     tenant}),
                ErrorCode::kNotFound, "no such check");
        } catch (const StorageError& error) {
            if (error.code() != StorageErrorCode::kUnique) throw;
            throw StaleRow(
                hubsdk::makeError(ErrorCode::kConflict, "the finding was made in between"));
        }
    }
    const auto sealed = [&](std::string_view column, const std::optional<std::string>& text) {
        return findings_.seal(tenant, finding.id, column, text);
    };
    finding.removed_at_ms.reset();
    requireOne(
        connection.run(
            "UPDATE finding SET kind = ?, category = ?, offense_type = ?, offense_level = ?, "
            "is_conviction = ?, severity = ?, description_enc = ?, finding_date = ?, file_date = "
            "?, "
            "disposition_date = ?, disposition_enc = ?, sentence_enc = ?, jurisdiction = ?, "
            "case_number_enc = ?, details_enc = ?, removed_at = NULL, updated_at = ? "
            "WHERE id = ? AND tenant_id = ?",
            {finding.kind, finding.category, finding.offense_type, finding.offense_level,
             finding.is_conviction, finding.severity,
             sealed("description_enc", finding.description), finding.finding_date,
             finding.file_date, finding.disposition_date,
             sealed("disposition_enc", finding.disposition),
             sealed("sentence_enc", finding.sentence), finding.jurisdiction,
             sealed("case_number_enc", finding.case_number), sealed("details_enc", finding.details),
             now, finding.id, tenant}),
        ErrorCode::kInternal, "the finding went away");
}

std::int64_t OrderRepository::withdrawFindings(Connection& connection, const TenantScope& scope,
                                               std::string_view check_id,
                                               const std::vector<std::string>& kept_keys,
                                               std::int64_t now_ms) const {
    std::vector<std::string> gone;
    connection.query(
        "SELECT id, dedupe_key FROM finding WHERE tenant_id = ? AND check_id = ? "
        "AND removed_at IS NULL",
        {scope.tenantId(), check_id}, [&](const Row& row) {
            if (std::find(kept_keys.begin(), kept_keys.end(), row.text(1)) == kept_keys.end())
                gone.push_back(row.string(0));
        });
    const std::string now = timeText(now_ms);
    for (const auto& id : gone)
        connection.run(
            "UPDATE finding SET removed_at = ?, updated_at = ? WHERE id = ? AND tenant_id = ?",
            {now, now, id, scope.tenantId()});
    return static_cast<std::int64_t>(gone.size());
}

}  // namespace hub::storage
