// The part of FlowRunner whose transactions end a step, a leg or a flow.
#include <algorithm>

#include "hub/domain/apply.hpp"
#include "hub/domain/trail.hpp"
#include "hub/flows/flow_runner.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

using hubsdk::ActionKind;
using hubsdk::ErrorClass;
using observe::Level;
using storage::Connection;
using storage::FlowState;
using storage::FlowStep;
using storage::StepState;

// When the state that a leg's replies show began to be read.
std::int64_t fetchStart(const FlowTurn& turn) {
    return turn.steps.empty() ? turn.flow.created_at_ms : turn.steps.front().intent_at_ms;
}

// What a leg says before its first step has the flow as its source: each leg counts in its own
// range, as many as one action can hold.
constexpr std::int64_t kLegOrdinals = 10'000;

std::string notByItself(const FlowTurn& turn) {
    return turn.flow.command + " did not end by itself.";
}

std::optional<std::string> resultOf(const hubsdk::Action& action) {
    if (action.answer) return hubsdk::writeShape(*action.answer);
    if (action.result.json.empty()) return std::nullopt;
    return action.result.json;
}

}  // namespace

// What belongs to every committed action: its observations and deliveries, and the marks of the
// steps behind it.
void FlowRunner::applyStep(Connection& connection, const FlowTurn& turn,
                           Materials& materials) const {
    const std::int64_t now = services_.now_ms();
    const auto& repositories = services_.repositories;
    store(connection, repositories, turn.scope(), materials, now);
    domain::ApplyContext context{turn.account,
                                 turn.manifest(),
                                 domain::Source::kFetched,
                                 false,
                                 "flow_step",
                                 turn.steps.empty() ? turn.flow.id : turn.steps.back().id,
                                 turn.steps.empty() ? turn.flow.leg * kLegOrdinals : 0,
                                 std::nullopt,
                                 fetchStart(turn),
                                 turn.account.unknown_orders == "create"
                                     ? domain::UnknownOrder::kCreate
                                     : domain::UnknownOrder::kTask,
                                 std::nullopt};
    if (turn.flow.subject_type == "vendor_order")
        context.vendor_order_row_id = turn.flow.subject_id;
    const domain::UnitOfWork unit{connection, repositories, turn.scope(), now};
    for (const hubsdk::Observation& observation : materials.observations) {
        const auto applied = domain::applyObservation(unit, observation, context);
        // A unit that is repeated counts twice; of what tells that a mapping is missing, that is
        // no harm.
        services_.control.stats.unmapped.add(turn.account.plugin_key, "reply", applied.unmapped);
        ++context.ordinal;
    }
    // A lost step keeps its state: the flow has to see it at every replay.
    for (const FlowStep& step : turn.steps) {
        if (step.state == StepState::kReplied)
            repositories.flows.markApplied(connection, turn.lease, step.id, now);
    }
}

FlowRunner::Next FlowRunner::continueLeg(const FlowTurn& turn, const hubsdk::Action& action,
                                         Materials& materials) const {
    const std::int64_t now = services_.now_ms();
    const bool continued = commit(turn, "leg", [&](Connection& connection) {
        applyStep(connection, turn, materials);
        services_.repositories.flows.nextLeg(connection, turn.lease,
                                             hubsdk::writeShape(*action.next), now);
    });
    if (continued && !materials.deliveries.empty() && services_.inbox_changed)
        services_.inbox_changed();
    return continued ? Next::kGoOn : Next::kReleased;
}

FlowRunner::Next FlowRunner::finish(const FlowTurn& turn, const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    const auto& repositories = services_.repositories;
    auto materials = gather(turn, action, repositories.inbox, now);
    if (!materials) return fail(turn, ErrorClass::kSchema, materials.error().text());
    if (action.action == ActionKind::kContinue) return continueLeg(turn, action, *materials);
    const bool failed = action.action == ActionKind::kFailed;
    const std::string error = action.error ? domain::wordsOf(*action.error) : "";
    if (failed && mayBeDone(turn)) return endUncertain(turn, error);
    const FlowState state = failed ? FlowState::kFailed : FlowState::kDone;
    const bool finished = commit(turn, "finish", [&](Connection& connection) {
        applyStep(connection, turn, *materials);
        // First the flow, then its subject: a fetch that follows is a new flow, not this one.
        repositories.flows.finish(connection, turn.lease, state, resultOf(action),
                                  error.empty() ? std::nullopt : std::optional(error), now);
        SubjectEnd end{turn.flow,
                       turn.account,
                       turn.plugin->sha256(),
                       failed ? Ending::kFailed : Ending::kDone,
                       std::nullopt,
                       std::nullopt};
        if (action.error) end.error_class = action.error->error_class;
        end.cursor = action.cursor;
        settleSubject({connection, repositories, turn.scope(), now}, end);
        wakeTokenWaiters(connection, turn);
    });
    if (!finished) return Next::kReleased;
    services_.control.stats.ended.add(turn.flow.command, storage::nameOf(state));
    observe::log(failed ? Level::kWarning : Level::kInfo, "flow.ended",
                 {{"flow", turn.flow.id},
                  {"command", turn.flow.command},
                  {"state", storage::nameOf(state)},
                  {"error", error}});
    if (services_.flows_changed) services_.flows_changed();
    if (!materials->deliveries.empty() && services_.inbox_changed) services_.inbox_changed();
    return Next::kReleased;
}

void FlowRunner::raiseAlert(Connection& connection, const storage::FlowLease& lease,
                            std::string_view type, std::string description) const {
    storage::Alert alert;
    alert.alert_type = type;
    alert.severity = "high";
    alert.subject_type = "flow";
    alert.subject_id = lease.flow_id;
    alert.description = std::move(description);
    // A flow that went on by a person's word may come to the same halt again.
    alert.dedupe_key = security::sha256Hex(std::string(type) + "\n" + lease.flow_id + "\n" +
                                           std::to_string(lease.fence));
    domain::raiseAlert({connection, services_.repositories,
                        storage::TenantScope::fromLeasedRow(lease.tenant_id), services_.now_ms()},
                       {domain::Actor::kSystem, lease.plugin_key, std::nullopt}, alert);
}

// A failure of the flow itself, which the plugin has no word for.
FlowRunner::Next FlowRunner::fail(const FlowTurn& turn, ErrorClass error_class,
                                  std::string_view message, std::string_view label) const {
    const std::int64_t now = services_.now_ms();
    std::string why(hubsdk::nameOf(error_class));
    if (!label.empty()) why += " at " + std::string(label);
    why.append(": ").append(message);
    if (mayBeDone(turn)) return endUncertain(turn, std::move(why));
    const bool failed = commit(turn, "fail", [&](Connection& connection) {
        raiseAlert(connection, turn.lease, "flow_failed", notByItself(turn));
        services_.repositories.flows.finish(connection, turn.lease, FlowState::kFailed,
                                            std::nullopt, why, now);
        settleSubject({connection, services_.repositories, turn.scope(), now},
                      {turn.flow, turn.account, turn.pluginSha(), Ending::kFailed, error_class,
                       std::nullopt});
        wakeTokenWaiters(connection, turn);
    });
    if (failed) services_.control.stats.ended.add(turn.flow.command, "failed");
    observe::log(Level::kWarning, "flow.failed", {{"flow", turn.flow.id}, {"why", why}});
    if (failed && services_.flows_changed) services_.flows_changed();
    return Next::kReleased;
}

// Whoever waits for a token learns how its renewal ended.
void FlowRunner::wakeTokenWaiters(Connection& connection, const FlowTurn& turn) const {
    if (!asksForToken(turn)) return;
    services_.repositories.flows.wakeWaiting(connection, turn.scope(), turn.account.id, "token",
                                             services_.now_ms());
}

FlowRunner::Next FlowRunner::giveUp(const FlowTurn& turn) const {
    if (mayBeDone(turn))
        return endUncertain(turn,
                            "gave up: an answer was lost, and nothing tells what became of it");
    const std::int64_t now = services_.now_ms();
    const bool given_up = commit(turn, "give up", [&](Connection& connection) {
        raiseAlert(connection, turn.lease, "flow_gave_up", notByItself(turn));
        services_.repositories.flows.finish(
            connection, turn.lease, FlowState::kFailed, std::nullopt,
            "gave up: the vendor could not be reached in time", now);
        settleSubject({connection, services_.repositories, turn.scope(), now},
                      {turn.flow, turn.account, turn.pluginSha(), Ending::kGaveUp,
                       ErrorClass::kVendorUnavailable, std::nullopt});
        wakeTokenWaiters(connection, turn);
    });
    if (given_up) services_.control.stats.ended.add(turn.flow.command, "gave_up");
    observe::log(Level::kWarning, "flow.gave_up", {{"flow", turn.flow.id}});
    return Next::kReleased;
}

FlowRunner::Next FlowRunner::endUncertain(const FlowTurn& turn, std::string why) const {
    const std::int64_t now = services_.now_ms();
    const bool ended = commit(turn, "uncertain", [&](Connection& connection) {
        raiseAlert(connection, turn.lease, "flow_uncertain", notByItself(turn));
        services_.repositories.flows.finish(connection, turn.lease, FlowState::kUncertain,
                                            std::nullopt, why, now);
        settleSubject({connection, services_.repositories, turn.scope(), now},
                      {turn.flow, turn.account, turn.pluginSha(), Ending::kUncertain,
                       ErrorClass::kUncertain, std::nullopt});
    });
    if (ended) {
        ++services_.control.stats.uncertain;
        services_.control.stats.ended.add(turn.flow.command, "uncertain");
    }
    observe::log(Level::kWarning, "flow.uncertain", {{"flow", turn.flow.id}, {"why", why}});
    return Next::kReleased;
}

// Something of ours is missing or broken: the flow stays as it is for a person to look at.
FlowRunner::Next FlowRunner::park(const FlowTurn& turn, std::string why) const {
    const std::int64_t now = services_.now_ms();
    const bool parked = commit(turn, "park", [&](Connection& connection) {
        raiseAlert(connection, turn.lease, "flow_parked", notByItself(turn));
        services_.repositories.flows.finish(connection, turn.lease, FlowState::kParked,
                                            std::nullopt, why, now);
    });
    if (parked) services_.control.stats.ended.add(turn.flow.command, "parked");
    observe::log(Level::kWarning, "flow.parked", {{"flow", turn.flow.id}, {"why", why}});
    return Next::kReleased;
}

}  // namespace hub::flows
