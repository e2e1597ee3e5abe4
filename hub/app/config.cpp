#include "hub/app/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "hub/http/address_policy.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::app {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::array kKeys{
    ConfigKey{"server.address", "127.0.0.1", "Address to listen on."},
    ConfigKey{"server.port", "8080", "Port to listen on; 0 takes any free one."},
    ConfigKey{"server.threads", "1", "I/O threads, 1 to 64."},
    ConfigKey{"server.public_url", "",
              "Where vendors reach this hub; default http://ADDRESS:PORT."},
    ConfigKey{"server.hosts", "", "Host names that are served, by comma; empty serves every name."},
    ConfigKey{"server.trusted_proxies", "",
              "Addresses of proxies whose X-Forwarded fields count, by comma."},
    ConfigKey{"server.tls_certificate", "",
              "PEM file with the certificate chain; empty: plain HTTP."},
    ConfigKey{"server.tls_key", "", "PEM file with its key."},
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

std::map<std::string, std::string> routesOf(Values& values) {
    std::map<std::string, std::string> routes;
    for (const std::string& item : splitList(values.text("outbound.routes"))) {
        const std::size_t sign = item.find('=');
        if (sign == std::string::npos || sign == 0) {
            values.fail("outbound.routes", "must be HOST=URL by comma");
            continue;
        }
        routes[item.substr(0, sign)] = item.substr(sign + 1);
    }
    return routes;
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
    config.storage_readers = values.count("storage.readers", 1, 256);
    config.storage_writers = values.count("storage.writers", 1, 64);
    config.free_bytes_min =
        values.number("storage.free_bytes_min", 0, std::numeric_limits<std::int64_t>::max());
    config.plugin_stuck_ms = values.number("plugins.stuck_ms", 100, 3'600'000);
    config.plugins_dir = values.text("plugins.dir");
    config.routes = routesOf(values);
    config.ca_file = values.text("outbound.ca_file");
    config.work_threads = values.count("work.threads", 1, 64);
    config.work_jobs_max = values.count("work.jobs_max", 1, 1'000'000);
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
    if (config.tls_certificate_file.empty() != config.tls_key_file.empty()) {
        values.fail("server.tls_key", "certificate and key belong together");
    }
    if (values.error()) return *values.error();
    return config;
}

}  // namespace hub::app
