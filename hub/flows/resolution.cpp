#include "hub/flows/resolution.hpp"

#include <algorithm>
#include <array>

#include "hub/flows/cancellation.hpp"
#include "hub/flows/commands.hpp"
#include "hub/flows/subject.hpp"
#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using storage::FlowState;
using storage::UnitRefused;

constexpr std::size_t kVendorIdMax = 100;

struct VerdictRow {
    Verdict verdict;
    FlowState from;
    std::string_view name;
    FlowState state;
};
constexpr std::array<VerdictRow, 5> kVerdicts{{
    {Verdict::kPlaced, FlowState::kUncertain, "placed", FlowState::kDone},
    {Verdict::kNotPlaced, FlowState::kUncertain, "not_placed", FlowState::kRunning},
    {Verdict::kAbandon, FlowState::kUncertain, "abandon", FlowState::kFailed},
    {Verdict::kResume, FlowState::kParked, "resume", FlowState::kRunning},
    {Verdict::kAbandon, FlowState::kParked, "abandon", FlowState::kFailed},
}};

const VerdictRow& rowOf(Verdict verdict, FlowState from) {
    std::string takes;
    for (const VerdictRow& row : kVerdicts) {
        if (row.from != from) continue;
        if (row.verdict == verdict) return row;
        takes.append(takes.empty() ? ", which takes " : " or ").append(row.name);
    }
    throw UnitRefused(makeError(ErrorCode::kConflict,
                                "the flow is " + std::string(storage::nameOf(from)) + takes));
}

bool isVendorId(std::string_view id) {
    return !id.empty() && id.size() <= kVendorIdMax &&
           std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7f; });
}

// The vendor order of a submit, if the order was cancelled here meanwhile.
std::optional<storage::VendorOrder> calledOff(const domain::UnitOfWork& unit,
                                              const storage::Flow& flow) {
    if (flow.command != "order.submit" || flow.subject_type != "vendor_order") return std::nullopt;
    const auto& repositories = unit.repositories;
    auto row = repositories.vendor_orders.find(unit.connection, unit.scope, flow.subject_id);
    if (!row) return std::nullopt;
    const auto order = repositories.orders.find(unit.connection, unit.scope, row->order_id);
    return order && order->status == "cancelled" ? row : std::nullopt;
}

// What was called off meanwhile must not be sent to the vendor after all.
void requireWanted(const domain::UnitOfWork& unit, const storage::Flow& flow) {
    if (calledOff(unit, flow)) {
        throw UnitRefused(makeError(ErrorCode::kConflict,
                                    "the order is cancelled: its submit can only be abandoned"));
    }
}

// Nor may the vendor work on it.
void cancelIfCalledOff(const domain::UnitOfWork& unit, const plugins::PluginRegistry& plugins,
                       const storage::Flow& flow, const std::string& actor_id) {
    if (const auto row = calledOff(unit, flow))
        cancelAtVendor(unit, plugins, *row, {domain::Actor::kUser, actor_id, std::nullopt});
}

// An order that was placed is nothing to us without its name at the vendor.
void checkVendorId(const storage::Flow& flow, const FlowVerdict& verdict) {
    const bool needed = verdict.verdict == Verdict::kPlaced && flow.command == "order.submit";
    const char* wrong = nullptr;
    if (needed && !verdict.vendor_order_id) wrong = "is required for an order that was placed";
    if (!needed && verdict.vendor_order_id) wrong = "goes only with an order that was placed";
    if (needed && verdict.vendor_order_id && !isVendorId(*verdict.vendor_order_id))
        wrong = "must be 1 to 100 visible characters";
    if (wrong != nullptr)
        throw UnitRefused(makeError(ErrorCode::kInvalid, wrong, "vendor_order_id"));
}

void record(const domain::UnitOfWork& unit, const storage::Flow& flow, const VerdictRow& row,
            std::string_view actor_id) {
    storage::AuditEntry entry;
    entry.actor_type = "apikey";
    entry.actor_id = actor_id;
    entry.action = "flow_resolved";
    entry.resource_type = "flow";
    entry.resource_id = flow.id;
    entry.title = flow.command + ", " + std::string(storage::nameOf(row.from)) +
                  ", resolved: " + std::string(row.name);
    entry.old_status = std::string(storage::nameOf(row.from));
    entry.new_status = std::string(storage::nameOf(row.state));
    if (flow.subject_type == "vendor_order") {
        const auto vendor =
            unit.repositories.vendor_orders.find(unit.connection, unit.scope, flow.subject_id);
        if (vendor) entry.order_id = vendor->order_id;
    }
    storage::OutboundEvent event;
    event.event_type = "provider.flow_resolved";
    event.subject_type = "flow";
    event.subject_id = flow.id;
    event.idempotency_key =
        security::sha256Hex(flow.id + "\nresolved\n" + std::to_string(unit.now_ms));
    unit.repositories.audit.record(unit.connection, unit.scope, entry, event, unit.now_ms);
}

}  // namespace

void resolveFlow(const domain::UnitOfWork& unit, const plugins::PluginRegistry& plugins,
                 std::string_view flow_id, const FlowVerdict& verdict) {
    const auto& repositories = unit.repositories;
    const auto flow = repositories.flows.findHead(unit.connection, unit.scope, flow_id);
    if (!flow) throw UnitRefused(makeError(ErrorCode::kNotFound, "there is no such flow"));
    checkVendorId(*flow, verdict);
    const VerdictRow& row = rowOf(verdict.verdict, flow->state);
    storage::FlowResolution resolution;
    resolution.from = row.from;
    resolution.state = row.state;
    resolution.error = verdict.verdict == Verdict::kAbandon
                           ? std::optional<std::string>("abandoned by a person")
                           : std::nullopt;
    if (verdict.verdict == Verdict::kPlaced) resolution.result = R"({"resolved":"placed"})";
    const bool goes_on = row.state == FlowState::kRunning;
    if (goes_on) requireWanted(unit, *flow);
    if (goes_on) resolution.give_up_at_ms = unit.now_ms + kGiveUpAfterMs;
    // Its time is over by a person's word, as if it had given up: it refused nothing to its
    // waiters.
    if (verdict.verdict == Verdict::kAbandon) resolution.give_up_at_ms = unit.now_ms - 1;
    repositories.flows.resolve(unit.connection, unit.scope, flow_id, resolution, unit.now_ms);
    record(unit, *flow, row, verdict.actor_id);
    if (goes_on) return;
    // Flows that wait for a token ask for another one.
    if (isAboutCredential(flow->command))
        repositories.flows.wakeWaiting(unit.connection, unit.scope, flow->account_id, "token",
                                       unit.now_ms);
    const auto account = repositories.accounts.find(unit.connection, unit.scope, flow->account_id);
    if (!account) return;
    const bool placed = verdict.verdict == Verdict::kPlaced;
    SubjectEnd end{*flow,
                   *account,
                   flow->plugin_sha256,
                   placed ? Ending::kDone : Ending::kFailed,
                   std::nullopt,
                   verdict.vendor_order_id};
    if (!placed) {
        end.error_class = row.from == FlowState::kUncertain ? hubsdk::ErrorClass::kUncertain
                                                            : hubsdk::ErrorClass::kInternal;
    }
    settleSubject(unit, end);
    if (placed) cancelIfCalledOff(unit, plugins, *flow, verdict.actor_id);
}

}  // namespace hub::flows
