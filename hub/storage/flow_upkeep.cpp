// The part of FlowRepository that people and the clock need: lists, resolutions, secrets for a
// caller, deletion.
#include <algorithm>
#include <array>

#include "hub/storage/flow_repository.hpp"
#include "hub/storage/time_text.hpp"

#include <hubsdk/cpp/json.hpp>

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::array kStates{FlowState::kRunning, FlowState::kWaiting,   FlowState::kDone,
                             FlowState::kFailed,  FlowState::kUncertain, FlowState::kParked};

FlowState stateOf(std::string_view name) {
    for (const FlowState state : kStates)
        if (nameOf(state) == name) return state;
    throw StorageError(StorageErrorCode::kCorrupt, "unknown flow state");
}

FlowSummary summaryOf(const Row& row) {
    FlowSummary out;
    out.id = row.string(0);
    out.account_id = row.string(1);
    out.command = row.string(2);
    out.subject_type = row.string(3);
    out.subject_id = row.string(4);
    out.state = stateOf(row.text(5));
    out.waits_for = row.optString(6);
    out.error = row.optString(7);
    out.wake_at_ms = row.time(8);
    out.created_at_ms = row.time(9);
    return out;
}

/// A JSON object of texts with one member more, or with another value for it.
std::string withMember(std::string_view object, const FlowRepository::TransientValue& kept) {
    std::string out;
    hubsdk::JsonWriter writer(out);
    writer.beginObject();
    if (auto document = hubsdk::JsonDocument::parse(object)) {
        for (const auto& member : document->root().members()) {
            if (member.name == kept.name) continue;
            writer.key(member.name);
            writer.value(hubsdk::Json(&member.value));
        }
    }
    writer.member(kept.name, std::string_view(kept.value));
    writer.endObject();
    return out;
}

}  // namespace

std::optional<LatestFlow> FlowRepository::latest(Connection& connection, const TenantScope& scope,
                                                 std::string_view account_id,
                                                 std::string_view command) const {
    std::optional<LatestFlow> found;
    connection.query(
        "SELECT state, finished_at, CASE WHEN state = 'failed' AND finished_at > give_up_at "
        "THEN 1 ELSE 0 END FROM flow WHERE provider_config_id = ? "
        "AND command = ? AND tenant_id = ? ORDER BY created_at DESC, id DESC LIMIT 1",
        {account_id, command, scope.tenantId()}, [&](const Row& row) {
            found = LatestFlow{stateOf(row.text(0)), row.optTime(1), row.integer(2) != 0};
        });
    return found;
}

std::vector<FlowRepository::AccountWithout> FlowRepository::accountsWithout(
    Connection& connection, const SystemScope& /*system*/, const Unrenewed& asked) const {
    std::vector<AccountWithout> found;
    connection.query(
        "SELECT p.id, p.tenant_id FROM provider_config p WHERE p.plugin_key = ? AND p.id > ? "
        "AND p.account_state = 'enabled' AND NOT EXISTS (SELECT 1 FROM flow f "
        "WHERE f.provider_config_id = p.id AND f.command = ? "
        "AND ((f.state = 'done' AND f.finished_at > ?) OR f.created_at > ?)) ORDER BY p.id LIMIT ?",
        {asked.plugin_key, asked.after_account_id, asked.command, timeText(asked.done_since_ms),
         timeText(asked.begun_since_ms), asked.rows_max},
        [&](const Row& row) {
            found.push_back(AccountWithout{row.string(0), row.string(1)});
        });
    return found;
}

std::optional<SubjectFlow> FlowRepository::newestOf(Connection& connection,
                                                    const TenantScope& scope,
                                                    const NewFlow& like) const {
    std::optional<SubjectFlow> found;
    connection.query(
        "SELECT id, state, fence, created_at FROM flow WHERE tenant_id = ? AND subject_type = ? "
        "AND subject_id = ? AND command = ? ORDER BY created_at DESC, id DESC LIMIT 1",
        {scope.tenantId(), like.subject_type, like.subject_id, like.command}, [&](const Row& row) {
            const bool untouched =
                row.text(1) == nameOf(FlowState::kRunning) && row.integer(2) == 0;
            found = SubjectFlow{row.string(0), untouched, row.time(3)};
        });
    return found;
}

std::vector<FlowSummary> FlowRepository::list(Connection& connection, const TenantScope& scope,
                                              const FlowFilter& filter) const {
    std::vector<FlowSummary> flows;
    const std::string state(filter.state ? nameOf(*filter.state) : "");
    const int rows = std::clamp(filter.rows_max, 1, kFlowListMax);
    // Ids sort by time (UUID version 7).
    connection.query(
        "SELECT id, provider_config_id, command, subject_type, subject_id, state, waits_for, "
        "error, wake_at, created_at FROM flow WHERE tenant_id = ? AND id > ? AND (state = ? OR "
        "(? = '' AND state IN ('running', 'waiting', 'uncertain', 'parked'))) ORDER BY id LIMIT ?",
        {scope.tenantId(), filter.after_id.value_or(""), state, state, rows},
        [&](const Row& row) { flows.push_back(summaryOf(row)); });
    return flows;
}

void FlowRepository::resolve(Connection& connection, const TenantScope& scope, std::string_view id,
                             const FlowResolution& resolution, std::int64_t now_ms) const {
    const auto flow = findHead(connection, scope, id);
    if (!flow) throw UnitRefused(makeError(ErrorCode::kNotFound, "there is no such flow"));
    const std::string now = timeText(now_ms);
    const bool runs = resolution.state == FlowState::kRunning;
    // wake_at too: a flow that is resolved as not placed runs on at once.
    requireOne(
        connection.run(
            "UPDATE flow SET state = ?, result_enc = ?, error = ?, wake_at = ?, "
            "finished_at = ?, give_up_at = COALESCE(?, give_up_at), abandoned = 0, "
            "updated_at = ? WHERE id = ? AND tenant_id = ? AND state = ?",
            {nameOf(resolution.state),
             flows_.seal(scope.tenantId(), id, "result_enc", resolution.result), resolution.error,
             now, runs ? Value() : Value(now), timeText(resolution.give_up_at_ms), now, id,
             scope.tenantId(), nameOf(resolution.from)}),
        ErrorCode::kConflict, "the flow is in another state by now");
    if (!runs || resolution.from != FlowState::kUncertain) return;
    // Status 0: proven not to have been executed, so it may be sent again.
    std::vector<std::string> lost;  // or begun by a process that ended
    connection.query(
        "SELECT id FROM flow_step WHERE flow_id = ? AND tenant_id = ? AND leg = ? "
        "AND kind = 'call' AND state IN ('intent', 'lost') AND repeat_rule <> 'safe'",
        {id, scope.tenantId(), flow->leg}, [&](const Row& row) { lost.push_back(row.string(0)); });
    connection.run(
        "UPDATE flow_attempt SET outcome = 'replied', reply_status = 0 WHERE outcome = 'lost' "
        "AND flow_step_id IN (SELECT s.id FROM flow_step s WHERE s.flow_id = ? AND s.tenant_id = ? "
        "AND s.leg = ? AND s.repeat_rule <> 'safe')",
        {id, scope.tenantId(), flow->leg});
    for (const std::string& step : lost) {
        connection.run(
            "UPDATE flow_step SET state = 'replied', reply_status = 0, "
            "reply_headers_enc = ?, reply_body_enc = ?, entry_at = COALESCE(entry_at, ?), "
            "updated_at = ? WHERE id = ?",
            {steps_.seal(scope.tenantId(), step, "reply_headers_enc", std::string_view("{}")),
             steps_.seal(scope.tenantId(), step, "reply_body_enc", std::string_view()), now, now,
             step});
    }
}

std::optional<std::string> FlowRepository::dropUnsent(Connection& connection,
                                                      const TenantScope& scope,
                                                      std::string_view subject_id,
                                                      std::string_view command,
                                                      std::int64_t now_ms) const {
    std::optional<std::string> id;
    // The row is locked before its steps are looked at: a worker takes it too before it commits an
    // intent, so that either the intent is seen here, or the worker finds its lease lost.
    connection.query(
        std::string("SELECT f.id FROM flow f WHERE f.tenant_id = ? AND f.subject_type = "
                    "'vendor_order' AND f.subject_id = ? AND f.command = ? "
                    "AND f.state IN ('running', 'waiting', 'parked') AND f.leg = 0 LIMIT 1")
            .append(connection.dialect().forUpdate()),
        {scope.tenantId(), subject_id, command}, [&](const Row& row) { id = row.string(0); });
    if (!id) return std::nullopt;
    // A request that provably never left (status 0), now and before, was not sent either.
    bool sent = false;
    connection.query(
        "SELECT s.id FROM flow_step s WHERE s.flow_id = ? AND s.kind = 'call' "
        "AND (NOT (s.state = 'replied' AND s.reply_status = 0) OR EXISTS "
        "(SELECT 1 FROM flow_attempt a WHERE a.flow_step_id = s.id "
        "AND NOT (a.outcome = 'replied' AND a.reply_status = 0))) LIMIT 1",
        {*id}, [&](const Row&) { sent = true; });
    if (sent) return std::nullopt;
    const std::string now = timeText(now_ms);
    // The fence moves: a worker that is about to commit the first intent finds its lease lost.
    connection.run(
        "UPDATE flow SET state = 'failed', error = 'cancelled before it was sent', "
        "owner = NULL, lease_until = NULL, fence = fence + 1, finished_at = ?, "
        "updated_at = ? WHERE id = ?",
        {now, now, *id});
    return id;
}

void FlowRepository::keepTransient(Connection& connection, const FlowLease& lease,
                                   const TransientValue& kept, std::int64_t now_ms) const {
    std::string object = "{}";
    connection.query(
        "SELECT transient_enc FROM flow WHERE id = ? AND tenant_id = ?",
        {lease.flow_id, lease.tenant_id}, [&](const Row& row) {
            object = flows_.open(lease.tenant_id, lease.flow_id, "transient_enc", row.optString(0))
                         .value_or("{}");
        });
    const std::int64_t until =
        std::min(kept.expires_at_ms.value_or(now_ms + kTransientMaxMs), now_ms + kTransientMaxMs);
    const std::string kept_all = withMember(object, kept);
    requireOne(connection.run("UPDATE flow SET transient_enc = ?, transient_until = ? "
                              "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                              {flows_.seal(lease.tenant_id, lease.flow_id, "transient_enc",
                                           std::string_view(kept_all)),
                               timeText(until), lease.flow_id, lease.fence}),
               ErrorCode::kConflict, "the lease of this flow was lost");
}

std::optional<std::string> FlowRepository::takeTransient(Connection& connection,
                                                         const TenantScope& scope,
                                                         std::string_view id,
                                                         std::int64_t now_ms) const {
    std::optional<std::string> object;
    connection.query(
        "SELECT transient_enc FROM flow WHERE id = ? AND tenant_id = ? "
        "AND transient_until > ?",
        {id, scope.tenantId(), timeText(now_ms)}, [&](const Row& row) {
            object = flows_.open(scope.tenantId(), id, "transient_enc", row.optString(0));
        });
    if (object) {
        connection.run(
            "UPDATE flow SET transient_enc = NULL, transient_until = NULL "
            "WHERE id = ? AND tenant_id = ?",
            {id, scope.tenantId()});
    }
    return object;
}

std::vector<std::int64_t> FlowRepository::recordingDays(Connection& connection,
                                                        const SystemScope& /*system*/) const {
    std::vector<std::int64_t> days;
    connection.query("SELECT DISTINCT recording_days FROM provider_config", {},
                     [&](const Row& row) { days.push_back(row.integer(0)); });
    return days;
}

std::int64_t FlowRepository::deleteEntries(Connection& connection, const SystemScope& /*system*/,
                                           std::int64_t before_ms, int rows_max,
                                           std::int64_t recording_days) const {
    const std::string before = timeText(before_ms);
    std::vector<std::string> old;
    connection.query(
        "SELECT s.id FROM flow_step s JOIN flow f ON f.id = s.flow_id "
        "JOIN provider_config p ON p.id = f.provider_config_id "
        "WHERE s.updated_at < ? AND (s.leg < f.leg OR f.finished_at < ?) "
        "AND p.recording_days = ? LIMIT ?",
        {before, before, recording_days, rows_max},
        [&](const Row& row) { old.push_back(row.string(0)); });
    for (const std::string& id : old) {
        connection.run("DELETE FROM flow_attempt WHERE flow_step_id = ?", {id});
        connection.run("DELETE FROM flow_step WHERE id = ?", {id});
    }
    return std::ssize(old);
}

std::int64_t FlowRepository::clearInputs(Connection& connection, const SystemScope& /*system*/,
                                         const ExpiredInputs& expired, std::int64_t now_ms) const {
    std::vector<std::pair<std::string, std::string>> old;
    connection.query(
        "SELECT f.id, f.tenant_id FROM flow f JOIN provider_config p "
        "ON p.id = f.provider_config_id WHERE f.finished_at < ? AND f.cleared_at IS NULL "
        "AND p.recording_days = ? LIMIT ?",
        {timeText(expired.before_ms), expired.recording_days, expired.rows_max},
        [&](const Row& row) { old.emplace_back(row.string(0), row.string(1)); });
    for (const auto& [id, tenant] : old) {
        connection.run(
            "UPDATE flow SET inputs_enc = ?, result_enc = NULL, transient_enc = NULL, "
            "transient_until = NULL, cleared_at = ? WHERE id = ?",
            {flows_.seal(tenant, id, "inputs_enc", std::string_view("{}")), timeText(now_ms), id});
    }
    return std::ssize(old);
}

std::int64_t FlowRepository::dropTransients(Connection& connection, const SystemScope& /*system*/,
                                            std::int64_t now_ms) const {
    return connection.run(
        "UPDATE flow SET transient_enc = NULL, transient_until = NULL WHERE transient_until <= ?",
        {timeText(now_ms)});
}

}  // namespace hub::storage
