/// Providers: a tenant's connections to vendors (E-204 to E-209, E-275), and the commands they
/// take.
#pragma once

#include "portal-api/flow_handler.hpp"

namespace portal {

/// Body of POST /providers. Secrets are write-only: no answer ever shows one.
struct CreateProvider {
    std::string plugin_key;
    std::string provider_code;
    std::string provider_name;
    std::optional<std::string> external_account_ref;
    /// The provider whose webhook URL and secrets it shares (plugin-contract section 3).
    std::optional<std::string> connection_id;
    hubsdk::Raw settings;
    hubsdk::Map<std::string> secrets;
    bool enabled = true;  ///< once no secret is missing; until then it is set up only
    std::int64_t freshness_minutes = hub::storage::kFreshnessMinutesDefault;
    std::string unknown_orders = "task";
    std::int64_t recording_days = 0;
};

struct ProviderView {
    std::string id;
    std::string plugin_key;
    std::optional<std::string> plugin_version;
    std::string provider_code;
    std::string provider_name;
    std::string state;
    hubsdk::Raw settings;
    std::vector<std::string> secret_names;
    std::vector<std::string> missing_secrets;  ///< without these it cannot be enabled
    std::optional<std::string> connection_id;
    std::optional<std::string> webhook_url;  ///< none for one that shares another's
    std::int64_t recording_days = 0;
    std::int64_t row_version = 0;
};

/// Body of PUT /providers/{id}.
struct UpdateProvider {
    hubsdk::Map<std::string> secrets;  ///< each in place of what it has under that name …
    std::int64_t keep_old_hours = 0;   ///< … which still proves deliveries for so long
    /// Absent: as it is. true enables it once no secret is missing, false pauses it.
    std::optional<bool> enabled;
    std::int64_t row_version = 0;
};

/// Body of POST /providers/{id}/rotate-endpoint.
struct RotateEndpoint {
    std::int64_t keep_old_hours = 24;
};

struct RotatedEndpointView {
    std::string webhook_url;
    std::string old_valid_until;
};

/// Body of POST /providers/{id}/commands.
struct RunCommand {
    std::string command;  ///< account.test, account.connect, catalog.list …
    hubsdk::Raw parameters;
};

[[nodiscard]] hubsdk::Result<ProviderView> createProvider(const ApiCall& call,
                                                          const CreateProvider& request);
/// GET /providers?is_active=&provider_type=, newest first. Settings and webhook URL are for
/// provider.manage only.
[[nodiscard]] hubsdk::Result<Page<ProviderView>> listProviders(const ApiCall& call,
                                                               const NoBody& request);
[[nodiscard]] hubsdk::Result<ProviderView> updateProvider(const ApiCall& call,
                                                          const UpdateProvider& request);
[[nodiscard]] hubsdk::Result<ProviderView> readProvider(const ApiCall& call, const NoBody& request);
/// DELETE: it takes and sends nothing from here on; its orders stay. kConflict while an order of it
/// is open, or another provider shares its webhook URL. Once more changes nothing.
[[nodiscard]] hubsdk::Result<NoBody> retireProvider(const ApiCall& call, const NoBody& request);
/// kConflict for one that is retired or has no URL of its own, and while an older URL is valid,
/// unless none is to be kept.
[[nodiscard]] hubsdk::Result<RotatedEndpointView> rotateEndpoint(const ApiCall& call,
                                                                 const RotateEndpoint& request);
[[nodiscard]] hubsdk::Result<FlowView> runCommand(const ApiCall& call, const RunCommand& request);

}  // namespace portal

namespace hubsdk {
template <>
struct Shape<portal::CreateProvider> {
    using T = portal::CreateProvider;
    static constexpr std::string_view kName = "CreateProvider";
    static constexpr auto kFields = std::tuple{
        field("plugin_key", &T::plugin_key, "Vendor key.", lengthMax(50)),
        field("provider_code", &T::provider_code, "Unique in the tenant.", lengthMax(50)),
        field("provider_name", &T::provider_name, "For people.", lengthMax(200)),
        field("external_account_ref", &T::external_account_ref, "The vendor's account id.",
              lengthMax(255)),
        field("connection_id", &T::connection_id, "The provider whose webhook URL it shares.",
              lengthMax(36)),
        field("settings", &T::settings, "As the manifest's settings."),
        field("secrets", &T::secrets, "Write-only.", Pii::kSecret),
        field("enabled", &T::enabled, "false: set up only.", Need::kOptional),
        field("freshness_minutes", &T::freshness_minutes,
              "Open orders are fetched when older, 5 to 10080.", Need::kOptional),
        field("unknown_orders", &T::unknown_orders,
              "Orders that only the vendor knows: task or create.", Need::kOptional),
        field("recording_days", &T::recording_days,
              "Journals are kept so long for comparison: 0 (not) or 30 to 365.", Need::kOptional)};
};
template <>
struct Shape<portal::ProviderView> {
    using T = portal::ProviderView;
    static constexpr std::string_view kName = "ProviderConfig";
    static constexpr auto kFields = std::tuple{
        field("id", &T::id, "Id."),
        field("plugin_key", &T::plugin_key, "Vendor key."),
        field("plugin_version", &T::plugin_version, "Version in use."),
        field("provider_code", &T::provider_code, "Code."),
        field("provider_name", &T::provider_name, "Name."),
        field("state", &T::state, "State."),
        field("settings", &T::settings, "Settings."),
        field("secret_names", &T::secret_names, "Names only."),
        field("missing_secrets", &T::missing_secrets, "What it cannot be enabled without."),
        field("connection_id", &T::connection_id, "The provider whose webhook URL it shares."),
        field("webhook_url", &T::webhook_url, "Where the vendor sends to.", Pii::kSecret),
        field("recording_days", &T::recording_days, "How long journals are kept; 0: as any."),
        field("row_version", &T::row_version, "For optimistic locking.")};
};
template <>
struct Shape<portal::UpdateProvider> {
    using T = portal::UpdateProvider;
    static constexpr std::string_view kName = "UpdateProvider";
    static constexpr auto kFields = std::tuple{
        field("secrets", &T::secrets, "Write-only.", Pii::kSecret),
        field("keep_old_hours", &T::keep_old_hours,
              "Replaced secrets still prove deliveries for so long, 0 to 720.", Need::kOptional),
        field("enabled", &T::enabled, "Enable or pause."),
        field("row_version", &T::row_version, "The version that was read.")};
};
template <>
struct Shape<portal::RotateEndpoint> {
    using T = portal::RotateEndpoint;
    static constexpr std::string_view kName = "RotateEndpoint";
    static constexpr auto kFields =
        std::tuple{field("keep_old_hours", &T::keep_old_hours,
                         "The old URL is valid for so long, 0 to 720.", Need::kOptional)};
};
template <>
struct Shape<portal::RotatedEndpointView> {
    using T = portal::RotatedEndpointView;
    static constexpr std::string_view kName = "RotatedEndpoint";
    static constexpr auto kFields = std::tuple{
        field("webhook_url", &T::webhook_url, "Where the vendor sends to now.", Pii::kSecret),
        field("old_valid_until", &T::old_valid_until, "Until when the old one is answered.")};
};
template <>
struct Shape<portal::RunCommand> {
    using T = portal::RunCommand;
    static constexpr std::string_view kName = "RunCommand";
    static constexpr auto kFields =
        std::tuple{field("command", &T::command, "Name of the command.", lengthMax(64)),
                   field("parameters", &T::parameters, "What the command takes.")};
};
}  // namespace hubsdk
