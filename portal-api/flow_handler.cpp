#include "portal-api/flow_handler.hpp"

#include "hub/flows/flow_control.hpp"

#include <algorithm>
#include <charconv>

#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::storage::Connection;
using hub::storage::FlowState;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::array kStates{FlowState::kRunning, FlowState::kWaiting,   FlowState::kDone,
                             FlowState::kFailed,  FlowState::kUncertain, FlowState::kParked};

// Ids and codes go into SQL as parameters; this keeps absurd ones out of it altogether.
constexpr std::size_t kCursorBytesMax = 64;

// What a whole flow and a row of a list have in common.
template <class AnyFlow>
FlowView commonView(const AnyFlow& flow) {
    FlowView view;
    view.id = flow.id;
    view.command = flow.command;
    view.state = hub::storage::nameOf(flow.state);
    view.error = flow.error;
    view.waits_for = flow.waits_for;
    view.provider_id = flow.account_id;
    view.subject_type = flow.subject_type;
    view.subject_id = flow.subject_id;
    view.created_at = hubsdk::formatUtc(flow.created_at_ms);
    view.due_at = hubsdk::formatUtc(flow.wake_at_ms);
    return view;
}

FlowView viewOf(const hub::storage::Flow& flow) {
    FlowView view = commonView(flow);
    if (flow.result) view.result.json = *flow.result;
    return view;
}

hubsdk::Result<hub::storage::FlowFilter> filterOf(std::string_view query) {
    hub::storage::FlowFilter filter;
    if (const auto state = hubsdk::formField(query, "state")) {
        const auto known = std::ranges::find_if(
            kStates, [&](FlowState one) { return hub::storage::nameOf(one) == *state; });
        if (known == kStates.end())
            return makeError(ErrorCode::kInvalid, "is no state of a flow", "state");
        filter.state = *known;
    }
    if (auto after = hubsdk::formField(query, "after")) {
        if (after->size() > kCursorBytesMax)
            return makeError(ErrorCode::kInvalid, "is no id of a flow", "after");
        filter.after_id = std::move(after);
    }
    if (const auto limit = hubsdk::formField(query, "limit")) {
        const char* end = limit->data() + limit->size();
        const auto read = std::from_chars(limit->data(), end, filter.rows_max);
        const bool good = read.ec == std::errc() && read.ptr == end && filter.rows_max >= 1 &&
                          filter.rows_max <= hub::storage::kFlowListMax;
        if (!good) return makeError(ErrorCode::kInvalid, "must be 1 to 100", "limit");
    }
    return filter;
}

}  // namespace

hubsdk::Result<FlowView> loadFlow(const ApiCall& call, std::string_view id) {
    const auto flow = call.services.database.read([&](Connection& connection) {
        return call.services.repositories.flows.find(connection, call.scope, id);
    });
    if (!flow) return makeError(ErrorCode::kNotFound, "there is no such flow");
    return viewOf(*flow);
}

hubsdk::Result<FlowView> readFlow(const ApiCall& call, const NoBody&) {
    return loadFlow(call, call.parameters.front());
}

hubsdk::Result<FlowList> listFlows(const ApiCall& call, const NoBody&) {
    auto filter = filterOf(call.query);
    if (!filter) return std::move(filter).error();
    const auto flows = call.services.database.read([&](Connection& connection) {
        return call.services.repositories.flows.list(connection, call.scope, *filter);
    });
    FlowList list;
    for (const auto& flow : flows) list.items.push_back(commonView(flow));
    if (std::ssize(flows) == filter->rows_max) list.next = flows.back().id;
    return list;
}

hubsdk::Result<FlowView> resolveFlow(const ApiCall& call, const ResolveFlow& request) {
    const std::string& id = call.parameters.front();
    auto resolved = call.services.database.write(WriteQueue::kPortal, [&](Connection& connection) {
        hub::flows::resolveFlow({connection, call.services.repositories, call.scope, call.now_ms},
                                call.services.plugins, id,
                                {request.outcome, request.vendor_order_id, call.actor_id});
    });
    if (!resolved.ok()) return std::move(resolved).error();
    call.services.flows_changed();
    // Without the sealed parts, which may be why it could not go on.
    const auto flow = call.services.database.read([&](Connection& connection) {
        return call.services.repositories.flows.findHead(connection, call.scope, id);
    });
    if (!flow) return makeError(ErrorCode::kNotFound, "there is no such flow");
    return commonView(*flow);
}

hubsdk::Result<TransientSecrets> takeTransientSecrets(const ApiCall& call, const NoBody&) {
    const std::string& id = call.parameters.front();
    auto taken = call.services.database.writeFor(WriteQueue::kPortal, [&](Connection& connection) {
        const auto& repositories = call.services.repositories;
        auto values = repositories.flows.takeTransient(connection, call.scope, id, call.now_ms);
        if (!values) return values;
        hub::storage::AuditEntry entry;
        entry.actor_type = "apikey";
        entry.actor_id = call.actor_id;
        entry.action = "flow_secrets_taken";
        entry.operation = "VIEW";
        entry.resource_type = "flow";
        entry.resource_id = id;
        repositories.audit.recordView(connection, call.scope, entry, call.now_ms);
        return values;
    });
    if (!taken) return std::move(taken).error();
    if (!*taken) return makeError(ErrorCode::kNotFound, "there is nothing to take");
    TransientSecrets secrets;
    secrets.values.json = std::move(**taken);
    return secrets;
}

hubsdk::Result<BreakerList> listBreakers(const ApiCall& call, const NoBody&) {
    BreakerList list;
    if (call.services.flow_control == nullptr) return list;
    const auto accounts = call.services.database.read([&](Connection& connection) {
        return call.services.repositories.accounts.list(connection, call.scope);
    });
    for (const auto& breaker : call.services.flow_control->breaker.list(call.now_ms)) {
        // Others' providers are none of this tenant's business.
        const bool ours = std::ranges::find(accounts, breaker.account_id,
                                            &hub::storage::Account::id) != accounts.end();
        if (!ours || breaker.state == hub::flows::BreakerState::kClosed) continue;
        list.items.push_back({breaker.account_id, breaker.vendor,
                              std::string(hub::flows::nameOf(breaker.state)), breaker.failures,
                              hubsdk::formatUtc(breaker.until_ms)});
    }
    return list;
}

}  // namespace portal
