#include <hubsdk/model/manifest.hpp>

#include <algorithm>
#include <array>

namespace hubsdk {
namespace {

// The closed command table. Sorted by name.
constexpr std::array<CommandRow, 25> kCommands{{
    {"account.connect", false, false, "Register our webhook; exchange a code where there is one."},
    {"account.disconnect", false, false, "Take back what account.connect did."},
    {"account.test", false, false, "A harmless call that shows whether the credentials work."},
    {"adverse.cancel", false, true, "Cancel a running adverse action."},
    {"adverse.items", false, true, "List what an adverse action may name."},
    {"adverse.start", false, true, "Start an adverse action."},
    {"ats.write_back", false, false, "Write status or result to the candidate."},
    {"auth.exchange", false, false, "Turn the code of a connect flow into a credential."},
    {"auth.revoke", false, false, "Give a credential back."},
    {"auth.token", false, false, "Refresh a credential before it expires."},
    {"catalog.list", false, false, "List packages."},
    {"document.send", false, false, "Send a document of the applicant."},
    {"feed.sync", false, false, "Read a feed from its cursor."},
    {"identity.create", false, false, "Start an identity check."},
    {"identity.refresh", false, true, "Read the state of an identity check."},
    {"inbound.request", false, false, "Answer a request of the vendor."},
    {"order.cancel", false, true, "Cancel an order."},
    {"order.refresh", false, true, "Read an order and all its screenings."},
    {"order.report", false, true, "Fetch the report as a file."},
    {"order.submit", true, false, "Place an order."},
    {"payment.cancel", false, true, "Cancel a payment."},
    {"payment.create", false, false, "Start a payment."},
    {"payment.refresh", false, true, "Read a payment."},
    {"person.monitor", false, false, "Enrol a person."},
    {"person.unmonitor", false, false, "End an enrolment."},
}};

constexpr std::array<std::string_view, 4> kKinds{"screening", "ats", "payment", "identity"};
constexpr std::array<std::string_view, 7> kPlaces{
    "header", "body", "sign", "proof", "capture", "client_certificate", "client_key"};
constexpr std::array<std::string_view, 5> kSettingTypes{"text", "number", "flag", "choice", "map"};
constexpr std::array<std::string_view, 2> kLinkRoles{"unique", "narrowing"};
constexpr std::array<std::string_view, 2> kRouteKinds{"event", "request"};
constexpr std::array<std::string_view, 2> kNeeds{"libxml2", "xerces-c"};

template <std::size_t kSize>
bool isOneOf(std::string_view word, const std::array<std::string_view, kSize>& words) {
    return std::ranges::find(words, word) != words.end();
}

bool isKey(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// The first problem found, as {path, message}; empty if there is none.
class Problems {
public:
    void expect(bool holds, std::string path, std::string message) {
        if (!holds && path_.empty()) {
            path_ = std::move(path);
            message_ = std::move(message);
        }
    }
    [[nodiscard]] bool any() const { return !path_.empty(); }
    [[nodiscard]] Error error() const { return makeError(ErrorCode::kInvalid, message_, path_); }

private:
    std::string path_;
    std::string message_;
};

std::string at(std::string_view list, std::size_t index, std::string_view member) {
    return std::string(list) + "[" + std::to_string(index) + "]" + std::string(member);
}

bool isPlainHost(std::string_view host) {
    return !host.empty() && host.find_first_of("/:@*? ") == std::string_view::npos;
}

void checkHosts(const Manifest& manifest, Problems& problems) {
    for (std::size_t i = 0; i < manifest.hosts.size(); ++i) {
        problems.expect(isPlainHost(manifest.hosts[i]), at("hosts", i, ""),
                        "must be a plain host name");
    }
    for (std::size_t i = 0; i < manifest.download_hosts.size(); ++i) {
        std::string_view host = manifest.download_hosts[i];
        if (host.starts_with("*.")) host.remove_prefix(2);
        problems.expect(isPlainHost(host), at("download_hosts", i, ""),
                        "must be a plain host name or *.suffix");
    }
    for (std::size_t i = 0; i < manifest.host_rules.size(); ++i) {
        const HostRule& rule = manifest.host_rules[i];
        const auto setting = std::ranges::find(manifest.settings, rule.setting, &SettingRule::name);
        problems.expect(std::ranges::find(manifest.hosts, rule.host) != manifest.hosts.end(),
                        at("host_rules", i, ".host"), "must be one of hosts");
        problems.expect(setting != manifest.settings.end() && setting->type == "choice",
                        at("host_rules", i, ".setting"), "must be a setting of type choice");
        problems.expect(setting == manifest.settings.end() ||
                            std::ranges::find(setting->choices, rule.is) != setting->choices.end(),
                        at("host_rules", i, ".is"), "must be one of the setting's choices");
    }
}

// What the TLS handshake needs is for the handshake alone, and is nothing without its other half.
void checkClientCertificate(const Manifest& manifest, Problems& problems) {
    constexpr std::array<std::string_view, 2> kHandshake{"client_certificate", "client_key"};
    std::array<int, 2> found{};
    for (std::size_t i = 0; i < manifest.secrets.size(); ++i) {
        const auto& places = manifest.secrets[i].places;
        for (std::size_t k = 0; k < kHandshake.size(); ++k) {
            if (std::ranges::find(places, kHandshake[k]) == places.end()) continue;
            ++found[k];
            problems.expect(places.size() == 1, at("secrets", i, ".places"),
                            "a secret of the TLS handshake may go nowhere else");
        }
    }
    problems.expect(found[0] == found[1] && found[0] <= 1, "secrets",
                    "at most one client_certificate, together with one client_key");
}

void checkFeeds(const Manifest& manifest, Problems& problems) {
    for (std::size_t i = 0; i < manifest.feeds.size(); ++i) {
        const FeedRule& feed = manifest.feeds[i];
        problems.expect(isKey(feed.name) && feed.name.size() <= 50, at("feeds", i, ".name"),
                        "must be at most 50 lower-case letters, digits and '_'");
        problems.expect(feed.interval_ms >= kFeedIntervalMinMs, at("feeds", i, ".interval_ms"),
                        "must be at least 60000");
        const auto same = std::ranges::count(manifest.feeds, feed.name, &FeedRule::name);
        problems.expect(same == 1, at("feeds", i, ".name"), "occurs twice");
    }
    const bool can_sync =
        std::ranges::find(manifest.commands, "feed.sync") != manifest.commands.end();
    problems.expect(manifest.feeds.empty() || can_sync, "feeds", "need the command feed.sync");
}

// What idles out is renewed by a command, so there must be one that captures it anew.
void checkIdleTimes(const Manifest& manifest, Problems& problems) {
    const bool renews =
        std::ranges::find(manifest.commands, "auth.token") != manifest.commands.end();
    for (std::size_t i = 0; i < manifest.secrets.size(); ++i) {
        const SecretRule& rule = manifest.secrets[i];
        if (!rule.idle_max_ms) continue;
        const bool captured = std::ranges::find(rule.places, "capture") != rule.places.end();
        problems.expect(*rule.idle_max_ms >= kIdleMinMs, at("secrets", i, ".idle_max_ms"),
                        "must be at least 3600000");
        problems.expect(captured && renews, at("secrets", i, ".idle_max_ms"),
                        "needs the place capture and the command auth.token");
    }
}

void checkAccess(const Manifest& manifest, Problems& problems) {
    for (std::size_t i = 0; i < manifest.secrets.size(); ++i) {
        problems.expect(isKey(manifest.secrets[i].name), at("secrets", i, ".name"),
                        "must be lower-case letters, digits and '_'");
        for (const std::string& place : manifest.secrets[i].places) {
            problems.expect(place != "ssh_key", at("secrets", i, ".places"),
                            "ssh_key is reserved: no transport of this release uses SSH");
            problems.expect(isOneOf(place, kPlaces), at("secrets", i, ".places"),
                            "must be header, body, sign, proof, capture, client_certificate or "
                            "client_key");
        }
    }
    checkClientCertificate(manifest, problems);
    checkIdleTimes(manifest, problems);
    for (std::size_t i = 0; i < manifest.inbound.size(); ++i) {
        problems.expect(isOneOf(manifest.inbound[i].kind, kRouteKinds), at("inbound", i, ".kind"),
                        "must be event or request");
    }
    for (std::size_t i = 0; i < manifest.rate.size(); ++i) {
        problems.expect(manifest.rate[i].max > 0 && manifest.rate[i].per_ms > 0, at("rate", i, ""),
                        "max and per_ms must be above zero");
    }
}

void checkWords(const Manifest& manifest, Problems& problems) {
    for (std::size_t i = 0; i < manifest.settings.size(); ++i) {
        problems.expect(isOneOf(manifest.settings[i].type, kSettingTypes),
                        at("settings", i, ".type"), "must be text, number, flag, choice or map");
    }
    for (std::size_t i = 0; i < manifest.links.size(); ++i) {
        problems.expect(isOneOf(manifest.links[i].role, kLinkRoles), at("links", i, ".role"),
                        "must be unique or narrowing");
    }
    for (std::size_t i = 0; i < manifest.commands.size(); ++i) {
        problems.expect(findCommand(manifest.commands[i]) != nullptr, at("commands", i, ""),
                        "is no command of this SDK");
    }
    for (std::size_t i = 0; i < manifest.needs.size(); ++i) {
        problems.expect(isOneOf(manifest.needs[i], kNeeds), at("needs", i, ""),
                        "must be libxml2 or xerces-c");
    }
}

// A promise that no hub keeps yet is refused here, not silently ignored there.
void checkReserved(const Manifest& manifest, Problems& problems) {
    problems.expect(manifest.reacts_to.empty(), "reacts_to",
                    "is reserved: no hub of this release turns events into commands");
    problems.expect(manifest.lifecycle.empty(), "lifecycle",
                    "is reserved: such a plugin needs the sandbox, which is not there yet");
}

}  // namespace

std::span<const CommandRow> commandTable() { return kCommands; }

const CommandRow* findCommand(std::string_view name) {
    const auto row = std::ranges::find(kCommands, name, &CommandRow::name);
    return row == kCommands.end() ? nullptr : &*row;
}

Result<Manifest> readManifest(std::string_view json) {
    auto manifest = readShape<Manifest>(json);
    if (!manifest) return manifest;
    Problems problems;
    problems.expect(isKey(manifest->vendor), "vendor",
                    "must be lower-case letters, digits and '_'");
    problems.expect(isOneOf(manifest->kind, kKinds), "kind",
                    "must be screening, ats, payment or identity");
    checkHosts(*manifest, problems);
    checkAccess(*manifest, problems);
    checkWords(*manifest, problems);
    checkFeeds(*manifest, problems);
    checkReserved(*manifest, problems);
    if (problems.any()) return problems.error();
    return manifest;
}

}  // namespace hubsdk
