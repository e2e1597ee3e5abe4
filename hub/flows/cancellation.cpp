#include "hub/flows/cancellation.hpp"

#include "hub/flows/commands.hpp"

namespace hub::flows {

void cancelAtVendor(const domain::UnitOfWork& unit, const plugins::PluginRegistry& plugins,
                    const storage::VendorOrder& row, const domain::Cause& cause) {
    if (domain::isVendorOrderFinal(row.status)) return;
    if (row.status == "queued" && takeBackSubmit(unit, row)) return;
    const auto account =
        unit.repositories.accounts.find(unit.connection, unit.scope, row.account_id);
    const auto plugin = plugins.find(row.plugin_key);
    if (!account || !plugin || !offers(plugin->manifest(), "order.cancel")) {
        domain::openTask(unit, cause, domain::manualCancel(row.order_id));
        return;
    }
    startVendorOrderFlow(
        unit.connection, unit.repositories, unit.scope,
        {"order.cancel", *account, row, plugin->sha256(), std::nullopt, std::nullopt}, unit.now_ms);
}

}  // namespace hub::flows
