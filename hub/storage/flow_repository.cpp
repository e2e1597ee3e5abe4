#include "hub/storage/flow_repository.hpp"

#include <array>

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr const char* kLeaseLost = "the lease of this flow was lost";
constexpr std::array<std::string_view, 6> kStateNames{"running", "waiting",   "done",
                                                      "failed",  "uncertain", "parked"};

FlowState stateOf(std::string_view name) {
    for (std::size_t i = 0; i < kStateNames.size(); ++i)
        if (kStateNames.at(i) == name) return static_cast<FlowState>(i);
    throw StorageError(StorageErrorCode::kCorrupt, "unknown flow state");
}

bool isEnd(FlowState state) { return state == FlowState::kDone || state == FlowState::kFailed; }

void requireColumnsFit(const NewFlow& flow) {
    requireFits(flow.plugin_key, 50, "plugin_key");
    requireFits(flow.command, 50, "command");
    requireFits(flow.subject_type, 50, "subject_type");
    requireFits(flow.subject_id, 64, "subject_id");
    requireFits(flow.dedupe_key.value_or(""), 64, "dedupe_key");
    requireFits(flow.idempotency_key.value_or(""), 64, "idempotency_key");
}

struct SubjectTable {
    std::string_view subject_type;
    std::string_view lock;
};
constexpr SubjectTable kSubjectTables[] = {
    {"vendor_order", "SELECT id FROM vendor_order WHERE id = ?"},
    {"provider_config", "SELECT id FROM provider_config WHERE id = ?"},
    {"credential", "SELECT id FROM provider_config WHERE id = ?"},
};

/// Where units run in parallel, two of them must not both find that no such flow is there yet
/// (TM-DB-4).
void lockSubject(Connection& connection, const NewFlow& flow) {
    for (const SubjectTable& table : kSubjectTables) {
        if (table.subject_type != flow.subject_type) continue;
        connection.query(std::string(table.lock).append(connection.dialect().forUpdate()),
                         {flow.subject_id}, [](const Row&) {});
    }
}

/// The flow that already stands for the same command.
std::optional<std::string> sameCommand(Connection& connection, const TenantScope& scope,
                                       const NewFlow& flow) {
    std::optional<std::string> id;
    connection.query(
        "SELECT id FROM flow WHERE tenant_id = ? AND (idempotency_key = ? OR (dedupe_key = ? AND "
        "state IN ('running', 'waiting', 'uncertain', 'parked'))) ORDER BY created_at LIMIT 1",
        {scope.tenantId(), flow.idempotency_key, flow.dedupe_key},
        [&](const Row& row) { id = row.string(0); });
    return id;
}

constexpr std::string_view kSelectFlow =
    "SELECT id, provider_config_id, plugin_key, plugin_sha256, command, subject_type, "
    "subject_id, state, wake_at, leg, inputs_enc, result_enc, error, retries, "
    "fetch_wanted_seen, give_up_at, created_at, waits_for FROM flow WHERE id = ? "
    "AND tenant_id = ?";

Flow headOf(const Row& row, const std::string& tenant) {
    Flow out;
    out.id = row.string(0);
    out.tenant_id = tenant;
    out.account_id = row.string(1);
    out.plugin_key = row.string(2);
    out.plugin_sha256 = row.string(3);
    out.command = row.string(4);
    out.subject_type = row.string(5);
    out.subject_id = row.string(6);
    out.state = stateOf(row.text(7));
    out.wake_at_ms = row.time(8);
    out.leg = row.integer(9);
    out.error = row.optString(12);
    out.retries = row.integer(13);
    out.fetch_wanted_seen = row.optInteger(14);
    out.give_up_at_ms = row.optTime(15);
    out.created_at_ms = row.time(16);
    out.waits_for = row.optString(17);
    return out;
}

}  // namespace

std::string_view nameOf(FlowState state) { return kStateNames.at(static_cast<std::size_t>(state)); }

CreatedFlow FlowRepository::create(Connection& connection, const TenantScope& scope,
                                   const NewFlow& flow, std::int64_t now_ms) const {
    requireColumnsFit(flow);
    if (connection.dialect().writesInParallel()) lockSubject(connection, flow);
    if (auto same = sameCommand(connection, scope, flow)) return {std::move(*same), false};
    const std::string id = security::uuid7(now_ms);
    const std::string now = timeText(now_ms);
    const std::string due = timeText(flow.start_at_ms.value_or(now_ms));
    requireOne(
        connection.run(
            "INSERT INTO flow (id, tenant_id, provider_config_id, plugin_key, plugin_sha256, "
            "command, "
            "subject_type, subject_id, dedupe_key, idempotency_key, state, wake_at, inputs_enc, "
            "fetch_wanted_seen, give_up_at, created_at, updated_at) SELECT ?, p.tenant_id, p.id, "
            "?, "
            "?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ? FROM provider_config p "
            "WHERE p.id = ? AND p.tenant_id = ?",
            {id, flow.plugin_key, flow.plugin_sha256, flow.command, flow.subject_type,
             flow.subject_id, flow.dedupe_key, flow.idempotency_key, due,
             flows_.seal(scope.tenantId(), id, "inputs_enc", std::string_view(flow.inputs)),
             flow.fetch_wanted_seen, timeText(flow.give_up_at_ms), now, now, flow.account_id,
             scope.tenantId()}),
        ErrorCode::kNotFound, "no such account");
    return {id, true};
}

void FlowRepository::seeFetchWanted(Connection& connection, const TenantScope& scope,
                                    std::string_view id, std::int64_t fetch_wanted) const {
    connection.run(
        "UPDATE flow SET fetch_wanted_seen = ? WHERE id = ? AND tenant_id = ? "
        "AND fence = 0 AND fetch_wanted_seen < ?",
        {fetch_wanted, id, scope.tenantId(), fetch_wanted});
}

std::optional<Flow> FlowRepository::find(Connection& connection, const TenantScope& scope,
                                         std::string_view id) const {
    const std::string& tenant = scope.tenantId();
    std::optional<Flow> found;
    connection.query(kSelectFlow, {id, tenant}, [&](const Row& row) {
        found = headOf(row, tenant);
        found->inputs = flows_.open(tenant, id, "inputs_enc", row.text(10));
        found->result = flows_.open(tenant, id, "result_enc", row.optString(11));
    });
    return found;
}

std::optional<Flow> FlowRepository::findHead(Connection& connection, const TenantScope& scope,
                                             std::string_view id) const {
    std::optional<Flow> found;
    connection.query(kSelectFlow, {id, scope.tenantId()},
                     [&](const Row& row) { found = headOf(row, scope.tenantId()); });
    return found;
}

std::int64_t FlowRepository::countOpen(Connection& connection, const TenantScope& scope,
                                       std::string_view account_id,
                                       std::string_view command) const {
    std::int64_t open = 0;
    connection.query(
        "SELECT COUNT(*) FROM flow WHERE tenant_id = ? AND provider_config_id = ? AND command = ? "
        "AND state IN ('running', 'waiting', 'uncertain', 'parked')",
        {scope.tenantId(), account_id, command}, [&](const Row& row) { open = row.integer(0); });
    return open;
}

std::vector<FlowLease> FlowRepository::leaseDue(Connection& connection,
                                                const SystemScope& /*system*/,
                                                std::string_view owner, std::int64_t now_ms,
                                                const LeaseWish& wish,
                                                const LaneLimit& limit) const {
    std::string sql =
        "SELECT f.id, f.tenant_id, f.fence, f.plugin_key, CASE WHEN f.owner IS NULL OR f.owner = ? "
        "THEN 0 ELSE f.abandoned + 1 END FROM flow f JOIN provider_config p "
        "ON p.id = f.provider_config_id WHERE f.state IN ('running', 'waiting') AND f.wake_at <= ? "
        "AND p.account_state IN ('setup', 'enabled') AND (f.subject_type <> 'vendor_order' OR "
        "NOT EXISTS (SELECT 1 FROM flow o" +
        connection.dialect().byIndex("ix_flow_subject") +
        " WHERE o.tenant_id = f.tenant_id AND o.subject_type = f.subject_type "
        "AND o.subject_id = f.subject_id AND o.state IN ('running', 'waiting') "
        "AND (o.created_at < f.created_at OR (o.created_at = f.created_at AND o.id < f.id)))) ";
    std::vector<Value> params{owner, timeText(now_ms)};
    LaneLimit left = limit;
    for (const auto& [lane, running] : limit.running) {
        if (running < limit.most) continue;
        sql += "AND NOT (f.tenant_id = ? AND f.plugin_key = ?) ";
        params.emplace_back(lane.tenant_id);
        params.emplace_back(lane.plugin_key);
    }
    // Suspects come last, and not at all while one runs: they hide nobody behind the limit.
    sql +=
        "AND (f.owner IS NULL OR f.owner = ? OR f.abandoned + 1 < ?) ORDER BY CASE "
        "WHEN f.abandoned + 1 >= ? AND f.owner IS NOT NULL THEN 3 "
        "WHEN f.subject_type = 'inbound_event' THEN 0 "
        "WHEN f.subject_type = 'vendor_object' THEN 2 ELSE 1 END, f.wake_at, f.id LIMIT ?";
    params.emplace_back(owner);
    params.emplace_back(limit.suspect_runs ? kSuspectAbandoned
                                           : std::numeric_limits<std::int32_t>::max());
    params.emplace_back(kSuspectAbandoned);
    params.emplace_back(wish.rows_max);
    std::vector<FlowLease> due;
    connection.query(sql, params, [&](const Row& row) {
        FlowLease lease{row.string(0), row.string(1), row.integer(2), row.string(3),
                        row.integer(4)};
        const bool suspect = lease.abandoned >= kSuspectAbandoned;
        auto& running = left.running[{lease.tenant_id, lease.plugin_key}];
        if (running >= left.most || (suspect && left.suspect_runs)) return;
        ++running;
        left.suspect_runs = left.suspect_runs || suspect;
        due.push_back(std::move(lease));
    });
    // wake_at moves to the lease's end, so that one column says when a flow is due.
    const std::string until = timeText(now_ms + wish.lease_ms);
    std::vector<FlowLease> leased;
    for (auto& lease : due) {
        const auto taken = connection.run(
            "UPDATE flow SET state = 'running', waits_for = NULL, abandoned = ?, owner = ?, "
            "lease_until = ?, wake_at = ?, fence = fence + 1, updated_at = ? WHERE id = ? "
            "AND fence = ? AND state IN ('running', 'waiting')",
            {lease.abandoned, owner, until, until, timeText(now_ms), lease.flow_id, lease.fence});
        if (taken != 1) continue;
        ++lease.fence;
        leased.push_back(std::move(lease));
    }
    return leased;
}

bool FlowRepository::mayBeSent(Connection& connection, const FlowLease& lease) const {
    bool found = false;
    connection.query(
        "SELECT s.id FROM flow_step s JOIN flow f ON f.id = s.flow_id AND f.leg = s.leg "
        "WHERE f.id = ? AND f.tenant_id = ? AND s.kind = 'call' AND s.repeat_rule <> 'safe' "
        "AND s.state IN ('intent', 'lost') LIMIT 1",
        {lease.flow_id, lease.tenant_id}, [&](const Row&) { found = true; });
    return found;
}

void FlowRepository::giveBack(Connection& connection, const SystemScope& /*system*/,
                              const std::vector<FlowLease>& leases, std::int64_t due_ms,
                              std::int64_t now_ms) const {
    const std::string due = timeText(due_ms);
    const std::string now = timeText(now_ms);
    for (const FlowLease& lease : leases) {
        connection.run(
            "UPDATE flow SET owner = NULL, lease_until = NULL, wake_at = ?, updated_at = ? "
            "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
            {due, now, lease.flow_id, lease.fence});
    }
}

void FlowRepository::renewLease(Connection& connection, const FlowLease& lease,
                                std::int64_t until_ms) const {
    const std::string until = timeText(until_ms);
    requireOne(connection.run("UPDATE flow SET lease_until = ?, wake_at = ? WHERE id = ? "
                              "AND fence = ? AND owner IS NOT NULL",
                              {until, until, lease.flow_id, lease.fence}),
               ErrorCode::kConflict, kLeaseLost);
}

void FlowRepository::extendLease(Connection& connection, const FlowLease& lease,
                                 std::int64_t until_ms) const {
    const std::string until = timeText(until_ms);
    connection.run(
        "UPDATE flow SET lease_until = ?, wake_at = ? WHERE id = ? AND fence = ? "
        "AND owner IS NOT NULL AND lease_until < ?",
        {until, until, lease.flow_id, lease.fence, until});
}

void FlowRepository::sleep(Connection& connection, const FlowLease& lease, std::int64_t wake_at_ms,
                           std::string_view waits_for, std::int64_t now_ms) const {
    requireFits(waits_for, 32, "waits_for");
    requireOne(connection.run(
                   "UPDATE flow SET state = 'waiting', wake_at = ?, waits_for = ?, "
                   "owner = NULL, lease_until = NULL, updated_at = ? "
                   "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                   {timeText(wake_at_ms), waits_for, timeText(now_ms), lease.flow_id, lease.fence}),
               ErrorCode::kConflict, kLeaseLost);
}

void FlowRepository::finish(Connection& connection, const FlowLease& lease, FlowState state,
                            const std::optional<std::string>& result,
                            const std::optional<std::string>& error, std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    const bool ended = isEnd(state);
    requireOne(
        connection.run(
            "UPDATE flow SET state = ?, result_enc = ?, error = ?, finished_at = ?, owner = NULL, "
            "lease_until = NULL, updated_at = ? WHERE id = ? AND fence = ? AND owner IS NOT NULL",
            {nameOf(state), flows_.seal(lease.tenant_id, lease.flow_id, "result_enc", result),
             error ? Value(clipped(*error, kErrorTextMax)) : Value(), ended ? Value(now) : Value(),
             now, lease.flow_id, lease.fence}),
        ErrorCode::kConflict, kLeaseLost);
}

bool FlowRepository::wake(Connection& connection, const TenantScope& scope, std::string_view id,
                          std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    return connection.run(
               "UPDATE flow SET wake_at = ?, updated_at = ? WHERE id = ? "
               "AND tenant_id = ? AND state = 'waiting' AND owner IS NULL",
               {now, now, id, scope.tenantId()}) == 1;
}

std::int64_t FlowRepository::wakeWaiting(Connection& connection, const TenantScope& scope,
                                         std::string_view account_id, std::string_view waits_for,
                                         std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    return connection.run(
        "UPDATE flow SET wake_at = ?, updated_at = ? WHERE provider_config_id = ? "
        "AND tenant_id = ? AND state = 'waiting' AND owner IS NULL AND waits_for = ?",
        {now, now, account_id, scope.tenantId(), waits_for});
}

std::int64_t FlowRepository::parkOfAccount(Connection& connection, const TenantScope& scope,
                                           std::string_view account_id, std::string_view reason,
                                           std::int64_t now_ms) const {
    // The fence moves, so that a worker in the middle of a step cannot write into a parked flow.
    return connection.run(
        "UPDATE flow SET state = 'parked', error = ?, owner = NULL, lease_until = NULL, "
        "fence = fence + 1, updated_at = ? WHERE tenant_id = ? AND provider_config_id = ? "
        "AND state IN ('running', 'waiting')",
        {clipped(reason, kErrorTextMax), timeText(now_ms), scope.tenantId(), account_id});
}

}  // namespace hub::storage
