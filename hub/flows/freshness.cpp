#include "hub/flows/freshness.hpp"

#include "hub/domain/order_change.hpp"
#include "hub/flows/commands.hpp"
#include "hub/observe/log.hpp"

namespace hub::flows {
namespace {

using storage::Connection;

// False if the row is not overdue any more, or cannot be fetched now.
bool askFor(const FlowServices& services, Connection& connection,
            const storage::DueVendorOrder& due, std::int64_t now_ms) {
    const auto scope = storage::TenantScope::fromLeasedRow(due.tenant_id);
    const auto& repositories = services.repositories;
    auto row = repositories.vendor_orders.find(connection, scope, due.id);
    const auto account = repositories.accounts.find(connection, scope, due.account_id);
    if (!row || !account || row->next_poll_at_ms.value_or(now_ms + 1) > now_ms) return false;
    row->next_poll_at_ms = now_ms + domain::freshnessMs(*account);
    repositories.vendor_orders.save(connection, scope, *row, now_ms);
    const auto plugin = services.plugins.find(account->plugin_key);
    const bool can_ask = plugin && offers(plugin->manifest(), "order.refresh");
    if (!can_ask || account->state != storage::AccountState::kEnabled) return false;
    repositories.vendor_orders.raiseFetchWanted(connection, scope, row->id, now_ms);
    row = repositories.vendor_orders.find(connection, scope, row->id);
    startVendorOrderFlow(
        connection, repositories, scope,
        {"order.refresh", *account, *row, plugin->sha256(), std::nullopt, std::nullopt}, now_ms);
    return true;
}

}  // namespace

std::int64_t fetchOverdue(const FlowServices& services) {
    const std::int64_t now = services.now_ms();
    std::int64_t asked = 0;
    try {
        const auto overdue = services.database.read([&](Connection& connection) {
            return services.repositories.vendor_orders.dueForPoll(
                connection, storage::SystemScope::forWorker(), now, kOverdueRowsMax);
        });
        for (const storage::DueVendorOrder& due : overdue) {
            auto done = services.database.writeFor(
                storage::WriteQueue::kFlow,
                [&](Connection& connection) { return askFor(services, connection, due, now); });
            if (done && *done) ++asked;
            if (!done) {
                observe::log(observe::Level::kWarning, "freshness.ask_failed",
                             {{"vendor_order", due.id}, {"why", done.error().text()}});
            }
        }
    } catch (const storage::StorageError& error) {
        observe::log(observe::Level::kWarning, "freshness.failed", {{"why", error.what()}});
    }
    if (asked > 0) {
        observe::log(observe::Level::kInfo, "freshness.asked", {{"vendor_orders", asked}});
        if (services.flows_changed) services.flows_changed();
    }
    return asked;
}

}  // namespace hub::flows
