/// The configuration of a hub: one table of keys, validated as a whole before anything starts.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/result.hpp>

#include "hub/http/server.hpp"
#include "hub/storage/database.hpp"

namespace hub::app {

/// One key. A value comes from the environment (`HUB_SERVER_PORT` for server.port), else from the
/// file, else from here.
struct ConfigKey {
    std::string_view name;
    std::string_view fallback;
    std::string_view text;  ///< what it means and what it may be
};
[[nodiscard]] std::span<const ConfigKey> configKeys();

/// The environment variable of a key.
[[nodiscard]] std::string environmentName(std::string_view key);

struct HubConfig {
    std::string address;
    std::uint16_t port = 0;
    std::uint16_t health_port = 0;  ///< 0: none
    std::size_t server_threads = 0;
    std::string public_url;  ///< without a slash at the end
    std::vector<std::string> allowed_hosts;
    std::vector<std::string> trusted_proxies;
    std::string tls_certificate_file;
    std::string tls_key_file;
    std::string data_dir;
    std::string storage_url;
    http::ServerLimits edge;
    std::size_t portal_body_bytes_max = 0;
    storage::DatabaseLimits storage;
    std::string plugins_dir;
    std::map<std::string, std::string> routes;
    std::string ca_file;
    std::size_t work_threads = 0;
    std::size_t work_jobs_max = 0;
    std::int64_t webhook_rate_per_s = 0;
    std::vector<std::string> webhooks_without_endpoint;
    std::size_t inbox_threads = 0;
    std::size_t flow_threads = 0;
    std::int64_t drain_delay_ms = 0;
    std::int64_t stop_grace_ms = 0;
    std::int64_t free_bytes_min = 0;
    std::int64_t plugin_stuck_ms = 0;
    std::string log_level;
};

/// Builds the configuration from key-value pairs. Fails with kInvalid; `path` is the key: unknown
/// keys are errors, as are values outside their range.
[[nodiscard]] hubsdk::Result<HubConfig> readConfig(
    const std::map<std::string, std::string>& values);

}  // namespace hub::app
