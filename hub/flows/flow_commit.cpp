#include "hub/flows/commands.hpp"
#include "hub/flows/flow_runner.hpp"

#include <algorithm>

#include "hub/domain/transition.hpp"
#include "hub/observe/log.hpp"

namespace hub::flows {
namespace {

using storage::Connection;
using storage::FlowStep;
using storage::StepState;

storage::TenantScope scopeOf(const FlowTurn& turn) {
    return storage::TenantScope::fromLeasedRow(turn.flow.tenant_id);
}

security::SecretValues valuesOf(const storage::SecretMap& secrets) {
    security::SecretValues values;
    for (const auto& [name, list] : secrets) {
        for (const storage::SecretValue& value : list) values[name].push_back(value.text);
    }
    return values;
}

// When the state that a leg's replies show began to be read.
std::int64_t fetchStart(const FlowTurn& turn) {
    return turn.steps.empty() ? turn.flow.created_at_ms : turn.steps.front().intent_at_ms;
}

}  // namespace

void FlowRunner::sendStep(const FlowTurn& turn, const plugins::Plugin& plugin,
                          const hubsdk::Call& call, const std::string& step_id,
                          const std::string& key) const {
    const auto& repositories = services_.repositories;
    const auto scope = scopeOf(turn);
    CallContext context{turn.account, plugin.manifest(), {}, {}, key, services_.now_ms(), {}, {}};
    services_.database.read([&](Connection& connection) {
        context.secrets =
            valuesOf(repositories.accounts.openSecrets(connection, scope, turn.account.id));
        context.public_url = services_.webhook_url(
            turn.account, repositories.accounts.endpointToken(connection, scope, turn.account.id));
        return 0;
    });
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
            return repositories.blobs.content(connection, scope, id);
        });
        if (!content) return hubsdk::makeError(hubsdk::ErrorCode::kNotFound, "no such blob");
        return std::move(*content);
    };
    commitOutcome(turn, step_id, call, sendCall(services_.client, call, std::move(context)));
}

// The reply is committed before any plugin code sees it.
void FlowRunner::commitOutcome(const FlowTurn& turn, const std::string& step_id,
                               const hubsdk::Call& call, CallOutcome outcome) const {
    const std::int64_t now = services_.now_ms();
    const auto scope = scopeOf(turn);
    const auto& repositories = services_.repositories;
    const bool good = outcome.status >= 200 && outcome.status < 300;
    commit(turn, "reply", [&](Connection& connection) {
        if (outcome.attempt == Attempt::kLost) {
            repositories.flows.markLost(connection, turn.lease, step_id, outcome.error, now);
            return;
        }
        storage::FlowReply reply;
        StoredHead head;
        if (outcome.attempt == Attempt::kReplied) {
            reply.status = outcome.status;
            head.headers = outcome.headers;
            reply.body = outcome.body;
        } else if (outcome.attempt == Attempt::kNotSent) {
            reply.status = kStatusNotSent;
        } else {
            // Refused by our own rules: the plugin gets an answer that blames its request.
            reply.status = 400;
            head.headers.push_back({"X-Hub-Refused", outcome.error});
        }
        if (outcome.attempt == Attempt::kReplied && good && call.to == "blob") {
            const std::string* type = hubsdk::findHeader(outcome.headers, "Content-Type");
            const auto blob = repositories.blobs.add(
                connection, scope, outcome.body, type ? *type : "application/octet-stream", now);
            head.blob = hubsdk::BlobRef{blob.id, blob.size_bytes, blob.content_type, blob.sha256};
            reply.body.clear();
        }
        for (const CapturedSecret& secret : outcome.captured) {
            repositories.accounts.captureSecret(connection, scope, turn.account.id, secret.name,
                                                secret.value, secret.mode, now);
        }
        reply.headers = hubsdk::writeShape(head);
        repositories.flows.commitReply(connection, turn.lease, step_id, reply, now);
    });
    if (outcome.attempt != Attempt::kReplied) {
        observe::log(observe::Level::kWarning, "flow.call_failed",
                     {{"flow", turn.flow.id},
                      {"label", call.label},
                      {"host", call.host},
                      {"why", outcome.error}});
    }
}

// What belongs to every committed action: its observations, and the marks of the steps behind it.
void FlowRunner::applyStep(Connection& connection, const FlowTurn& turn,
                           const hubsdk::Manifest& manifest, const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    const auto scope = scopeOf(turn);
    const auto& repositories = services_.repositories;
    domain::ApplyContext context{turn.account,
                                 manifest,
                                 domain::Source::kFetched,
                                 false,
                                 "flow_step",
                                 turn.steps.empty() ? turn.flow.id : turn.steps.back().id,
                                 0,
                                 std::nullopt,
                                 fetchStart(turn),
                                 domain::UnknownOrder::kTask,
                                 std::nullopt};
    if (turn.flow.subject_type == "vendor_order")
        context.vendor_order_row_id = turn.flow.subject_id;
    const domain::UnitOfWork unit{connection, repositories, scope, now};
    for (const hubsdk::Observation& observation : action.observations) {
        (void)domain::applyObservation(unit, observation, context);
        ++context.ordinal;
    }
    for (const FlowStep& step : turn.steps) {
        if (step.state == StepState::kReplied || step.state == StepState::kLost) {
            repositories.flows.markApplied(connection, turn.lease, step.id, now);
        }
    }
}

void FlowRunner::afterSubject(Connection& connection, const FlowTurn& turn,
                              const plugins::Plugin& plugin, const hubsdk::Action& action) const {
    if (turn.flow.subject_type != "vendor_order") return;
    const std::int64_t now = services_.now_ms();
    const auto scope = scopeOf(turn);
    const auto& repositories = services_.repositories;
    auto row = repositories.vendor_orders.find(connection, scope, turn.flow.subject_id);
    if (!row) return;
    const bool failed = action.action == hubsdk::ActionKind::kFailed;
    row->last_error.reset();
    if (failed && action.error) {
        row->last_error = std::string(hubsdk::nameOf(action.error->error_class));
    }
    if (turn.flow.command == "order.submit") {
        const domain::UnitOfWork unit{connection, repositories, scope, now};
        auto order = repositories.orders.find(connection, scope, row->order_id);
        if (failed) row->status = "failed";
        if (order && failed) {
            domain::moveOrder(unit, *order, "failed", domain::Actor::kSystem, "");
        } else if (order && order->status == "submitted") {
            domain::moveOrder(unit, *order, "in_progress", domain::Actor::kSystem, "");
        }
        if (!failed && row->status == "queued") row->status = "submitted";
    }
    const std::int64_t seen = turn.flow.fetch_wanted_seen.value_or(0);
    if (turn.flow.command == "order.refresh" && !failed)
        row->fetch_done = std::max(row->fetch_done, seen);
    repositories.vendor_orders.save(connection, scope, *row, now);
    // Events that came while this fetch ran are not covered by it.
    const bool again = turn.flow.command == "order.refresh" && !failed && row->fetch_wanted > seen;
    if (!again) return;
    startVendorOrderFlow(
        connection, repositories, scope,
        {"order.refresh", turn.account, *row, plugin.sha256(), std::nullopt, std::nullopt}, now);
}

}  // namespace hub::flows
