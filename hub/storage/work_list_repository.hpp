/// What a person has to look at: alerts and tasks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hub/storage/connection.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// canonical-model.md section 7.17. `description` holds codes and ids, no personal data.
struct NewAlert {
    std::string kind = "integration";  ///< monitoring, integration, compliance …
    std::string alert_type;
    std::string severity = "medium";
    std::string subject_type;
    std::string subject_id;
    std::string description;
};

struct NewTask {
    std::string kind;
    std::string subject_type;
    std::string subject_id;
};

/// Stateless; throws StorageError. Any thread, one connection per thread.
class WorkListRepository {
public:
    /// Adds an alert; one for the same type and subject is not doubled. True if it is new.
    bool addAlert(Connection& connection, const TenantScope& scope, const NewAlert& alert,
                  std::int64_t now_ms) const;
    void addTask(Connection& connection, const TenantScope& scope, const NewTask& task,
                 std::int64_t now_ms) const;
    /// How many alerts of that type there are.
    [[nodiscard]] std::int64_t countAlerts(Connection& connection, const TenantScope& scope,
                                           std::string_view alert_type) const;
};

}  // namespace hub::storage
