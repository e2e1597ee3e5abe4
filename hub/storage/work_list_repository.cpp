#include "hub/storage/work_list_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {

bool WorkListRepository::addAlert(Connection& connection, const TenantScope& scope,
                                  const NewAlert& alert, std::int64_t now_ms) const {
    const std::string key =
        security::sha256Hex(alert.alert_type + "\n" + alert.subject_type + "\n" + alert.subject_id);
    std::int64_t known = 0;
    connection.query("SELECT COUNT(*) FROM alert WHERE tenant_id = ? AND dedupe_key = ?",
                     {scope.tenantId(), key}, [&](const Row& row) { known = row.integer(0); });
    if (known > 0) return false;
    const std::string now = timeText(now_ms);
    connection.run(
        "INSERT INTO alert (id, tenant_id, kind, alert_type, severity, subject_type, subject_id, "
        "description, status, dedupe_key, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        {security::uuid7(now_ms), scope.tenantId(), alert.kind, alert.alert_type, alert.severity,
         alert.subject_type, alert.subject_id, alert.description, "new", key, now, now});
    return true;
}

void WorkListRepository::addTask(Connection& connection, const TenantScope& scope,
                                 const NewTask& task, std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    connection.run(
        "INSERT INTO task (id, tenant_id, kind, subject_type, subject_id, status, "
        "created_at, updated_at) VALUES (?,?,?,?,?,?,?,?)",
        {security::uuid7(now_ms), scope.tenantId(), task.kind, task.subject_type, task.subject_id,
         "open", now, now});
}

std::int64_t WorkListRepository::countAlerts(Connection& connection, const TenantScope& scope,
                                             std::string_view alert_type) const {
    std::int64_t count = 0;
    connection.query("SELECT COUNT(*) FROM alert WHERE tenant_id = ? AND alert_type = ?",
                     {scope.tenantId(), alert_type},
                     [&](const Row& row) { count = row.integer(0); });
    return count;
}

}  // namespace hub::storage
