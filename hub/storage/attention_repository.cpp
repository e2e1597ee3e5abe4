#include "hub/storage/attention_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

constexpr std::string_view kAlertFilter =
    " FROM alert WHERE tenant_id = ? AND (? IS NULL OR status = ?) AND (? IS NULL OR kind = ?) "
    "AND (? IS NULL OR severity = ?) ";
constexpr std::string_view kTaskFilter =
    " FROM task WHERE tenant_id = ? AND (? IS NULL OR kind = ?) AND (? IS NULL OR status = ?) "
    "AND (? IS NULL OR assignee_id = ?) ";

std::string keyOf(const Alert& alert) {
    if (!alert.dedupe_key.empty()) return alert.dedupe_key;
    std::string text = alert.alert_type + "\n" + alert.subject_type + "\n" + alert.subject_id;
    if (!alert.occurrence.empty()) text += "\n" + alert.occurrence;
    return security::sha256Hex(text);
}

}  // namespace

// False if an alert of its key is there.
bool AttentionRepository::insertAlert(Connection& connection, const TenantScope& scope,
                                      const Alert& alert, const std::string& id,
                                      std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    try {
        connection.run(
            "INSERT INTO alert (id, tenant_id, kind, alert_type, severity, person_id, "
            "subject_type, "
            "subject_id, description, details_enc, status, dedupe_key, created_at, updated_at) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            {id, scope.tenantId(), alert.kind, alert.alert_type, alert.severity, alert.person_id,
             alert.subject_type, alert.subject_id, alert.description,
             alerts_.seal(scope.tenantId(), id, "details_enc", alert.details), alert.status,
             keyOf(alert), now, now});
        return true;
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
        return false;
    }
}

std::optional<std::string> AttentionRepository::raiseAlert(Connection& connection,
                                                           const TenantScope& scope,
                                                           const Alert& alert,
                                                           std::int64_t now_ms) const {
    requireFits(alert.alert_type, 100, "alert_type");
    requireFits(alert.subject_id, 255, "subject_id");
    std::string id = security::uuid7(now_ms);
    if (insertAlert(connection, scope, alert, id, now_ms)) return id;
    if (!alert.dedupe_key.empty() || !alert.occurrence.empty()) return std::nullopt;
    // What a person closed gives up its key for a new one: a state that is there again is news.
    const std::int64_t closed = connection.run(
        "UPDATE alert SET dedupe_key = ? WHERE tenant_id = ? AND dedupe_key = ? "
        "AND status IN ('actioned', 'dismissed')",
        {security::sha256Hex(id), scope.tenantId(), keyOf(alert)});
    if (closed == 0 || !insertAlert(connection, scope, alert, id, now_ms)) return std::nullopt;
    return id;
}

bool AttentionRepository::hasOpenTask(Connection& connection, const TenantScope& scope,
                                      const Task& task) const {
    bool exists = false;
    connection.query(
        "SELECT 1 FROM task WHERE tenant_id = ? AND kind = ? AND subject_type = ? "
        "AND subject_id = ? AND status IN ('open', 'in_progress') LIMIT 1",
        {scope.tenantId(), task.kind, task.subject_type, task.subject_id},
        [&](const Row&) { exists = true; });
    return exists;
}

bool AttentionRepository::openTask(Connection& connection, const TenantScope& scope,
                                   const Task& task, std::int64_t now_ms) const {
    requireFits(task.subject_id, 255, "subject_id");
    if (hasOpenTask(connection, scope, task)) return false;
    const std::string id = security::uuid7(now_ms);
    const std::string now = timeText(now_ms);
    connection.run(
        "INSERT INTO task (id, tenant_id, kind, subject_type, subject_id, role, due_at, status, "
        "notes_enc, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        {id, scope.tenantId(), task.kind, task.subject_type, task.subject_id, task.role,
         timeText(task.due_at_ms), task.status,
         tasks_.seal(scope.tenantId(), id, "notes_enc", task.notes), now, now});
    return true;
}

std::vector<Alert> AttentionRepository::alerts(Connection& connection, const TenantScope& scope,
                                               const AlertFilter& filter) const {
    std::vector<Alert> found;
    connection.query(
        std::string("SELECT id, kind, alert_type, severity, person_id, subject_type, subject_id, "
                    "description, details_enc, status, dedupe_key, created_at")
            .append(kAlertFilter)
            .append(kPagePart),
        {scope.tenantId(), filter.status, filter.status, filter.kind, filter.kind, filter.severity,
         filter.severity, filter.page.after_id, filter.page.after_id, filter.page.rows_max,
         filter.page.offset},
        [&](const Row& row) {
            found.push_back(
                Alert{row.string(0), row.string(1), row.string(2), row.string(3), row.optString(4),
                      row.string(5), row.string(6), row.string(7),
                      alerts_.open(scope.tenantId(), row.text(0), "details_enc", row.optString(8)),
                      row.string(9), row.string(10), row.time(11)});
        });
    return found;
}

std::vector<Task> AttentionRepository::tasks(Connection& connection, const TenantScope& scope,
                                             const TaskFilter& filter) const {
    std::vector<Task> found;
    connection.query(
        std::string("SELECT id, kind, subject_type, subject_id, role, due_at, status, notes_enc, "
                    "created_at, assignee_id, outcome")
            .append(kTaskFilter)
            .append(kPagePart),
        {scope.tenantId(), filter.kind, filter.kind, filter.status, filter.status,
         filter.assignee_id, filter.assignee_id, filter.page.after_id, filter.page.after_id,
         filter.page.rows_max, filter.page.offset},
        [&](const Row& row) {
            found.push_back(
                Task{row.string(0), row.string(1), row.string(2), row.string(3), row.optString(4),
                     row.optTime(5), row.string(6),
                     tasks_.open(scope.tenantId(), row.text(0), "notes_enc", row.optString(7)),
                     row.time(8), row.optString(9), row.optString(10)});
        });
    return found;
}

std::int64_t AttentionRepository::countAlerts(Connection& connection, const TenantScope& scope,
                                              const AlertFilter& filter) const {
    std::int64_t rows = 0;
    connection.query(std::string("SELECT COUNT(*)").append(kAlertFilter),
                     {scope.tenantId(), filter.status, filter.status, filter.kind, filter.kind,
                      filter.severity, filter.severity},
                     [&](const Row& row) { rows = row.integer(0); });
    return rows;
}

std::int64_t AttentionRepository::countTasks(Connection& connection, const TenantScope& scope,
                                             const TaskFilter& filter) const {
    std::int64_t rows = 0;
    connection.query(std::string("SELECT COUNT(*)").append(kTaskFilter),
                     {scope.tenantId(), filter.kind, filter.kind, filter.status, filter.status,
                      filter.assignee_id, filter.assignee_id},
                     [&](const Row& row) { rows = row.integer(0); });
    return rows;
}

}  // namespace hub::storage
