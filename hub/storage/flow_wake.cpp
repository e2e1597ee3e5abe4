// The part of FlowRepository that wakes waiting flows by events.
//
// No wake is lost: waiting and events take the lock of the subject first, so that an event sees
// what the flow waits for, or the flow sees the event. And who goes to sleep takes the flow's row
// before it looks whether it was woken, as the event does after it said so.
#include <algorithm>

#include "hub/security/digest.hpp"
#include "hub/storage/flow_repository.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

struct SubjectLock {
    std::string_view subject_type;
    std::string_view lock;
};
/// Of these alone events tell and a flow may wait for them.
constexpr SubjectLock kSubjectLocks[] = {
    {"vendor_order", "SELECT id FROM vendor_order WHERE id = ?"},
    {"screening_order", "SELECT id FROM screening_order WHERE id = ?"},
    {"provider_config", "SELECT id FROM provider_config WHERE id = ?"},
};

const SubjectLock* subjectLock(std::string_view subject_type) {
    const auto* const found =
        std::ranges::find(kSubjectLocks, subject_type, &SubjectLock::subject_type);
    return found == std::end(kSubjectLocks) ? nullptr : found;
}

void lockSubject(Connection& connection, const WakeSubject& subject) {
    const SubjectLock* table = subjectLock(subject.type);
    if (table == nullptr || !connection.dialect().writesInParallel()) return;
    connection.query(std::string(table->lock).append(connection.dialect().forUpdate()),
                     {subject.id}, [](const Row&) {});
}

/// Reads what is committed, not what the transaction's beginning saw.
std::string current(const Connection& connection, std::string_view sql) {
    return std::string(sql).append(connection.dialect().forUpdate());
}

}  // namespace

void FlowRepository::wakeOn(Connection& connection, const FlowLease& lease,
                            const std::vector<WakeSubject>& subjects,
                            const std::vector<std::string>& event_types,
                            std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    for (const WakeSubject& subject : subjects) {
        lockSubject(connection, subject);
        for (const std::string& event_type : event_types) {
            requireFits(event_type, 100, "wake_on");
            connection.run(
                "INSERT INTO flow_wake (id, tenant_id, flow_id, subject_type, subject_id, "
                "event_type, created_at) VALUES (?,?,?,?,?,?,?)",
                {security::uuid7(now_ms), lease.tenant_id, lease.flow_id, subject.type, subject.id,
                 event_type, now});
        }
    }
}

void FlowRepository::wakeByEarlierDelivery(Connection& connection, const FlowLease& lease,
                                           std::string_view vendor_order_id, std::int64_t since_ms,
                                           std::int64_t now_ms) const {
    bool came = false;
    connection.query(
        current(connection,
                "SELECT id FROM observation WHERE tenant_id = ? AND vendor_order_row_id = ? "
                "AND created_at >= ? AND source_kind = 'delivery' LIMIT 1"),
        {lease.tenant_id, vendor_order_id, timeText(since_ms)}, [&](const Row&) { came = true; });
    if (!came) return;
    connection.run(
        "UPDATE flow_wake SET woken_at = ? WHERE flow_id = ? AND event_type = ? "
        "AND woken_at IS NULL",
        {timeText(now_ms), lease.flow_id, kDeliveryEvent});
}

bool FlowRepository::isWoken(Connection& connection, const FlowLease& lease) const {
    bool woken = false;
    connection.query(
        "SELECT id FROM flow_wake WHERE flow_id = ? AND tenant_id = ? AND woken_at IS NOT NULL "
        "LIMIT 1",
        {lease.flow_id, lease.tenant_id}, [&](const Row&) { woken = true; });
    return woken;
}

void FlowRepository::sleepUnlessWoken(Connection& connection, const FlowLease& lease,
                                      std::int64_t wake_at_ms, std::string_view waits_for,
                                      std::int64_t now_ms) const {
    sleep(connection, lease, wake_at_ms, waits_for, now_ms);
    bool woken = false;
    connection.query(
        current(connection, "SELECT woken_at FROM flow_wake WHERE flow_id = ? AND tenant_id = ?"),
        {lease.flow_id, lease.tenant_id}, [&](const Row& row) { woken = woken || !row.isNull(0); });
    if (!woken) return;
    connection.run("UPDATE flow SET wake_at = ? WHERE id = ? AND fence = ?",
                   {timeText(now_ms), lease.flow_id, lease.fence});
}

std::optional<std::string> FlowRepository::takeWake(Connection& connection,
                                                    const FlowLease& lease) const {
    std::optional<std::string> event_type;
    std::int64_t first_ms = 0;
    connection.query(
        current(connection,
                "SELECT event_type, woken_at FROM flow_wake WHERE flow_id = ? AND tenant_id = ?"),
        {lease.flow_id, lease.tenant_id}, [&](const Row& row) {
            const auto woken_ms = row.optTime(1);
            if (!woken_ms || (event_type && *woken_ms >= first_ms)) return;
            event_type = row.string(0);
            first_ms = *woken_ms;
        });
    connection.run("DELETE FROM flow_wake WHERE flow_id = ? AND tenant_id = ?",
                   {lease.flow_id, lease.tenant_id});
    return event_type;
}

std::int64_t FlowRepository::wakeBySubject(Connection& connection, const TenantScope& scope,
                                           const WakeSubject& subject, std::string_view event_type,
                                           std::int64_t now_ms) const {
    if (subjectLock(subject.type) == nullptr) return 0;
    lockSubject(connection, subject);
    const std::string now = timeText(now_ms);
    const auto woken = connection.run(
        "UPDATE flow_wake SET woken_at = ? WHERE tenant_id = ? AND subject_type = ? "
        "AND subject_id = ? AND event_type = ? AND woken_at IS NULL",
        {now, scope.tenantId(), subject.type, subject.id, event_type});
    if (woken == 0) return 0;
    connection.run(
        "UPDATE flow SET wake_at = ?, updated_at = ? WHERE state = 'waiting' AND owner IS NULL "
        "AND waits_for = 'time' AND wake_at > ? AND id IN (SELECT w.flow_id FROM flow_wake w "
        "WHERE w.tenant_id = ? AND w.subject_type = ? AND w.subject_id = ? AND w.event_type = ?)",
        {now, now, now, scope.tenantId(), subject.type, subject.id, event_type});
    return woken;
}

std::int64_t FlowRepository::dropWakes(Connection& connection,
                                       const SystemScope& /*system*/) const {
    return connection.run(
        "DELETE FROM flow_wake WHERE flow_id IN (SELECT f.id FROM flow f "
        "WHERE f.state IN ('done', 'failed'))");
}

}  // namespace hub::storage
