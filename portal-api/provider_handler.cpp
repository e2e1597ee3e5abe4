#include "portal-api/provider_handler.hpp"

#include "hub/flows/feeds.hpp"
#include "hub/http/client.hpp"
#include "hub/plugins/secrets.hpp"
#include "hub/plugins/settings.hpp"
#include "hub/security/digest.hpp"
#include "portal-api/paging.hpp"

#include <algorithm>
#include <array>
#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

constexpr std::int64_t kRecordingDaysMin = 30;
constexpr std::int64_t kRecordingDaysMax = 365;
constexpr std::int64_t kFreshnessMinutesMin = 5;
constexpr std::int64_t kFreshnessMinutesMax = 7 * 24 * 60;
constexpr std::int64_t kKeepOldHoursMax = std::int64_t{30} * 24;
constexpr std::int64_t kHourMs = std::int64_t{60} * 60 * 1000;

using hub::storage::Account;
using hub::storage::AccountState;
using hub::storage::Connection;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;
using hubsdk::makeError;

// A pair that no handshake can use is refused while somebody is there to mend it.
hubsdk::Result<void> checkCertificate(const hubsdk::Map<std::string>& secrets,
                                      const hubsdk::Manifest& manifest) {
    constexpr std::array<std::string_view, 2> kPair{"client_certificate", "client_key"};
    std::array<std::string, 2> names;
    std::array<const std::string*, 2> given{};
    for (const hubsdk::SecretRule& rule : manifest.secrets) {
        for (std::size_t i = 0; i < kPair.size(); ++i) {
            if (std::ranges::find(rule.places, kPair[i]) == rule.places.end()) continue;
            names[i] = rule.name;
            for (const auto& [name, value] : secrets) {
                if (name == rule.name) given[i] = &value;
            }
        }
    }
    if (given[0] == nullptr && given[1] == nullptr) return {};
    for (std::size_t i = 0; i < kPair.size(); ++i) {
        if (given[i] == nullptr)
            return makeError(ErrorCode::kInvalid, "is required beside its other half",
                             "secrets." + names[i]);
    }
    const auto checked = hub::http::checkClientCertificate(*given[0], *given[1]);
    if (checked) return {};
    const bool of_key = checked.error().path == kPair[1];
    return makeError(ErrorCode::kInvalid, checked.error().message,
                     "secrets." + names[of_key ? 1 : 0]);
}

// Values by name as the manifest has them; whether one is missing is another question.
hubsdk::Result<hub::storage::SecretMap> secretsOf(const hubsdk::Map<std::string>& given,
                                                  const hubsdk::Manifest& manifest) {
    hub::storage::SecretMap secrets;
    for (const auto& [name, value] : given) {
        const auto rule = std::ranges::find(manifest.secrets, name, &hubsdk::SecretRule::name);
        if (rule == manifest.secrets.end()) {
            return makeError(ErrorCode::kInvalid, "is no secret of this plugin", "secrets." + name);
        }
        if (value.empty())
            return makeError(ErrorCode::kInvalid, "must not be empty", "secrets." + name);
        hub::storage::SecretValue one;
        one.text = value;
        secrets[name].push_back(std::move(one));
    }
    if (auto good = checkCertificate(given, manifest); !good) return std::move(good).error();
    return secrets;
}

std::vector<std::string> missingIn(const hubsdk::Manifest& manifest,
                                   std::span<const std::string> names, bool shares_connection) {
    using hub::plugins::ProofBy;
    // What proves the deliveries of a shared connection is kept with the connection.
    const ProofBy proof_by = shares_connection ? ProofBy::kConnection : ProofBy::kAccount;
    return hub::plugins::missingSecrets(manifest, names, proof_by);
}

ProviderView viewOf(const ApiCall& call, Connection& connection, const Account& account) {
    const auto plugin = call.services.plugins.find(account.plugin_key);
    ProviderView view;
    view.id = account.id;
    view.plugin_key = account.plugin_key;
    view.provider_code = account.provider_code;
    view.provider_name = account.provider_name;
    view.state = hub::storage::nameOf(account.state);
    view.connection_id = account.connection_id;
    view.recording_days = account.recording_days;
    view.row_version = account.row_version;
    if (plugin) view.plugin_version = plugin->manifest().version;
    if (!call.may("provider.manage")) return view;
    view.settings.json = account.settings;
    view.secret_names = account.secret_names;
    if (plugin) {
        view.missing_secrets =
            missingIn(plugin->manifest(), account.secret_names, account.connection_id.has_value());
    }
    if (!account.connection_id) {
        view.webhook_url = call.services.webhook_url(
            account.plugin_key,
            call.services.repositories.accounts.endpointToken(connection, call.scope, account.id));
    }
    return view;
}

[[noreturn]] void refuse(std::string message) {
    throw hub::storage::UnitRefused(makeError(ErrorCode::kConflict, std::move(message)));
}

void requireNotRetired(const Account& account) {
    if (account.state == AccountState::kRetired) refuse("a retired provider cannot be used");
}

hubsdk::Result<void> checkKeepOldHours(std::int64_t hours) {
    if (hours >= 0 && hours <= kKeepOldHoursMax) return {};
    return makeError(ErrorCode::kInvalid, "is not from 0 to 720", "keep_old_hours");
}

// Where an account goes from here; UnitRefused for one that is given up.
AccountState stateAfter(const Account& account, const std::optional<bool>& enabled,
                        const hubsdk::Manifest& manifest) {
    requireNotRetired(account);
    if (!enabled) return account.state;
    if (!*enabled)
        return account.state == AccountState::kEnabled ? AccountState::kPaused : account.state;
    const bool complete =
        missingIn(manifest, account.secret_names, account.connection_id.has_value()).empty();
    return complete ? AccountState::kEnabled : account.state;
}

std::optional<ProviderView> load(const ApiCall& call, Connection& connection, std::string_view id) {
    const auto account = call.services.repositories.accounts.find(connection, call.scope, id);
    if (!account) return std::nullopt;
    return viewOf(call, connection, *account);
}

constexpr const char* kNoProvider = "there is no such provider";

hubsdk::Result<ProviderView> loadOrNotFound(const ApiCall& call, std::string_view id) {
    auto view = call.services.database.read(
        [&](Connection& connection) { return load(call, connection, id); });
    if (!view) return makeError(ErrorCode::kNotFound, kNoProvider);
    return std::move(*view);
}

hubsdk::Result<Account> findAccount(const ApiCall& call, const std::string& id) {
    auto account = call.services.database.read([&](Connection& connection) {
        return call.services.repositories.accounts.find(connection, call.scope, id);
    });
    if (!account) return makeError(ErrorCode::kNotFound, kNoProvider);
    return std::move(*account);
}

// One entry and one event for a change of a provider; `what` is the end of its action's name.
void recordChange(const ApiCall& call, Connection& connection, const std::string& id,
                  const std::string& what, const std::string& event_key) {
    hub::storage::AuditEntry entry;
    entry.actor_type = "apikey";
    entry.actor_id = call.actor_id;
    entry.action = "provider_" + what;
    entry.operation = what == "created" ? "CREATE" : "UPDATE";
    entry.resource_type = "provider_config";
    entry.resource_id = id;
    entry.trace_id = call.request_id;
    hub::storage::OutboundEvent event;
    event.event_type = "provider.connection_changed";
    event.subject_type = "provider_config";
    event.subject_id = id;
    event.idempotency_key = event_key;
    event.trace_id = call.request_id;
    call.services.repositories.audit.record(connection, call.scope, entry, event, call.now_ms);
}

// How a secret joins those that the provider has.
hub::storage::CapturedValue newSecret(const ApiCall& call, const std::string& name,
                                      hub::storage::SecretValue value,
                                      std::int64_t keep_old_hours) {
    using hub::storage::CaptureMode;
    if (keep_old_hours == 0) return {name, std::move(value), CaptureMode::kReplace};
    return {name, std::move(value), CaptureMode::kAdd, call.now_ms + keep_old_hours * kHourMs};
}

// One feed at once: what the schedule would start, earlier.
std::string startFeed(const ApiCall& call, Connection& connection, const Account& account,
                      const hub::plugins::Plugin& plugin, const RunCommand& request) {
    const std::string_view json = request.parameters.json;
    const auto parameters = hubsdk::JsonDocument::parse(json.empty() ? "{}" : json);
    const std::string name(parameters ? parameters->root()["feed"].text() : "");
    auto feed = hub::flows::feedOf(plugin.manifest(), name, "parameters.feed");
    if (!feed) throw hub::storage::UnitRefused(std::move(feed).error());
    return hub::flows::startFeedFlow(
               {connection, call.services.repositories, call.scope, call.now_ms}, account, plugin,
               *feed)
        .id;
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
    auto secrets = secretsOf(request.secrets, plugin->manifest());
    if (!secrets) return std::move(secrets).error();
    if (request.freshness_minutes < kFreshnessMinutesMin ||
        request.freshness_minutes > kFreshnessMinutesMax) {
        return makeError(ErrorCode::kInvalid, "is not from 5 to 10080", "freshness_minutes");
    }
    if (request.unknown_orders != "task" && request.unknown_orders != "create")
        return makeError(ErrorCode::kInvalid, "is neither task nor create", "unknown_orders");
    const std::int64_t days = request.recording_days;
    if (days != 0 && (days < kRecordingDaysMin || days > kRecordingDaysMax))
        return makeError(ErrorCode::kInvalid, "is neither 0 nor from 30 to 365", "recording_days");
    hub::storage::NewAccount account;
    account.recording_days = days;
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
    std::vector<std::string> names;
    for (const auto& [name, values] : *secrets) names.push_back(name);
    const bool complete =
        missingIn(plugin->manifest(), names, request.connection_id.has_value()).empty();
    account.state = request.enabled && complete ? AccountState::kEnabled : AccountState::kSetup;
    auto id = call.services.database.writeFor(WriteQueue::kPortal, [&](Connection& connection) {
        const auto created = call.services.repositories.accounts.create(connection, call.scope,
                                                                        account, call.now_ms);
        recordChange(call, connection, created.id, "created", created.id + "-created");
        return created.id;
    });
    if (!id) return std::move(id).error();
    return loadOrNotFound(call, *id);
}

hubsdk::Result<ProviderView> readProvider(const ApiCall& call, const NoBody&) {
    return loadOrNotFound(call, call.parameters.front());
}

hubsdk::Result<Page<ProviderView>> listProviders(const ApiCall& call, const NoBody&) {
    hub::storage::AccountFilter filter;
    std::optional<std::string> active;
    auto asked = readAsked(call.query, filter.page,
                           {{"provider_type", &filter.kind}, {"is_active", &active}});
    if (!asked) return std::move(asked).error();
    if (active && *active != "true" && *active != "false")
        return makeError(ErrorCode::kInvalid, "must be true or false", "is_active");
    if (active) filter.is_enabled = *active == "true";
    const auto& accounts = call.services.repositories.accounts;
    return pageFrom<ProviderView>(
        call, filter.page,
        [&](Connection& connection) { return accounts.list(connection, call.scope, filter); },
        [&](Connection& connection) { return accounts.count(connection, call.scope, filter); },
        [&](Connection& connection, const Account& account) {
            return viewOf(call, connection, account);
        });
}

hubsdk::Result<ProviderView> updateProvider(const ApiCall& call, const UpdateProvider& request) {
    const std::string& id = call.parameters.front();
    const auto& accounts = call.services.repositories.accounts;
    if (auto right = checkKeepOldHours(request.keep_old_hours); !right.ok())
        return std::move(right).error();
    auto known = findAccount(call, id);
    if (!known) return std::move(known).error();
    const auto plugin = call.services.plugins.find(known->plugin_key);
    if (!plugin) return makeError(ErrorCode::kUnavailable, "the provider's plugin is not loaded");
    auto secrets = secretsOf(request.secrets, plugin->manifest());
    if (!secrets) return std::move(secrets).error();
    auto done = call.services.database.write(WriteQueue::kPortal, [&](Connection& connection) {
        accounts.requireVersion(connection, call.scope, id, request.row_version, call.now_ms);
        for (const auto& [name, values] : *secrets) {
            accounts.captureSecret(connection, call.scope, id,
                                   newSecret(call, name, values.front(), request.keep_old_hours),
                                   call.now_ms);
        }
        const auto account = *accounts.find(connection, call.scope, id);
        const auto state = stateAfter(account, request.enabled, plugin->manifest());
        if (state != account.state)
            accounts.setState(connection, call.scope, id, state, call.now_ms);
        recordChange(call, connection, id, "updated",
                     hub::security::sha256Hex(id + "\nupdated\n" + call.request_id));
    });
    if (!done.ok()) return std::move(done).error();
    return loadOrNotFound(call, id);
}

hubsdk::Result<NoBody> retireProvider(const ApiCall& call, const NoBody& /*body*/) {
    const std::string& id = call.parameters.front();
    const auto& repositories = call.services.repositories;
    auto known = findAccount(call, id);
    if (!known) return std::move(known).error();
    if (known->state == AccountState::kRetired) return NoBody{};
    auto done = call.services.database.write(WriteQueue::kPortal, [&](Connection& connection) {
        // First, so that what follows sees the orders of those that had the row before.
        repositories.accounts.setState(connection, call.scope, id, AccountState::kRetired,
                                       call.now_ms);
        if (repositories.vendor_orders.hasOpen(connection, call.scope, id))
            refuse("orders of this provider are not at their end: pause it until they are");
        if (repositories.accounts.hasMembersInUse(connection, call.scope, id))
            refuse("other providers share its webhook URL");
        // Nobody leases them any more.
        repositories.flows.parkOfAccount(connection, call.scope, id, "the provider was retired",
                                         call.now_ms);
        recordChange(call, connection, id, "retired", id + "-retired");
    });
    if (!done.ok()) return std::move(done).error();
    return NoBody{};
}

hubsdk::Result<RotatedEndpointView> rotateEndpoint(const ApiCall& call,
                                                   const RotateEndpoint& request) {
    const std::string& id = call.parameters.front();
    const auto& accounts = call.services.repositories.accounts;
    if (auto right = checkKeepOldHours(request.keep_old_hours); !right.ok())
        return std::move(right).error();
    auto known = findAccount(call, id);
    if (!known) return std::move(known).error();
    const std::int64_t until_ms = call.now_ms + request.keep_old_hours * kHourMs;
    auto token = call.services.database.writeFor(WriteQueue::kPortal, [&](Connection& connection) {
        const auto account = accounts.find(connection, call.scope, id);
        requireNotRetired(*account);
        if (account->connection_id) refuse("it has no webhook URL of its own");
        std::string fresh =
            accounts.rotateEndpoint(connection, call.scope, id, until_ms, call.now_ms);
        recordChange(call, connection, id, "endpoint_rotated",
                     hub::security::sha256Hex(id + "\nrotated\n" + fresh));
        return fresh;
    });
    if (!token) return std::move(token).error();
    return RotatedEndpointView{call.services.webhook_url(known->plugin_key, *token),
                               hubsdk::formatUtc(until_ms)};
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
            throw hub::storage::UnitRefused(makeError(ErrorCode::kNotFound, kNoProvider));
        }
        requireNotRetired(*account);
        auto offered = hub::flows::requireOffered(plugin->manifest(), request.command, "command");
        if (!offered) throw hub::storage::UnitRefused(std::move(offered).error());
        if (request.command == hub::flows::kFeedSync && !plugin->manifest().feeds.empty())
            return startFeed(call, connection, *account, *plugin, request);
        return hub::flows::startAccountFlow(
                   connection, call.services.repositories, call.scope, *account,
                   {request.command, request.parameters.json, plugin->sha256()}, call.now_ms)
            .id;
    });
    if (!id) return std::move(id).error();
    call.services.flows_changed();
    if (call.started != nullptr) *call.started = {*id, {*id}};
    return loadFlow(call, *id);
}

}  // namespace portal
