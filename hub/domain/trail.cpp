#include "hub/domain/trail.hpp"

#include "hub/security/digest.hpp"

#include <hubsdk/cpp/json.hpp>

namespace hub::domain {
namespace {

constexpr std::int64_t kVisibleToOperators = 8 + 16;  // admin, platform
constexpr std::size_t kSubjectIdMax = 255;

std::string_view actorType(Actor actor) {
    switch (actor) {
        case Actor::kUser:
            return "apikey";
        case Actor::kApplicant:
            return "applicant";
        case Actor::kVendor:
            return "plugin";
        case Actor::kSystem:
            return "system";
    }
    return "system";
}

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::string payloadOf(const Change& change) {
    std::string json;
    hubsdk::JsonWriter writer(json);
    writer.beginObject();
    if (!change.order_id.empty()) writer.member("orderId", std::string_view(change.order_id));
    if (!change.check_id.empty()) writer.member("checkId", std::string_view(change.check_id));
    if (!change.old_status.empty()) writer.member("oldStatus", std::string_view(change.old_status));
    if (!change.new_status.empty()) writer.member("status", std::string_view(change.new_status));
    writer.endObject();
    return json;
}

Change attention(std::string table, std::string id, std::string action, std::string event_type) {
    Change change;
    change.resource_type = std::move(table);
    change.resource_id = std::move(id);
    change.action = std::move(action);
    change.operation = "CREATE";
    change.event_type = std::move(event_type);
    change.visible_mask = kVisibleToOperators;
    return change;
}

}  // namespace

std::string wordsOf(const hubsdk::VendorError& error) {
    std::string text(hubsdk::nameOf(error.error_class));
    if (error.vendor_code) text += " " + *error.vendor_code;
    if (error.label) text += " at " + *error.label;
    return text;
}

Change orderChange(const std::string& order_id, const std::string& person_id) {
    Change change;
    change.resource_type = "screening_order";
    change.resource_id = order_id;
    change.order_id = order_id;
    change.person_id = person_id;
    return change;
}

void record(const UnitOfWork& unit, const Cause& cause, const Change& change) {
    storage::AuditEntry entry;
    entry.actor_type = actorType(cause.actor);
    entry.actor_id = given(cause.actor_id);
    entry.action = change.action;
    entry.operation = change.operation;
    entry.resource_type = change.resource_type;
    entry.resource_id = change.resource_id;
    entry.order_id = given(change.order_id);
    entry.check_id = given(change.check_id);
    entry.person_id = given(change.person_id);
    entry.is_timeline = change.is_timeline;
    entry.title = given(change.title);
    entry.old_status = given(change.old_status);
    entry.new_status = given(change.new_status);
    entry.visible_mask = change.visible_mask;
    entry.trace_id = cause.trace_id;

    storage::OutboundEvent event;
    event.event_type = change.event_type;
    event.subject_type = change.resource_type;
    event.subject_id = change.resource_id;
    event.person_id = entry.person_id;
    event.idempotency_key =
        security::sha256Hex(change.resource_id + "\n" + change.event_key + "\n" +
                            change.event_type + "\n" + change.new_status);
    event.payload = payloadOf(change);
    event.trace_id = cause.trace_id;
    unit.repositories.audit.record(unit.connection, unit.scope, entry, event, unit.now_ms);
    wakeFlows(unit, {change.resource_type, change.resource_id}, change.event_type);
    // What happens to a check happens to its order.
    if (!change.order_id.empty() && change.order_id != change.resource_id)
        wakeFlows(unit, {"screening_order", change.order_id}, change.event_type);
}

void wakeFlows(const UnitOfWork& unit, const storage::WakeSubject& subject,
               std::string_view event_type) {
    unit.repositories.flows.wakeBySubject(unit.connection, unit.scope, subject, event_type,
                                          unit.now_ms);
}

bool raiseAlert(const UnitOfWork& unit, const Cause& cause, storage::Alert alert) {
    alert.subject_id = storage::clipped(alert.subject_id, kSubjectIdMax);
    auto id =
        unit.repositories.attention.raiseAlert(unit.connection, unit.scope, alert, unit.now_ms);
    if (!id) return false;
    Change change = attention("alert", std::move(*id), "alert_raised", "alert.raised");
    if (alert.kind == "monitoring") change.event_type = "monitoring.alert";
    change.title = alert.alert_type;
    change.new_status = alert.status;
    record(unit, cause, change);
    return true;
}

storage::Task manualFallback(std::string subject_type, std::string subject_id) {
    storage::Task task;
    task.kind = "manual_fallback";
    task.subject_type = std::move(subject_type);
    task.subject_id = std::move(subject_id);
    task.role = "admin";
    return task;
}

storage::Task manualCancel(std::string order_id) {
    storage::Task task = manualFallback("screening_order", std::move(order_id));
    task.kind = "manual_cancel";
    return task;
}

bool openTask(const UnitOfWork& unit, const Cause& cause, const storage::Task& task) {
    if (!unit.repositories.attention.openTask(unit.connection, unit.scope, task, unit.now_ms))
        return false;
    const std::string key = security::sha256Hex(task.kind + "\n" + task.subject_id);
    Change change = attention("task", key, "task_opened", "task.opened");
    change.title = task.kind;
    change.new_status = task.status;
    change.event_key = std::to_string(unit.now_ms);
    record(unit, cause, change);
    return true;
}

}  // namespace hub::domain
