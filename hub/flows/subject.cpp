#include "hub/flows/subject.hpp"

#include <algorithm>

#include "hub/domain/order_change.hpp"
#include "hub/flows/feeds.hpp"
#include "hub/flows/follow.hpp"

namespace hub::flows {
namespace {

constexpr std::string_view kSubmit = "order.submit";
constexpr std::string_view kRefresh = "order.refresh";
constexpr std::string_view kCancel = "order.cancel";

// The order goes on, also after giving up: then by hand.
void settleSubmit(const domain::UnitOfWork& unit, const SubjectEnd& end,
                  storage::VendorOrder& row) {
    if (end.ending == Ending::kDone) {
        if (end.vendor_order_id) row.vendor_order_id = end.vendor_order_id;
        if (!row.submitted_at_ms) row.submitted_at_ms = unit.now_ms;
    }
    using domain::SubmitEnd;
    const bool by_hand = end.ending == Ending::kGaveUp;
    const SubmitEnd failed = by_hand ? SubmitEnd::kByHand : SubmitEnd::kFailed;
    domain::submitEnded(unit, row, end.ending == Ending::kDone ? SubmitEnd::kPlaced : failed);
}

// Of errors only a person's command may hide another one: a refresh runs by itself, and what it
// finds says nothing about the submit that failed before. Success takes away the error of its own
// command alone.
void noteError(const SubjectEnd& end, storage::VendorOrder& row) {
    const std::string& command = end.flow.command;
    const bool same = !row.last_error_command || *row.last_error_command == command;
    if (end.error_class) {
        if (row.last_error && !same && command == kRefresh) return;
        row.last_error = std::string(hubsdk::nameOf(*end.error_class));
        row.last_error_command = command;
    } else if (same) {
        row.last_error.reset();
        row.last_error_command.reset();
    }
}

// What no program could do, a person does: also the cancel that the vendor refused, for our order
// is cancelled and the vendor works on.
void openTaskOf(const domain::UnitOfWork& unit, const SubjectEnd& end,
                const storage::VendorOrder& row) {
    const domain::Cause cause{domain::Actor::kSystem, row.plugin_key, std::nullopt};
    const bool failed = end.ending == Ending::kFailed || end.ending == Ending::kGaveUp;
    if (end.flow.command == kCancel) {
        if (failed && !domain::isVendorOrderFinal(row.status))
            domain::openTask(unit, cause, domain::manualCancel(row.order_id));
    } else if (end.ending == Ending::kGaveUp) {
        domain::openTask(unit, cause, domain::manualFallback("screening_order", row.order_id));
    }
}

void fetch(const domain::UnitOfWork& unit, const SubjectEnd& end, const storage::VendorOrder& row) {
    startVendorOrderFlow(
        unit.connection, unit.repositories, unit.scope,
        {std::string(kRefresh), end.account, row, end.plugin_sha256, std::nullopt, std::nullopt},
        unit.now_ms);
}

// A pointer to something that could not be read leads to an order that nobody will see otherwise.
void settleObject(const domain::UnitOfWork& unit, const SubjectEnd& end) {
    if (end.ending == Ending::kDone || end.flow.command != kRefresh) return;
    storage::Task task;
    task.kind = "unknown_vendor_order";
    task.subject_type = "flow";
    task.subject_id = end.flow.id;
    task.role = "admin";
    domain::openTask(unit, {domain::Actor::kSystem, end.flow.plugin_key, std::nullopt}, task);
}

}  // namespace

void settleSubject(const domain::UnitOfWork& unit, const SubjectEnd& end) {
    if (end.flow.subject_type == kFeedSubject) return settleFeed(unit, end);
    if (end.flow.subject_type == kVendorObject) return settleObject(unit, end);
    if (end.flow.subject_type != "vendor_order") return;
    const auto& orders = unit.repositories.vendor_orders;
    auto row = orders.find(unit.connection, unit.scope, end.flow.subject_id);
    if (!row) return;
    noteError(end, *row);
    const bool over = end.ending != Ending::kUncertain;
    const bool done = end.ending == Ending::kDone;
    if (end.flow.command == kSubmit && over) settleSubmit(unit, end, *row);
    openTaskOf(unit, end, *row);
    const std::int64_t seen = end.flow.fetch_wanted_seen.value_or(0);
    const bool fetched = end.flow.command == kRefresh && done;
    if (fetched) row->fetch_done = std::max(row->fetch_done, seen);
    orders.save(unit.connection, unit.scope, *row, unit.now_ms);
    // Events that came while this fetch ran are not covered by it, however it ended. What a person
    // said is checked.
    const bool wanted = end.flow.command == kRefresh && over && row->fetch_wanted > seen;
    if (wanted || end.vendor_order_id) fetch(unit, end, *row);
}

}  // namespace hub::flows
