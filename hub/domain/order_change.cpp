#include "hub/domain/order_change.hpp"

#include <algorithm>

#include "hub/domain/order_result.hpp"

namespace hub::domain {
namespace {

constexpr std::string_view kVendorReason = "vendor_message";
constexpr std::string_view kConsentReason = "consent";
constexpr std::string_view kBetween = "in_progress";
constexpr int kCompletedPercentage = 100;
constexpr std::int64_t kMinuteMs = 60'000;

bool holds(Guard guard, const storage::Order& order, std::string_view target) {
    switch (guard) {
        case Guard::kNone:
            return true;
        case Guard::kDispatched:
            return order.dispatched_at_ms.has_value();
        case Guard::kNotClosed:
            return !order.closed_at_ms;
        case Guard::kVendorReason:
            return order.action_reason == kVendorReason;
        case Guard::kNotConsent:
            return !order.action_reason || !order.action_reason->starts_with(kConsentReason);
        case Guard::kReasonSet:
            return order.action_reason.has_value();
        case Guard::kAsHeld:
            return !order.action_reason && order.held_from == target;
    }
    return false;
}

void stampTimes(storage::Order& order, std::int64_t now_ms) {
    order.last_activity_at_ms = now_ms;
    const std::string& status = order.status;
    if (status == "submitted" || status == "data_verification") {
        if (!order.submitted_at_ms) order.submitted_at_ms = now_ms;
    }
    if (status == "in_progress") {
        if (!order.dispatched_at_ms) order.dispatched_at_ms = now_ms;
        order.results_ready_at_ms.reset();
    }
    const bool finished = status == "pending_review" || status == "completed";
    if (finished && !order.results_ready_at_ms) order.results_ready_at_ms = now_ms;
    order.completed_at_ms = status == "completed" ? std::optional(now_ms) : std::nullopt;
    if (status == "completed") order.completion_percentage = kCompletedPercentage;
}

// Section 5.1: what a hold or a need for action interrupts is remembered, and reasons end with it.
void stampReasons(storage::Order& order, const Transition& row) {
    const bool enters = row.to == "requires_action" || row.to == "on_hold";
    const bool on_top = row.to == "on_hold" && row.from == "requires_action";
    if (enters && !on_top && row.from != "on_hold") order.held_from = std::string(row.from);
    if (row.from == "requires_action" && !on_top) order.action_reason.reset();
    if (row.from == "on_hold") order.hold_reason.reset();
    if (!enters) order.held_from.reset();
    if (row.to == "requires_action" && row.actor == Actor::kVendor)
        order.action_reason = std::string(kVendorReason);
}

std::string_view eventOf(std::string_view status) {
    if (status == "completed") return "order.completed";
    return status == "cancelled" ? "order.cancelled" : "order.status_changed";
}

void step(const UnitOfWork& unit, storage::Order& order, const Transition& row,
          const Cause& cause) {
    stampReasons(order, row);
    order.status = row.to;
    stampTimes(order, unit.now_ms);
    unit.repositories.orders.save(unit.connection, unit.scope, order, unit.now_ms);

    Change change = orderChange(order.id, order.person_id);
    change.action = "order_status_changed";
    change.event_type = eventOf(row.to);
    change.title = row.event;
    change.old_status = row.from;
    change.new_status = row.to;
    change.is_timeline = true;
    change.event_key = std::to_string(order.row_version);
    record(unit, Cause{row.actor, cause.actor_id, cause.trace_id}, change);
}

// What an order is judged by.
struct Standing {
    std::vector<storage::VendorOrder> rows;
    std::vector<storage::Check> checks;
    bool by_hand = false;  ///< a person does what no vendor took (R-VEN-16)
    bool ended = false;    ///< nobody will say more

    [[nodiscard]] bool all(std::string_view status) const {
        return std::ranges::all_of(
            rows, [&](const storage::VendorOrder& row) { return row.status == status; });
    }
    [[nodiscard]] bool any(std::string_view status) const {
        return std::ranges::any_of(
            rows, [&](const storage::VendorOrder& row) { return row.status == status; });
    }
};

Standing standingOf(const UnitOfWork& unit, const storage::Order& order) {
    const auto& repositories = unit.repositories;
    Standing standing;
    standing.rows = repositories.vendor_orders.ofOrder(unit.connection, unit.scope, order.id);
    standing.checks = repositories.orders.checks(unit.connection, unit.scope, order.id);
    if (standing.any("failed")) {
        standing.by_hand = repositories.attention.hasOpenTask(
            unit.connection, unit.scope, manualFallback("screening_order", order.id));
    }
    standing.ended = !standing.rows.empty() && !standing.by_hand &&
                     std::ranges::all_of(standing.rows, [](const storage::VendorOrder& row) {
                         return isVendorOrderFinal(row.status);
                     });
    return standing;
}

bool mayRun(const storage::VendorOrder& row, const Standing& standing) {
    return !isVendorOrderFinal(row.status) || (standing.by_hand && row.status == "failed");
}

std::vector<CheckResult> resultsOf(const Standing& standing) {
    std::vector<CheckResult> results;
    for (const storage::Check& check : standing.checks) {
        CheckResult result;
        result.status = check.status;
        if (check.result) result.result = *check.result;
        result.ordered = !check.added_by_vendor;
        result.withdrawn = check.withdrawn_at_ms.has_value();
        const auto own = std::ranges::find_if(standing.rows, [&](const storage::VendorOrder& row) {
            return row.id == check.vendor_order_row_id;
        });
        // A check that no vendor has named yet may still be run by any of them, or by hand.
        result.may_run = own == standing.rows.end() ? !standing.ended : mayRun(*own, standing);
        results.push_back(result);
    }
    return results;
}

// Words of an overall outcome that are none of section 5.2.
std::string_view resultWord(std::string_view outcome) {
    if (outcome == "adverse_action") return "consider";
    return outcome == "error" ? std::string_view("pending_review") : outcome;
}

std::string_view resultOf(const std::vector<CheckResult>& checks,
                          const std::vector<storage::VendorOrder>& rows) {
    std::optional<std::string_view> overall;
    if (rows.size() == 1 && rows.front().overall_outcome)
        overall = resultWord(*rows.front().overall_outcome);
    std::string_view result = orderResult(checks, overall);
    if (rows.size() < 2) return result;
    // None of several covers all checks: a verdict of one can only make the roll-up worse.
    for (const storage::VendorOrder& row : rows) {
        if (row.overall_outcome) result = worseResult(result, resultWord(*row.overall_outcome));
    }
    return result;
}

bool isOpen(const CheckResult& check) {
    return !check.withdrawn && check.status != "completed" && check.status != "cancelled" &&
           check.status != "not_applicable";
}

// Where all vendor orders have ended.
std::string_view targetAtEnd(const storage::Order& order, const Standing& standing,
                             const std::vector<CheckResult>& checks, const VendorWord& word) {
    if (standing.all("failed")) return "failed";
    const bool any_result = std::ranges::any_of(
        checks, [](const CheckResult& check) { return check.status == "completed"; });
    // Section 5.3: a cancel ends the order only if nothing of it is finished or still open.
    if (!standing.any("completed") && !any_result && std::ranges::none_of(checks, isOpen))
        return "cancelled";
    return order.result == "clear" && !word.needs_person ? "completed" : "pending_review";
}

void alertOn(const UnitOfWork& unit, const storage::Order& order, std::string_view type,
             std::string_view text, const Cause& cause) {
    storage::Alert alert;
    alert.alert_type = type;
    alert.severity = "high";
    alert.person_id = order.person_id;
    alert.subject_type = "screening_order";
    alert.subject_id = order.id;
    alert.description = text;
    alert.occurrence = std::to_string(order.row_version);
    raiseAlert(unit, cause, std::move(alert));
}

// What was completed stays so while its results do: a person may have decided on them.
void moveToEnd(const UnitOfWork& unit, storage::Order& order, std::string_view target, bool news,
               const Cause& cause) {
    const bool was_completed = order.status == "completed";
    if (target == order.status || (was_completed && !news)) return;
    if (!moveOrder(unit, order, target, cause)) return;
    if (target == "failed")
        alertOn(unit, order, "order_failed", "No vendor took the order.", cause);
    if (was_completed)
        alertOn(unit, order, "result_amended", "The vendor changed a completed order.", cause);
}

// An open vendor order does not pull an order out of a hold or a person's hands.
void followOpen(const UnitOfWork& unit, storage::Order& order,
                const std::vector<storage::VendorOrder>& rows, const Cause& cause) {
    if (order.status == "pending_review" || order.status == "failed") return;
    std::vector<std::string_view> open;
    for (const storage::VendorOrder& row : rows) {
        if (!isVendorOrderFinal(row.status)) open.push_back(row.status);
    }
    const std::string_view word = followedWord(open);
    const bool reopened = order.status == "completed";
    if (word.empty() || !moveOrder(unit, order, word, cause) || !reopened) return;
    alertOn(unit, order, "search_reopened", "The vendor reopened a completed order.", cause);
}

// The result has no status of its own, but a change of it belongs into the trail.
void recordResult(const UnitOfWork& unit, const storage::Order& order,
                  const std::optional<std::string>& old_result, const Cause& cause) {
    Change change = orderChange(order.id, order.person_id);
    change.action = "order_result_changed";
    change.event_type = "order.result_changed";
    change.title = "result";
    change.old_status = old_result.value_or("");
    change.new_status = order.result.value_or("");
    change.event_key = std::to_string(order.row_version);
    record(unit, Cause{Actor::kSystem, cause.actor_id, cause.trace_id}, change);
}

}  // namespace

bool moveOrder(const UnitOfWork& unit, storage::Order& order, std::string_view target, Actor actor,
               std::string_view actor_id) {
    return moveOrder(unit, order, target, Cause{actor, std::string(actor_id), std::nullopt});
}

bool moveOrder(const UnitOfWork& unit, storage::Order& order, std::string_view target,
               const Cause& cause) {
    if (order.status == target) return true;
    const Way way = wayFor(&orderTransition, order.status, target, kBetween, cause.actor);
    if (way.count == 0) return false;
    // Dispatch itself makes an order dispatched, so guards are asked before the first step only.
    if (!holds(way.steps.front()->guard, order, way.steps.front()->to)) return false;
    for (std::size_t i = 0; i < way.count; ++i) step(unit, order, *way.steps.at(i), cause);
    return true;
}

bool moveVendorOrder(const UnitOfWork& unit, storage::VendorOrder& row, std::string_view target,
                     const Cause& cause) {
    if (row.status == target) return true;
    const std::string_view between = row.status == "queued" ? "submitted" : kBetween;
    const Way way = wayFor(&vendorOrderTransition, row.status, target, between, cause.actor);
    for (std::size_t i = 0; i < way.count; ++i) {
        const Transition& made = *way.steps.at(i);
        row.status = made.to;
        Change change;
        change.resource_type = "vendor_order";
        change.resource_id = row.id;
        change.order_id = row.order_id;
        change.action = "vendor_order_status_changed";
        change.event_type = "vendor_order.status_changed";
        change.title = made.event;
        change.old_status = made.from;
        change.new_status = made.to;
        change.event_key = std::to_string(row.row_version);
        record(unit, Cause{made.actor, cause.actor_id, cause.trace_id}, change);
    }
    return way.count > 0;
}

void followVendorOrders(const UnitOfWork& unit, storage::Order& order, const VendorWord& word,
                        const Cause& cause) {
    if (order.status == "cancelled" || order.closed_at_ms) return;
    const auto& orders = unit.repositories.orders;
    const Standing standing = standingOf(unit, order);
    const auto results = resultsOf(standing);
    const auto old_result = order.result;
    order.result = std::string(resultOf(results, standing.rows));
    // Nobody will say more: what is pending now needs a person.
    if (standing.ended && order.result == "pending") order.result = "pending_review";
    order.completion_percentage =
        order.status == "completed" ? kCompletedPercentage : completionPercentage(results);
    orders.save(unit.connection, unit.scope, order, unit.now_ms);
    const bool changed = old_result != order.result;
    if (changed) recordResult(unit, order, old_result, cause);
    if (order.status == "on_hold") return;
    if (!standing.ended) return followOpen(unit, order, standing.rows, cause);
    moveToEnd(unit, order, targetAtEnd(order, standing, results, word), changed || word.amended,
              cause);
}

std::int64_t freshnessMs(const storage::Account& account) {
    return account.freshness_minutes * kMinuteMs;
}

void submitEnded(const UnitOfWork& unit, storage::VendorOrder& row, SubmitEnd end) {
    const Cause cause{Actor::kSystem, row.plugin_key, std::nullopt};
    const bool placed = end == SubmitEnd::kPlaced;
    // An observation of the flow may have said more already.
    if (!placed || row.status == "queued")
        moveVendorOrder(unit, row, placed ? "submitted" : "failed", cause);
    const auto account =
        unit.repositories.accounts.find(unit.connection, unit.scope, row.account_id);
    if (account && placed && !isVendorOrderFinal(row.status) && !row.next_poll_at_ms)
        row.next_poll_at_ms = unit.now_ms + freshnessMs(*account);
    unit.repositories.vendor_orders.save(unit.connection, unit.scope, row, unit.now_ms);
    auto order = unit.repositories.orders.find(unit.connection, unit.scope, row.order_id);
    if (!order) return;
    if (end == SubmitEnd::kFailed) return followVendorOrders(unit, *order, {}, cause);
    if (order->status == "submitted") moveOrder(unit, *order, "in_progress", cause);
}

}  // namespace hub::domain
