#include "hub/flows/flow_runner.hpp"

#include <algorithm>
#include <future>

#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

using hubsdk::ActionKind;
using observe::Level;
using storage::Connection;
using storage::FlowState;
using storage::FlowStep;
using storage::StepState;
using storage::WriteQueue;

storage::TenantScope scopeOf(const FlowTurn& turn) {
    return storage::TenantScope::fromLeasedRow(turn.flow.tenant_id);
}

const FlowStep* lastWithLabel(const FlowTurn& turn, std::string_view label) {
    const auto found =
        std::find_if(turn.steps.rbegin(), turn.steps.rend(),
                     [&](const FlowStep& step) { return step.intent.label == label; });
    return found == turn.steps.rend() ? nullptr : &*found;
}

std::int64_t occurrenceOf(const FlowTurn& turn, std::string_view label) {
    return std::ranges::count_if(turn.steps,
                                 [&](const FlowStep& step) { return step.intent.label == label; });
}

storage::FlowIntent intentOf(const FlowTurn& turn, const hubsdk::Call& call, std::int64_t now_ms) {
    storage::FlowIntent intent;
    intent.label = call.label;
    intent.occurrence = occurrenceOf(turn, call.label);
    intent.method = call.method;
    intent.host = call.host;
    intent.path = call.path;
    intent.body_hash = call.body_hash;
    intent.repeat_rule = hubsdk::nameOf(call.repeat);
    // The same for every attempt of the step, and for every process that makes one.
    intent.idempotency_key =
        security::sha256Hex(turn.flow.id + "\n" + std::to_string(turn.flow.leg) + "\n" +
                            call.label + "\n" + std::to_string(intent.occurrence))
            .substr(0, 32);
    intent.deadline_at_ms = now_ms + security::kCallTimeoutMaxMs;
    return intent;
}

bool blamesRequest(hubsdk::ErrorClass error_class) {
    return error_class != hubsdk::ErrorClass::kRateLimited &&
           error_class != hubsdk::ErrorClass::kVendorUnavailable;
}

std::string describeError(const hubsdk::VendorError& error) {
    std::string text(hubsdk::nameOf(error.error_class));
    if (error.vendor_code) text += " " + *error.vendor_code;
    if (error.label) text += " at " + *error.label;
    return text;
}

}  // namespace

void FlowRunner::run(const storage::FlowLease& lease) const {
    try {
        while (turn(lease) == Next::kGoOn) {
        }
    } catch (const storage::StorageError& error) {
        // The lease runs out and the flow goes on from what is committed.
        observe::log(Level::kError, "flow.storage_failed",
                     {{"flow", lease.flow_id}, {"why", error.what()}});
    }
}

bool FlowRunner::commit(const FlowTurn& turn, std::string_view what, storage::Unit unit) const {
    auto done = services_.database.write(WriteQueue::kFlow, std::move(unit));
    if (done.ok()) return true;
    observe::log(Level::kWarning, "flow.commit_failed",
                 {{"flow", turn.flow.id}, {"what", what}, {"why", done.error().text()}});
    return false;
}

std::optional<FlowTurn> FlowRunner::load(const storage::FlowLease& lease) const {
    const auto& repositories = services_.repositories;
    return services_.database.read([&](Connection& connection) -> std::optional<FlowTurn> {
        const auto scope = storage::TenantScope::fromLeasedRow(lease.tenant_id);
        auto flow = repositories.flows.find(connection, scope, lease.flow_id);
        if (!flow) return std::nullopt;
        auto account = repositories.accounts.find(connection, scope, flow->account_id);
        if (!account) return std::nullopt;
        auto steps = repositories.flows.journal(connection, lease);
        return FlowTurn{lease, std::move(*flow), std::move(*account), std::move(steps)};
    });
}

FlowRunner::Next FlowRunner::turn(const storage::FlowLease& lease) const {
    auto turn = load(lease);
    if (!turn) return Next::kReleased;
    // The version that started the flow, or the newest: replay fails by itself where they differ.
    auto plugin = services_.plugins.find(turn->flow.plugin_key, turn->flow.plugin_sha256);
    if (!plugin) plugin = services_.plugins.find(turn->flow.plugin_key);
    if (!plugin) return end(*turn, FlowState::kParked, "no plugin " + turn->flow.plugin_key);
    if (turn->flow.give_up_at_ms && services_.now_ms() > *turn->flow.give_up_at_ms) {
        return end(*turn, FlowState::kFailed, "gave up: the vendor could not be reached in time");
    }
    if (recover(*turn, *plugin) == Next::kReleased) return Next::kReleased;
    turn = load(lease);
    if (!turn) return Next::kReleased;
    if (std::ranges::any_of(turn->steps, awaitsRepeat)) return Next::kGoOn;
    auto input = advanceInput(*turn);
    if (!input) return end(*turn, FlowState::kParked, input.error().text());
    auto action = plugin->advance(*input);
    if (!action) return end(*turn, FlowState::kParked, "plugin: " + action.error().text());
    return carryOut(*turn, *plugin, *action);
}

// Brings steps that a crash or a loss left behind to a state that advance may see.
FlowRunner::Next FlowRunner::recover(FlowTurn& turn, const plugins::Plugin& plugin) const {
    const std::int64_t now = services_.now_ms();
    for (FlowStep& step : turn.steps) {
        if (step.state == StepState::kIntent && step.intent.kind == "call") {
            // Whoever committed this intent is gone: lost, never unsent.
            const bool marked = commit(turn, "lost", [&](Connection& connection) {
                services_.repositories.flows.markLost(connection, turn.lease, step.id,
                                                      "interrupted", now);
            });
            if (!marked) return Next::kReleased;
            step.state = StepState::kLost;
            step.entry_at_ms = now;
        }
        if (isUncertain(step)) {
            return end(turn, FlowState::kUncertain,
                       "the answer to " + step.intent.label + " was lost");
        }
        const bool early = step.state == StepState::kLost &&
                           repeatOf(step) == hubsdk::Repeat::kLookUp &&
                           now < step.entry_at_ms.value_or(now) + kLookUpAfterMs;
        if (early) return sleep(turn, step.entry_at_ms.value_or(now) + kLookUpAfterMs, false);
        if (step.state == StepState::kIntent && step.intent.kind == "wait") {
            if (now < step.intent.deadline_at_ms)
                return sleep(turn, step.intent.deadline_at_ms, false);
            const bool over = commit(turn, "wait over", [&](Connection& connection) {
                storage::FlowReply reply;
                reply.status = 200;
                services_.repositories.flows.commitReply(connection, turn.lease, step.id, reply,
                                                         now);
            });
            if (!over) return Next::kReleased;
        }
        if (awaitsRepeat(step)) return repeat(turn, plugin, step, repeatAt(step), "not answered");
    }
    return Next::kGoOn;
}

FlowRunner::Next FlowRunner::repeat(FlowTurn& turn, const plugins::Plugin& plugin,
                                    const FlowStep& step, std::int64_t due_ms,
                                    std::string_view why) const {
    const std::int64_t now = services_.now_ms();
    if (now < due_ms) return sleep(turn, due_ms, false);
    // The request itself was never stored: without its entry the flow asks for it again.
    FlowTurn without = turn;
    std::erase_if(without.steps, [&](const FlowStep& other) { return other.seq >= step.seq; });
    auto input = advanceInput(without);
    if (!input) return end(turn, FlowState::kParked, input.error().text());
    auto action = plugin.advance(*input);
    if (!action) return end(turn, FlowState::kParked, "plugin: " + action.error().text());
    const auto call = std::ranges::find(action->calls, step.intent.label, &hubsdk::Call::label);
    if (call == action->calls.end() || call->method != step.intent.method ||
        call->host != step.intent.host || call->path != step.intent.path) {
        return end(turn, FlowState::kParked, "diverged at " + step.intent.label);
    }
    const bool renewed = commit(turn, "repeat", [&](Connection& connection) {
        services_.repositories.flows.repeatStep(connection, turn.lease, step.id, why,
                                                now + security::kCallTimeoutMaxMs, now);
        services_.repositories.flows.renewLease(connection, turn.lease, now + kLeaseMs);
    });
    if (!renewed) return Next::kReleased;
    sendStep(turn, plugin, *call, step.id, step.intent.idempotency_key.value_or(""));
    return Next::kGoOn;
}

FlowRunner::Next FlowRunner::carryOut(FlowTurn& turn, const plugins::Plugin& plugin,
                                      const hubsdk::Action& action) const {
    switch (action.action) {
        case ActionKind::kCall:
            return call(turn, plugin, action);
        case ActionKind::kAsk:
            return ask(turn, plugin, action);
        case ActionKind::kWait:
            return wait(turn, plugin, action);
        case ActionKind::kAgain:
            return again(turn, plugin, action);
        case ActionKind::kContinue:
        case ActionKind::kDone:
        case ActionKind::kFailed:
            return finish(turn, plugin, action);
    }
    return Next::kReleased;
}

FlowRunner::Next FlowRunner::call(FlowTurn& turn, const plugins::Plugin& plugin,
                                  const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    for (const hubsdk::Call& call : action.calls) {
        const std::int64_t wait_ms =
            services_.budget.take(turn.account.id, call.path, plugin.manifest().rate, now);
        if (wait_ms > 0) return sleep(turn, now + wait_ms, false);
    }
    std::vector<std::string> step_ids;
    std::vector<std::string> keys;
    const bool intended = commit(turn, "intent", [&](Connection& connection) {
        step_ids.clear();
        keys.clear();
        applyStep(connection, turn, plugin.manifest(), action);
        for (const hubsdk::Call& call : action.calls) {
            const storage::FlowIntent intent = intentOf(turn, call, now);
            keys.push_back(*intent.idempotency_key);
            step_ids.push_back(
                services_.repositories.flows.commitIntent(connection, turn.lease, intent, now));
        }
        services_.repositories.flows.renewLease(connection, turn.lease, now + kLeaseMs);
    });
    if (!intended) return Next::kReleased;
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < action.calls.size(); ++i) {
        others.push_back(std::async(std::launch::async, [&, i] {
            sendStep(turn, plugin, action.calls[i], step_ids[i], keys[i]);
        }));
    }
    sendStep(turn, plugin, action.calls.front(), step_ids.front(), keys.front());
    for (std::future<void>& other : others) other.get();
    return Next::kGoOn;
}

FlowRunner::Next FlowRunner::again(FlowTurn& turn, const plugins::Plugin& plugin,
                                   const hubsdk::Action& action) const {
    const FlowStep* step = lastWithLabel(turn, action.again->label);
    if (step == nullptr) return end(turn, FlowState::kParked, "again names no step");
    const std::string why = action.again->error ? describeError(*action.again->error) : "again";
    const std::int64_t limit = std::min(turn.account.max_retry_attempts, kBlamedRepeatsMax);
    if (blamesRequest(action.again->error_class) && step->attempt > limit) {
        return end(turn, FlowState::kFailed, why);
    }
    const std::int64_t asked = action.again->after_ms.value_or(0);
    const std::int64_t due =
        std::max(repeatAt(*step), step->entry_at_ms.value_or(services_.now_ms()) + asked);
    return repeat(turn, plugin, *step, due, why);
}

FlowRunner::Next FlowRunner::ask(FlowTurn& turn, const plugins::Plugin& plugin,
                                 const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    storage::FlowReply reply;
    reply.status = 200;
    reply.headers = "{}";
    reply.body = "null";
    if (action.ask->what == "packages") {
        auto settings = hubsdk::JsonDocument::parse(turn.account.settings);
        if (settings) reply.body = hubsdk::toText(settings->root()["packages"]);
    }
    const bool asked = commit(turn, "ask", [&](Connection& connection) {
        applyStep(connection, turn, plugin.manifest(), action);
        storage::FlowIntent intent;
        intent.kind = "ask";
        intent.label = action.ask->label;
        intent.occurrence = occurrenceOf(turn, intent.label);
        intent.repeat_rule = "safe";
        intent.deadline_at_ms = now;
        const std::string id =
            services_.repositories.flows.commitIntent(connection, turn.lease, intent, now);
        services_.repositories.flows.commitReply(connection, turn.lease, id, reply, now);
    });
    return asked ? Next::kGoOn : Next::kReleased;
}

FlowRunner::Next FlowRunner::wait(FlowTurn& turn, const plugins::Plugin& plugin,
                                  const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    const bool waiting = commit(turn, "wait", [&](Connection& connection) {
        applyStep(connection, turn, plugin.manifest(), action);
        storage::FlowIntent intent;
        intent.kind = "wait";
        intent.label = action.wait->label;
        intent.occurrence = occurrenceOf(turn, intent.label);
        intent.repeat_rule = "safe";
        intent.deadline_at_ms = action.wait->until_ms;
        services_.repositories.flows.commitIntent(connection, turn.lease, intent, now);
    });
    return waiting ? Next::kGoOn : Next::kReleased;
}

FlowRunner::Next FlowRunner::finish(FlowTurn& turn, const plugins::Plugin& plugin,
                                    const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    const auto& flows = services_.repositories.flows;
    const bool finished = commit(turn, "finish", [&](Connection& connection) {
        applyStep(connection, turn, plugin.manifest(), action);
        if (action.action == ActionKind::kContinue) {
            hubsdk::Command next = *action.next;
            flows.nextLeg(connection, turn.lease, hubsdk::writeShape(next), now);
            return;
        }
        afterSubject(connection, turn, plugin, action);
        std::optional<std::string> error;
        if (action.error) error = describeError(*action.error);
        std::optional<std::string> result;
        if (!action.result.json.empty()) result = action.result.json;
        const bool failed = action.action == ActionKind::kFailed;
        flows.finish(connection, turn.lease, failed ? FlowState::kFailed : FlowState::kDone, result,
                     error, now);
    });
    if (!finished) return Next::kReleased;
    observe::log(action.error ? Level::kWarning : Level::kInfo, "flow.step_ended",
                 {{"flow", turn.flow.id},
                  {"command", turn.flow.command},
                  {"action", hubsdk::nameOf(action.action)},
                  {"error", action.error ? describeError(*action.error) : ""}});
    if (services_.flows_changed) services_.flows_changed();
    return action.action == ActionKind::kContinue ? Next::kGoOn : Next::kReleased;
}

FlowRunner::Next FlowRunner::end(const FlowTurn& turn, FlowState state, std::string error) const {
    const std::int64_t now = services_.now_ms();
    commit(turn, "end", [&](Connection& connection) {
        storage::Alert alert;
        alert.alert_type = "flow_" + std::string(storage::nameOf(state));
        alert.severity = "high";
        alert.subject_type = "flow";
        alert.subject_id = turn.flow.id;
        alert.description = turn.flow.command + " did not end by itself.";
        services_.repositories.attention.raiseAlert(connection, scopeOf(turn), alert, now);
        services_.repositories.flows.finish(connection, turn.lease, state, std::nullopt, error,
                                            now);
    });
    observe::log(Level::kWarning, "flow.ended",
                 {{"flow", turn.flow.id}, {"state", storage::nameOf(state)}, {"why", error}});
    return Next::kReleased;
}

FlowRunner::Next FlowRunner::sleep(const FlowTurn& turn, std::int64_t until_ms, bool counts) const {
    const std::int64_t now = services_.now_ms();
    commit(turn, "sleep", [&](Connection& connection) {
        using Retry = storage::FlowRepository::Retry;
        services_.repositories.flows.sleep(connection, turn.lease, std::max(until_ms, now),
                                           counts ? Retry::kCounts : Retry::kFree, now);
    });
    return Next::kReleased;
}

}  // namespace hub::flows
