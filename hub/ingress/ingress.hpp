/// The webhook door: find the connection, let the plugin name the proof, check it, commit the
/// delivery, answer (architecture section 5). Nothing is answered 200 that is not on disk.
#pragma once

#include "hub/app/work_pool.hpp"
#include "hub/http/message.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/security/pieces.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"

#include <functional>

namespace hub::ingress {

inline constexpr std::string_view kWebhookPrefix = "/api/webhooks/";
/// Bodies on webhook paths (threat-model section 21); a manifest may ask for up to the second.
inline constexpr std::size_t kWebhookBodyBytesMax = std::size_t{2} * 1024 * 1024;
inline constexpr std::size_t kWebhookBodyBytesCeiling = std::size_t{8} * 1024 * 1024;

/// Where a request on the webhook door points to.
struct WebhookPath {
    std::string vendor;
    std::string token;
    std::string tail;  ///< "" or "/…"
};
/// Nothing if the path is no webhook path.
[[nodiscard]] std::optional<WebhookPath> webhookPath(std::string_view path);

/// Everything outlives the ingress.
struct IngressServices {
    storage::Database& database;
    const storage::Repositories& repositories;
    plugins::PluginRegistry& plugins;
    app::WorkPool& work;
    std::function<std::int64_t()> now_ms;
    std::function<std::string(std::string_view vendor, std::string_view token)> webhook_url;
    std::function<void()> delivery_stored;  ///< wakes the inbox workers
};

/// Any thread.
class Ingress {
public:
    explicit Ingress(IngressServices services) : services_(std::move(services)) {}

    /// Takes one request of the webhook door. Returns at once; answers later from another thread:
    /// 200 after the commit, also for a duplicate; 401 with one and the same body for an unknown
    /// endpoint, a retired account and a refused claim; 4xx if the plugin refuses a proven
    /// delivery; 503 with Retry-After when a bound is reached or the database is away.
    void handle(http::Request request, http::Respond respond) const;

    /// The largest body for a path.
    [[nodiscard]] std::size_t bodyBytesMax(std::string_view path) const;

private:
    struct Knock;
    void process(const std::shared_ptr<Knock>& knock) const;
    void check(const std::shared_ptr<Knock>& knock) const;
    void store(const std::shared_ptr<Knock>& knock, const hubsdk::Claim& claim, bool is_hint) const;

    IngressServices services_;
};

}  // namespace hub::ingress
