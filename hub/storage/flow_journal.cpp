// The journal part of FlowRepository.
#include <array>

#include "hub/security/digest.hpp"
#include "hub/storage/flow_repository.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::array<std::string_view, 4> kStateNames{"intent", "replied", "lost", "applied"};
constexpr const char* kWrongState = "the step is in another state";

StepState stateOf(std::string_view name) {
    for (std::size_t i = 0; i < kStateNames.size(); ++i)
        if (kStateNames.at(i) == name) return static_cast<StepState>(i);
    throw StorageError(StorageErrorCode::kCorrupt, "unknown step state");
}

/// Takes the flow's row and proves that the lease still holds.
void requireLease(Connection& connection, const FlowLease& lease, std::int64_t now_ms) {
    requireOne(
        connection.run(
            "UPDATE flow SET updated_at = ? WHERE id = ? AND fence = ? AND owner IS NOT NULL",
            {timeText(now_ms), lease.flow_id, lease.fence}),
        ErrorCode::kConflict, "the lease of this flow was lost");
}

FlowStep stepOf(const Row& row, const SealedCells& cells, const std::string& tenant) {
    FlowStep out;
    out.id = row.string(0);
    out.seq = row.integer(1);
    out.intent.kind = row.string(2);
    out.intent.label = row.string(3);
    out.intent.occurrence = row.integer(4);
    out.intent.method = row.string(5);
    out.intent.host = row.string(6);
    out.intent.path = cells.open(tenant, out.id, "path_enc", row.text(7));
    out.intent.body_hash = row.string(8);
    out.intent.repeat_rule = row.string(9);
    out.intent.idempotency_key = row.optString(10);
    out.state = stateOf(row.text(11));
    out.attempt = row.integer(12);
    out.intent_at_ms = row.time(13);
    out.intent.deadline_at_ms = row.time(14);
    out.entry_at_ms = row.optTime(15);
    if (!row.isNull(16)) {
        out.reply = FlowReply{row.integer(16),
                              cells.open(tenant, out.id, "reply_headers_enc", row.text(17)),
                              cells.open(tenant, out.id, "reply_body_enc", row.bytes(18))};
    }
    out.intent.look_up_after_ms = row.optInteger(19);
    out.blamed = row.integer(20);
    out.answered_before = row.integer(21);
    out.lost_before = row.integer(22);
    out.doubtful_since_ms = row.time(23);
    return out;
}

}  // namespace

std::string_view nameOf(StepState state) { return kStateNames.at(static_cast<std::size_t>(state)); }

std::vector<FlowStep> FlowRepository::journal(Connection& connection,
                                              const FlowLease& lease) const {
    std::vector<FlowStep> steps;
    connection.query(
        "SELECT s.id, s.seq, s.kind, s.label, s.occurrence, s.method, s.host, s.path_enc, "
        "s.body_hash, s.repeat_rule, s.idempotency_key, s.state, s.attempt, s.intent_at, "
        "s.deadline_at, s.entry_at, s.reply_status, s.reply_headers_enc, s.reply_body_enc, "
        "s.look_up_after_ms, s.blamed, CASE WHEN s.attempt = 1 THEN 0 ELSE "
        "(SELECT COUNT(*) FROM flow_attempt a WHERE a.flow_step_id = s.id AND a.outcome = "
        "'replied' AND (a.reply_status BETWEEN 200 AND 299 OR (a.reply_status BETWEEN 400 AND "
        "499 AND a.reply_status NOT IN (401, 403, 408, 425, 429)))) END, "
        "CASE WHEN s.attempt = 1 THEN 0 ELSE (SELECT COUNT(*) FROM flow_attempt a WHERE "
        "a.flow_step_id = s.id AND a.outcome = 'lost') END, "
        "CASE WHEN s.attempt = 1 THEN s.intent_at ELSE COALESCE((SELECT MIN(a.started_at) FROM "
        "flow_attempt a WHERE a.flow_step_id = s.id AND (a.outcome = 'lost' OR a.reply_status IN "
        "(408, 504))), s.intent_at) END "
        "FROM flow_step s JOIN flow f ON f.id = s.flow_id AND f.leg = s.leg "
        "WHERE f.id = ? AND f.tenant_id = ? ORDER BY s.seq",
        {lease.flow_id, lease.tenant_id},
        [&](const Row& row) { steps.push_back(stepOf(row, steps_, lease.tenant_id)); });
    return steps;
}

std::string FlowRepository::commitIntent(Connection& connection, const FlowLease& lease,
                                         const FlowIntent& intent, std::int64_t now_ms) const {
    requireFits(intent.label, 100, "label");
    requireFits(intent.method, 20, "method");
    requireFits(intent.host, 255, "host");
    requireFits(intent.idempotency_key.value_or(""), 100, "idempotency_key");
    requireLease(connection, lease, now_ms);
    std::int64_t leg = 0;
    std::int64_t seq = 0;
    connection.query(
        "SELECT f.leg, (SELECT COUNT(*) FROM flow_step s WHERE s.flow_id = f.id "
        "AND s.leg = f.leg) FROM flow f WHERE f.id = ?",
        {lease.flow_id}, [&](const Row& row) {
            leg = row.integer(0);
            seq = row.integer(1);
        });
    if (seq >= kLegEntriesMax)
        throw UnitRefused(makeError(ErrorCode::kTooLarge, "a leg has at most 64 entries"));
    std::string id = security::uuid7(now_ms);
    const std::string now = timeText(now_ms);
    connection.run(
        "INSERT INTO flow_step (id, tenant_id, flow_id, leg, seq, kind, label, occurrence, method, "
        "host, path_enc, body_hash, repeat_rule, idempotency_key, look_up_after_ms, state, "
        "intent_at, "
        "deadline_at, created_at, updated_at) VALUES "
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'intent',?,?,?,?)",
        {id, lease.tenant_id, lease.flow_id, leg, seq, intent.kind, intent.label, intent.occurrence,
         intent.method, intent.host,
         steps_.seal(lease.tenant_id, id, "path_enc", std::string_view(intent.path)),
         intent.body_hash, intent.repeat_rule, intent.idempotency_key, intent.look_up_after_ms, now,
         timeText(intent.deadline_at_ms), now, now});
    if (intent.give_up_at_ms) {
        connection.run("UPDATE flow SET give_up_at = ? WHERE id = ?",
                       {timeText(*intent.give_up_at_ms), lease.flow_id});
    }
    return id;
}

void FlowRepository::commitReply(Connection& connection, const FlowLease& lease,
                                 std::string_view step_id, const FlowReply& reply,
                                 std::int64_t now_ms) const {
    requireLease(connection, lease, now_ms);
    const std::string now = timeText(now_ms);
    requireOne(
        connection.run(
            "UPDATE flow_step SET state = 'replied', entry_at = ?, reply_status = ?, "
            "reply_headers_enc = ?, reply_body_enc = ?, updated_at = ? "
            "WHERE id = ? AND flow_id = ? AND state = 'intent'",
            {now, reply.status,
             steps_.seal(lease.tenant_id, step_id, "reply_headers_enc",
                         std::string_view(reply.headers)),
             steps_.seal(lease.tenant_id, step_id, "reply_body_enc", std::string_view(reply.body)),
             now, step_id, lease.flow_id}),
        ErrorCode::kConflict, kWrongState);
}

void FlowRepository::markLost(Connection& connection, const FlowLease& lease,
                              std::string_view step_id, std::string_view error,
                              std::int64_t now_ms) const {
    requireLease(connection, lease, now_ms);
    const std::string now = timeText(now_ms);
    requireOne(connection.run("UPDATE flow_step SET state = 'lost', entry_at = ?, error = ?, "
                              "updated_at = ? WHERE id = ? AND flow_id = ? AND state = 'intent'",
                              {now, clipped(error, kErrorTextMax), now, step_id, lease.flow_id}),
               ErrorCode::kConflict, kWrongState);
}

void FlowRepository::repeatStep(Connection& connection, const FlowLease& lease,
                                std::string_view step_id, const StepRepeat& repeat,
                                std::int64_t now_ms) const {
    requireLease(connection, lease, now_ms);
    const std::string now = timeText(now_ms);
    requireOne(connection.run("INSERT INTO flow_attempt (id, tenant_id, flow_step_id, attempt, "
                              "outcome, reply_status, "
                              "error, started_at, ended_at) SELECT ?, tenant_id, id, attempt, "
                              "state, reply_status, ?, "
                              "intent_at, entry_at FROM flow_step "
                              "WHERE id = ? AND flow_id = ? AND state IN ('replied', 'lost')",
                              {security::uuid7(now_ms), clipped(repeat.why, kErrorTextMax), step_id,
                               lease.flow_id}),
               ErrorCode::kConflict, kWrongState);
    connection.run(
        "UPDATE flow_step SET state = 'intent', attempt = attempt + 1, blamed = blamed + ?, "
        "intent_at = ?, deadline_at = ?, entry_at = NULL, reply_status = NULL, "
        "reply_headers_enc = NULL, reply_body_enc = NULL, error = NULL, updated_at = ? "
        "WHERE id = ?",
        {repeat.blames, now, timeText(repeat.deadline_at_ms), now, step_id});
    if (repeat.blames)
        connection.run("UPDATE flow SET retries = retries + 1 WHERE id = ?", {lease.flow_id});
}

std::int64_t FlowRepository::countAttempts(Connection& connection, const FlowLease& lease,
                                           std::string_view step_id, std::int64_t status) const {
    std::int64_t found = 0;
    connection.query(
        "SELECT COUNT(*) FROM flow_attempt WHERE flow_step_id = ? AND tenant_id = ? "
        "AND reply_status = ?",
        {step_id, lease.tenant_id, status}, [&](const Row& row) { found = row.integer(0); });
    return found;
}

void FlowRepository::markApplied(Connection& connection, const FlowLease& lease,
                                 std::string_view step_id, std::int64_t now_ms) const {
    requireLease(connection, lease, now_ms);
    requireOne(connection.run("UPDATE flow_step SET state = 'applied', updated_at = ? "
                              "WHERE id = ? AND flow_id = ? AND state = 'replied'",
                              {timeText(now_ms), step_id, lease.flow_id}),
               ErrorCode::kConflict, kWrongState);
}

void FlowRepository::setInputs(Connection& connection, const FlowLease& lease,
                               std::string_view inputs, std::int64_t now_ms) const {
    requireOne(connection.run("UPDATE flow SET inputs_enc = ?, updated_at = ? WHERE id = ? "
                              "AND fence = ? AND owner IS NOT NULL AND leg = 0 AND NOT EXISTS "
                              "(SELECT 1 FROM flow_step s WHERE s.flow_id = flow.id)",
                              {flows_.seal(lease.tenant_id, lease.flow_id, "inputs_enc", inputs),
                               timeText(now_ms), lease.flow_id, lease.fence}),
               ErrorCode::kConflict, "the inputs of this flow are frozen");
}

void FlowRepository::nextLeg(Connection& connection, const FlowLease& lease,
                             std::string_view inputs, std::int64_t now_ms) const {
    requireOne(connection.run("UPDATE flow SET leg = leg + 1, retries = 0, inputs_enc = ?, "
                              "updated_at = ? WHERE id = ? AND fence = ? AND owner IS NOT NULL",
                              {flows_.seal(lease.tenant_id, lease.flow_id, "inputs_enc", inputs),
                               timeText(now_ms), lease.flow_id, lease.fence}),
               ErrorCode::kConflict, "the lease of this flow was lost");
}

}  // namespace hub::storage
