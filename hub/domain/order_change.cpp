#include "hub/domain/apply.hpp"
#include "hub/domain/transition.hpp"
#include "hub/security/digest.hpp"

#include <hubsdk/cpp/json.hpp>

namespace hub::domain {
namespace {

std::string_view actorType(Actor actor) {
    switch (actor) {
        case Actor::kUser:
            return "apikey";
        case Actor::kApplicant:
            return "applicant";
        case Actor::kVendor:
            return "plugin";
        case Actor::kSystem:
            return "system";
    }
    return "system";
}

std::string statusPayload(const storage::Order& order, std::string_view old_status) {
    std::string json;
    hubsdk::JsonWriter writer(json);
    writer.beginObject();
    writer.member("orderId", std::string_view(order.id));
    writer.member("oldStatus", old_status);
    writer.member("status", std::string_view(order.status));
    if (order.result) writer.member("result", std::string_view(*order.result));
    writer.endObject();
    return json;
}

void stampTimes(storage::Order& order, std::int64_t now_ms) {
    order.last_activity_at_ms = now_ms;
    if (order.status == "in_progress") {
        if (!order.dispatched_at_ms) order.dispatched_at_ms = now_ms;
        order.results_ready_at_ms.reset();
        order.completed_at_ms.reset();
    }
    if (order.status == "pending_review" || order.status == "completed") {
        if (!order.results_ready_at_ms) order.results_ready_at_ms = now_ms;
    }
    order.completed_at_ms = order.status == "completed" ? std::optional(now_ms) : std::nullopt;
}

void step(const UnitOfWork& unit, storage::Order& order, const OrderTransition& change, Actor actor,
          std::string_view actor_id) {
    if (change.to == "requires_action" || change.to == "on_hold") order.held_from = order.status;
    if (change.to == "requires_action") order.action_reason = "vendor_message";
    if (change.from == "requires_action") order.action_reason.reset();
    order.status = change.to;
    stampTimes(order, unit.now_ms);
    unit.repositories.orders.save(unit.connection, unit.scope, order, unit.now_ms);

    storage::AuditEntry entry;
    entry.actor_type = actorType(actor);
    if (!actor_id.empty()) entry.actor_id = std::string(actor_id);
    entry.action = "order_status_changed";
    entry.resource_type = "screening_order";
    entry.resource_id = order.id;
    entry.order_id = order.id;
    entry.person_id = order.person_id;
    entry.is_timeline = true;
    entry.title = std::string(change.event);
    entry.old_status = std::string(change.from);
    entry.new_status = std::string(change.to);

    storage::OutboundEvent event;
    event.event_type = "order.status_changed";
    event.subject_type = "screening_order";
    event.subject_id = order.id;
    event.person_id = order.person_id;
    event.idempotency_key = security::sha256Hex(
        order.id + "\n" + std::to_string(order.row_version) + "\n" + std::string(change.to));
    event.payload = statusPayload(order, change.from);
    unit.repositories.audit.record(unit.connection, unit.scope, entry, event, unit.now_ms);
}

}  // namespace

bool moveOrder(const UnitOfWork& unit, storage::Order& order, std::string_view target, Actor actor,
               std::string_view actor_id) {
    const std::string from = order.status;
    if (from == target) return true;
    if (const auto direct = orderTransition(from, target, actor)) {
        step(unit, order, *direct, actor, actor_id);
        return true;
    }
    // A vendor may skip words that our machine keeps apart; each step is still one of the table.
    constexpr std::string_view kBetween = "in_progress";
    const auto first = orderTransition(from, kBetween, actor);
    const auto second = orderTransition(kBetween, target, actor);
    if (!first || !second) return false;
    step(unit, order, *first, actor, actor_id);
    step(unit, order, *second, actor, actor_id);
    return true;
}

}  // namespace hub::domain
