#include "portal-api/provider_handler.hpp"

#include "hub/flows/commands.hpp"
#include "hub/plugins/settings.hpp"

#include <algorithm>

namespace portal {
namespace {

constexpr std::int64_t kFreshnessMinutesMin = 5;
constexpr std::int64_t kFreshnessMinutesMax = 7 * 24 * 60;

using hub::storage::Account;
using hub::storage::Connection;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;
using hubsdk::makeError;

const std::vector<std::string> kProofOnly{"proof"};

hubsdk::Result<hub::storage::SecretMap> secretsOf(const CreateProvider& request,
                                                  const hubsdk::Manifest& manifest) {
    hub::storage::SecretMap secrets;
    for (const auto& [name, value] : request.secrets) {
        const auto rule = std::ranges::find(manifest.secrets, name, &hubsdk::SecretRule::name);
        if (rule == manifest.secrets.end()) {
            return makeError(ErrorCode::kInvalid, "is no secret of this plugin", "secrets." + name);
        }
        if (value.empty())
            return makeError(ErrorCode::kInvalid, "must not be empty", "secrets." + name);
        hub::storage::SecretValue given;
        given.text = value;
        secrets[name].push_back(std::move(given));
    }
    for (const hubsdk::SecretRule& rule : manifest.secrets) {
        // What proves the deliveries of a shared connection is kept with the connection.
        const bool theirs = request.connection_id && rule.places == kProofOnly;
        if (rule.required && !theirs && !secrets.contains(rule.name)) {
            return makeError(ErrorCode::kInvalid, "is required", "secrets." + rule.name);
        }
    }
    return secrets;
}

std::optional<ProviderView> load(const ApiCall& call, Connection& connection, std::string_view id) {
    const auto& accounts = call.services.repositories.accounts;
    const auto account = accounts.find(connection, call.scope, id);
    if (!account) return std::nullopt;
    const auto plugin = call.services.plugins.find(account->plugin_key);
    ProviderView view;
    view.id = account->id;
    view.plugin_key = account->plugin_key;
    if (plugin) view.plugin_version = plugin->manifest().version;
    view.provider_code = account->provider_code;
    view.provider_name = account->provider_name;
    view.state = hub::storage::nameOf(account->state);
    view.settings.json = account->settings;
    view.secret_names = account->secret_names;
    view.connection_id = account->connection_id;
    if (!account->connection_id) {
        view.webhook_url = call.services.webhook_url(
            account->plugin_key, accounts.endpointToken(connection, call.scope, account->id));
    }
    view.row_version = account->row_version;
    return view;
}

hubsdk::Result<ProviderView> loadOrNotFound(const ApiCall& call, std::string_view id) {
    auto view = call.services.database.read(
        [&](Connection& connection) { return load(call, connection, id); });
    if (!view) return makeError(ErrorCode::kNotFound, "there is no such provider");
    return std::move(*view);
}

void recordCreated(const ApiCall& call, Connection& connection, const std::string& id) {
    hub::storage::AuditEntry entry;
    entry.actor_type = "apikey";
    entry.actor_id = call.actor_id;
    entry.action = "provider_created";
    entry.operation = "CREATE";
    entry.resource_type = "provider_config";
    entry.resource_id = id;
    hub::storage::OutboundEvent event;
    event.event_type = "provider.connection_changed";
    event.subject_type = "provider_config";
    event.subject_id = id;
    event.idempotency_key = id + "-created";
    call.services.repositories.audit.record(connection, call.scope, entry, event, call.now_ms);
}

}  // namespace

hubsdk::Result<ProviderView> createProvider(const ApiCall& call, const CreateProvider& request) {
    const auto plugin = call.services.plugins.find(request.plugin_key);
    if (!plugin) return makeError(ErrorCode::kInvalid, "is no plugin of this hub", "plugin_key");
    auto settings = hub::plugins::validateSettings(plugin->manifest(), request.settings.json);
    if (!settings) {
        hubsdk::Error error = std::move(settings).error();
        error.path = "settings." + error.path;
        return error;
    }
    auto secrets = secretsOf(request, plugin->manifest());
    if (!secrets) return std::move(secrets).error();
    if (request.freshness_minutes < kFreshnessMinutesMin ||
        request.freshness_minutes > kFreshnessMinutesMax) {
        return makeError(ErrorCode::kInvalid, "is not from 5 to 10080", "freshness_minutes");
    }
    if (request.unknown_orders != "task" && request.unknown_orders != "create")
        return makeError(ErrorCode::kInvalid, "is neither task nor create", "unknown_orders");
    hub::storage::NewAccount account;
    account.freshness_minutes = request.freshness_minutes;
    account.unknown_orders = request.unknown_orders;
    account.plugin_key = request.plugin_key;
    account.provider_code = request.provider_code;
    account.provider_name = request.provider_name;
    account.external_account_ref = request.external_account_ref;
    account.connection_id = request.connection_id;
    account.kind = plugin->manifest().kind;
    account.settings = *settings;
    account.secrets = *secrets;
    account.state =
        request.enabled ? hub::storage::AccountState::kEnabled : hub::storage::AccountState::kSetup;
    auto id = call.services.database.writeFor(WriteQueue::kPortal, [&](Connection& connection) {
        const auto created = call.services.repositories.accounts.create(connection, call.scope,
                                                                        account, call.now_ms);
        recordCreated(call, connection, created.id);
        return created.id;
    });
    if (!id) return std::move(id).error();
    return loadOrNotFound(call, *id);
}

hubsdk::Result<ProviderView> readProvider(const ApiCall& call, const NoBody&) {
    return loadOrNotFound(call, call.parameters.front());
}

hubsdk::Result<FlowView> runCommand(const ApiCall& call, const RunCommand& request) {
    const hubsdk::CommandRow* row = hubsdk::findCommand(request.command);
    if (row == nullptr || row->needs_order || row->needs_vendor_order) {
        return makeError(ErrorCode::kInvalid, "is no command on a provider", "command");
    }
    auto id = call.services.database.writeFor(WriteQueue::kPortal, [&](Connection& connection) {
        const auto account = call.services.repositories.accounts.find(connection, call.scope,
                                                                      call.parameters.front());
        const auto plugin = account ? call.services.plugins.find(account->plugin_key) : nullptr;
        if (!plugin) {
            throw hub::storage::UnitRefused(
                makeError(ErrorCode::kNotFound, "there is no such provider"));
        }
        return hub::flows::startAccountFlow(
                   connection, call.services.repositories, call.scope, *account,
                   {request.command, request.parameters.json, plugin->sha256()}, call.now_ms)
            .id;
    });
    if (!id) return std::move(id).error();
    call.services.flows_changed();
    return loadFlow(call, *id);
}

}  // namespace portal
