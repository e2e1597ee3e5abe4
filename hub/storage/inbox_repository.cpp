#include "hub/storage/inbox_repository.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "hub/storage/statement_rows.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

/// The subject of a delivery whose account is not known.
constexpr std::string_view kAccountRef = "account_ref";

constexpr std::string_view kFilter =
    " FROM inbound_event WHERE tenant_id = ? AND (? IS NULL OR plugin_key = ?) "
    "AND (? IS NULL OR status = ?) AND (? IS NULL OR provider_config_id = ?) ";

constexpr const char* kLeaseLost = "the lease of this delivery was lost";

/// Sizes of the columns (canonical-model.md section 7.20).
void requireColumnsFit(const NewDelivery& row) {
    requireFits(row.plugin_key, 50, "plugin_key");
    requireFits(row.source, 50, "source");
    requireFits(row.connection.value_or(""), 64, "connection");
    requireFits(row.event_type.value_or(""), 100, "event_type");
    requireFits(row.vendor_event_id.value_or(""), 255, "vendor_event_id");
    requireFits(row.dedupe_scope, 36, "dedupe_scope");
    requireFits(row.dedupe_key, 64, "dedupe_key");
    requireFits(row.state_key.value_or(""), 64, "state_key");
    requireFits(row.content_type.value_or(""), 100, "content_type");
    requireFits(row.trace_id.value_or(""), 64, "trace_id");
    requireFits(row.account_ref.value_or(""), 255, "account_ref");
}

constexpr std::string_view kInsertColumns =
    "INSERT INTO inbound_event (id, tenant_id, provider_config_id, plugin_key, transport, source, "
    "connection, event_type, vendor_event_id, dedupe_scope, dedupe_key, state_key, request_enc, "
    "headers_enc, content_type, body_enc, body_size_bytes, proof, is_hint, status, received_at, "
    "next_attempt_at, trace_id, subject_type, subject_id, created_at, updated_at) VALUES ";
constexpr std::string_view kInsertRow = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

void appendParameters(const SealedDelivery& sealed, std::vector<Value>& params) {
    const NewDelivery& row = sealed.row;
    const std::string received = timeText(row.received_at_ms);
    const Value of_row[] = {row.id,
                            sealed.tenant_id,
                            row.account_id,
                            row.plugin_key,
                            row.transport,
                            row.source,
                            row.connection,
                            row.event_type,
                            row.vendor_event_id,
                            row.dedupe_scope,
                            row.dedupe_key,
                            row.state_key,
                            row.request,
                            row.headers,
                            row.content_type,
                            row.body,
                            sealed.body_size_bytes,
                            row.proof,
                            row.is_hint,
                            row.status,
                            received,
                            received,
                            row.trace_id,
                            row.account_ref ? Value(kAccountRef) : Value(),
                            row.account_ref,
                            received,
                            received};
    params.insert(params.end(), std::begin(of_row), std::end(of_row));
}

using KeyOfEvent = std::pair<std::string, std::string>;  ///< scope and key

/// Inserts, or counts duplicates, in one statement: parallel copies that fail to insert and then
/// update would hold shared locks against each other. Notes the id of the row that has the key.
void insertRows(Connection& connection, std::span<const SealedDelivery* const> deliveries,
                std::map<KeyOfEvent, std::string>& ids) {
    std::string sql(kInsertColumns);
    std::vector<Value> params;
    std::map<KeyOfEvent, std::string_view> tenants;
    for (const SealedDelivery* delivery : deliveries) {
        sql.append(params.empty() ? "" : ",").append(kInsertRow);
        appendParameters(*delivery, params);
        tenants[{delivery->row.dedupe_scope, delivery->row.dedupe_key}] = delivery->tenant_id;
    }
    sql.append(connection.dialect().onConflict("dedupe_scope, dedupe_key",
                                               "duplicates = duplicates + 1"))
        .append(" RETURNING dedupe_scope, dedupe_key, id, tenant_id");
    connection.query(sql, params, [&](const Row& found) {
        KeyOfEvent key{found.bytes(0), found.bytes(1)};
        if (found.text(3) != tenants[key])
            throw UnitRefused(
                makeError(ErrorCode::kInternal, "the dedupe key is of another tenant"));
        ids[std::move(key)] = found.string(2);
    });
}

}  // namespace

SealedDelivery InboxRepository::seal(const TenantScope& scope, NewDelivery delivery) const {
    const std::string& tenant = scope.tenantId();
    SealedDelivery sealed{tenant, std::move(delivery), 0};
    NewDelivery& row = sealed.row;
    sealed.body_size_bytes = static_cast<std::int64_t>(row.body.size());
    row.request = cells_.seal(tenant, row.id, "request_enc", std::string_view(row.request));
    row.headers = cells_.seal(tenant, row.id, "headers_enc", std::string_view(row.headers));
    row.body = cells_.seal(tenant, row.id, "body_enc", std::string_view(row.body));
    return sealed;
}

// Never INSERT IGNORE: it also swallows truncation and missing parents.
std::vector<InsertedDelivery> InboxRepository::insertDeliveries(
    Connection& connection, std::span<const SealedDelivery* const> deliveries) const {
    for (const SealedDelivery* delivery : deliveries) requireColumnsFit(delivery->row);
    // Parallel writers take their locks in one order; copies stay in the order in which they came.
    std::vector<const SealedDelivery*> sorted(deliveries.begin(), deliveries.end());
    std::ranges::stable_sort(sorted, {}, [](const SealedDelivery* delivery) {
        return std::tie(delivery->row.dedupe_scope, delivery->row.dedupe_key);
    });
    std::map<KeyOfEvent, std::string> ids;
    for (std::span<const SealedDelivery* const> rest = sorted; !rest.empty();) {
        const std::size_t rows = rowsOfStatement(rest.size());
        insertRows(connection, rest.first(rows), ids);
        rest = rest.subspan(rows);
    }
    std::vector<InsertedDelivery> inserted;
    inserted.reserve(deliveries.size());
    for (const SealedDelivery* delivery : deliveries) {
        const NewDelivery& row = delivery->row;
        const std::string& id = ids.at({row.dedupe_scope, row.dedupe_key});
        inserted.push_back(
            {id == row.id ? InsertOutcome::kInserted : InsertOutcome::kDuplicate, id});
    }
    return inserted;
}

InsertedDelivery InboxRepository::insertDelivery(Connection& connection,
                                                 const SealedDelivery& delivery) const {
    const SealedDelivery* one = &delivery;
    return insertDeliveries(connection, {&one, 1}).front();
}

bool InboxRepository::repeatsNewestState(Connection& connection, const TenantScope& scope,
                                         const Delivery& delivery,
                                         std::string_view subject_id) const {
    if (!delivery.state_key || !delivery.account_id) return false;
    bool same = false;
    connection.query(
        "SELECT state_key FROM inbound_event WHERE provider_config_id = ? AND subject_id = ? "
        "AND tenant_id = ? AND status = 'processed' AND id <> ? AND state_key IS NOT NULL "
        "ORDER BY received_at DESC, id DESC LIMIT 1",
        {*delivery.account_id, subject_id, scope.tenantId(), delivery.id},
        [&](const Row& row) { same = row.text(0) == *delivery.state_key; });
    return same;
}

void InboxRepository::setSubject(Connection& connection, const DeliveryLease& lease,
                                 std::string_view subject_id) const {
    requireFits(subject_id, 255, "subject_id");
    requireOne(connection.run("UPDATE inbound_event SET subject_type = 'vendor_object', "
                              "subject_id = ? WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                              {subject_id, lease.id, lease.fence}),
               ErrorCode::kConflict, kLeaseLost);
}

void InboxRepository::markProcessed(Connection& connection, const DeliveryLease& lease,
                                    std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    requireOne(connection.run(
                   "UPDATE inbound_event SET status = 'processed', processed_at = ?, owner = NULL, "
                   "lease_until = NULL, not_before = NULL, hold_reason = NULL, error = NULL, "
                   "updated_at = ? WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                   {now, now, lease.id, lease.fence}),
               ErrorCode::kConflict, kLeaseLost);
}

void InboxRepository::markFailed(Connection& connection, const DeliveryLease& lease,
                                 std::string_view error, std::int64_t retry_at_ms,
                                 std::int64_t now_ms) const {
    requireOne(
        connection.run(
            "UPDATE inbound_event SET status = 'failed', attempts = attempts + 1, error = ?, "
            "hold_reason = NULL, next_attempt_at = ?, owner = NULL, lease_until = NULL, updated_at "
            "= ? "
            "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
            {clipped(error, kErrorTextMax), timeText(retry_at_ms), timeText(now_ms), lease.id,
             lease.fence}),
        ErrorCode::kConflict, kLeaseLost);
}

void InboxRepository::markDead(Connection& connection, const DeliveryLease& lease,
                               std::string_view reason, std::int64_t now_ms) const {
    requireOne(connection.run(
                   "UPDATE inbound_event SET status = 'dead', attempts = attempts + 1, error = ?, "
                   "owner = NULL, lease_until = NULL, updated_at = ? "
                   "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                   {clipped(reason, kErrorTextMax), timeText(now_ms), lease.id, lease.fence}),
               ErrorCode::kConflict, kLeaseLost);
}

void InboxRepository::hold(Connection& connection, const DeliveryLease& lease,
                           std::string_view reason, std::int64_t until_ms,
                           std::int64_t now_ms) const {
    const std::string until = timeText(until_ms);
    requireOne(connection.run(
                   "UPDATE inbound_event SET status = 'verified', hold_reason = ?, not_before = ?, "
                   "next_attempt_at = ?, owner = NULL, lease_until = NULL, updated_at = ? "
                   "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                   {clipped(reason, 100), until, until, timeText(now_ms), lease.id, lease.fence}),
               ErrorCode::kConflict, kLeaseLost);
}

void InboxRepository::park(Connection& connection, const DeliveryLease& lease,
                           std::int64_t now_ms) const {
    requireOne(connection.run("UPDATE inbound_event SET status = 'parked', owner = NULL, "
                              "lease_until = NULL, updated_at = ? "
                              "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                              {timeText(now_ms), lease.id, lease.fence}),
               ErrorCode::kConflict, kLeaseLost);
}

void InboxRepository::replay(Connection& connection, const TenantScope& scope, std::string_view id,
                             std::int64_t now_ms) const {
    bool known = false;
    connection.query("SELECT 1 FROM inbound_event WHERE id = ? AND tenant_id = ?",
                     {id, scope.tenantId()}, [&](const Row&) { known = true; });
    if (!known) throw UnitRefused(makeError(ErrorCode::kNotFound, "no such delivery"));
    const std::string now = timeText(now_ms);
    requireOne(
        connection.run(
            "UPDATE inbound_event SET status = 'verified', attempts = 0, next_attempt_at = ?, "
            "not_before = NULL, hold_reason = NULL, owner = NULL, lease_until = NULL, "
            "updated_at = ? WHERE id = ? AND tenant_id = ? "
            "AND status IN ('failed', 'dead', 'parked')",
            {now, now, id, scope.tenantId()}),
        ErrorCode::kConflict, "only a failed, dead or parked delivery can be replayed");
}

std::vector<DeliveryRow> InboxRepository::list(Connection& connection, const TenantScope& scope,
                                               const DeliveryFilter& filter) const {
    std::vector<DeliveryRow> rows;
    connection.query(
        std::string("SELECT id, provider_config_id, plugin_key, transport, source, "
                    "vendor_event_id, dedupe_key, status, duplicates, attempts, received_at, "
                    "processed_at, error")
            .append(kFilter)
            .append(kPagePart),
        {scope.tenantId(), filter.plugin_key, filter.plugin_key, filter.status, filter.status,
         filter.account_id, filter.account_id, filter.page.after_id, filter.page.after_id,
         filter.page.rows_max, filter.page.offset},
        [&](const Row& row) {
            DeliveryRow& out = rows.emplace_back();
            out.id = row.string(0);
            out.account_id = row.optString(1);
            out.plugin_key = row.string(2);
            out.transport = row.string(3);
            out.source = row.string(4);
            out.vendor_event_id = row.optString(5);
            out.dedupe_key = row.string(6);
            out.status = row.string(7);
            out.duplicates = row.integer(8);
            out.attempts = row.integer(9);
            out.received_at_ms = row.time(10);
            out.processed_at_ms = row.optTime(11);
            out.error = row.optString(12);
        });
    return rows;
}

std::int64_t InboxRepository::count(Connection& connection, const TenantScope& scope,
                                    const DeliveryFilter& filter) const {
    std::int64_t rows = 0;
    connection.query(std::string("SELECT COUNT(*)").append(kFilter),
                     {scope.tenantId(), filter.plugin_key, filter.plugin_key, filter.status,
                      filter.status, filter.account_id, filter.account_id},
                     [&](const Row& row) { rows = row.integer(0); });
    return rows;
}

std::optional<Delivery> InboxRepository::find(Connection& connection, const TenantScope& scope,
                                              std::string_view id) const {
    std::optional<Delivery> found;
    const std::string& tenant = scope.tenantId();
    connection.query(
        "SELECT id, provider_config_id, plugin_key, transport, source, event_type, "
        "vendor_event_id, "
        "state_key, request_enc, headers_enc, content_type, body_enc, proof, is_hint, status, "
        "received_at, attempts, duplicates, hold_reason, error, trace_id, connection, "
        "subject_type, subject_id, dedupe_key "
        "FROM inbound_event WHERE id = ? AND tenant_id = ?",
        {id, tenant}, [&](const Row& row) {
            Delivery& out = found.emplace();
            out.id = row.string(0);
            out.tenant_id = tenant;
            out.account_id = row.optString(1);
            out.plugin_key = row.string(2);
            out.transport = row.string(3);
            out.source = row.string(4);
            out.event_type = row.optString(5);
            out.vendor_event_id = row.optString(6);
            out.state_key = row.optString(7);
            out.request = cells_.open(tenant, out.id, "request_enc", row.text(8));
            out.headers = cells_.open(tenant, out.id, "headers_enc", row.text(9));
            out.content_type = row.optString(10);
            out.body = cells_.open(tenant, out.id, "body_enc", row.bytes(11));
            out.proof = row.string(12);
            out.is_hint = row.flag(13);
            out.status = row.string(14);
            out.received_at_ms = row.time(15);
            out.attempts = row.integer(16);
            out.duplicates = row.integer(17);
            out.hold_reason = row.optString(18);
            out.error = row.optString(19);
            out.trace_id = row.optString(20);
            out.connection = row.optString(21);
            if (row.optString(22) == kAccountRef) out.account_ref = row.optString(23);
            out.dedupe_key = row.string(24);
        });
    return found;
}

}  // namespace hub::storage
