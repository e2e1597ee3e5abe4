#include "portal-api/attention_handler.hpp"

#include <array>

#include "portal-api/paging.hpp"

#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::storage::Connection;

TaskView viewOf(const hub::storage::Task& task) {
    TaskView view;
    view.id = task.id;
    view.kind = task.kind;
    view.subject_type = task.subject_type;
    view.subject_id = task.subject_id;
    view.role = task.role;
    view.assignee_id = task.assignee_id;
    if (task.due_at_ms) view.due_at = hubsdk::formatUtc(*task.due_at_ms);
    view.status = task.status;
    view.outcome = task.outcome;
    view.created_at = hubsdk::formatUtc(task.created_at_ms);
    return view;
}

AlertView viewOf(const hub::storage::Alert& alert) {
    AlertView view;
    view.id = alert.id;
    view.kind = alert.kind;
    view.alert_type = alert.alert_type;
    view.severity = alert.severity;
    view.applicant_id = alert.person_id;
    view.subject_type = alert.subject_type;
    view.subject_id = alert.subject_id;
    view.description = alert.description;
    view.status = alert.status;
    view.created_at = hubsdk::formatUtc(alert.created_at_ms);
    return view;
}

// canonical-model.md section 5.12
constexpr std::array<std::string_view, 4> kTaskStatuses{"open", "in_progress", "done", "dismissed"};
constexpr std::array<std::string_view, 4> kAlertStatuses{"new", "reviewed", "actioned",
                                                         "dismissed"};

}  // namespace

hubsdk::Result<Page<TaskView>> listTasks(const ApiCall& call, const NoBody&) {
    hub::storage::TaskFilter filter;
    auto asked = readAsked(call.query, filter.page,
                           {{"kind", &filter.kind},
                            {"status", &filter.status, kTaskStatuses},
                            {"assignee", &filter.assignee_id}});
    if (!asked) return std::move(asked).error();
    const auto& attention = call.services.repositories.attention;
    return pageFrom<TaskView>(
        call, filter.page,
        [&](Connection& connection) { return attention.tasks(connection, call.scope, filter); },
        [&](Connection& connection) {
            return attention.countTasks(connection, call.scope, filter);
        },
        [](Connection&, const hub::storage::Task& task) { return viewOf(task); });
}

hubsdk::Result<Page<AlertView>> listAlerts(const ApiCall& call, const NoBody&) {
    hub::storage::AlertFilter filter;
    filter.status = "new";
    auto asked = readAsked(call.query, filter.page,
                           {{"status", &filter.status, kAlertStatuses},
                            {"kind", &filter.kind},
                            {"severity", &filter.severity}});
    if (!asked) return std::move(asked).error();
    const auto& attention = call.services.repositories.attention;
    return pageFrom<AlertView>(
        call, filter.page,
        [&](Connection& connection) { return attention.alerts(connection, call.scope, filter); },
        [&](Connection& connection) {
            return attention.countAlerts(connection, call.scope, filter);
        },
        [](Connection&, const hub::storage::Alert& alert) { return viewOf(alert); });
}

}  // namespace portal
