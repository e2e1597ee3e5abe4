/// How much waits in the tables: one cheap look for metrics and readiness.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "hub/storage/connection.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// Rows that one statement looks at, of one status for deliveries and flows: a long backlog must
/// not make a look slow. A count that is this high means "or more", and an age is that of the
/// oldest among those.
inline constexpr std::int64_t kBacklogRowsMax = 100'000;
/// Kinds of alerts and tasks that are told apart; the rest is "other".
inline constexpr std::size_t kBacklogKindsMax = 50;

/// Over all tenants; names and numbers only.
struct Backlog {
    using Pair = std::pair<std::string, std::string>;
    std::map<Pair, std::int64_t> deliveries;          ///< by vendor and status, without processed
    std::map<Pair, std::int64_t> flows;               ///< open ones by command and state
    std::int64_t flows_due = 0;                       ///< could be leased now
    std::map<std::string, std::int64_t> open_alerts;  ///< by type
    std::map<std::string, std::int64_t> open_tasks;   ///< by kind
    std::int64_t entries_unnumbered = 0;              ///< audit entries
    std::int64_t events_unnumbered = 0;               ///< outbound events
    std::int64_t oldest_unnumbered_ms = 0;            ///< age of the oldest of both
    std::int64_t oldest_delivery_ms = 0;              ///< age of the oldest that is to be processed
};

/// How a look is taken.
struct BacklogLook {
    std::int64_t now_ms;
    std::int64_t rows_max = kBacklogRowsMax;
    std::function<void()> answered = [] {};  ///< told after each statement
};

/// Throws StorageError.
[[nodiscard]] Backlog readBacklog(Connection& connection, const SystemScope& system,
                                  const BacklogLook& look);

}  // namespace hub::storage
