/// What a run of the Checkr twin can be told: keys, pace and where webhook hosts really are.
#pragma once

#include <hubsdk/cpp/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr::simulator {

/// A webhook that an account has from the start, as if registered in the vendor's dashboard.
struct WebhookSeed {
    std::string url;
    bool include_object = true;
};

struct Config {
    /// Each key is an account of its own. JSON: "api_key", a text or a list of texts.
    std::vector<std::string> api_keys = {"checkr-test-key"};
    std::string client_id = "checkr-test-client";
    std::string client_secret = "checkr-test-client-secret";
    std::string seed = "checkr";    ///< of the ids
    std::string story;              ///< of every applicant; "": each one's name chooses
    std::int64_t pace_ms = 200;     ///< between two steps of a story
    std::int64_t retry_ms = 1'000;  ///< one minute of the vendor's webhook retries
    std::int64_t rate_limit_per_minute = 1'200;
    std::vector<WebhookSeed> webhooks;    ///< of the first account
    std::string application_webhook_url;  ///< of every account that OAuth makes
    /// Loopback places of webhook hosts: "hub.example.com" to "http://127.0.0.1:8080". A host
    /// without a route is never called.
    std::map<std::string, std::string> routes;
};

/// Reads the --config document; an empty text gives the defaults. kInvalid names the member that
/// is unknown or of the wrong kind.
[[nodiscard]] hubsdk::Result<Config> readConfig(std::string_view json);

}  // namespace vendor::checkr::simulator
