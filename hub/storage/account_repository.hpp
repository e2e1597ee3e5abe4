/// Accounts: a tenant's connections to vendors, with their settings, secrets and webhook endpoints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/page.hpp"
#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/secret_map.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// architecture.md section 5: in the first three the endpoint verifies, stores and answers.
enum class AccountState : std::uint8_t { kSetup, kEnabled, kPaused, kRetired };
[[nodiscard]] std::string_view nameOf(AccountState state);

/// How old the knowledge of an open order may get.
inline constexpr std::int64_t kFreshnessMinutesDefault = 360;

struct NewAccount {
    std::string plugin_key;
    std::string provider_name;
    std::string provider_code;  ///< unique in the tenant
    std::string kind = "screening";
    AccountState state = AccountState::kSetup;
    std::optional<std::string> api_endpoint_url;
    std::optional<std::string> external_account_ref;
    /// The account whose endpoint and secrets this one shares: of the same vendor, in the same
    /// tenant or the one above it. Needs an external_account_ref.
    std::optional<std::string> connection_id;
    std::int64_t freshness_minutes = kFreshnessMinutesDefault;
    std::string unknown_orders = "task";  ///< task or create
    std::int64_t recording_days = 0;      ///< journals are kept so long for comparison; 0: not
    std::string settings = "{}";          ///< JSON as the manifest's schema says
    SecretMap secrets;
};

/// An account without its secrets.
struct Account {
    std::string id;
    std::string tenant_id;
    std::string plugin_key;
    std::optional<std::string> pinned_sha256;
    std::string provider_name;
    std::string provider_code;
    std::string kind;
    AccountState state = AccountState::kSetup;
    std::optional<std::string> api_endpoint_url;
    std::optional<std::string> external_account_ref;
    std::optional<std::string> connection_id;
    std::string settings;
    std::vector<std::string> secret_names;
    std::int64_t max_retry_attempts = 0;
    std::int64_t timeout_seconds = 0;
    std::int64_t rate_limit_per_hour = 0;
    std::int64_t row_version = 0;
    std::int64_t freshness_minutes = kFreshnessMinutesDefault;
    std::string unknown_orders = "task";
    std::int64_t recording_days = 0;
};

struct AccountFilter {
    std::optional<std::string> kind;
    std::optional<bool> is_enabled;
    PageOf page;
};

struct CreatedAccount {
    std::string id;
    std::string
        endpoint_token;  ///< goes into the webhook URL; the database keeps its hash and it sealed
};

/// All functions throw StorageError; an unknown or foreign id refuses the unit with kNotFound.
class AccountRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit AccountRepository(const security::Vault& vault) : cells_(vault, "provider_config") {}

    /// SHA-256 of an endpoint token in hex: how a webhook path finds its account.
    [[nodiscard]] static std::string hashEndpointToken(std::string_view token);

    /// The account whose current token has this hash, or whose previous one has and is still
    /// allowed. Needs no scope: who knows the token may knock; the claim decides the rest.
    [[nodiscard]] std::optional<Account> findByEndpoint(Connection& connection,
                                                        std::string_view token_hash,
                                                        std::int64_t now_ms) const;
    /// The one enabled account of a vendor that has an endpoint of its own; nothing if there are
    /// several. Needs no scope, as above.
    [[nodiscard]] std::optional<Account> findOnlyEnabled(Connection& connection,
                                                         std::string_view plugin_key) const;
    /// The account of a shared connection that the vendor calls so, whatever tenant it belongs to:
    /// `owner` is the proof that the connection is the caller's (TM-IN-9).
    [[nodiscard]] std::optional<Account> findOnConnection(Connection& connection,
                                                          const TenantScope& owner,
                                                          std::string_view connection_id,
                                                          std::string_view external_ref) const;
    /// Whether any account shares that one's endpoint; and whether any that is not retired does.
    [[nodiscard]] bool isShared(Connection& connection, const TenantScope& owner,
                                std::string_view connection_id) const;
    [[nodiscard]] bool hasMembersInUse(Connection& connection, const TenantScope& owner,
                                       std::string_view connection_id) const;
    [[nodiscard]] std::optional<Account> find(Connection& connection, const TenantScope& scope,
                                              std::string_view id) const;
    [[nodiscard]] std::vector<Account> list(Connection& connection, const TenantScope& scope) const;
    [[nodiscard]] std::vector<Account> list(Connection& connection, const TenantScope& scope,
                                            const AccountFilter& filter) const;
    /// Rows of all pages.
    [[nodiscard]] std::int64_t count(Connection& connection, const TenantScope& scope,
                                     const AccountFilter& filter) const;

    /// UnitRefused: kConflict if the provider code, or the vendor's account on that connection, is
    /// taken; kNotFound for a connection that may not be shared.
    CreatedAccount create(Connection& connection, const TenantScope& scope,
                          const NewAccount& account, std::int64_t now_ms) const;
    void setState(Connection& connection, const TenantScope& scope, std::string_view id,
                  AccountState state, std::int64_t now_ms) const;
    /// UnitRefused (kConflict) if someone changed the account since `row_version` was read
    /// (TM-DB-4).
    void setSettings(Connection& connection, const TenantScope& scope, std::string_view id,
                     std::string_view settings, std::int64_t row_version,
                     std::int64_t now_ms) const;
    /// Counts the version up. UnitRefused (kStale) if someone changed the account since
    /// `row_version` was read; from here to the end of the unit nobody else can.
    void requireVersion(Connection& connection, const TenantScope& scope, std::string_view id,
                        std::int64_t row_version, std::int64_t now_ms) const;
    void pin(Connection& connection, const TenantScope& scope, std::string_view id,
             const std::optional<std::string>& sha256, std::int64_t now_ms) const;

    /// Gives a new token; the old one stays valid until `previous_until_ms`. UnitRefused
    /// (kConflict) while one older still is, unless no old one is to be (`previous_until_ms` is
    /// not after `now_ms`).
    std::string rotateEndpoint(Connection& connection, const TenantScope& scope,
                               std::string_view id, std::int64_t previous_until_ms,
                               std::int64_t now_ms) const;
    /// The current token, for who may manage the account.
    [[nodiscard]] std::string endpointToken(Connection& connection, const TenantScope& scope,
                                            std::string_view id) const;

    /// Opens the secrets. The only function that does.
    [[nodiscard]] SecretMap openSecrets(Connection& connection, const TenantScope& scope,
                                        std::string_view id) const;
    /// Stores one value (plugin-contract.md section 2). Within the caller's unit, so a rotated
    /// refresh token commits together with the reply that brought it.
    void captureSecret(Connection& connection, const TenantScope& scope, std::string_view id,
                       const CapturedValue& captured, std::int64_t now_ms) const;

private:
    [[nodiscard]] SecretMap readSecrets(Connection& connection, const TenantScope& scope,
                                        std::string_view id, std::string_view lock) const;
    void storeSecrets(Connection& connection, const TenantScope& scope, std::string_view id,
                      const SecretMap& secrets, std::int64_t now_ms) const;
    SealedCells cells_;
};

}  // namespace hub::storage
