#include "plugins/checkr/simulator/notifier.hpp"

#include "hub/http/address_policy.hpp"
#include "hub/http/client.hpp"
#include "hub/security/digest.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace vendor::checkr::simulator {

namespace {

constexpr std::string_view kUserAgent = "Checkr-Webhook/1.0";
constexpr std::int64_t kDeadlineMs = 10'000;  // vendors/checkr.md, Delivery: PROFILE
// Every minute for 10 minutes, then hourly for 24 hours; `retry_ms` is one minute here.
constexpr std::int64_t kMinuteTries = 10;
constexpr std::int64_t kHourTries = 24;
constexpr std::int64_t kMinutesPerHour = 60;
// A held notice is sent after so many retry steps if nothing follows it.
constexpr std::int64_t kHoldRetries = 2;
constexpr std::size_t kClientsMax = 16;
// The client speaks to names only; addresses of this machine go by this one.
constexpr const char* kLoopbackName = "localhost";

struct UrlParts {
    std::string_view scheme;
    std::string_view host;
    std::string_view port;
    std::string_view target;
};

std::optional<UrlParts> split(std::string_view url) {
    UrlParts parts;
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    parts.scheme = url.substr(0, colon);
    url.remove_prefix(colon + 3);
    const std::size_t slash = std::min(url.find_first_of("/?"), url.size());
    std::string_view authority = url.substr(0, slash);
    parts.target = slash < url.size() ? url.substr(slash) : "/";
    // User info in a registered URL would give Basic authentication; the twin sends none.
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos) authority.remove_prefix(at + 1);
    const std::size_t port = authority.rfind(':');
    parts.host = authority.substr(0, port);
    if (port != std::string_view::npos) parts.port = authority.substr(port + 1);
    return parts;
}

bool dropsNext(std::int64_t offered, std::int64_t percent) {
    // Spread evenly and the same in every run: whenever the running share passes a whole number.
    return offered * percent / 100 != (offered - 1) * percent / 100;
}

}  // namespace

std::string signatureOf(std::string_view key, std::string_view body) {
    using hub::security::HashAlg;
    return hub::security::hexEncode(hub::security::hmac(HashAlg::kSha256, key, body));
}

Notifier::Notifier(Scheduler& scheduler, std::int64_t retry_ms,
                   std::map<std::string, std::string> routes)
    : scheduler_(scheduler), retry_ms_(retry_ms), routes_(std::move(routes)) {
    for (const auto& [host, route] : routes_) clientFor(host, route);
}

Notifier::~Notifier() {
    // The clients end open calls while they are destroyed; nothing new may start then.
    const std::lock_guard lock(mutex_);
    stopped_ = true;
}

void Notifier::offer(Notice notice, const Switches& switches) {
    const std::string url = notice.url;
    {
        const std::lock_guard lock(mutex_);
        ++counts_.offered;
        if (dropsNext(counts_.offered, switches.drop_percent)) {
            ++counts_.dropped;
            return;
        }
        Lane& lane = lanes_[url];
        if (switches.reorder && !lane.held) {
            lane.held = std::move(notice);
            ++counts_.open;
            scheduler_.after(kHoldRetries * retry_ms_, [this] { release(); });
            return;
        }
        queueLocked(lane, std::move(notice), switches);
        if (lane.held) {
            --counts_.open;
            queueLocked(lane, *std::exchange(lane.held, std::nullopt), switches);
        }
    }
    pump(url);
}

void Notifier::queueLocked(Lane& lane, Notice notice, const Switches& switches) {
    ++queued_;
    ++counts_.open;
    if (switches.duplicate_every > 0 && queued_ % switches.duplicate_every == 0) {
        ++counts_.open;
        lane.queue.push_back(notice);
    }
    lane.queue.push_back(std::move(notice));
}

void Notifier::release() {
    std::vector<std::string> urls;
    {
        const std::lock_guard lock(mutex_);
        for (auto& [url, lane] : lanes_) {
            if (!lane.held) continue;
            lane.queue.push_back(*std::exchange(lane.held, std::nullopt));
            urls.push_back(url);
        }
    }
    for (const std::string& url : urls) pump(url);
}

void Notifier::pump(const std::string& url) {
    Notice notice;
    {
        const std::lock_guard lock(mutex_);
        Lane& lane = lanes_[url];
        if (stopped_ || lane.busy || lane.queue.empty()) return;
        lane.busy = true;
        notice = std::move(lane.queue.front());
        lane.queue.pop_front();
        ++notice.tries;
    }
    const auto place = placeOf(url);
    if (!place) {
        notice.tries = kMinuteTries + kHourTries;
        // Later, not here: a long queue without a way out must not become a deep recursion.
        scheduler_.after(0, [this, notice = std::move(notice)] { settle(notice, 0); });
        return;
    }
    hub::http::OutboundRequest request;
    request.method = "POST";
    request.scheme = place->scheme;
    request.host = place->host;
    request.port = place->port;
    request.target = place->target;
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"User-Agent", std::string(kUserAgent)});
    request.headers.push_back({"X-Checkr-Signature", notice.signature});
    request.body = notice.body;
    request.deadline_ms = kDeadlineMs;
    request.allowed_hosts = {place->host};
    {
        const std::lock_guard lock(mutex_);
        ++counts_.sent;
    }
    place->client->send(std::move(request),
                        [this, notice = std::move(notice)](const hub::http::SendResult& result) {
                            settle(notice, result ? result.reply().status : 0);
                        });
}

void Notifier::settle(Notice notice, int status) {
    const std::string url = notice.url;
    {
        const std::lock_guard lock(mutex_);
        lanes_[url].busy = false;
        const bool received = status >= 200 && status <= 299;
        const bool last = notice.tries >= kMinuteTries + kHourTries;
        if (received) ++counts_.acknowledged;
        if (received && !notice.event_id.empty()) acknowledged_.insert(notice.event_id);
        if (!received && last) ++counts_.given_up;
        if (received || last) --counts_.open;
        if (!received && !last) {
            const std::int64_t minutes = notice.tries < kMinuteTries ? 1 : kMinutesPerHour;
            scheduler_.after(minutes * retry_ms_, [this, notice = std::move(notice)]() mutable {
                const std::string again = notice.url;
                {
                    const std::lock_guard inner(mutex_);
                    lanes_[again].queue.push_back(std::move(notice));
                }
                pump(again);
            });
        }
    }
    pump(url);
}

std::optional<Notifier::Place> Notifier::placeOf(const std::string& url) {
    const auto parts = split(url);
    if (!parts) return std::nullopt;
    Place place;
    place.scheme = parts->scheme;
    place.host = parts->host;
    place.target = parts->target;
    std::from_chars(parts->port.data(), parts->port.data() + parts->port.size(), place.port);
    const auto routed = routes_.find(place.host);
    if (routed != routes_.end()) {
        place.client = &clientFor(place.host, routed->second);
        return place;
    }
    const bool local = place.host == kLoopbackName || hub::http::isLoopbackAddress(place.host);
    const std::lock_guard lock(clients_mutex_);
    const std::string route =
        "http://127.0.0.1:" + (place.port == 0 ? "80" : std::to_string(place.port));
    const bool room = clients_.size() < kClientsMax ||
                      clients_.contains(std::string(kLoopbackName) + "@" + route);
    if (!local || place.scheme != "http" || !room) return std::nullopt;
    place.host = kLoopbackName;
    place.client = &clientForLocked(place.host, route);
    return place;
}

hub::http::Client& Notifier::clientFor(const std::string& host, const std::string& route) {
    const std::lock_guard lock(clients_mutex_);
    return clientForLocked(host, route);
}

hub::http::Client& Notifier::clientForLocked(const std::string& host, const std::string& route) {
    auto& client = clients_[host + "@" + route];
    if (!client) {
        hub::http::ClientConfig config;
        config.routes[host] = route;
        config.limits.resolver_threads = 1;
        client = std::make_unique<hub::http::Client>(std::move(config));
    }
    return *client;
}

NoticeCounts Notifier::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::set<std::string> Notifier::acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
}

}  // namespace vendor::checkr::simulator
