#include "hub/storage/vendor_order_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

/// canonical-model.md section 5.4: everything that is not an end.
constexpr std::string_view kOpen =
    "v.status IN ('queued', 'submitted', 'awaiting_applicant_info', 'data_verification', "
    "'in_progress', 'requires_action')";

constexpr std::string_view kSelect =
    "SELECT v.id, v.order_id, v.provider_config_id, v.plugin_key, v.client_reference, "
    "v.vendor_package, v.fetch_wanted, v.created_at, v.row_version, v.vendor_order_id, v.status, "
    "v.vendor_status, v.as_of, v.overall_outcome, v.raw_result, v.applicant_url_enc, "
    "v.applicant_url_expires_at, v.estimated_at, v.report_blob_id, v.submitted_at, v.completed_at, "
    "v.next_poll_at, v.last_error, v.fetch_done, v.fetched_version, v.last_fetch_started_at, "
    "v.fetch_gather_until, v.last_error_command "
    "FROM vendor_order v ";

VendorOrder vendorOrderOf(const Row& row, const SealedCells& cells, const std::string& tenant) {
    VendorOrder out;
    out.id = row.string(0);
    out.order_id = row.string(1);
    out.account_id = row.string(2);
    out.plugin_key = row.string(3);
    out.client_reference = row.string(4);
    out.vendor_package = row.optString(5);
    out.fetch_wanted = row.integer(6);
    out.created_at_ms = row.time(7);
    out.row_version = row.integer(8);
    out.vendor_order_id = row.optString(9);
    out.status = row.string(10);
    out.vendor_status = row.optString(11);
    out.as_of_ms = row.optTime(12);
    out.overall_outcome = row.optString(13);
    out.raw_result = row.optString(14);
    out.applicant_url = cells.open(tenant, out.id, "applicant_url_enc", row.optString(15));
    out.applicant_url_expires_at_ms = row.optTime(16);
    out.estimated_at_ms = row.optTime(17);
    out.report_blob_id = row.optString(18);
    out.submitted_at_ms = row.optTime(19);
    out.completed_at_ms = row.optTime(20);
    out.next_poll_at_ms = row.optTime(21);
    out.last_error = row.optString(22);
    out.fetch_done = row.integer(23);
    out.fetched_version = row.optString(24);
    out.last_fetch_started_at_ms = row.optTime(25);
    out.fetch_gather_until_ms = row.optTime(26);
    out.last_error_command = row.optString(27);
    return out;
}

std::optional<VendorOrder> onlyOne(std::vector<VendorOrder> found) {
    if (found.size() != 1) return std::nullopt;
    return std::move(found.front());
}

/// What must not occur twice: (type, id) of a unique link; with the entity for a narrowing one,
/// which many rows may share. Sizes in front keep the parts apart.
std::string uniqueKeyOf(const ExternalLink& link) {
    std::string text = std::to_string(link.type.size()) + ":" + link.type + link.external_id;
    if (!link.is_unique) text += "\n" + link.entity_id;
    return security::sha256Hex(text);
}

}  // namespace

std::vector<VendorOrder> VendorOrderRepository::select(Connection& connection,
                                                       const TenantScope& scope,
                                                       std::string_view where,
                                                       std::initializer_list<Value> params) const {
    std::vector<VendorOrder> found;
    connection.query(std::string(kSelect).append(where), params, [&](const Row& row) {
        found.push_back(vendorOrderOf(row, cells_, scope.tenantId()));
    });
    return found;
}

VendorOrder VendorOrderRepository::create(Connection& connection, const TenantScope& scope,
                                          const NewVendorOrder& order, std::int64_t now_ms) const {
    requireFits(order.client_reference, 100, "client_reference");
    requireFits(order.vendor_package.value_or(""), 100, "vendor_package");
    const std::string id = security::uuid7(now_ms);
    const std::string now = timeText(now_ms);
    try {
        requireOne(
            connection.run("INSERT INTO vendor_order (id, tenant_id, order_id, provider_config_id, "
                           "plugin_key, "
                           "client_reference, vendor_package, status, created_at, updated_at) "
                           "SELECT ?, o.tenant_id, o.id, p.id, ?, ?, ?, 'queued', ?, ? FROM "
                           "screening_order o, "
                           "provider_config p WHERE o.id = ? AND o.tenant_id = ? AND p.id = ? "
                           "AND p.tenant_id = o.tenant_id",
                           {id, order.plugin_key, order.client_reference, order.vendor_package, now,
                            now, order.order_id, scope.tenantId(), order.account_id}),
            ErrorCode::kNotFound, "no such order or account");
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
        throw UnitRefused(makeError(ErrorCode::kConflict, "the client reference is used already"));
    }
    return find(connection, scope, id).value();
}

void VendorOrderRepository::save(Connection& connection, const TenantScope& scope,
                                 VendorOrder& order, std::int64_t now_ms) const {
    requireFits(order.vendor_order_id.value_or(""), 100, "vendor_order_id");
    requireFits(order.fetched_version.value_or(""), 255, "fetched_version");
    const auto optClipped = [](const std::optional<std::string>& text, std::size_t length_max) {
        return text ? Value(clipped(*text, length_max)) : Value();
    };
    requireFresh(
        connection.run(
            "UPDATE vendor_order SET vendor_order_id = ?, status = ?, vendor_status = ?, as_of = "
            "?, "
            "overall_outcome = ?, raw_result = ?, applicant_url_enc = ?, "
            "applicant_url_expires_at = ?, estimated_at = ?, report_blob_id = ?, submitted_at = ?, "
            "completed_at = ?, next_poll_at = ?, last_error = ?, last_error_command = ?, "
            "fetch_done = ?, fetched_version = ?, last_fetch_started_at = ?, updated_at = ?, "
            "row_version = row_version + 1 WHERE id = ? AND tenant_id = ? AND row_version = ?",
            {order.vendor_order_id,
             order.status,
             optClipped(order.vendor_status, 50),
             timeText(order.as_of_ms),
             order.overall_outcome,
             optClipped(order.raw_result, 50),
             cells_.seal(scope.tenantId(), order.id, "applicant_url_enc", order.applicant_url),
             timeText(order.applicant_url_expires_at_ms),
             timeText(order.estimated_at_ms),
             order.report_blob_id,
             timeText(order.submitted_at_ms),
             timeText(order.completed_at_ms),
             timeText(order.next_poll_at_ms),
             optClipped(order.last_error, kErrorTextMax),
             optClipped(order.last_error_command, 50),
             order.fetch_done,
             order.fetched_version,
             timeText(order.last_fetch_started_at_ms),
             timeText(now_ms),
             order.id,
             scope.tenantId(),
             order.row_version}),
        "the vendor order was changed in between");
    ++order.row_version;
}

std::optional<VendorOrder> VendorOrderRepository::find(Connection& connection,
                                                       const TenantScope& scope,
                                                       std::string_view id) const {
    return onlyOne(
        select(connection, scope, "WHERE v.id = ? AND v.tenant_id = ?", {id, scope.tenantId()}));
}

std::vector<VendorOrder> VendorOrderRepository::ofOrder(Connection& connection,
                                                        const TenantScope& scope,
                                                        std::string_view order_id) const {
    return select(connection, scope, "WHERE v.tenant_id = ? AND v.order_id = ? ORDER BY v.id",
                  {scope.tenantId(), order_id});
}

std::optional<VendorOrder> VendorOrderRepository::byVendorOrderId(
    Connection& connection, const TenantScope& scope, std::string_view account_id,
    std::string_view vendor_order_id) const {
    return onlyOne(
        select(connection, scope,
               "WHERE v.tenant_id = ? AND v.provider_config_id = ? AND v.vendor_order_id = ?",
               {scope.tenantId(), account_id, vendor_order_id}));
}

std::optional<VendorOrder> VendorOrderRepository::byUniqueLink(Connection& connection,
                                                               const TenantScope& scope,
                                                               std::string_view account_id,
                                                               std::string_view type,
                                                               std::string_view external_id) const {
    return onlyOne(
        select(connection, scope,
               "JOIN external_link l ON l.entity_type = 'vendor_order' AND l.entity_id = "
               "v.id WHERE v.tenant_id = ? AND l.provider_config_id = ? "
               "AND l.external_type = ? AND l.external_id = ? AND l.is_unique = 1",
               {scope.tenantId(), account_id, type, external_id}));
}

std::optional<VendorOrder> VendorOrderRepository::byClientReference(
    Connection& connection, const TenantScope& scope, std::string_view account_id,
    std::string_view client_reference) const {
    return onlyOne(
        select(connection, scope,
               "WHERE v.tenant_id = ? AND v.provider_config_id = ? AND v.client_reference = ?",
               {scope.tenantId(), account_id, client_reference}));
}

std::vector<VendorOrder> VendorOrderRepository::openByNarrowingLink(
    Connection& connection, const TenantScope& scope, std::string_view account_id,
    std::string_view type, std::string_view external_id) const {
    const std::string where =
        "JOIN external_link l ON l.entity_type = 'vendor_order' AND l.entity_id = v.id "
        "WHERE v.tenant_id = ? AND l.provider_config_id = ? AND l.external_type = ? "
        "AND l.external_id = ? AND l.is_unique = 0 AND " +
        std::string(kOpen) + " ORDER BY v.id LIMIT ?";
    return select(connection, scope, where,
                  {scope.tenantId(), account_id, type, external_id, kNarrowedRowsMax});
}

bool VendorOrderRepository::hasOpen(Connection& connection, const TenantScope& scope,
                                    std::string_view account_id) const {
    bool open = false;
    connection.query(
        "SELECT 1 FROM vendor_order v WHERE v.tenant_id = ? AND "
        "v.provider_config_id = ? AND " +
            std::string(kOpen) + " LIMIT 1",
        {scope.tenantId(), account_id}, [&](const Row&) { open = true; });
    return open;
}

void VendorOrderRepository::lock(Connection& connection, const TenantScope& scope,
                                 VendorOrder& order) const {
    requireFresh(
        connection.run("UPDATE vendor_order SET row_version = row_version + 1 WHERE id = ? AND "
                       "tenant_id = ? AND row_version = ?",
                       {order.id, scope.tenantId(), order.row_version}),
        "the vendor order was changed in between");
    ++order.row_version;
}

bool VendorOrderRepository::addLink(Connection& connection, const TenantScope& scope,
                                    const ExternalLink& link, std::int64_t now_ms) const {
    requireFits(link.type, 50, "external_type");
    requireFits(link.external_id, 255, "external_id");
    const std::string key = uniqueKeyOf(link);
    std::optional<std::string> holder;
    connection.query(
        "SELECT entity_id FROM external_link WHERE provider_config_id = ? AND entity_type = ? "
        "AND unique_key = ?",
        {link.account_id, link.entity_type, key}, [&](const Row& row) { holder = row.string(0); });
    if (holder && *holder != link.entity_id)
        throw UnitRefused(
            makeError(ErrorCode::kConflict, "the link belongs to another row", link.type));
    if (holder) return false;
    const std::string now = timeText(now_ms);
    try {
        requireOne(
            connection.run(
                "INSERT INTO external_link (id, tenant_id, provider_config_id, entity_type, "
                "entity_id, "
                "system_key, external_type, external_id, is_unique, unique_key, created_at, "
                "updated_at) "
                "SELECT ?, p.tenant_id, p.id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM provider_config p "
                "WHERE p.id = ? AND p.tenant_id = ?",
                {security::uuid7(now_ms), link.entity_type, link.entity_id, link.system_key,
                 link.type, link.external_id, link.is_unique, key, now, now, link.account_id,
                 scope.tenantId()}),
            ErrorCode::kNotFound, "no such account");
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
        // Another unit made it in between: run again, this one finds its holder.
        throw StaleRow(makeError(ErrorCode::kConflict, "the link was made in between", link.type));
    }
    return true;
}

std::vector<ExternalLink> VendorOrderRepository::links(Connection& connection,
                                                       const TenantScope& scope,
                                                       std::string_view entity_type,
                                                       std::string_view entity_id) const {
    std::vector<ExternalLink> found;
    connection.query(
        "SELECT provider_config_id, entity_type, entity_id, system_key, external_type, "
        "external_id, "
        "is_unique FROM external_link WHERE tenant_id = ? AND entity_type = ? AND entity_id = ? "
        "ORDER BY created_at, external_type, external_id",
        {scope.tenantId(), entity_type, entity_id}, [&](const Row& row) {
            found.push_back(ExternalLink{row.string(0), row.string(1), row.string(2), row.string(3),
                                         row.string(4), row.string(5), row.flag(6)});
        });
    return found;
}

std::int64_t VendorOrderRepository::raiseFetchWanted(Connection& connection,
                                                     const TenantScope& scope, std::string_view id,
                                                     std::int64_t now_ms) const {
    requireOne(connection.run("UPDATE vendor_order SET fetch_wanted = fetch_wanted + 1, "
                              "row_version = row_version + 1, updated_at = ? "
                              "WHERE id = ? AND tenant_id = ?",
                              {timeText(now_ms), id, scope.tenantId()}),
               ErrorCode::kNotFound, "no such vendor order");
    return find(connection, scope, id)->fetch_wanted;
}

void VendorOrderRepository::gatherFetchesUntil(Connection& connection, const TenantScope& scope,
                                               std::string_view id, std::int64_t until_ms) const {
    connection.run("UPDATE vendor_order SET fetch_gather_until = ? WHERE id = ? AND tenant_id = ?",
                   {timeText(until_ms), id, scope.tenantId()});
}

std::vector<DueVendorOrder> VendorOrderRepository::dueForPoll(Connection& connection,
                                                              const SystemScope& /*system*/,
                                                              std::int64_t now_ms,
                                                              int rows_max) const {
    std::vector<DueVendorOrder> due;
    connection.query("SELECT v.id, v.tenant_id, v.provider_config_id FROM vendor_order v WHERE " +
                         std::string(kOpen) +
                         " AND v.next_poll_at <= ? ORDER BY v.next_poll_at LIMIT ?",
                     {timeText(now_ms), rows_max}, [&](const Row& row) {
                         due.push_back(DueVendorOrder{row.string(0), row.string(1), row.string(2)});
                     });
    return due;
}

}  // namespace hub::storage
