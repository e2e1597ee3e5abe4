// The part of FlowRunner that lets calls go and keeps what comes back.
#include <algorithm>

#include "hub/flows/commands.hpp"
#include "hub/flows/flow_runner.hpp"
#include "hub/flows/retry_after.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::flows {
namespace {

using hubsdk::ErrorClass;
using storage::Connection;
using storage::FlowState;
using storage::FlowStep;

constexpr std::int64_t kHourMs = 3'600'000;
// Flows behind one breaker wake in turn, not at once.
constexpr std::int64_t kSpreadMs = 500;

std::int64_t spreadOf(const std::string& flow_id) {
    return std::stoll(hubsdk::fnv1a(flow_id).substr(0, 4), nullptr, 16) % kSpreadMs;
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
    intent.deadline_at_ms = now_ms + deadlineMs(call, turn.manifest(), turn.account);
    intent.look_up_after_ms = call.look_up_after_ms;
    intent.give_up_at_ms = now_ms + kGiveUpAfterMs;
    return intent;
}

// The manifest knows the vendor's limits; without any, the account's own applies (R-VEN-08).
std::vector<hubsdk::RateBucket> bucketsOf(const FlowTurn& turn) {
    std::vector<hubsdk::RateBucket> buckets = turn.manifest().rate;
    if (buckets.empty() && turn.account.rate_limit_per_hour > 0) {
        hubsdk::RateBucket bucket;
        bucket.max = turn.account.rate_limit_per_hour;
        bucket.per_ms = kHourMs;
        buckets.push_back(bucket);
    }
    return buckets;
}

std::string_view outcomeWord(const CallOutcome& outcome) {
    switch (outcome.attempt) {
        case Attempt::kNotSent:
            return "not_sent";
        case Attempt::kHeldBack:
            return "held_back";
        case Attempt::kLost:
            return "lost";
        case Attempt::kRefused:
            return "refused";
        case Attempt::kTooLarge:
            return "too_large";
        case Attempt::kReplied:
            break;
    }
    constexpr std::string_view kWords[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    return kWords[static_cast<std::size_t>(std::clamp(outcome.status / 100, 1, 5) - 1)];
}

}  // namespace

FlowRunner::Next FlowRunner::call(FlowTurn& turn, const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    std::vector<const hubsdk::Call*> calls;
    for (const hubsdk::Call& call : action.calls) {
        const SearchState search = searchStateOf(turn, call);
        if (search.searched == Searched::kNever) {
            return fail(turn, ErrorClass::kInternal, "sends again without a search", call.label);
        }
        if (search.searched == Searched::kOnce)
            return repeat(turn, *search.last, {search.due_ms, "searched again", false});
        calls.push_back(&call);
    }
    auto materials = gather(turn, action, services_.repositories.inbox, now);
    if (!materials) return fail(turn, ErrorClass::kSchema, materials.error().text());
    const auto credentials = openCredentials(turn);
    const Admission admission = admit(turn, calls, *credentials);
    if (admission.calls == 0) return admission.next;
    calls.resize(admission.calls);  // the flow asks for the others again
    std::vector<Intended> intended;
    const bool committed = commit(turn, "intent", [&](Connection& connection) {
        intended.clear();
        applyStep(connection, turn, *materials);
        std::int64_t deadline = now;
        for (const hubsdk::Call* call : calls) {
            const storage::FlowIntent intent = intentOf(turn, *call, now);
            deadline = std::max(deadline, intent.deadline_at_ms);
            intended.push_back(
                {call,
                 services_.repositories.flows.commitIntent(connection, turn.lease, intent, now),
                 *intent.idempotency_key});
        }
        services_.repositories.flows.renewLease(connection, turn.lease, deadline + kLeaseMarginMs);
    });
    if (!committed) return Next::kReleased;
    send(turn, intended, *credentials);
    return Next::kGoOn;
}

std::unique_ptr<Credentials> FlowRunner::openCredentials(const FlowTurn& turn) const {
    const auto& accounts = services_.repositories.accounts;
    return services_.database.read([&](Connection& connection) {
        auto opened = std::make_unique<Credentials>(
            accounts.openSecrets(connection, turn.scope(), turn.account.id), turn.account,
            turn.manifest(), services_.now_ms());
        opened->public_url = services_.webhook_url(
            turn.account, accounts.endpointToken(connection, turn.scope(), turn.account.id));
        return opened;
    });
}

// Before the intent: a flow that waits here has sent nothing, and a crash loses nothing.
FlowRunner::Admission FlowRunner::admit(const FlowTurn& turn,
                                        const std::vector<const hubsdk::Call*>& calls,
                                        const Credentials& credentials) const {
    const std::int64_t now = services_.now_ms();
    FlowControl& control = services_.control;
    const bool stale = canRenewTokens(turn.manifest(), turn.flow.command) &&
                       std::ranges::any_of(calls, [&](const hubsdk::Call* call) {
                           return credentials.needsToken(*call);
                       });
    if (stale) {
        const auto last = services_.database.read([&](Connection& connection) {
            return services_.repositories.flows.latest(connection, turn.scope(), turn.account.id,
                                                       "auth.token");
        });
        // Who could not be reached has refused nothing.
        const bool refused = last && last->state == FlowState::kFailed && !last->gave_up &&
                             last->finished_at_ms.value_or(0) > now - kTokenFailureMs;
        return {0, refused ? fail(turn, ErrorClass::kAuth, "the token could not be renewed")
                           : awaitToken(turn)};
    }
    const std::string& vendor = turn.flow.plugin_key;
    std::int64_t closed_ms = control.breaker.waitMs(vendor, turn.account.id, now);
    BudgetGrant grant;
    if (closed_ms == 0) {
        std::vector<std::string_view> paths;
        paths.reserve(calls.size());
        for (const hubsdk::Call* call : calls) paths.push_back(call->path);
        if (control.breaker.probes(vendor, turn.account.id)) paths.resize(1);
        grant = control.budget.take(credentials.budgetKey(), paths, bucketsOf(turn), now);
        if (grant.calls == 0) return {0, sleep(turn, now + grant.wait_ms, "rate")};
        closed_ms = control.breaker.admit(vendor, turn.account.id, now);
    }
    if (closed_ms > 0)
        return {0, trouble(turn, now + closed_ms + spreadOf(turn.flow.id), "breaker")};
    return {grant.calls, Next::kReady};
}

void FlowRunner::send(const FlowTurn& turn, const std::vector<Intended>& intended,
                      const Credentials& credentials) const {
    const auto& repositories = services_.repositories;
    CallContext context{turn.account,
                        turn.manifest(),
                        credentials.values(),
                        credentials.public_url,
                        services_.now_ms(),
                        {},
                        {}};
    std::map<std::string, std::string_view, std::less<>> replies;
    for (const FlowStep& step : turn.steps) {
        if (step.reply) replies[step.intent.label] = step.reply->body;
    }
    context.reply = [&replies](std::string_view label) -> const std::string_view* {
        const auto found = replies.find(label);
        return found == replies.end() ? nullptr : &found->second;
    };
    context.blob = [&](std::string_view id) -> hubsdk::Result<std::string> {
        auto content = services_.database.read([&](Connection& connection) {
            return repositories.blobs.content(connection, turn.scope(), id);
        });
        if (!content) return hubsdk::makeError(hubsdk::ErrorCode::kNotFound, "no such blob");
        return std::move(*content);
    };
    // All of them before the first goes: an exception leaves no call behind.
    std::vector<hubsdk::Result<http::OutboundRequest>> requests;
    requests.reserve(intended.size());
    for (const Intended& one : intended)
        requests.push_back(assembleCall(*one.call, one.key, context));
    CallBatch batch(services_.client);
    std::size_t under_way = 0;
    for (std::size_t i = 0; i < intended.size(); ++i) {
        if (requests[i].ok()) {
            batch.send(i, std::move(requests[i]).value());
            ++under_way;
        } else {
            const CallOutcome refused = refusedOutcome(requests[i].error());
            note(turn, refused, credentials);
            commitOutcome(turn, intended[i], refused);
        }
    }
    for (; under_way > 0; --under_way) {
        auto [index, sent] = batch.next();
        CallOutcome outcome = outcomeOf(std::move(sent), *intended[index].call, services_.now_ms());
        note(turn, outcome, credentials);
        commitOutcome(turn, intended[index], std::move(outcome));
    }
}

// What an answer says about the vendor rather than about the request.
void FlowRunner::note(const FlowTurn& turn, const CallOutcome& outcome,
                      const Credentials& credentials) const {
    const std::int64_t now = services_.now_ms();
    FlowControl& control = services_.control;
    const std::string& vendor = turn.flow.plugin_key;
    control.stats.calls.add(vendor, outcomeWord(outcome));
    if (outcome.attempt == Attempt::kLost) ++control.stats.lost;
    if (outcome.attempt == Attempt::kRefused || outcome.attempt == Attempt::kHeldBack) return;
    const bool replied = outcome.attempt == Attempt::kReplied;
    const bool away = outcome.attempt == Attempt::kNotSent || outcome.attempt == Attempt::kLost ||
                      (replied && outcome.status >= 500);
    if (away) {
        control.breaker.failed(vendor, turn.account.id, now);
    } else {
        control.breaker.succeeded(vendor, turn.account.id);
    }
    if (!replied || (outcome.status != 429 && outcome.status != 503)) return;
    const std::string* field = hubsdk::findHeader(outcome.headers, "Retry-After");
    const auto wait = field ? retryAfterMs(*field, now) : std::nullopt;
    if (wait) control.budget.pause(credentials.budgetKey(), now + *wait, now);
}

void FlowRunner::storeReply(Connection& connection, const FlowTurn& turn, const Intended& intended,
                            const CallOutcome& outcome) const {
    const std::int64_t now = services_.now_ms();
    const auto& repositories = services_.repositories;
    const bool good = outcome.status >= 200 && outcome.status < 300;
    storage::FlowReply reply;
    StoredHead head;
    if (outcome.attempt == Attempt::kReplied) {
        reply.status = outcome.status;
        head.headers = outcome.headers;
        reply.body = outcome.body;
    } else if (outcome.attempt == Attempt::kRefused) {
        // By our own rules: the plugin gets an answer that blames its request.
        reply.status = 400;
        head.headers.push_back({"X-Hub-Refused", outcome.error});
    } else {
        reply.status = outcome.attempt == Attempt::kTooLarge ? kStatusTooLarge : kStatusNotSent;
    }
    if (outcome.attempt == Attempt::kReplied && good && intended.call->to == "blob") {
        const std::string* type = hubsdk::findHeader(outcome.headers, "Content-Type");
        const auto blob = repositories.blobs.add(connection, turn.scope(), outcome.body,
                                                 type ? *type : "application/octet-stream", now);
        head.blob = hubsdk::BlobRef{blob.id, blob.size_bytes, blob.content_type, blob.sha256};
        reply.body.clear();
    }
    for (const CapturedSecret& secret : outcome.captured) {
        if (secret.transient) {
            repositories.flows.keepTransient(
                connection, turn.lease,
                {secret.name, secret.value.text, secret.value.expires_at_ms}, now);
        } else {
            repositories.accounts.captureSecret(connection, turn.scope(), turn.account.id,
                                                {secret.name, secret.value, secret.mode}, now);
        }
    }
    reply.headers = hubsdk::writeShape(head);
    repositories.flows.commitReply(connection, turn.lease, intended.step_id, reply, now);
}

// The reply is committed before any plugin code sees it.
void FlowRunner::commitOutcome(const FlowTurn& turn, const Intended& intended,
                               CallOutcome outcome) const {
    commit(turn, "reply", [&](Connection& connection) {
        if (outcome.attempt == Attempt::kLost) {
            services_.repositories.flows.markLost(connection, turn.lease, intended.step_id,
                                                  outcome.error, services_.now_ms());
        } else {
            storeReply(connection, turn, intended, outcome);
        }
    });
    if (outcome.attempt == Attempt::kReplied) return;
    observe::log(observe::Level::kWarning, "flow.call_failed",
                 {{"flow", turn.flow.id},
                  {"label", intended.call->label},
                  {"host", intended.call->host},
                  {"outcome", outcomeWord(outcome)},
                  {"why", outcome.error}});
}

}  // namespace hub::flows
