/// Vendor orders, their links, and how an observation finds the one it means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

struct NewVendorOrder {
    std::string order_id;
    std::string account_id;
    std::string plugin_key;
    std::string client_reference;  ///< what we tell the vendor; unique in the account
    std::optional<std::string> vendor_package;
};

/// A row of vendor_order. Save writes back the members below `changes`.
struct VendorOrder {
    std::string id;
    std::string order_id;
    std::string account_id;
    std::string plugin_key;
    std::string client_reference;
    std::optional<std::string> vendor_package;
    std::int64_t fetch_wanted = 0;  ///< raised by every event that asks for a fetch
    std::optional<std::int64_t> fetch_gather_until_ms;  ///< no fetch begins before
    std::int64_t created_at_ms = 0;
    std::int64_t row_version = 0;
    // changes
    std::optional<std::string> vendor_order_id;
    std::string status = "queued";
    std::optional<std::string> vendor_status;
    std::optional<std::int64_t> as_of_ms;
    std::optional<std::string> overall_outcome;
    std::optional<std::string> raw_result;
    std::optional<std::string> applicant_url;  ///< sealed
    std::optional<std::int64_t> applicant_url_expires_at_ms;
    std::optional<std::int64_t> estimated_at_ms;
    std::optional<std::string> report_blob_id;
    std::optional<std::int64_t> submitted_at_ms;
    std::optional<std::int64_t> completed_at_ms;
    std::optional<std::int64_t> next_poll_at_ms;
    std::optional<std::string> last_error;          ///< a class of error
    std::optional<std::string> last_error_command;  ///< the command that it ended
    std::int64_t fetch_done = 0;  ///< the value of fetch_wanted that the last fetch had seen
    std::optional<std::string> fetched_version;
    std::optional<std::int64_t> last_fetch_started_at_ms;
};

/// A vendor's id of something that belongs to one of our rows (plugin-contract.md section 5).
struct ExternalLink {
    std::string account_id;
    std::string entity_type = "vendor_order";
    std::string entity_id;
    std::string system_key;  ///< the plugin's key
    std::string type;
    std::string external_id;
    bool is_unique = false;  ///< else narrowing
};

/// A vendor order together with its tenant, found across tenants.
struct DueVendorOrder {
    std::string id;
    std::string tenant_id;
    std::string account_id;
};

/// More open vendor orders with one narrowing link narrow nothing.
inline constexpr std::size_t kNarrowedRowsMax = 32;

/// All functions throw StorageError; what belongs to another tenant is not found.
class VendorOrderRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit VendorOrderRepository(const security::Vault& vault) : cells_(vault, "vendor_order") {}

    /// UnitRefused: kNotFound for a foreign order or account, kConflict for a used
    /// client_reference.
    VendorOrder create(Connection& connection, const TenantScope& scope,
                       const NewVendorOrder& order, std::int64_t now_ms) const;
    /// Writes the changeable members. UnitRefused (kConflict) if changed since it was read.
    void save(Connection& connection, const TenantScope& scope, VendorOrder& order,
              std::int64_t now_ms) const;

    [[nodiscard]] std::optional<VendorOrder> find(Connection& connection, const TenantScope& scope,
                                                  std::string_view id) const;
    [[nodiscard]] std::vector<VendorOrder> ofOrder(Connection& connection, const TenantScope& scope,
                                                   std::string_view order_id) const;
    [[nodiscard]] std::optional<VendorOrder> byVendorOrderId(
        Connection& connection, const TenantScope& scope, std::string_view account_id,
        std::string_view vendor_order_id) const;
    /// Step 1 of the match: a unique link.
    [[nodiscard]] std::optional<VendorOrder> byUniqueLink(Connection& connection,
                                                          const TenantScope& scope,
                                                          std::string_view account_id,
                                                          std::string_view type,
                                                          std::string_view external_id) const;
    /// Step 2: our own reference.
    [[nodiscard]] std::optional<VendorOrder> byClientReference(
        Connection& connection, const TenantScope& scope, std::string_view account_id,
        std::string_view client_reference) const;
    /// Step 3: the open vendor orders of the account that have a narrowing link, at most
    /// kNarrowedRowsMax.
    [[nodiscard]] std::vector<VendorOrder> openByNarrowingLink(Connection& connection,
                                                               const TenantScope& scope,
                                                               std::string_view account_id,
                                                               std::string_view type,
                                                               std::string_view external_id) const;

    /// Whether any order of the account has not come to its end at the vendor.
    [[nodiscard]] bool hasOpen(Connection& connection, const TenantScope& scope,
                               std::string_view account_id) const;

    /// Takes the row's lock for the rest of the unit and raises row_version. StaleRow, which runs
    /// the unit again, if the row was changed since it was read.
    void lock(Connection& connection, const TenantScope& scope, VendorOrder& order) const;

    /// Adds a link; true if it is new. UnitRefused (kConflict) if it is unique and belongs to
    /// another row.
    bool addLink(Connection& connection, const TenantScope& scope, const ExternalLink& link,
                 std::int64_t now_ms) const;
    [[nodiscard]] std::vector<ExternalLink> links(Connection& connection, const TenantScope& scope,
                                                  std::string_view entity_type,
                                                  std::string_view entity_id) const;

    /// Asks for a fetch, in the event's unit; gives the new fetch_wanted.
    std::int64_t raiseFetchWanted(Connection& connection, const TenantScope& scope,
                                  std::string_view id, std::int64_t now_ms) const;

    /// The next fetch begins no sooner: what comes until then is gathered in it.
    void gatherFetchesUntil(Connection& connection, const TenantScope& scope, std::string_view id,
                            std::int64_t until_ms) const;

    /// Open vendor orders whose freshness deadline passed, the longest overdue first.
    [[nodiscard]] std::vector<DueVendorOrder> dueForPoll(Connection& connection,
                                                         const SystemScope& system,
                                                         std::int64_t now_ms, int rows_max) const;

private:
    [[nodiscard]] std::vector<VendorOrder> select(Connection& connection, const TenantScope& scope,
                                                  std::string_view where,
                                                  std::initializer_list<Value> params) const;
    SealedCells cells_;
};

}  // namespace hub::storage
