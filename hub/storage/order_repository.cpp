#include "hub/storage/order_repository.hpp"

#include <algorithm>
#include <iterator>

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;

constexpr std::string_view kSelectOrder =
    "SELECT id, order_number, channel, person_id, application_ref, package_code, "
    "provider_config_id, "
    "reference_number, job_location, request_enc, created_at, row_version, status, held_from, "
    "hold_reason, action_reason, result, decision, completion_percentage, submitted_at, "
    "dispatched_at, results_ready_at, completed_at, closed_at, estimated_completion_at, "
    "last_activity_at FROM screening_order ";

constexpr std::string_view kFilter =
    "WHERE tenant_id = ? AND (? IS NULL OR status = ?) AND (? IS NULL OR provider_config_id = ?) ";

std::string select(std::string_view where) { return std::string(kSelectOrder).append(where); }

Order orderOf(const Row& row, const SealedCells& cells, const std::string& tenant) {
    Order out;
    out.id = row.string(0);
    out.order_number = row.string(1);
    out.channel = row.string(2);
    out.person_id = row.string(3);
    out.application_ref = row.optString(4);
    out.package_code = row.optString(5);
    out.account_id = row.optString(6);
    out.reference_number = row.optString(7);
    out.job_location = row.optString(8);
    out.request_document = cells.open(tenant, out.id, "request_enc", row.optString(9));
    out.created_at_ms = row.time(10);
    out.row_version = row.integer(11);
    out.status = row.string(12);
    out.held_from = row.optString(13);
    out.hold_reason = row.optString(14);
    out.action_reason = row.optString(15);
    out.result = row.optString(16);
    out.decision = row.optString(17);
    out.completion_percentage = row.integer(18);
    out.submitted_at_ms = row.optTime(19);
    out.dispatched_at_ms = row.optTime(20);
    out.results_ready_at_ms = row.optTime(21);
    out.completed_at_ms = row.optTime(22);
    out.closed_at_ms = row.optTime(23);
    out.estimated_completion_at_ms = row.optTime(24);
    out.last_activity_at_ms = row.optTime(25);
    return out;
}

constexpr std::size_t kSsnDigits = 9;

std::string digitsOf(std::string_view text) {
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits),
                         [](char c) { return c >= '0' && c <= '9'; });
    return digits;
}

void requireColumnsFit(const NewOrder& order) {
    requireFits(order.person_external_ref.value_or(""), 255, "external_ref");
    requireFits(order.application_ref.value_or(""), 100, "application_ref");
    requireFits(order.package_code.value_or(""), 100, "package_code");
    requireFits(order.reference_number.value_or(""), 100, "reference_number");
    requireFits(order.job_location.value_or(""), 20, "job_location");
}

}  // namespace

void OrderRepository::insertPerson(Connection& connection, const TenantScope& scope,
                                   const NewOrder& order, const std::string& id,
                                   std::int64_t now_ms) const {
    const std::string& tenant = scope.tenantId();
    const std::string now = timeText(now_ms);
    const std::string digits = digitsOf(order.person_ssn.value_or(""));
    // Of a part of a number, or a masked one, equal digits say nothing.
    std::optional<std::string> index;
    if (digits.size() == kSsnDigits) index = vault_.blindIndex(tenant, digits);
    connection.run(
        "INSERT INTO person (id, tenant_id, external_ref, data_enc, ssn_enc, ssn_bidx, created_at, "
        "updated_at) VALUES (?,?,?,?,?,?,?,?)",
        {id, tenant, order.person_external_ref,
         persons_.seal(tenant, id, "data_enc", std::string_view(order.person_document)),
         persons_.seal(tenant, id, "ssn_enc", order.person_ssn), index, now, now});
}

CreatedOrder OrderRepository::create(Connection& connection, const TenantScope& scope,
                                     const NewOrder& order, std::int64_t now_ms) const {
    requireColumnsFit(order);
    const std::string& tenant = scope.tenantId();
    const std::string now = timeText(now_ms);
    CreatedOrder created;
    created.person_id = security::uuid7(now_ms);
    created.order_id = security::uuid7(now_ms);
    created.order_number = numbers_.next(connection, now_ms);
    insertPerson(connection, scope, order, created.person_id, now_ms);
    connection.run(
        "INSERT INTO screening_order (id, tenant_id, order_number, channel, person_id, "
        "application_ref, package_code, provider_config_id, status, reference_number, "
        "job_location, "
        "request_enc, created_by, submitted_at, last_activity_at, aging_since, created_at, "
        "updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        {created.order_id, tenant, created.order_number, order.channel, created.person_id,
         order.application_ref, order.package_code, order.account_id, order.status,
         order.reference_number, order.job_location,
         orders_.seal(tenant, created.order_id, "request_enc", order.request_document),
         order.created_by, order.status == "draft" ? Value() : Value(now), now, now, now, now});
    for (const auto& wanted : order.checks) {
        Check check;
        check.order_id = created.order_id;
        check.person_id = created.person_id;
        check.check_type = wanted.check_type;
        check.scope = wanted.scope;
        check.jurisdiction = wanted.jurisdiction;
        upsertCheck(connection, scope, check, now_ms);
        created.check_ids.push_back(check.id);
    }
    return created;
}

std::optional<Order> OrderRepository::find(Connection& connection, const TenantScope& scope,
                                           std::string_view id) const {
    std::optional<Order> found;
    connection.query(select("WHERE id = ? AND tenant_id = ?"), {id, scope.tenantId()},
                     [&](const Row& row) { found = orderOf(row, orders_, scope.tenantId()); });
    return found;
}

std::vector<AgingOrder> OrderRepository::agingBefore(Connection& connection,
                                                     const SystemScope& /*system*/,
                                                     std::int64_t since_ms, int rows_max) const {
    std::vector<AgingOrder> old;
    connection.query(
        "SELECT id, tenant_id FROM screening_order WHERE aging_since <= ? ORDER BY aging_since "
        "LIMIT ?",
        {timeText(since_ms), rows_max}, [&](const Row& row) {
            old.push_back({row.string(0), row.string(1)});
        });
    return old;
}

void OrderRepository::setAgingSince(Connection& connection, const TenantScope& scope,
                                    std::string_view id,
                                    std::optional<std::int64_t> since_ms) const {
    connection.run("UPDATE screening_order SET aging_since = ? WHERE id = ? AND tenant_id = ?",
                   {timeText(since_ms), id, scope.tenantId()});
}

std::vector<Order> OrderRepository::list(Connection& connection, const TenantScope& scope,
                                         const OrderFilter& filter) const {
    std::vector<Order> orders;
    connection.query(
        select(std::string(kFilter).append(kPagePart)),
        {scope.tenantId(), filter.status, filter.status, filter.account_id, filter.account_id,
         filter.page.after_id, filter.page.after_id,
         std::clamp(filter.page.rows_max, 1, kPageRowsMax), filter.page.offset},
        [&](const Row& row) { orders.push_back(orderOf(row, orders_, scope.tenantId())); });
    return orders;
}

std::int64_t OrderRepository::count(Connection& connection, const TenantScope& scope,
                                    const OrderFilter& filter) const {
    std::int64_t rows = 0;
    connection.query(
        "SELECT COUNT(*) FROM screening_order " + std::string(kFilter),
        {scope.tenantId(), filter.status, filter.status, filter.account_id, filter.account_id},
        [&](const Row& row) { rows = row.integer(0); });
    return rows;
}

void OrderRepository::save(Connection& connection, const TenantScope& scope, Order& order,
                           std::int64_t now_ms) const {
    requireFresh(
        connection.run(
            "UPDATE screening_order SET status = ?, held_from = ?, hold_reason = ?, "
            "action_reason = ?, result = ?, decision = ?, completion_percentage = ?, "
            "submitted_at = ?, dispatched_at = ?, results_ready_at = ?, completed_at = ?, "
            "closed_at = ?, estimated_completion_at = ?, last_activity_at = ?, updated_at = ?, "
            "row_version = row_version + 1 WHERE id = ? AND tenant_id = ? AND row_version = ?",
            {order.status, order.held_from, order.hold_reason, order.action_reason, order.result,
             order.decision, order.completion_percentage, timeText(order.submitted_at_ms),
             timeText(order.dispatched_at_ms), timeText(order.results_ready_at_ms),
             timeText(order.completed_at_ms), timeText(order.closed_at_ms),
             timeText(order.estimated_completion_at_ms), timeText(order.last_activity_at_ms),
             timeText(now_ms), order.id, scope.tenantId(), order.row_version}),
        "the order was changed in between");
    ++order.row_version;
}

std::optional<Person> OrderRepository::person(Connection& connection, const TenantScope& scope,
                                              std::string_view id) const {
    std::optional<Person> found;
    const std::string& tenant = scope.tenantId();
    connection.query(
        "SELECT id, external_ref, data_enc, ssn_enc FROM person WHERE id = ? AND tenant_id = ?",
        {id, tenant}, [&](const Row& row) {
            found = Person{row.string(0), row.optString(1),
                           persons_.open(tenant, id, "data_enc", row.text(2)),
                           persons_.open(tenant, id, "ssn_enc", row.optString(3))};
        });
    return found;
}

}  // namespace hub::storage
