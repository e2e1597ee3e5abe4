// The part of FlowRunner for steps that have to be done again.
#include <algorithm>

#include "hub/flows/commands.hpp"
#include "hub/flows/flow_runner.hpp"
#include "hub/flows/retry_after.hpp"
#include "hub/observe/log.hpp"

#include <hubsdk/cpp/json.hpp>

namespace hub::flows {
namespace {

using hubsdk::ErrorClass;
using storage::Connection;
using storage::FlowState;
using storage::FlowStep;
using storage::StepState;

constexpr int kUnauthorised = 401;

bool blamesRequest(ErrorClass error_class) {
    return error_class != ErrorClass::kRateLimited && error_class != ErrorClass::kVendorUnavailable;
}

// The date form of Retry-After, which the SDK leaves to the host.
std::int64_t askedWait(const hubsdk::Again& again, const FlowStep& step, std::int64_t now_ms) {
    if (again.after_ms) return *again.after_ms;
    if (!step.reply) return 0;
    auto head = hubsdk::readShape<StoredHead>(step.reply->headers);
    const std::string* field = head ? hubsdk::findHeader(head->headers, "Retry-After") : nullptr;
    return field ? retryAfterMs(*field, now_ms).value_or(0) : 0;
}

bool isOverLimit(const FlowStep& step) {
    return step.state == StepState::kReplied && step.reply && step.reply->status == kStatusTooLarge;
}

}  // namespace

FlowRunner::Next FlowRunner::settleInterrupted(FlowTurn& turn) const {
    const std::int64_t now = services_.now_ms();
    std::vector<FlowStep*> interrupted;
    for (FlowStep& step : turn.steps) {
        if (step.state == StepState::kIntent && step.intent.kind == "call")
            interrupted.push_back(&step);
    }
    if (!interrupted.empty()) {
        // Whoever committed these intents is gone: lost, never unsent.
        const bool marked = commit(turn, "lost", [&](Connection& connection) {
            for (const FlowStep* step : interrupted) {
                services_.repositories.flows.markLost(connection, turn.lease, step->id,
                                                      "interrupted", now);
            }
        });
        if (!marked) return Next::kReleased;
        services_.control.stats.lost += interrupted.size();
        for (FlowStep* step : interrupted) {
            step->state = StepState::kLost;
            step->entry_at_ms = now;
        }
    }
    const auto uncertain = std::ranges::find_if(
        turn.steps, [&](const FlowStep& step) { return isUncertain(turn, step); });
    if (uncertain == turn.steps.end()) return Next::kReady;
    return endUncertain(turn, "the answer to " + uncertain->intent.label + " was lost");
}

FlowRunner::Next FlowRunner::recover(FlowTurn& turn) const {
    for (const FlowStep& step : turn.steps) {
        const Next next = recoverStep(turn, step);
        if (next != Next::kReady) return next;
    }
    return Next::kReady;
}

FlowRunner::Next FlowRunner::recoverStep(FlowTurn& turn, const FlowStep& step) const {
    if (isOverLimit(step)) {
        const std::string why = "the reply to " + step.intent.label + " is over its limit";
        if (repeatOf(step) == hubsdk::Repeat::kSafe || asksForToken(turn))
            return fail(turn, ErrorClass::kSchema, why, step.intent.label);
        return endUncertain(turn, why);
    }
    if (step.state == StepState::kLost && repeatOf(step) == hubsdk::Repeat::kLookUp &&
        services_.now_ms() < lookUpAt(step)) {
        return trouble(turn, lookUpAt(step), "look_up");
    }
    if (step.state == StepState::kIntent && step.intent.kind == "wait") return waitStep(turn, step);
    if (awaitsRepeat(turn, step))
        return repeat(turn, step, {repeatAt(step), "not answered", false});
    const bool refused = step.state == StepState::kReplied && step.reply &&
                         step.reply->status == kUnauthorised &&
                         canRenewTokens(turn.manifest(), turn.flow.command);
    return refused ? renewAfterRefusal(turn, step) : Next::kReady;
}

FlowRunner::Next FlowRunner::waitStep(const FlowTurn& turn, const FlowStep& step) const {
    const std::int64_t now = services_.now_ms();
    const auto& flows = services_.repositories.flows;
    const bool woken = services_.database.read(
        [&](Connection& connection) { return flows.isWoken(connection, turn.lease); });
    if (now < step.intent.deadline_at_ms && !woken) {
        services_.control.stats.sleeps.add(turn.flow.plugin_key, "time");
        commit(turn, "sleep", [&](Connection& connection) {
            flows.sleepUnlessWoken(connection, turn.lease, step.intent.deadline_at_ms, "time", now);
        });
        return Next::kReleased;
    }
    const bool over = commit(turn, "wait over", [&](Connection& connection) {
        storage::FlowReply reply;
        reply.status = 200;
        if (const auto event = flows.takeWake(connection, turn.lease))
            reply.body = R"({"event":)" + hubsdk::quoted(*event) + "}";
        flows.commitReply(connection, turn.lease, step.id, reply, now);
    });
    return over ? Next::kGoOn : Next::kReleased;
}

// 401: the vendor no longer takes the token, and has done nothing. Renewed once, repeated once; a
// second 401 is the plugin's to judge.
FlowRunner::Next FlowRunner::renewAfterRefusal(FlowTurn& turn, const FlowStep& step) const {
    auto call = callOf(turn, step);
    if (!call || secretsOf(*call).empty()) return Next::kReady;
    std::int64_t before = 0;
    std::optional<storage::LatestFlow> renewal;
    services_.database.read([&](Connection& connection) {
        const auto& flows = services_.repositories.flows;
        before = flows.countAttempts(connection, turn.lease, step.id, kUnauthorised);
        renewal = flows.latest(connection, turn.scope(), turn.account.id, "auth.token");
        return 0;
    });
    if (before > 0) return Next::kReady;
    const std::int64_t refused_at = step.entry_at_ms.value_or(step.intent_at_ms);
    if (renewal && renewal->finished_at_ms.value_or(0) >= refused_at) {
        if (renewal->state == FlowState::kDone)
            return repeat(turn, step, {services_.now_ms(), "401, token renewed", false});
        if (!renewal->gave_up) return Next::kReady;
    }
    return awaitToken(turn);
}

// One renewal at a time: an equal command that is open is the same flow.
FlowRunner::Next FlowRunner::awaitToken(const FlowTurn& turn) const {
    const std::int64_t now = services_.now_ms();
    const auto& repositories = services_.repositories;
    const auto& give_up = turn.flow.give_up_at_ms;
    if (give_up && now > *give_up) return giveUp(turn);
    const bool waiting = commit(turn, "await token", [&](Connection& connection) {
        startAccountFlow(connection, repositories, turn.scope(), turn.account,
                         AccountCommand{"auth.token", "", turn.plugin->sha256()}, now);
        repositories.flows.sleep(connection, turn.lease, now + kTokenWaitMs, "token", now);
    });
    if (waiting && services_.flows_changed) services_.flows_changed();
    return Next::kReleased;
}

FlowRunner::Next FlowRunner::again(FlowTurn& turn, const hubsdk::Action& action) const {
    const FlowStep* step = lastWithLabel(turn, action.again->label);
    if (step == nullptr || step->state != StepState::kReplied)
        return fail(turn, ErrorClass::kInternal, "the plugin repeats a step that is not open");
    const hubsdk::Again& said = *action.again;
    Again again;
    again.why = std::string(hubsdk::nameOf(said.error_class));
    again.blames = blamesRequest(said.error_class);
    const std::int64_t limit = std::min(turn.account.max_retry_attempts, kBlamedRepeatsMax);
    if (again.blames && step->blamed >= limit) {
        hubsdk::Action failed;
        failed.action = hubsdk::ActionKind::kFailed;
        failed.error = said.error;
        if (!failed.error) failed.error.emplace().error_class = said.error_class;
        failed.error->label = step->intent.label;
        return finish(turn, failed);
    }
    const std::int64_t answered_at = step->entry_at_ms.value_or(step->intent_at_ms);
    again.due_ms = std::max(repeatAt(*step), answered_at + askedWait(said, *step, answered_at));
    return repeat(turn, *step, again);
}

// The request itself was never stored: without its entry the flow asks for it again.
hubsdk::Result<hubsdk::Call> FlowRunner::callOf(const FlowTurn& turn, const FlowStep& step) const {
    FlowTurn without = turn;
    std::erase_if(without.steps, [&](const FlowStep& other) { return other.seq >= step.seq; });
    auto input = advanceInput(without);
    if (!input) return std::move(input).error();
    auto action = turn.plugin->advance(*input);
    if (!action) return std::move(action).error();
    const auto call = std::ranges::find_if(
        action->calls, [&](const hubsdk::Call& one) { return sameRequest(step, one); });
    // An idempotency key, and a person who looks it up, stand for one body.
    const bool same = call != action->calls.end() && (repeatOf(step) == hubsdk::Repeat::kSafe ||
                                                      call->body_hash == step.intent.body_hash);
    if (!same) {
        return hubsdk::makeError(hubsdk::ErrorCode::kConflict,
                                 "the flow no longer asks what it asked");
    }
    return std::move(*call);
}

FlowRunner::Next FlowRunner::repeat(FlowTurn& turn, const FlowStep& step,
                                    const Again& again) const {
    const std::int64_t now = services_.now_ms();
    if (now < again.due_ms) return trouble(turn, again.due_ms, "retry");
    auto call = callOf(turn, step);
    if (!call) return fail(turn, ErrorClass::kDiverged, call.error().text(), step.intent.label);
    // Before it waits for anything else: a person should know at once.
    const std::int64_t deadline = now + deadlineMs(*call, turn.manifest(), turn.account);
    if (keyIsForgotten(turn, step, deadline)) {
        return endUncertain(turn, "the answer to " + step.intent.label +
                                      " was lost, and the vendor no longer knows its key");
    }
    const auto credentials = openCredentials(turn);
    const Admission admission = admit(turn, {&*call}, *credentials);
    if (admission.calls == 0) return admission.next;
    const bool renewed = commit(turn, "repeat", [&](Connection& connection) {
        services_.repositories.flows.repeatStep(connection, turn.lease, step.id,
                                                {again.why, deadline, again.blames}, now);
        services_.repositories.flows.renewLease(connection, turn.lease, deadline + kLeaseMarginMs);
    });
    if (!renewed) return Next::kReleased;
    ++services_.control.stats.steps_repeated;
    send(turn, {{&*call, step.id, step.intent.idempotency_key.value_or("")}}, *credentials);
    return Next::kGoOn;
}

// Sleeps because the vendor does not do what it should; not for ever (R-VEN-16).
FlowRunner::Next FlowRunner::trouble(const FlowTurn& turn, std::int64_t until_ms,
                                     std::string_view waits_for) const {
    const std::int64_t now = services_.now_ms();
    const auto& give_up = turn.flow.give_up_at_ms;
    if (give_up && now > *give_up) return giveUp(turn);
    return sleep(turn, give_up ? std::min(until_ms, *give_up + 1) : until_ms, waits_for);
}

}  // namespace hub::flows
