#include "hub/flows/token_upkeep.hpp"

#include <algorithm>
#include <iterator>

#include "hub/flows/commands.hpp"
#include "hub/observe/log.hpp"

namespace hub::flows {
namespace {

using storage::Connection;

// Early enough for failures in between, seldom enough to bother no vendor.
constexpr std::int64_t kIdleShare = 2;
constexpr std::int64_t kRetryShare = 8;

constexpr std::string_view kRenewal = "auth.token";

using Due = storage::FlowRepository::AccountWithout;

// Looked at before a unit of the writer is taken: most accounts may have no such value.
bool hasValue(const FlowServices& services, const Due& due, const std::string& secret) {
    const auto account = services.database.read([&](Connection& connection) {
        return services.repositories.accounts.find(
            connection, storage::TenantScope::fromLeasedRow(due.tenant_id), due.account_id);
    });
    return account &&
           std::ranges::find(account->secret_names, secret) != account->secret_names.end();
}

// False if the account or its plugin is gone meanwhile, or the renewal did not begin.
bool renew(const FlowServices& services, const Due& due) {
    auto begun =
        services.database.writeFor(storage::WriteQueue::kFlow, [&](Connection& connection) {
            const auto scope = storage::TenantScope::fromLeasedRow(due.tenant_id);
            const auto account =
                services.repositories.accounts.find(connection, scope, due.account_id);
            const auto plugin = account ? services.plugins.find(account->plugin_key) : nullptr;
            if (!plugin) return false;
            startAccountFlow(connection, services.repositories, scope, *account,
                             AccountCommand{std::string(kRenewal), "", plugin->sha256()},
                             services.now_ms());
            return true;
        });
    if (begun) return *begun;
    observe::log(observe::Level::kWarning, "token.renew_failed",
                 {{"account", due.account_id}, {"why", begun.error().text()}});
    return false;
}

std::int64_t renewSecret(const FlowServices& services, const std::string& vendor,
                         const hubsdk::SecretRule& rule) {
    const std::int64_t now = services.now_ms();
    storage::FlowRepository::Unrenewed asked;
    asked.plugin_key = vendor;
    asked.command = kRenewal;
    asked.done_since_ms = now - *rule.idle_max_ms / kIdleShare;
    asked.begun_since_ms = now - *rule.idle_max_ms / kRetryShare;
    asked.rows_max = kTokenUpkeepRowsMax;
    std::int64_t started = 0;
    std::vector<Due> due;
    do {
        due = services.database.read([&](Connection& connection) {
            return services.repositories.flows.accountsWithout(
                connection, storage::SystemScope::forWorker(), asked);
        });
        for (const Due& account : due) {
            if (hasValue(services, account, rule.name) && renew(services, account)) ++started;
        }
        if (!due.empty()) asked.after_account_id = due.back().account_id;
    } while (std::ssize(due) == asked.rows_max);
    return started;
}

}  // namespace

std::int64_t renewIdleTokens(const FlowServices& services) {
    std::int64_t started = 0;
    try {
        for (const auto& plugin : services.plugins.list()) {
            for (const hubsdk::SecretRule& rule : plugin->manifest().secrets) {
                if (rule.idle_max_ms)
                    started += renewSecret(services, plugin->manifest().vendor, rule);
            }
        }
    } catch (const storage::StorageError& error) {
        observe::log(observe::Level::kWarning, "token.upkeep_failed", {{"why", error.what()}});
    }
    if (started > 0 && services.flows_changed) services.flows_changed();
    return started;
}

}  // namespace hub::flows
