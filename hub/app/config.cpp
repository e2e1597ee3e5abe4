#include "hub/app/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <type_traits>

#include "hub/http/address_policy.hpp"
#include "hub/http/client.hpp"
#include "hub/storage/mariadb_url.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::app {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::array kKeys{
    ConfigKey{"server.address", "127.0.0.1", "Address to listen on."},
    ConfigKey{"server.port", "8080", "Port to listen on; 0 takes any free one."},
    ConfigKey{
        "server.health_port", "0",
        "A second port for /health, /ready and /metrics alone, beside every limit of the first; "
        "0: none."},
    ConfigKey{"server.threads", "1", "I/O threads, 1 to 64."},
    ConfigKey{"server.public_url", "",
              "Where vendors reach this hub; default http://ADDRESS:PORT."},
    ConfigKey{"server.hosts", "", "Host names that are served, by comma; empty serves every name."},
    ConfigKey{"server.trusted_proxies", "",
              "Addresses of proxies whose X-Forwarded fields count, by comma."},
    ConfigKey{"server.tls_certificate", "",
              "PEM file with the certificate chain; empty: plain HTTP."},
    ConfigKey{"server.tls_key", "", "PEM file with its key."},
    ConfigKey{"server.connections_max", "2000", "Open connections, 1 to 1000000."},
    ConfigKey{"server.connections_per_address_max", "100",
              "Of one address, 1 to 1000000; trusted proxies are exempt."},
    ConfigKey{"server.connection_requests_max", "1000",
              "Requests of one connection, 1 to 1000000."},
    ConfigKey{"server.request_line_bytes_max", "8192", "A request line, 64 to 65536."},
    ConfigKey{"server.header_fields_max", "64", "Header fields of a request, 1 to 1000."},
    ConfigKey{"server.header_value_bytes_max", "8192", "One field's value, 64 to 65536."},
    ConfigKey{"server.header_bytes_max", "32768", "All header fields, 64 to 131072."},
    ConfigKey{"server.header_ms", "10000", "For a whole head, 100 to 600000."},
    ConfigKey{"server.idle_ms", "15000", "Between two requests of a connection, 100 to 600000."},
    ConfigKey{"server.body_bytes_max", "1048576",
              "A body for the portal, 1024 to 16777216; webhooks have the limits of their vendor."},
    ConfigKey{"server.drain_delay_ms", "0",
              "When stopping: time between /ready turning red and the listener closing."},
    ConfigKey{"server.stop_grace_ms", "30000", "Time for running requests when stopping."},
    ConfigKey{"data.dir", "var", "Folder of master key, admin key, plugin cache and database."},
    ConfigKey{
        "storage.url", "",
        "sqlite:PATH, default sqlite:DATA/hub.db; or mariadb://USER@HOST:PORT/DATABASE?ca=FILE."},
    ConfigKey{"storage.readers", "8", "Connections that read the database, 1 to 256."},
    ConfigKey{"storage.writers", "4",
              "Connections that write to MariaDB, 1 to 64; SQLite always has one."},
    ConfigKey{"storage.wait_ms", "2000", "For a free connection, 10 to 60000."},
    ConfigKey{"storage.statement_ms", "5000", "For one statement, 100 to 60000."},
    ConfigKey{"storage.free_bytes_min", "67108864",
              "Free bytes beside data and database below which /ready says storage_full."},
    ConfigKey{"plugins.dir", "plugins", "Folder whose *.so are loaded at start."},
    ConfigKey{"plugins.stuck_ms", "60000",
              "A plugin's call that takes longer counts as stuck, 100 to 3600000."},
    ConfigKey{"outbound.routes", "",
              "HOST=http://127.0.0.1:PORT by comma: local vendor simulators."},
    ConfigKey{"outbound.ca_file", "", "PEM file of authorities; default the system's."},
    ConfigKey{"work.threads", "4", "Threads for plugin calls and reads, 1 to 64."},
    ConfigKey{"work.jobs_max", "2048", "Waiting jobs before a request is answered 503."},
    ConfigKey{"webhooks.rate_per_s", "1000",
              "Webhooks a second from one address for one vendor, 1 to 1000000; ten seconds' worth "
              "may come at once."},
    ConfigKey{"webhooks.without_endpoint", "",
              "Vendors by comma whose path without endpoint means their one enabled provider."},
    ConfigKey{"inbox.threads", "2", "Threads that interpret deliveries, 1 to 64."},
    ConfigKey{"flows.threads", "16",
              "Flows that run at once, 1 to 256; one vendor of one tenant gets half of them."},
    ConfigKey{"log.level", "info", "debug, info, warning or error."},
};

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};

std::vector<std::string> splitList(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        const std::string_view item = hubsdk::trimmed(part);
        if (!item.empty()) parts.emplace_back(item);
        text.remove_prefix(std::min(part.size() + 1, text.size()));
    }
    return parts;
}

// Reads values by key and remembers the first problem.
class Values {
public:
    explicit Values(const std::map<std::string, std::string>& given) : given_(given) {
        for (const auto& [name, value] : given) {
            const auto row = std::ranges::find(kKeys, std::string_view(name), &ConfigKey::name);
            if (row == kKeys.end()) fail(name, "is no key of this hub");
        }
    }

    std::string text(std::string_view key) const {
        const auto found = given_.find(std::string(key));
        if (found != given_.end()) return found->second;
        return std::string(std::ranges::find(kKeys, key, &ConfigKey::name)->fallback);
    }

    std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most) {
        const std::string value = text(key);
        std::int64_t number = 0;
        const auto [end, problem] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        const bool whole = problem == std::errc{} && end == value.data() + value.size();
        if (!whole || number < least || number > most) {
            fail(key, "must be a whole number from " + std::to_string(least) + " to " +
                          std::to_string(most));
            return least;
        }
        return number;
    }

    std::size_t count(std::string_view key, std::int64_t least, std::int64_t most) {
        return static_cast<std::size_t>(number(key, least, most));
    }

    void fail(std::string_view key, std::string message) {
        if (!error_) error_ = makeError(ErrorCode::kInvalid, std::move(message), std::string(key));
    }
    [[nodiscard]] const std::optional<hubsdk::Error>& error() const { return error_; }

private:
    const std::map<std::string, std::string>& given_;
    std::optional<hubsdk::Error> error_;
};

/// The limits of threat-model.md section 21 that are kept by the edge and by the storage.
struct LimitRow {
    std::string_view key;
    std::int64_t least;
    std::int64_t most;
    void (*set)(HubConfig& config, std::int64_t value);
};

template <auto... kPath>
void setMember(HubConfig& config, std::int64_t value) {
    auto& member = (config.*....*kPath);
    member = static_cast<std::remove_reference_t<decltype(member)>>(value);
}

using Edge = http::ServerLimits;
using Head = http::HeadLimits;
using Rows = storage::DatabaseLimits;
constexpr auto kEdge = &HubConfig::edge;
constexpr auto kRows = &HubConfig::storage;
constexpr std::array kLimits{
    LimitRow{"server.connections_max", 1, 1'000'000, &setMember<kEdge, &Edge::connections_max>},
    LimitRow{"server.connections_per_address_max", 1, 1'000'000,
             &setMember<kEdge, &Edge::connections_per_address_max>},
    LimitRow{"server.connection_requests_max", 1, 1'000'000,
             &setMember<kEdge, &Edge::requests_per_connection_max>},
    LimitRow{"server.request_line_bytes_max", 64, 65'536,
             &setMember<kEdge, &Edge::head, &Head::line_bytes_max>},
    LimitRow{"server.header_fields_max", 1, 1000,
             &setMember<kEdge, &Edge::head, &Head::fields_max>},
    LimitRow{"server.header_value_bytes_max", 64, 65'536,
             &setMember<kEdge, &Edge::head, &Head::value_bytes_max>},
    LimitRow{"server.header_bytes_max", 64, 131'072,
             &setMember<kEdge, &Edge::head, &Head::fields_bytes_max>},
    LimitRow{"server.header_ms", 100, 600'000, &setMember<kEdge, &Edge::header_ms>},
    LimitRow{"server.idle_ms", 100, 600'000, &setMember<kEdge, &Edge::idle_ms>},
    LimitRow{"server.body_bytes_max", 1024, 16'777'216,
             &setMember<&HubConfig::portal_body_bytes_max>},
    LimitRow{"storage.readers", 1, 256, &setMember<kRows, &Rows::readers_max>},
    LimitRow{"storage.writers", 1, 64, &setMember<kRows, &Rows::writers_max>},
    LimitRow{"storage.wait_ms", 10, 60'000, &setMember<kRows, &Rows::pool_wait_ms>},
    LimitRow{"storage.statement_ms", 100, 60'000, &setMember<kRows, &Rows::statement_deadline_ms>},
};

std::map<std::string, std::string> routesOf(Values& values) {
    std::map<std::string, std::string> routes;
    for (const std::string& item : splitList(values.text("outbound.routes"))) {
        const std::size_t sign = item.find('=');
        if (sign == std::string::npos || sign == 0) {
            values.fail("outbound.routes", "must be HOST=URL by comma");
            continue;
        }
        if (auto good = http::checkRoute(item.substr(sign + 1)); !good)
            values.fail("outbound.routes", good.error().message + ": " + item);
        routes[item.substr(0, sign)] = item.substr(sign + 1);
    }
    return routes;
}

void checkStorage(Values& values, const HubConfig& config) {
    constexpr std::string_view kSqlite = "sqlite:";
    const std::string_view url = config.storage_url;
    if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) return;
    if (!url.starts_with(storage::kMariadbScheme)) {
        values.fail("storage.url", "must be sqlite:PATH or mariadb://USER@HOST/DATABASE");
        return;
    }
    try {
        static_cast<void>(storage::parseMariadbUrl(url));
    } catch (const storage::StorageError& error) {
        values.fail("storage.url", error.what());
    }
}

// The files that are read again later: what is wrong with them is told before anything is made.
void checkFiles(Values& values, const HubConfig& config) {
    const std::string& certificate = config.tls_certificate_file;
    if (certificate.empty() != config.tls_key_file.empty()) {
        values.fail("server.tls_key", "certificate and key belong together");
    } else if (!certificate.empty()) {
        const auto good = http::checkTlsFiles(certificate, config.tls_key_file);
        if (!good) {
            const auto& [key, file] = good.error().message.find("TLS key") == std::string::npos
                                          ? std::pair{"server.tls_certificate", certificate}
                                          : std::pair{"server.tls_key", config.tls_key_file};
            values.fail(key, good.error().message + ": " + file);
        }
    }
    if (config.ca_file.empty()) return;
    if (auto good = http::checkAuthorities(config.ca_file); !good)
        values.fail("outbound.ca_file", good.error().message + ": " + config.ca_file);
}

}  // namespace

std::span<const ConfigKey> configKeys() { return kKeys; }

std::string environmentName(std::string_view key) {
    std::string name = "HUB_";
    for (const char c : key) {
        name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return name;
}

hubsdk::Result<HubConfig> readConfig(const std::map<std::string, std::string>& given) {
    Values values(given);
    HubConfig config;
    config.address = values.text("server.address");
    config.port = static_cast<std::uint16_t>(values.number("server.port", 0, 65535));
    config.health_port = static_cast<std::uint16_t>(values.number("server.health_port", 0, 65535));
    if (config.health_port != 0 && config.health_port == config.port)
        values.fail("server.health_port", "must be another port than server.port");
    config.server_threads = values.count("server.threads", 1, 64);
    config.public_url = values.text("server.public_url");
    config.allowed_hosts = splitList(values.text("server.hosts"));
    config.trusted_proxies = splitList(values.text("server.trusted_proxies"));
    config.tls_certificate_file = values.text("server.tls_certificate");
    config.tls_key_file = values.text("server.tls_key");
    config.drain_delay_ms = values.number("server.drain_delay_ms", 0, 600'000);
    config.stop_grace_ms = values.number("server.stop_grace_ms", 0, 600'000);
    config.data_dir = values.text("data.dir");
    config.storage_url = values.text("storage.url");
    if (config.storage_url.empty()) config.storage_url = "sqlite:" + config.data_dir + "/hub.db";
    for (const LimitRow& limit : kLimits)
        limit.set(config, values.number(limit.key, limit.least, limit.most));
    config.free_bytes_min =
        values.number("storage.free_bytes_min", 0, std::numeric_limits<std::int64_t>::max());
    config.plugin_stuck_ms = values.number("plugins.stuck_ms", 100, 3'600'000);
    config.plugins_dir = values.text("plugins.dir");
    config.routes = routesOf(values);
    config.ca_file = values.text("outbound.ca_file");
    config.work_threads = values.count("work.threads", 1, 64);
    config.work_jobs_max = values.count("work.jobs_max", 1, 1'000'000);
    config.webhooks_without_endpoint = splitList(values.text("webhooks.without_endpoint"));
    config.webhook_rate_per_s = values.number("webhooks.rate_per_s", 1, 1'000'000);
    config.inbox_threads = values.count("inbox.threads", 1, 64);
    config.flow_threads = values.count("flows.threads", 1, 256);
    config.log_level = values.text("log.level");
    if (std::ranges::find(kLevels, config.log_level) == kLevels.end()) {
        values.fail("log.level", "must be debug, info, warning or error");
    }
    if (config.public_url.ends_with('/')) config.public_url.pop_back();
    if (!config.public_url.empty() && !config.public_url.starts_with("http")) {
        values.fail("server.public_url", "must begin with http:// or https://");
    }
    for (const std::string& proxy : config.trusted_proxies) {
        // Anything else would be believed never, or worse, once somebody compares differently.
        if (!http::isAddress(proxy))
            values.fail("server.trusted_proxies",
                        "must be addresses by comma, not names or ranges");
    }
    if (!http::isAddress(config.address))
        values.fail("server.address", "must be an address, not a name");
    checkStorage(values, config);
    checkFiles(values, config);
    if (values.error()) return *values.error();
    return config;
}

}  // namespace hub::app
