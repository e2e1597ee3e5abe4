#include "hub/flows/old_orders.hpp"

#include <algorithm>
#include <array>

#include "hub/domain/order_change.hpp"
#include "hub/observe/log.hpp"

namespace hub::flows {
namespace {

// What each status of section 5.1 means for an order of that age. What is missing has ended.
enum class Told : std::uint8_t { kLater, kAlert, kAction };
struct StatusRow {
    std::string_view status;
    Told told;
};
constexpr std::array<StatusRow, 9> kStatusRows{{
    {"draft", Told::kLater},
    {"failed", Told::kLater},
    {"submitted", Told::kAction},
    {"awaiting_applicant_info", Told::kAction},
    {"data_verification", Told::kAction},
    {"in_progress", Told::kAction},
    {"requires_action", Told::kAlert},
    {"on_hold", Told::kAlert},
    {"pending_review", Told::kAlert},
}};

void alert(const domain::UnitOfWork& unit, const storage::Order& order,
           const domain::Cause& cause) {
    storage::Alert row;
    row.kind = "stale_order";
    row.alert_type = "order_too_old";
    row.person_id = order.person_id;
    row.subject_type = "screening_order";
    row.subject_id = order.id;
    row.description = "The order is open for more than 30 days.";
    row.occurrence = "30 days";
    domain::raiseAlert(unit, cause, std::move(row));
}

// True if a person was told.
bool tell(const domain::UnitOfWork& unit, const std::string& order_id) {
    const auto& orders = unit.repositories.orders;
    const auto age = [&](std::optional<std::int64_t> since_ms) {
        orders.setAgingSince(unit.connection, unit.scope, order_id, since_ms);
    };
    auto order = orders.find(unit.connection, unit.scope, order_id);
    if (!order) return false;
    const auto row = std::ranges::find(kStatusRows, order->status, &StatusRow::status);
    if (row == kStatusRows.end()) {
        age(std::nullopt);
        return false;
    }
    const bool submitted_later =
        order->submitted_at_ms && unit.now_ms - *order->submitted_at_ms < kOrderAgeMaxMs;
    if (submitted_later || row->told == Told::kLater) {
        age(submitted_later ? *order->submitted_at_ms : unit.now_ms);
        return false;
    }
    age(std::nullopt);
    const domain::Cause cause{domain::Actor::kSystem, "", std::nullopt};
    alert(unit, *order, cause);
    if (row->told == Told::kAction) {
        order->action_reason = "order_too_old";
        domain::moveOrder(unit, *order, "requires_action", cause);
    }
    return true;
}

}  // namespace

std::int64_t tellOldOrders(storage::Database& database, const storage::Repositories& repositories,
                           std::int64_t now_ms) {
    std::int64_t told = 0;
    const auto failed = [](const std::string& tenant, const std::string& why) {
        observe::log(observe::Level::kWarning, "orders.age_failed",
                     {{"tenant", tenant}, {"why", why}});
    };
    try {
        const auto old = database.read([&](storage::Connection& connection) {
            return repositories.orders.agingBefore(connection, storage::SystemScope::forWorker(),
                                                   now_ms - kOrderAgeMaxMs, kOldOrdersMax);
        });
        for (const storage::AgingOrder& order : old) {
            const auto scope = storage::TenantScope::fromLeasedRow(order.tenant_id);
            auto done =
                database.writeFor(storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
                    return tell({connection, repositories, scope, now_ms}, order.id);
                });
            if (!done) failed(order.tenant_id, done.error().text());
            if (done && *done) ++told;
        }
    } catch (const storage::StorageError& error) {
        failed("", error.what());
    }
    return told;
}

}  // namespace hub::flows
