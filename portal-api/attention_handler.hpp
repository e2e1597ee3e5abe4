/// What asks for a person: tasks (E-217) and alerts (E-024).
#pragma once

#include "portal-api/router.hpp"

namespace portal {

struct TaskView {
    std::string id;
    std::string kind;
    std::string subject_type;
    std::string subject_id;
    std::optional<std::string> role;
    std::optional<std::string> assignee_id;
    std::optional<std::string> due_at;
    std::string status;
    std::optional<std::string> outcome;
    std::string created_at;
};

struct AlertView {
    std::string id;
    std::string kind;
    std::string alert_type;
    std::string severity;
    std::optional<std::string> applicant_id;
    std::string subject_type;
    std::string subject_id;
    std::string description;
    std::string status;
    std::string created_at;
};

/// GET /admin/tasks?kind=&status=&assignee=, newest first.
[[nodiscard]] hubsdk::Result<Page<TaskView>> listTasks(const ApiCall& call, const NoBody& request);
/// GET /dashboard/alerts?status=&kind=&severity=; without a status the new ones, newest first.
[[nodiscard]] hubsdk::Result<Page<AlertView>> listAlerts(const ApiCall& call,
                                                         const NoBody& request);

}  // namespace portal

namespace hubsdk {
template <>
struct Shape<portal::TaskView> {
    using T = portal::TaskView;
    static constexpr std::string_view kName = "Task";
    static constexpr auto kFields =
        std::tuple{field("id", &T::id, "Id."),
                   field("kind", &T::kind, "What is to be done."),
                   field("subject_type", &T::subject_type, "What it is about."),
                   field("subject_id", &T::subject_id, "Its id."),
                   field("role", &T::role, "Whose it is."),
                   field("assignee_id", &T::assignee_id, "Who took it."),
                   field("due_at", &T::due_at, "UTC."),
                   field("status", &T::status, "open, in_progress, done or dismissed."),
                   field("outcome", &T::outcome, "How it ended."),
                   field("created_at", &T::created_at, "UTC.")};
};
template <>
struct Shape<portal::AlertView> {
    using T = portal::AlertView;
    static constexpr std::string_view kName = "Alert";
    static constexpr auto kFields =
        std::tuple{field("id", &T::id, "Id."),
                   field("kind", &T::kind, "Area it comes from."),
                   field("alert_type", &T::alert_type, "What happened."),
                   field("severity", &T::severity, "critical, high, medium or low."),
                   field("applicant_id", &T::applicant_id, "The person, if it is about one."),
                   field("subject_type", &T::subject_type, "What it is about."),
                   field("subject_id", &T::subject_id, "Its id."),
                   field("description", &T::description, "A sentence without personal data."),
                   field("status", &T::status, "new, reviewed, actioned or dismissed."),
                   field("created_at", &T::created_at, "UTC.")};
};
}  // namespace hubsdk
