/// Alerts and tasks: what asks for a person's attention.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/page.hpp"
#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// canonical-model.md section 7.17. `description` is generated from codes.
struct Alert {
    std::string id;
    std::string kind = "integration";  ///< monitoring, compliance, integration …
    std::string alert_type;
    std::string severity = "medium";  ///< critical, high, medium, low
    std::optional<std::string> person_id;
    std::string subject_type;
    std::string subject_id;
    std::string description;
    std::optional<std::string> details;  ///< sealed
    std::string status = "new";
    /// SHA-256, hex: one alert per key and tenant, for ever. Empty: made of type, subject and
    /// occurrence.
    std::string dedupe_key;
    std::int64_t created_at_ms = 0;  ///< of a stored one
    /// What makes it another alert of the same type and subject: the source or the version behind
    /// it, so that each event has its own. Empty, for what is a state: one stands until a person
    /// closes it, and the next one is new.
    std::string occurrence = {};
};

struct AlertFilter {
    std::optional<std::string> status;
    std::optional<std::string> kind;
    std::optional<std::string> severity;
    PageOf page;
};

/// canonical-model.md section 7.22.
struct Task {
    std::string id;
    std::string kind;  ///< manual_document_review, qa_review …
    std::string subject_type;
    std::string subject_id;
    std::optional<std::string> role;
    std::optional<std::int64_t> due_at_ms;
    std::string status = "open";
    std::optional<std::string> notes;  ///< sealed
    std::int64_t created_at_ms = 0;    ///< of a stored one
    std::optional<std::string> assignee_id = {};
    std::optional<std::string> outcome = {};
};

struct TaskFilter {
    std::optional<std::string> kind;
    std::optional<std::string> status;
    std::optional<std::string> assignee_id;
    PageOf page;
};

/// All functions throw StorageError.
class AttentionRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit AttentionRepository(const security::Vault& vault)
        : alerts_(vault, "alert"), tasks_(vault, "task") {}

    /// The id of the alert if it is new; nothing if one with the same key is there, which is left
    /// as it is.
    std::optional<std::string> raiseAlert(Connection& connection, const TenantScope& scope,
                                          const Alert& alert, std::int64_t now_ms) const;
    /// Opens a task unless one of this kind is open for the subject; true if it is new.
    bool openTask(Connection& connection, const TenantScope& scope, const Task& task,
                  std::int64_t now_ms) const;
    [[nodiscard]] std::vector<Alert> alerts(Connection& connection, const TenantScope& scope,
                                            const AlertFilter& filter) const;
    [[nodiscard]] std::vector<Task> tasks(Connection& connection, const TenantScope& scope,
                                          const TaskFilter& filter) const;
    /// Rows of all pages.
    [[nodiscard]] std::int64_t countAlerts(Connection& connection, const TenantScope& scope,
                                           const AlertFilter& filter) const;
    [[nodiscard]] std::int64_t countTasks(Connection& connection, const TenantScope& scope,
                                          const TaskFilter& filter) const;

    /// Whether a task of this kind for the subject is open or in progress.
    [[nodiscard]] bool hasOpenTask(Connection& connection, const TenantScope& scope,
                                   const Task& task) const;

private:
    bool insertAlert(Connection& connection, const TenantScope& scope, const Alert& alert,
                     const std::string& id, std::int64_t now_ms) const;

    SealedCells alerts_;
    SealedCells tasks_;
};

}  // namespace hub::storage
