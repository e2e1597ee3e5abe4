#include "hub/storage/account_repository.hpp"

#include <array>

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::array<std::string_view, 4> kStateNames{"setup", "enabled", "paused", "retired"};
constexpr const char* kNoAccount = "no such account";

constexpr std::string_view kSelect =
    "SELECT id, tenant_id, plugin_key, pinned_sha256, provider_name, provider_code, kind, "
    "account_state, api_endpoint_url, external_account_ref, vendor_options, secret_names, "
    "max_retry_attempts, timeout_seconds, rate_limit_per_hour, row_version, connection_id, "
    "freshness_minutes, unknown_orders, recording_days FROM provider_config ";

constexpr std::string_view kFilter =
    "WHERE tenant_id = ? AND (? IS NULL OR kind = ?) "
    "AND (? IS NULL OR (account_state = 'enabled') = ?) ";

Value flagOf(const AccountFilter& filter) {
    if (!filter.is_enabled) return {};
    return std::int64_t{*filter.is_enabled ? 1 : 0};
}

std::string select(std::string_view where) { return std::string(kSelect).append(where); }

AccountState stateOf(std::string_view name) {
    for (std::size_t i = 0; i < kStateNames.size(); ++i)
        if (kStateNames.at(i) == name) return static_cast<AccountState>(i);
    throw StorageError(StorageErrorCode::kCorrupt, "unknown account state");
}

/// Names are the manifest's identifiers, so a blank can part them.
std::string joinedNames(const SecretMap& secrets) {
    std::string out;
    for (const auto& [name, values] : secrets) out.append(out.empty() ? "" : " ").append(name);
    return out;
}

std::vector<std::string> splitNames(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        names.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return names;
}

Account accountOf(const Row& row) {
    Account out;
    out.id = row.string(0);
    out.tenant_id = row.string(1);
    out.plugin_key = row.string(2);
    out.pinned_sha256 = row.optString(3);
    out.provider_name = row.string(4);
    out.provider_code = row.string(5);
    out.kind = row.string(6);
    out.state = stateOf(row.text(7));
    out.api_endpoint_url = row.optString(8);
    out.external_account_ref = row.optString(9);
    out.settings = row.string(10);
    out.secret_names = splitNames(row.text(11));
    out.max_retry_attempts = row.integer(12);
    out.timeout_seconds = row.integer(13);
    out.rate_limit_per_hour = row.integer(14);
    out.row_version = row.integer(15);
    out.connection_id = row.optString(16);
    out.freshness_minutes = row.integer(17);
    out.unknown_orders = row.string(18);
    out.recording_days = row.integer(19);
    return out;
}

void requireColumnsFit(const NewAccount& account) {
    requireFits(account.plugin_key, 50, "plugin_key");
    requireFits(account.provider_name, 200, "provider_name");
    requireFits(account.provider_code, 50, "provider_code");
    requireFits(account.api_endpoint_url.value_or(""), 500, "api_endpoint_url");
    requireFits(account.external_account_ref.value_or(""), 255, "external_account_ref");
}

// A connection of the tenant itself or of the one above it, and of the same vendor.
void requireOwnConnection(Connection& connection, const TenantScope& scope,
                          const NewAccount& account) {
    if (!account.external_account_ref) {
        throw UnitRefused(makeError(ErrorCode::kInvalid,
                                    "is required to tell the accounts of a connection apart",
                                    "external_account_ref"));
    }
    bool found = false;
    connection.query(
        "SELECT 1 FROM provider_config p WHERE p.id = ? AND p.plugin_key = ? "
        "AND p.connection_id IS NULL AND p.account_state <> 'retired' AND (p.tenant_id = ? "
        "OR p.tenant_id = (SELECT t.parent_id FROM tenant t WHERE t.id = ?))",
        {*account.connection_id, account.plugin_key, scope.tenantId(), scope.tenantId()},
        [&](const Row&) { found = true; });
    if (!found) {
        throw UnitRefused(
            makeError(ErrorCode::kNotFound, "there is no such connection", "connection_id"));
    }
}

}  // namespace

std::string_view nameOf(AccountState state) {
    return kStateNames.at(static_cast<std::size_t>(state));
}

std::string AccountRepository::hashEndpointToken(std::string_view token) {
    return security::sha256Hex(token);
}

std::optional<Account> AccountRepository::findByEndpoint(Connection& connection,
                                                         std::string_view token_hash,
                                                         std::int64_t now_ms) const {
    std::optional<Account> found;
    connection.query(select("WHERE endpoint_token_hash = ? "
                            "OR (endpoint_previous_hash = ? AND endpoint_previous_until > ?)"),
                     {token_hash, token_hash, timeText(now_ms)},
                     [&](const Row& row) { found = accountOf(row); });
    return found;
}

std::optional<Account> AccountRepository::findOnlyEnabled(Connection& connection,
                                                          std::string_view plugin_key) const {
    std::vector<Account> found;
    connection.query(select("WHERE plugin_key = ? AND account_state = 'enabled' "
                            "AND connection_id IS NULL LIMIT 2"),
                     {plugin_key}, [&](const Row& row) { found.push_back(accountOf(row)); });
    if (found.size() != 1) return std::nullopt;
    return std::move(found.front());
}

std::optional<Account> AccountRepository::findOnConnection(Connection& connection,
                                                           const TenantScope& /*owner*/,
                                                           std::string_view connection_id,
                                                           std::string_view external_ref) const {
    std::optional<Account> found;
    connection.query(select("WHERE connection_id = ? AND external_account_ref = ?"),
                     {connection_id, external_ref},
                     [&](const Row& row) { found = accountOf(row); });
    return found;
}

bool AccountRepository::isShared(Connection& connection, const TenantScope& /*owner*/,
                                 std::string_view connection_id) const {
    bool shared = false;
    connection.query("SELECT 1 FROM provider_config WHERE connection_id = ? LIMIT 1",
                     {connection_id}, [&](const Row&) { shared = true; });
    return shared;
}

bool AccountRepository::hasMembersInUse(Connection& connection, const TenantScope& /*owner*/,
                                        std::string_view connection_id) const {
    bool found = false;
    connection.query(
        "SELECT 1 FROM provider_config WHERE connection_id = ? "
        "AND account_state <> 'retired' LIMIT 1",
        {connection_id}, [&](const Row&) { found = true; });
    return found;
}

std::optional<Account> AccountRepository::find(Connection& connection, const TenantScope& scope,
                                               std::string_view id) const {
    std::optional<Account> found;
    connection.query(select("WHERE id = ? AND tenant_id = ?"), {id, scope.tenantId()},
                     [&](const Row& row) { found = accountOf(row); });
    return found;
}

std::vector<Account> AccountRepository::list(Connection& connection,
                                             const TenantScope& scope) const {
    std::vector<Account> accounts;
    connection.query(select("WHERE tenant_id = ? ORDER BY provider_code"), {scope.tenantId()},
                     [&](const Row& row) { accounts.push_back(accountOf(row)); });
    return accounts;
}

std::vector<Account> AccountRepository::list(Connection& connection, const TenantScope& scope,
                                             const AccountFilter& filter) const {
    std::vector<Account> accounts;
    connection.query(
        select(std::string(kFilter).append(kPagePart)),
        {scope.tenantId(), filter.kind, filter.kind, flagOf(filter), flagOf(filter),
         filter.page.after_id, filter.page.after_id, filter.page.rows_max, filter.page.offset},
        [&](const Row& row) { accounts.push_back(accountOf(row)); });
    return accounts;
}

std::int64_t AccountRepository::count(Connection& connection, const TenantScope& scope,
                                      const AccountFilter& filter) const {
    std::int64_t rows = 0;
    connection.query("SELECT COUNT(*) FROM provider_config " + std::string(kFilter),
                     {scope.tenantId(), filter.kind, filter.kind, flagOf(filter), flagOf(filter)},
                     [&](const Row& row) { rows = row.integer(0); });
    return rows;
}

CreatedAccount AccountRepository::create(Connection& connection, const TenantScope& scope,
                                         const NewAccount& account, std::int64_t now_ms) const {
    requireColumnsFit(account);
    const std::string& tenant = scope.tenantId();
    if (account.connection_id) requireOwnConnection(connection, scope, account);
    CreatedAccount created{security::uuid7(now_ms), security::randomToken()};
    const std::string now = timeText(now_ms);
    const std::string token = cells_.seal(tenant, created.id, "endpoint_token_enc",
                                          std::string_view(created.endpoint_token));
    const std::string secrets = cells_.seal(tenant, created.id, "auth_config_enc",
                                            std::string_view(encodeSecrets(account.secrets)));
    try {
        connection.run(
            "INSERT INTO provider_config (id, tenant_id, plugin_key, provider_name, provider_code, "
            "kind, account_state, endpoint_token_enc, endpoint_token_hash, api_endpoint_url, "
            "external_account_ref, connection_id, vendor_options, secret_names, auth_config_enc, "
            "freshness_minutes, unknown_orders, recording_days, created_at, updated_at) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            {created.id,
             tenant,
             account.plugin_key,
             account.provider_name,
             account.provider_code,
             account.kind,
             nameOf(account.state),
             token,
             hashEndpointToken(created.endpoint_token),
             account.api_endpoint_url,
             account.external_account_ref,
             account.connection_id,
             account.settings,
             joinedNames(account.secrets),
             secrets,
             account.freshness_minutes,
             account.unknown_orders,
             account.recording_days,
             now,
             now});
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
        if (account.connection_id && findOnConnection(connection, scope, *account.connection_id,
                                                      account.external_account_ref.value_or(""))) {
            throw UnitRefused(makeError(ErrorCode::kConflict, "is connected there already",
                                        "external_account_ref"));
        }
        throw UnitRefused(
            makeError(ErrorCode::kConflict, "the provider code is taken", "provider_code"));
    }
    return created;
}

void AccountRepository::setState(Connection& connection, const TenantScope& scope,
                                 std::string_view id, AccountState state,
                                 std::int64_t now_ms) const {
    requireOne(connection.run("UPDATE provider_config SET account_state = ?, releases_held = ?, "
                              "updated_at = ?, row_version = row_version + 1 "
                              "WHERE id = ? AND tenant_id = ?",
                              {nameOf(state), state == AccountState::kEnabled, timeText(now_ms), id,
                               scope.tenantId()}),
               ErrorCode::kNotFound, kNoAccount);
}

void AccountRepository::requireVersion(Connection& connection, const TenantScope& scope,
                                       std::string_view id, std::int64_t row_version,
                                       std::int64_t now_ms) const {
    if (!find(connection, scope, id))
        throw UnitRefused(makeError(ErrorCode::kNotFound, kNoAccount));
    requireOne(connection.run("UPDATE provider_config SET updated_at = ?, "
                              "row_version = row_version + 1 "
                              "WHERE id = ? AND tenant_id = ? AND row_version = ?",
                              {timeText(now_ms), id, scope.tenantId(), row_version}),
               ErrorCode::kStale, "the account was changed in between");
}

void AccountRepository::setSettings(Connection& connection, const TenantScope& scope,
                                    std::string_view id, std::string_view settings,
                                    std::int64_t row_version, std::int64_t now_ms) const {
    if (!find(connection, scope, id))
        throw UnitRefused(makeError(ErrorCode::kNotFound, kNoAccount));
    requireOne(connection.run(
                   "UPDATE provider_config SET vendor_options = ?, updated_at = ?, row_version = "
                   "row_version + 1 WHERE id = ? AND tenant_id = ? AND row_version = ?",
                   {settings, timeText(now_ms), id, scope.tenantId(), row_version}),
               ErrorCode::kConflict, "the account was changed in between");
}

void AccountRepository::pin(Connection& connection, const TenantScope& scope, std::string_view id,
                            const std::optional<std::string>& sha256, std::int64_t now_ms) const {
    requireOne(connection.run("UPDATE provider_config SET pinned_sha256 = ?, updated_at = ?, "
                              "row_version = row_version + 1 WHERE id = ? AND tenant_id = ?",
                              {sha256, timeText(now_ms), id, scope.tenantId()}),
               ErrorCode::kNotFound, kNoAccount);
}

std::string AccountRepository::rotateEndpoint(Connection& connection, const TenantScope& scope,
                                              std::string_view id, std::int64_t previous_until_ms,
                                              std::int64_t now_ms) const {
    if (!find(connection, scope, id))
        throw UnitRefused(makeError(ErrorCode::kNotFound, kNoAccount));
    std::string token = security::randomToken();
    const std::string sealed =
        cells_.seal(scope.tenantId(), id, "endpoint_token_enc", std::string_view(token));
    // A call that is repeated because its answer was lost would else push out the token that the
    // vendor uses.
    const bool ends_older = previous_until_ms <= now_ms;
    requireOne(connection.run(
                   "UPDATE provider_config SET endpoint_previous_hash = endpoint_token_hash, "
                   "endpoint_previous_until = ?, endpoint_token_hash = ?, endpoint_token_enc = ?, "
                   "updated_at = ?, row_version = row_version + 1 WHERE id = ? AND tenant_id = ? "
                   "AND (? = 1 OR endpoint_previous_until IS NULL OR endpoint_previous_until <= ?)",
                   {timeText(previous_until_ms), hashEndpointToken(token), sealed, timeText(now_ms),
                    id, scope.tenantId(), std::int64_t{ends_older ? 1 : 0}, timeText(now_ms)}),
               ErrorCode::kConflict, "an older endpoint is still valid");
    return token;
}

std::string AccountRepository::endpointToken(Connection& connection, const TenantScope& scope,
                                             std::string_view id) const {
    std::optional<std::string> token;
    connection.query(
        "SELECT endpoint_token_enc FROM provider_config WHERE id = ? AND tenant_id = ?",
        {id, scope.tenantId()}, [&](const Row& row) {
            token = cells_.open(scope.tenantId(), id, "endpoint_token_enc", row.text(0));
        });
    if (!token) throw UnitRefused(makeError(ErrorCode::kNotFound, kNoAccount));
    return std::move(*token);
}

SecretMap AccountRepository::openSecrets(Connection& connection, const TenantScope& scope,
                                         std::string_view id) const {
    return readSecrets(connection, scope, id, {});
}

SecretMap AccountRepository::readSecrets(Connection& connection, const TenantScope& scope,
                                         std::string_view id, std::string_view lock) const {
    std::optional<SecretMap> secrets;
    connection.query(
        std::string("SELECT auth_config_enc FROM provider_config WHERE id = ? AND tenant_id = ?")
            .append(lock),
        {id, scope.tenantId()}, [&](const Row& row) {
            std::string plain = cells_.open(scope.tenantId(), id, "auth_config_enc", row.text(0));
            auto decoded = decodeSecrets(plain);
            security::wipe(plain);
            if (!decoded.ok())
                throw StorageError(StorageErrorCode::kCorrupt, decoded.error().message);
            secrets = std::move(decoded).value();
        });
    if (!secrets) throw UnitRefused(makeError(ErrorCode::kNotFound, kNoAccount));
    return std::move(*secrets);
}

void AccountRepository::captureSecret(Connection& connection, const TenantScope& scope,
                                      std::string_view id, const CapturedValue& captured,
                                      std::int64_t now_ms) const {
    // All secrets are one cell: who changes one must not write back what another changed meanwhile.
    SecretMap secrets = readSecrets(connection, scope, id, connection.dialect().forUpdate());
    putSecret(secrets, captured);
    storeSecrets(connection, scope, id, secrets, now_ms);
}

void AccountRepository::storeSecrets(Connection& connection, const TenantScope& scope,
                                     std::string_view id, const SecretMap& secrets,
                                     std::int64_t now_ms) const {
    std::string plain = encodeSecrets(secrets);
    const std::string sealed =
        cells_.seal(scope.tenantId(), id, "auth_config_enc", std::string_view(plain));
    security::wipe(plain);
    requireOne(
        connection.run("UPDATE provider_config SET auth_config_enc = ?, secret_names = ?, "
                       "updated_at = ?, row_version = row_version + 1 "
                       "WHERE id = ? AND tenant_id = ?",
                       {sealed, joinedNames(secrets), timeText(now_ms), id, scope.tenantId()}),
        ErrorCode::kNotFound, kNoAccount);
}

}  // namespace hub::storage
