/// Orders with their person, checks and findings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/order_numbers.hpp"
#include "hub/storage/page.hpp"
#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// What is ordered: a check of one type.
struct NewCheck {
    std::string check_type;
    std::optional<std::string> scope;
    std::optional<std::string> jurisdiction;
};

struct NewOrder {
    std::string channel = "portal";
    std::string status = "submitted";
    std::optional<std::string> person_external_ref;
    std::string person_document;  ///< JSON without what follows; sealed
    /// Sealed apart, with a blind index if it has nine digits.
    std::optional<std::string> person_ssn;
    std::optional<std::string> application_ref;
    std::optional<std::string> package_code;
    std::optional<std::string> account_id;
    std::optional<std::string> reference_number;
    std::optional<std::string> job_location;
    std::optional<std::string> request_document;  ///< JSON of the order as given; sealed
    std::optional<std::string> created_by;
    std::vector<NewCheck> checks;
};

/// A row of screening_order. Save writes back the members below `changes`.
struct Order {
    std::string id;
    std::string order_number;
    std::string channel;
    std::string person_id;
    std::optional<std::string> application_ref;
    std::optional<std::string> package_code;
    std::optional<std::string> account_id;
    std::optional<std::string> reference_number;
    std::optional<std::string> job_location;
    std::optional<std::string> request_document;
    std::int64_t created_at_ms = 0;
    std::int64_t row_version = 0;
    // changes
    std::string status;
    std::optional<std::string> held_from;
    std::optional<std::string> hold_reason;
    std::optional<std::string> action_reason;
    std::optional<std::string> result;
    std::optional<std::string> decision;
    std::int64_t completion_percentage = 0;
    std::optional<std::int64_t> submitted_at_ms;
    std::optional<std::int64_t> dispatched_at_ms;
    std::optional<std::int64_t> results_ready_at_ms;
    std::optional<std::int64_t> completed_at_ms;
    std::optional<std::int64_t> closed_at_ms;
    std::optional<std::int64_t> estimated_completion_at_ms;
    std::optional<std::int64_t> last_activity_at_ms;
};

/// A row of screening_check. An empty id means: not stored yet.
struct Check {
    std::string id;
    std::string order_id;
    std::string person_id;
    std::optional<std::string> vendor_order_row_id;
    std::string check_type;
    std::optional<std::string> vendor_type;
    std::optional<std::string> vendor_check_id;
    std::optional<std::string> vendor_status;
    std::string status = "not_started";
    std::optional<std::string> result;
    std::optional<std::string> outcome;  ///< the vendor's verdict in canonical words
    std::optional<std::string> verdict;
    std::optional<std::string> scope;
    std::optional<std::string> severity;
    std::optional<std::string> jurisdiction;
    bool added_by_vendor = false;
    std::optional<std::int64_t> estimated_at_ms;
    std::optional<std::int64_t> started_at_ms;
    std::optional<std::int64_t> completed_at_ms;
    std::optional<std::int64_t> withdrawn_at_ms;
    std::optional<std::string> details;  ///< JSON; sealed

    bool operator==(const Check&) const = default;
};

/// A row of finding. Identity is (check_id, dedupe_key); the free texts are sealed.
struct Finding {
    std::string id;
    std::string check_id;
    std::string order_id;
    std::string person_id;
    std::string kind;
    std::string check_type;
    std::optional<std::string> category;
    std::optional<std::string> offense_type;
    std::optional<std::string> offense_level;
    std::optional<bool> is_conviction;
    std::optional<std::string> severity;
    std::optional<std::string> description;
    std::optional<std::string> finding_date;  ///< YYYY-MM-DD, as all dates
    std::optional<std::string> file_date;
    std::optional<std::string> disposition_date;
    std::optional<std::string> disposition;
    std::optional<std::string> sentence;
    std::optional<std::string> jurisdiction;
    std::optional<std::string> case_number;
    std::optional<std::string> details;  ///< JSON of what has no column; sealed
    std::string dedupe_key;              ///< SHA-256, hex
    std::optional<std::int64_t> removed_at_ms;
};

struct Person {
    std::string id;
    std::optional<std::string> external_ref;
    std::string document;  ///< JSON
    std::optional<std::string> ssn;
};

struct CreatedOrder {
    std::string order_id;
    std::string order_number;
    std::string person_id;
    std::vector<std::string> check_ids;  ///< as ordered
};

/// One page of orders, newest first. `before_id` is the last id of the page before.
struct OrderFilter {
    std::optional<std::string> status;
    std::optional<std::string> account_id;
    PageOf page;
};

/// An order together with its tenant, found across tenants.
struct AgingOrder {
    std::string id;
    std::string tenant_id;
};

/// All functions throw StorageError; an unknown or foreign id is not found.
class OrderRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit OrderRepository(const security::Vault& vault)
        : orders_(vault, "screening_order"),
          vault_(vault),
          persons_(vault, "person"),
          checks_(vault, "screening_check"),
          findings_(vault, "finding") {}

    /// Order numbers are taken in ranges of this database from here on; see OrderNumbers.
    void fillNumbersFrom(Database& database) { numbers_.fillFrom(database); }

    /// Adds person, order and checks; takes the next order number of the day.
    CreatedOrder create(Connection& connection, const TenantScope& scope, const NewOrder& order,
                        std::int64_t now_ms) const;
    [[nodiscard]] std::optional<Order> find(Connection& connection, const TenantScope& scope,
                                            std::string_view id) const;
    [[nodiscard]] std::vector<Order> list(Connection& connection, const TenantScope& scope,
                                          const OrderFilter& filter) const;
    /// Rows of all pages.
    [[nodiscard]] std::int64_t count(Connection& connection, const TenantScope& scope,
                                     const OrderFilter& filter) const;
    /// Writes the changeable members and raises row_version. UnitRefused (kConflict) if it was
    /// changed since it was read (TM-DB-4).
    void save(Connection& connection, const TenantScope& scope, Order& order,
              std::int64_t now_ms) const;

    /// Orders that may be open since before `since_ms`, the oldest first; nobody was told of them.
    [[nodiscard]] std::vector<AgingOrder> agingBefore(Connection& connection,
                                                      const SystemScope& system,
                                                      std::int64_t since_ms, int rows_max) const;
    /// Counts the order's age from then on; nothing: no more.
    void setAgingSince(Connection& connection, const TenantScope& scope, std::string_view id,
                       std::optional<std::int64_t> since_ms) const;

    [[nodiscard]] std::optional<Person> person(Connection& connection, const TenantScope& scope,
                                               std::string_view id) const;

    /// Checks of an order in the order of their creation.
    [[nodiscard]] std::vector<Check> checks(Connection& connection, const TenantScope& scope,
                                            std::string_view order_id) const;
    /// Inserts (filling in the id) or updates.
    void upsertCheck(Connection& connection, const TenantScope& scope, Check& check,
                     std::int64_t now_ms) const;

    /// Findings of an order, removed ones included.
    [[nodiscard]] std::vector<Finding> findings(Connection& connection, const TenantScope& scope,
                                                std::string_view order_id) const;
    /// Inserts or updates by (check_id, dedupe_key), filling in the id; clears removed_at.
    void upsertFinding(Connection& connection, const TenantScope& scope, Finding& finding,
                       std::int64_t now_ms) const;
    /// Marks the check's findings whose key is not in `kept_keys` as removed; gives how many.
    std::int64_t withdrawFindings(Connection& connection, const TenantScope& scope,
                                  std::string_view check_id,
                                  const std::vector<std::string>& kept_keys,
                                  std::int64_t now_ms) const;

private:
    void insertPerson(Connection& connection, const TenantScope& scope, const NewOrder& order,
                      const std::string& id, std::int64_t now_ms) const;
    OrderNumbers numbers_;
    SealedCells orders_;
    const security::Vault& vault_;
    SealedCells persons_;
    SealedCells checks_;
    SealedCells findings_;
};

}  // namespace hub::storage
