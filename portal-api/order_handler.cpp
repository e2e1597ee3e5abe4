#include "portal-api/order_handler.hpp"

#include <array>

#include "hub/domain/apply.hpp"
#include "hub/domain/trail.hpp"
#include "hub/domain/transition.hpp"
#include "hub/flows/cancellation.hpp"
#include "hub/flows/commands.hpp"
#include "hub/security/digest.hpp"
#include "portal-api/paging.hpp"

#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::storage::Connection;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr int kTimelineRowsMax = 200;

std::optional<std::string> utc(const std::optional<std::int64_t>& epoch_ms) {
    if (!epoch_ms) return std::nullopt;
    return hubsdk::formatUtc(*epoch_ms);
}

FindingView viewOf(const hub::storage::Finding& finding, bool sensitive) {
    FindingView view;
    view.id = finding.id;
    view.kind = finding.kind;
    view.offense_level = finding.offense_level;
    view.date = finding.finding_date;
    view.file_date = finding.file_date;
    view.disposition_date = finding.disposition_date;
    view.jurisdiction = finding.jurisdiction;
    if (!sensitive) return view;
    view.description = finding.description;
    view.disposition = finding.disposition;
    view.sentence = finding.sentence;
    view.case_number = finding.case_number;
    return view;
}

CheckView viewOf(const hub::storage::Check& check,
                 const std::vector<hub::storage::Finding>& findings, bool sensitive) {
    CheckView view;
    view.id = check.id;
    view.type = check.check_type;
    view.scope = check.scope;
    view.status = check.status;
    view.result = check.result;
    view.outcome = check.outcome;
    view.provider_reference_id = check.vendor_check_id;
    view.completed_at = utc(check.completed_at_ms);
    for (const auto& finding : findings) {
        if (finding.check_id != check.id || finding.removed_at_ms) continue;
        view.findings.push_back(viewOf(finding, sensitive));
    }
    return view;
}

VendorOrderView viewOf(const hub::storage::VendorOrder& row, bool with_link) {
    VendorOrderView view;
    view.id = row.id;
    view.provider_id = row.account_id;
    view.plugin_key = row.plugin_key;
    view.vendor_order_id = row.vendor_order_id;
    view.status = row.status;
    view.vendor_status = row.vendor_status;
    view.overall_outcome = row.overall_outcome;
    view.known_as_of = utc(row.as_of_ms);
    view.last_error = row.last_error;
    if (with_link) view.applicant_url = row.applicant_url;
    return view;
}

OrderSummary summaryOf(const hub::storage::Order& order) {
    OrderSummary view;
    view.id = order.id;
    view.order_number = order.order_number;
    view.status = order.status;
    view.result = order.result;
    view.completion_percentage = order.completion_percentage;
    view.applicant_id = order.person_id;
    view.package = order.package_code;
    view.channel = order.channel;
    view.provider_id = order.account_id;
    view.reference_number = order.reference_number;
    view.action_reason = order.action_reason;
    view.submitted_at = utc(order.submitted_at_ms);
    view.completed_at = utc(order.completed_at_ms);
    view.created_at = hubsdk::formatUtc(order.created_at_ms);
    return view;
}

// canonical-model.md section 5.1
constexpr std::array<std::string_view, 11> kStatuses{
    "draft",           "submitted", "awaiting_applicant_info", "data_verification", "in_progress",
    "requires_action", "on_hold",   "pending_review",          "completed",         "cancelled",
    "failed"};

std::optional<OrderView> load(const ApiCall& call, Connection& connection, std::string_view id) {
    const auto& repositories = call.services.repositories;
    const auto order = repositories.orders.find(connection, call.scope, id);
    if (!order) return std::nullopt;
    OrderView view;
    view.id = order->id;
    view.order_number = order->order_number;
    view.channel = order->channel;
    view.status = order->status;
    view.result = order->result;
    view.completion_percentage = order->completion_percentage;
    view.package = order->package_code;
    view.reference_number = order->reference_number;
    view.action_reason = order->action_reason;
    view.created_at = hubsdk::formatUtc(order->created_at_ms);
    view.submitted_at = utc(order->submitted_at_ms);
    view.completed_at = utc(order->completed_at_ms);
    view.row_version = order->row_version;
    const bool sensitive = call.may("result.read_sensitive");
    const auto findings = repositories.orders.findings(connection, call.scope, order->id);
    for (const auto& check : repositories.orders.checks(connection, call.scope, order->id)) {
        if (!check.withdrawn_at_ms) view.checks.push_back(viewOf(check, findings, sensitive));
    }
    for (const auto& row : repositories.vendor_orders.ofOrder(connection, call.scope, order->id)) {
        view.vendor_orders.push_back(viewOf(row, call.may("order.update")));
    }
    for (const auto& entry :
         repositories.audit.timeline(connection, call.scope, order->id, kTimelineRowsMax)) {
        view.timeline.push_back({hubsdk::formatUtc(entry.occurred_at_ms), entry.action, entry.title,
                                 entry.old_status, entry.new_status});
    }
    return view;
}

hubsdk::Result<OrderView> loadOrNotFound(const ApiCall& call, std::string_view id) {
    auto view = call.services.database.read(
        [&](Connection& connection) { return load(call, connection, id); });
    if (!view) return makeError(ErrorCode::kNotFound, "there is no such order");
    return std::move(*view);
}

hub::storage::NewOrder rowOf(const ApiCall& call, const CreateOrder& request) {
    hub::storage::NewOrder row;
    row.channel = "external_api";
    row.status = "submitted";
    hubsdk::Applicant person = request.applicant;
    row.person_ssn = std::exchange(person.ssn, std::nullopt);  // R-SEC-02: a column of its own
    row.person_document = hubsdk::writeShape(person);
    row.package_code = request.package;
    row.account_id = request.provider_id;
    row.reference_number = request.reference_number;
    row.created_by = call.actor_id;
    for (const std::string& type : request.services) {
        hub::storage::NewCheck check;
        check.check_type = type;
        row.checks.push_back(std::move(check));
    }
    return row;
}

hubsdk::Order orderFor(const CreateOrder& request, const hub::storage::CreatedOrder& created) {
    hubsdk::Order order;
    order.id = created.order_id;
    order.number = created.order_number;
    order.package = request.package;
    order.consent_flow = request.consent_flow;
    order.applicant = request.applicant;
    order.work_location = request.work_location;
    return order;
}

void recordCreated(const ApiCall& call, Connection& connection,
                   const hub::storage::CreatedOrder& created) {
    hub::storage::AuditEntry entry;
    entry.actor_type = "apikey";
    entry.actor_id = call.actor_id;
    entry.action = "order_created";
    entry.operation = "CREATE";
    entry.resource_type = "screening_order";
    entry.resource_id = created.order_id;
    entry.order_id = created.order_id;
    entry.person_id = created.person_id;
    entry.is_timeline = true;
    entry.new_status = "submitted";
    entry.trace_id = call.request_id;
    hub::storage::OutboundEvent event;
    event.event_type = "order.submitted";
    event.subject_type = "screening_order";
    event.subject_id = created.order_id;
    event.person_id = created.person_id;
    event.idempotency_key = hub::security::sha256Hex(created.order_id + "\nsubmitted");
    event.trace_id = call.request_id;
    call.services.repositories.audit.record(connection, call.scope, entry, event, call.now_ms);
}

hubsdk::Result<void> checkServices(const CreateOrder& request) {
    for (std::size_t i = 0; i < request.services.size(); ++i) {
        const bool known = hubsdk::enumOf<hubsdk::CheckType>(request.services[i]).has_value() ||
                           request.services[i] == "criminal_national";
        if (!known) {
            return makeError(ErrorCode::kInvalid, "is no check type",
                             "services[" + std::to_string(i) + "]");
        }
    }
    return {};
}

}  // namespace

hubsdk::Result<Page<OrderSummary>> listOrders(const ApiCall& call, const NoBody&) {
    hub::storage::OrderFilter filter;
    auto asked =
        readAsked(call.query, filter.page,
                  {{"status", &filter.status, kStatuses}, {"provider", &filter.account_id}});
    if (!asked) return std::move(asked).error();
    const auto& orders = call.services.repositories.orders;
    return pageFrom<OrderSummary>(
        call, filter.page,
        [&](Connection& connection) { return orders.list(connection, call.scope, filter); },
        [&](Connection& connection) { return orders.count(connection, call.scope, filter); },
        [](Connection&, const hub::storage::Order& order) { return summaryOf(order); });
}

// Asked behind the vendor order, whose key holds the account's row: whoever retires the account in
// between waits for this unit, or is seen here.
void requireNotRetired(const ApiCall& call, Connection& connection, const std::string& account_id) {
    const auto account =
        call.services.repositories.accounts.find(connection, call.scope, account_id);
    if (account && account->state != hub::storage::AccountState::kRetired) return;
    throw hub::storage::UnitRefused(
        makeError(ErrorCode::kConflict, "the provider is retired", "provider_id"));
}

hubsdk::Result<OrderView> createOrder(const ApiCall& call, const CreateOrder& request) {
    if (auto good = checkServices(request); !good) return good.error();
    const auto& repositories = call.services.repositories;
    const auto account = call.services.database.read([&](Connection& connection) {
        return repositories.accounts.find(connection, call.scope, request.provider_id);
    });
    if (!account) return makeError(ErrorCode::kInvalid, "there is no such provider", "provider_id");
    if (account->state != hub::storage::AccountState::kEnabled) {
        return makeError(ErrorCode::kConflict, "the provider is not enabled", "provider_id");
    }
    const auto plugin = call.services.plugins.find(account->plugin_key);
    if (!plugin) return makeError(ErrorCode::kUnavailable, "the provider's plugin is not loaded");
    auto offered = hub::flows::requireOffered(plugin->manifest(), "order.submit", "provider_id");
    if (!offered) return std::move(offered).error();
    std::string flow_id;
    auto order_id =
        call.services.database.writeFor(WriteQueue::kPortal, [&](Connection& connection) {
            const auto created = repositories.orders.create(connection, call.scope,
                                                            rowOf(call, request), call.now_ms);
            hub::storage::NewVendorOrder vendor;
            vendor.order_id = created.order_id;
            vendor.account_id = account->id;
            vendor.plugin_key = account->plugin_key;
            vendor.client_reference = created.order_number;
            const auto row =
                repositories.vendor_orders.create(connection, call.scope, vendor, call.now_ms);
            requireNotRetired(call, connection, account->id);
            recordCreated(call, connection, created);
            const auto flow =
                hub::flows::startVendorOrderFlow(connection, repositories, call.scope,
                                                 {"order.submit", *account, row, plugin->sha256(),
                                                  orderFor(request, created), call.idempotency_key},
                                                 call.now_ms);
            flow_id = flow.id;
            if (flow.is_new) return created.order_id;
            // The same key came before: give the first order, and undo this one with the unit.
            const auto first = repositories.flows.find(connection, call.scope, flow.id);
            throw hub::storage::UnitRefused(
                makeError(ErrorCode::kStale, first ? first->subject_id : "", "idempotency_key"));
        });
    if (!order_id && order_id.error().code == ErrorCode::kStale) {
        const auto first = call.services.database.read([&](Connection& connection) {
            return repositories.vendor_orders.find(connection, call.scope,
                                                   order_id.error().message);
        });
        if (first && call.started != nullptr) *call.started = {flow_id, {first->order_id}};
        if (first) return loadOrNotFound(call, first->order_id);
    }
    if (!order_id) return std::move(order_id).error();
    call.services.flows_changed();
    if (call.started != nullptr) *call.started = {flow_id, {*order_id}};
    return loadOrNotFound(call, *order_id);
}

hubsdk::Result<OrderView> readOrder(const ApiCall& call, const NoBody&) {
    return loadOrNotFound(call, call.parameters.front());
}

hubsdk::Result<OrderView> cancelOrder(const ApiCall& call, const NoBody&) {
    const auto& repositories = call.services.repositories;
    auto done = call.services.database.write(WriteQueue::kPortal, [&](Connection& connection) {
        auto order = repositories.orders.find(connection, call.scope, call.parameters.front());
        if (!order) {
            throw hub::storage::UnitRefused(
                makeError(ErrorCode::kNotFound, "there is no such order"));
        }
        if (order->status == "cancelled") return;  // K-01: a second cancel gives the order
        const hub::domain::UnitOfWork unit{connection, repositories, call.scope, call.now_ms};
        const hub::domain::Cause cause{hub::domain::Actor::kUser, call.actor_id, call.request_id};
        for (const auto& row :
             repositories.vendor_orders.ofOrder(connection, call.scope, order->id)) {
            hub::flows::cancelAtVendor(unit, call.services.plugins, row, cause);
        }
        const bool moved = hub::domain::moveOrder(unit, *order, "cancelled",
                                                  hub::domain::Actor::kUser, call.actor_id);
        if (!moved) {
            throw hub::storage::UnitRefused(
                makeError(ErrorCode::kConflict,
                          "an order that is " + order->status + " cannot be cancelled"));
        }
    });
    if (!done.ok()) return std::move(done).error();
    call.services.flows_changed();
    return loadOrNotFound(call, call.parameters.front());
}

}  // namespace portal
