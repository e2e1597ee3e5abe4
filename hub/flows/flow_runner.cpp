#include "hub/flows/flow_runner.hpp"

#include <algorithm>

#include "hub/flows/commands.hpp"
#include "hub/observe/log.hpp"

namespace hub::flows {
namespace {

using hubsdk::ActionKind;
using observe::Level;
using storage::Connection;
using storage::FlowStep;

constexpr std::string_view kInboundRequest = "inbound.request";
constexpr std::string_view kVendorOrder = "vendor_order";
// Beyond every time that a row can have.
constexpr std::int64_t kNever = std::int64_t{253'000'000'000} * 1000;

std::optional<storage::Order> askedOrder(const storage::Repositories& repositories,
                                         Connection& connection, const FlowTurn& turn,
                                         hubsdk::Json about) {
    const auto scope = turn.scope();
    if (const auto id = about["id"].asString())
        return repositories.orders.find(connection, scope, *id);
    const std::string type(about["link"]["type"].text());
    const std::string external(about["link"]["id"].text());
    const auto row =
        repositories.vendor_orders.byUniqueLink(connection, scope, turn.account.id, type, external);
    if (!row) return std::nullopt;
    return repositories.orders.find(connection, scope, row->order_id);
}

std::vector<hubsdk::HostPackage> packagesOf(const storage::Account& account) {
    std::vector<hubsdk::HostPackage> packages;
    const auto settings = hubsdk::JsonDocument::parse(account.settings);
    if (!settings) return packages;
    for (const auto& member : settings->root()["packages"].members()) {
        const std::string_view theirs = hubsdk::Json(&member.value).scalarText().value_or("");
        packages.push_back({std::string(member.name), std::string(theirs)});
    }
    return packages;
}

// From when on the flow cannot know what was delivered: the state that its last call read is as old
// as the call. After a wait only what came later counts, else one event would end every wait.
std::int64_t unseenFrom(const FlowTurn& turn) {
    if (turn.steps.empty()) return turn.flow.leg == 0 ? turn.flow.created_at_ms : kNever;
    const FlowStep& last = turn.steps.back();
    if (last.intent.kind == "wait") return last.entry_at_ms.value_or(last.intent_at_ms) + 1;
    return last.intent_at_ms;
}

}  // namespace

// What cannot even be read, or ended every process that ran it, waits for a person (TM-IN-10).
void FlowRunner::parkUnread(const storage::FlowLease& lease, std::string_view why) const {
    const std::int64_t now = services_.now_ms();
    auto parked = services_.database.write(storage::WriteQueue::kFlow, [&](Connection& connection) {
        const auto& flows = services_.repositories.flows;
        const bool uncertain = flows.mayBeSent(connection, lease);
        flows.finish(connection, lease,
                     uncertain ? storage::FlowState::kUncertain : storage::FlowState::kParked,
                     std::nullopt, std::string(why), now);
        raiseAlert(connection, lease, uncertain ? "flow_uncertain" : "flow_parked",
                   "A flow of " + lease.plugin_key + " cannot be run.");
    });
    observe::log(Level::kError, "flow.parked",
                 {{"flow", lease.flow_id}, {"why", why}, {"stored", parked.ok() ? "yes" : "no"}});
}

void FlowRunner::run(const storage::FlowLease& lease) const {
    if (lease.abandoned >= storage::kAbandonedMax)
        return parkUnread(lease, "every process that ran it ended");
    Next next = Next::kGoOn;
    try {
        while (next == Next::kGoOn) next = turn(lease);
    } catch (const storage::StorageError& error) {
        if (error.code() == storage::StorageErrorCode::kCorrupt)
            return parkUnread(lease, "what is stored cannot be read");
        if (error.code() != storage::StorageErrorCode::kMisuse) next = Next::kStuck;
        observe::log(Level::kError, "flow.storage_failed",
                     {{"flow", lease.flow_id}, {"why", error.what()}});
    }
    // Once the lease is given back, or has run out, the flow goes on from what is committed.
    if (next == Next::kStuck) services_.control.stuck.add({lease});
}

bool FlowRunner::commit(const FlowTurn& turn, std::string_view what, storage::Unit unit) const {
    auto done = services_.database.write(storage::WriteQueue::kFlow, std::move(unit));
    if (done.ok()) return true;
    using hubsdk::ErrorCode;
    const ErrorCode code = done.error().code;
    turn.stuck = turn.stuck || code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
    if (code == ErrorCode::kConflict) ++services_.control.stats.lease_lost;
    observe::log(Level::kWarning, "flow.commit_failed",
                 {{"flow", turn.flow.id}, {"what", what}, {"why", done.error().text()}});
    // What does not fit into its row will not fit the next time either.
    if (code == ErrorCode::kTooLarge)
        parkUnread(turn.lease, "a step cannot be stored: " + done.error().text());
    return false;
}

std::optional<FlowTurn> FlowRunner::load(const storage::FlowLease& lease) const {
    const auto& repositories = services_.repositories;
    auto turn = services_.database.read([&](Connection& connection) -> std::optional<FlowTurn> {
        const auto scope = storage::TenantScope::fromLeasedRow(lease.tenant_id);
        auto flow = repositories.flows.find(connection, scope, lease.flow_id);
        if (!flow) return std::nullopt;
        auto account = repositories.accounts.find(connection, scope, flow->account_id);
        if (!account) return std::nullopt;
        FlowTurn found{lease,
                       std::move(*flow),
                       std::move(*account),
                       nullptr,
                       repositories.flows.journal(connection, lease),
                       std::nullopt};
        if (found.flow.command == kInboundRequest && found.flow.leg == 0) {
            found.delivery = repositories.inbox.find(connection, scope, found.flow.subject_id);
        }
        return found;
    });
    if (!turn) return std::nullopt;
    // The version that started the flow, or the newest: replay fails by itself where they differ.
    turn->plugin = services_.plugins.find(turn->flow.plugin_key, turn->flow.plugin_sha256);
    if (!turn->plugin) turn->plugin = services_.plugins.find(turn->flow.plugin_key);
    return turn;
}

FlowRunner::Next FlowRunner::turn(const storage::FlowLease& lease) const {
    auto turn = load(lease);
    if (!turn) return Next::kReleased;
    const Next next = advance(*turn);
    return turn->stuck ? Next::kStuck : next;
}

FlowRunner::Next FlowRunner::advance(FlowTurn& turn) const {
    // Before anything else: what was lost is lost also if the plugin is gone.
    if (const Next next = settleInterrupted(turn); next != Next::kReady) return next;
    if (!turn.plugin) return park(turn, "no plugin " + turn.flow.plugin_key);
    for (const auto step : {&FlowRunner::recover, &FlowRunner::freeze}) {
        const Next next = (this->*step)(turn);
        if (next != Next::kReady) return next;
    }
    if (replyBytes(turn) > kLegBytesMax)
        return fail(turn, hubsdk::ErrorClass::kInternal, "a leg holds at most 4 MiB of replies");
    auto input = advanceInput(turn);
    if (!input) return park(turn, input.error().text());
    auto action = turn.plugin->advance(*input);
    if (!action) return park(turn, "plugin: " + action.error().text());
    // The entry is the truth; but a version that would ask for something else should be known.
    for (const std::string& label : action->changed_bodies) {
        observe::log(observe::Level::kWarning, "flow.body_changed",
                     {{"flow", turn.flow.id}, {"label", label}});
    }
    return carryOut(turn, *action);
}

// Until the first step is committed, the subject's links may still grow: a cancel waits for its
// submit, which brings them. From then on the inputs stay as they are.
FlowRunner::Next FlowRunner::freeze(FlowTurn& turn) const {
    if (turn.flow.leg > 0 || !turn.steps.empty()) return Next::kReady;
    if (turn.lease.fence == 1)
        services_.control.stats.started.add(turn.flow.command, turn.flow.plugin_key);
    if (turn.flow.subject_type != "vendor_order") return Next::kReady;
    auto known = hubsdk::readShape<hubsdk::Command>(turn.flow.inputs);
    if (!known) return park(turn, "the inputs cannot be read: " + known.error().text());
    hubsdk::Command fresh = std::move(known).value();
    services_.database.read([&](Connection& connection) {
        describeVendorOrder(connection, services_.repositories, turn.scope(), turn.flow.subject_id,
                            fresh);
        return 0;
    });
    const std::string inputs = frozenInputs(fresh);
    if (inputs == turn.flow.inputs) return Next::kReady;
    const bool frozen = commit(turn, "inputs", [&](Connection& connection) {
        services_.repositories.flows.setInputs(connection, turn.lease, inputs, services_.now_ms());
    });
    if (!frozen) return Next::kReleased;
    turn.flow.inputs = inputs;
    return Next::kReady;
}

FlowRunner::Next FlowRunner::carryOut(FlowTurn& turn, const hubsdk::Action& action) const {
    const std::size_t more = action.action == ActionKind::kCall ? action.calls.size()
                             : action.ask || action.wait        ? 1
                                                                : 0;
    if (turn.steps.size() + more > static_cast<std::size_t>(storage::kLegEntriesMax))
        return fail(turn, hubsdk::ErrorClass::kInternal, "a leg has at most 64 entries");
    const Next landed = landRecords(turn, action);
    if (landed != Next::kReady) return landed;
    switch (action.action) {
        case ActionKind::kCall:
            return call(turn, action);
        case ActionKind::kAsk:
            return ask(turn, action);
        case ActionKind::kWait:
            return wait(turn, action);
        case ActionKind::kAgain:
            return again(turn, action);
        case ActionKind::kContinue:
        case ActionKind::kDone:
        case ActionKind::kFailed:
            return finish(turn, action);
    }
    return Next::kReleased;
}

std::string FlowRunner::answerTo(const FlowTurn& turn, const hubsdk::Ask& ask) const {
    if (ask.what == "packages") return hubsdk::writeShape(packagesOf(turn.account));
    if (ask.what != "order") return "null";
    auto about = hubsdk::JsonDocument::parse(ask.about.json.empty() ? "null" : ask.about.json);
    if (!about) return "null";
    const auto order = services_.database.read([&](Connection& connection) {
        return askedOrder(services_.repositories, connection, turn, about->root());
    });
    if (!order) return "null";
    return hubsdk::writeShape(hubsdk::HostOrder{order->id, order->order_number, order->status});
}

FlowRunner::Next FlowRunner::ask(FlowTurn& turn, const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    const auto& flows = services_.repositories.flows;
    auto materials = gather(turn, action, services_.repositories.inbox, now);
    if (!materials) return fail(turn, hubsdk::ErrorClass::kSchema, materials.error().text());
    storage::FlowReply reply;
    reply.status = 200;
    reply.headers = "{}";
    reply.body = answerTo(turn, *action.ask);
    const bool asked = commit(turn, "ask", [&](Connection& connection) {
        applyStep(connection, turn, *materials);
        storage::FlowIntent intent;
        intent.kind = "ask";
        intent.label = action.ask->label;
        intent.occurrence = occurrenceOf(turn, intent.label);
        intent.repeat_rule = "safe";
        intent.deadline_at_ms = now;
        intent.give_up_at_ms = now + kGiveUpAfterMs;
        const std::string id = flows.commitIntent(connection, turn.lease, intent, now);
        flows.commitReply(connection, turn.lease, id, reply, now);
    });
    return asked ? Next::kGoOn : Next::kReleased;
}

// What a flow may wait for: events of its subject, and of the order behind a vendor order.
std::vector<storage::WakeSubject> FlowRunner::wakeSubjects(Connection& connection,
                                                           const FlowTurn& turn) const {
    std::vector<storage::WakeSubject> subjects{{turn.flow.subject_type, turn.flow.subject_id}};
    if (turn.flow.subject_type != kVendorOrder) return subjects;
    const auto row =
        services_.repositories.vendor_orders.find(connection, turn.scope(), turn.flow.subject_id);
    if (row) subjects.push_back({"screening_order", row->order_id});
    return subjects;
}

FlowRunner::Next FlowRunner::wait(FlowTurn& turn, const hubsdk::Action& action) const {
    const std::int64_t now = services_.now_ms();
    const std::vector<std::string>& wake_on = action.wait->wake_on;
    if (action.wait->until_ms > now + kWaitMaxMs)
        return fail(turn, hubsdk::ErrorClass::kSchema, "a wait ends within 90 days",
                    action.wait->label);
    if (wake_on.size() > storage::kWakeTypesMax)
        return fail(turn, hubsdk::ErrorClass::kSchema, "a wait names at most 8 event types",
                    action.wait->label);
    auto materials = gather(turn, action, services_.repositories.inbox, now);
    if (!materials) return fail(turn, hubsdk::ErrorClass::kSchema, materials.error().text());
    const bool waiting = commit(turn, "wait", [&](Connection& connection) {
        applyStep(connection, turn, *materials);
        storage::FlowIntent intent;
        intent.kind = "wait";
        intent.label = action.wait->label;
        intent.occurrence = occurrenceOf(turn, intent.label);
        intent.repeat_rule = "safe";
        intent.deadline_at_ms = action.wait->until_ms;
        intent.give_up_at_ms = std::max(now, intent.deadline_at_ms) + kGiveUpAfterMs;
        const auto& flows = services_.repositories.flows;
        flows.commitIntent(connection, turn.lease, intent, now);
        if (wake_on.empty()) return;
        flows.wakeOn(connection, turn.lease, wakeSubjects(connection, turn), wake_on, now);
        if (turn.flow.subject_type != kVendorOrder) return;
        flows.wakeByEarlierDelivery(connection, turn.lease, turn.flow.subject_id, unseenFrom(turn),
                                    now);
    });
    return waiting ? Next::kGoOn : Next::kReleased;
}

FlowRunner::Next FlowRunner::sleep(const FlowTurn& turn, std::int64_t until_ms,
                                   std::string_view waits_for) const {
    const std::int64_t now = services_.now_ms();
    services_.control.stats.sleeps.add(turn.flow.plugin_key, waits_for);
    commit(turn, "sleep", [&](Connection& connection) {
        services_.repositories.flows.sleep(connection, turn.lease, std::max(until_ms, now),
                                           waits_for, now);
    });
    return Next::kReleased;
}

}  // namespace hub::flows
