#include "hub/storage/audit_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {

void AuditRepository::record(Connection& connection, const TenantScope& scope,
                             const AuditEntry& entry, const OutboundEvent& event,
                             std::int64_t now_ms) const {
    recordView(connection, scope, entry, now_ms);
    requireFits(event.event_type, 100, "event_type");
    requireFits(event.subject_id, 64, "subject_id");
    requireFits(event.idempotency_key, 64, "idempotency_key");
    const std::string& tenant = scope.tenantId();
    const std::string now = timeText(now_ms);
    connection.run(
        "INSERT INTO outbound_event (id, tenant_id, event_type, event_version, subject_type, "
        "subject_id, person_id, partition_key, idempotency_key, source, payload, trace_id, "
        "occurred_at, created_at) VALUES (?,?,?,'1.0',?,?,?,?,?,?,?,?,?,?)",
        {security::uuid7(now_ms), tenant, event.event_type, event.subject_type, event.subject_id,
         event.person_id, tenant + "_" + event.person_id.value_or(""), event.idempotency_key,
         event.source, event.payload, event.trace_id, now, now});
}

void AuditRepository::recordView(Connection& connection, const TenantScope& scope,
                                 const AuditEntry& entry, std::int64_t now_ms) const {
    requireFits(entry.action, 100, "action");
    requireFits(entry.resource_id, 64, "resource_id");
    requireFits(entry.actor_id.value_or(""), 64, "actor_id");
    requireFits(entry.title.value_or(""), 255, "title");
    const std::string& tenant = scope.tenantId();
    const std::string id = security::uuid7(now_ms);
    const std::string now = timeText(now_ms);
    connection.run(
        "INSERT INTO audit_entry (id, tenant_id, occurred_at, actor_type, actor_id, actor_name, "
        "action, operation, resource_type, resource_id, order_id, check_id, person_id, "
        "is_timeline, "
        "title, description, old_status, new_status, changes_enc, visible_mask, ip_address, "
        "trace_id, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        {id,
         tenant,
         now,
         entry.actor_type,
         entry.actor_id,
         entry.actor_name,
         entry.action,
         entry.operation,
         entry.resource_type,
         entry.resource_id,
         entry.order_id,
         entry.check_id,
         entry.person_id,
         entry.is_timeline,
         entry.title,
         entry.description,
         entry.old_status,
         entry.new_status,
         cells_.seal(tenant, id, "changes_enc", entry.changes),
         entry.visible_mask,
         entry.ip_address,
         entry.trace_id,
         now});
}

std::vector<TimelineEntry> AuditRepository::timeline(Connection& connection,
                                                     const TenantScope& scope,
                                                     std::string_view order_id,
                                                     int rows_max) const {
    std::vector<TimelineEntry> entries;
    connection.query(
        "SELECT id, occurred_at, actor_type, action, title, description, old_status, new_status, "
        "visible_mask FROM audit_entry WHERE tenant_id = ? AND order_id = ? "
        "ORDER BY occurred_at, id LIMIT ?",
        {scope.tenantId(), order_id, rows_max}, [&](const Row& row) {
            entries.push_back(TimelineEntry{row.string(0), row.time(1), row.string(2),
                                            row.string(3), row.optString(4), row.optString(5),
                                            row.optString(6), row.optString(7), row.integer(8)});
        });
    return entries;
}

}  // namespace hub::storage
