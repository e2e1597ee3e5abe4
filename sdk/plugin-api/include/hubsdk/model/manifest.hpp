/// The manifest: what a plugin is and may do. `manifest.json` is its one source; the build embeds
/// its bytes in section .hub.manifest, and describe() returns the same.
#pragma once

#include <hubsdk/model/delivery.hpp>

namespace hubsdk {

/// Input of the capability hub.settings-migrate/1 (<hubsdk/ext/settings_migrate.h>).
struct SettingsMigration {
    std::string from_version;  ///< of the plugin that the settings were made for
    Raw settings;
};
template <>
struct Shape<SettingsMigration> {
    static constexpr std::string_view kName = "SettingsMigration";
    static constexpr auto kFields = std::tuple{
        field("from_version", &SettingsMigration::from_version, "Version of the plugin."),
        field("settings", &SettingsMigration::settings, "As that version knew them.",
              Need::kRequired)};
};

/// One setting of an account.
struct SettingRule {
    std::string name;
    std::string type;  ///< text, number, flag, choice, map
    bool required = false;
    std::vector<std::string> choices;
    Raw fallback;
    std::string text;
};
template <>
struct Shape<SettingRule> {
    static constexpr std::string_view kName = "SettingRule";
    static constexpr auto kFields =
        std::tuple{field("name", &SettingRule::name, "Name in the settings document."),
                   field("type", &SettingRule::type, "text, number, flag, choice or map."),
                   field("required", &SettingRule::required, "Whether it must be set."),
                   field("choices", &SettingRule::choices, "Values of a choice."),
                   field("default", &SettingRule::fallback, "Value when not set."),
                   field("text", &SettingRule::text, "What it means.")};
};

/// A host that only accounts with a certain setting may call, for example the vendor's test system.
/// Hosts without a rule are for every account.
struct HostRule {
    std::string host;
    std::string setting;  ///< of type choice
    std::string is;       ///< the setting's value, or its default if the account says nothing
};
template <>
struct Shape<HostRule> {
    static constexpr std::string_view kName = "HostRule";
    static constexpr auto kFields =
        std::tuple{field("host", &HostRule::host, "One of hosts."),
                   field("setting", &HostRule::setting, "Name of a setting of type choice."),
                   field("is", &HostRule::is, "The value with which the host may be called.")};
};

/// The shortest idle time of a captured secret, in milliseconds.
inline constexpr std::int64_t kIdleMinMs = 3'600'000;

/// One secret of an account and where the plugin may have the host put it.
struct SecretRule {
    std::string name;
    std::vector<std::string> places;  ///< header, body, sign, proof, capture; client_certificate
                                      ///< and client_key: PEM texts for the TLS handshake.
                                      ///< ssh_key is reserved
    bool required = false;
    std::string text;
    /// The vendor forgets a captured value that was not renewed for so long (refresh tokens): the
    /// hub runs auth.token before. Milliseconds, at least kIdleMinMs.
    std::optional<std::int64_t> idle_max_ms = std::nullopt;
};
template <>
struct Shape<SecretRule> {
    static constexpr std::string_view kName = "SecretRule";
    static constexpr auto kFields =
        std::tuple{field("name", &SecretRule::name, "Name in pieces."),
                   field("places", &SecretRule::places,
                         "header, body, sign, proof, capture, client_certificate, client_key.",
                         Need::kRequired),
                   field("required", &SecretRule::required, "Whether an account must have it."),
                   field("text", &SecretRule::text, "What it is."),
                   field("idle_max_ms", &SecretRule::idle_max_ms,
                         "A captured value is renewed by auth.token before it idles so long.")};
};

struct InboundRoute {
    std::string method = "POST";
    std::string tail;            ///< path behind the endpoint
    std::string kind = "event";  ///< event or request
    std::optional<Claim> claim;  ///< fixed template: evaluated without calling the plugin
};
template <>
struct Shape<InboundRoute> {
    static constexpr std::string_view kName = "InboundRoute";
    static constexpr auto kFields =
        std::tuple{field("method", &InboundRoute::method, "Method or ANY.", Need::kOptional),
                   field("tail", &InboundRoute::tail, "Path behind the endpoint.", Need::kOptional),
                   field("kind", &InboundRoute::kind, "event or request.", Need::kOptional),
                   field("claim", &InboundRoute::claim, "Fixed claim.")};
};

struct LinkRule {
    std::string type;
    std::string role;  ///< unique or narrowing
};
template <>
struct Shape<LinkRule> {
    static constexpr std::string_view kName = "LinkRule";
    static constexpr auto kFields =
        std::tuple{field("type", &LinkRule::type, "Link type."),
                   field("role", &LinkRule::role, "unique or narrowing.")};
};

/// A budget that belongs to the credential.
struct RateBucket {
    std::int64_t max = 0;
    std::int64_t per_ms = 60000;
    std::optional<std::string> path_prefix;
};
template <>
struct Shape<RateBucket> {
    static constexpr std::string_view kName = "RateBucket";
    static constexpr auto kFields =
        std::tuple{field("max", &RateBucket::max, "Calls in the period."),
                   field("per_ms", &RateBucket::per_ms, "Period.", Need::kOptional),
                   field("path_prefix", &RateBucket::path_prefix, "Only these paths.")};
};

/// The shortest interval of a feed.
inline constexpr std::int64_t kFeedIntervalMinMs = 60'000;

/// What feed.sync reads: started for each account at this interval, with the parameter `feed` and
/// the cursor that the last run ended with.
struct FeedRule {
    std::string name;
    std::int64_t interval_ms = 0;
};
template <>
struct Shape<FeedRule> {
    static constexpr std::string_view kName = "FeedRule";
    static constexpr auto kFields =
        std::tuple{field("name", &FeedRule::name, "Name in feed.sync."),
                   field("interval_ms", &FeedRule::interval_ms, "How often.")};
};

/// Reserved: no hub turns events into commands yet, so readManifest refuses it.
struct Reaction {
    std::string event;
    std::string command;
};
template <>
struct Shape<Reaction> {
    static constexpr std::string_view kName = "Reaction";
    static constexpr auto kFields =
        std::tuple{field("event", &Reaction::event, "Outbox event type."),
                   field("command", &Reaction::command, "Command it becomes.")};
};

struct Manifest {
    std::string vendor;   ///< key in paths and file names
    std::string name;     ///< for people
    std::string version;  ///< of the plugin
    std::string kind;     ///< screening, ats, payment, identity
    std::string vendor_api;
    std::string text;
    std::vector<SettingRule> settings;
    std::vector<SecretRule> secrets;
    std::vector<std::string> hosts;
    std::vector<std::string> download_hosts;  ///< exact, or "*.suffix"
    std::vector<HostRule> host_rules;
    std::vector<InboundRoute> inbound;
    std::vector<LinkRule> links;
    std::vector<std::string> commands;
    std::vector<FeedRule> feeds;
    std::vector<RateBucket> rate;
    std::optional<std::int64_t> key_lifetime_ms;  ///< how long the vendor remembers a key
    std::optional<std::int64_t> timeout_ms;
    std::optional<std::int64_t> body_bytes_max;
    std::vector<Reaction> reacts_to;     ///< reserved: refused by this release
    std::vector<std::string> needs;      ///< libxml2, xerces-c
    std::vector<std::string> lifecycle;  ///< other libraries with global state; reserved: refused
                                         ///< until there is a sandbox to run such a plugin in
};
template <>
struct Shape<Manifest> {
    static constexpr std::string_view kName = "Manifest";
    static constexpr auto kFields = std::tuple{
        field("vendor", &Manifest::vendor, "Key, [a-z0-9_]+.", lengthMax(50)),
        field("name", &Manifest::name, "Name for people.", lengthMax(200)),
        field("version", &Manifest::version, "Version of the plugin.", lengthMax(20)),
        field("kind", &Manifest::kind, "screening, ats, payment or identity."),
        field("vendor_api", &Manifest::vendor_api, "The vendor's API version.", Need::kOptional),
        field("text", &Manifest::text, "What it does.", Need::kOptional),
        field("settings", &Manifest::settings, "Settings of an account."),
        field("secrets", &Manifest::secrets, "Secrets of an account."),
        field("hosts", &Manifest::hosts, "Hosts that may be called."),
        field("download_hosts", &Manifest::download_hosts, "Hosts of bare downloads."),
        field("host_rules", &Manifest::host_rules, "Which accounts may call which host."),
        field("inbound", &Manifest::inbound, "What the vendor may send."),
        field("links", &Manifest::links, "Link types."),
        field("commands", &Manifest::commands, "Commands it takes.", Need::kRequired),
        field("feeds", &Manifest::feeds, "Feeds."),
        field("rate", &Manifest::rate, "Budgets."),
        field("key_lifetime_ms", &Manifest::key_lifetime_ms, "Life of an idempotency key."),
        field("timeout_ms", &Manifest::timeout_ms, "Default time limit of a call."),
        field("body_bytes_max", &Manifest::body_bytes_max, "Largest delivery."),
        field("reacts_to", &Manifest::reacts_to, "Outbox events it reacts to."),
        field("needs", &Manifest::needs, "Host libraries with global state."),
        field("lifecycle", &Manifest::lifecycle, "Other libraries with global state.")};
};

/// Reads a manifest and checks what the field table cannot say: key characters, known commands,
/// places, link roles, a route for claims, nothing that is reserved. Fails with kInvalid and the
/// path. Any thread.
[[nodiscard]] Result<Manifest> readManifest(std::string_view json);

/// One row of the closed command table: a new command is a change of the SDK.
struct CommandRow {
    std::string_view name;
    bool needs_order;         ///< input `order`
    bool needs_vendor_order;  ///< input `vendor_order_id` or a link
    std::string_view text;
};

/// Every command there is. Sorted by name.
[[nodiscard]] std::span<const CommandRow> commandTable();

/// The row of that name; null if there is no such command.
[[nodiscard]] const CommandRow* findCommand(std::string_view name);

}  // namespace hubsdk
