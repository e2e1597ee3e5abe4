#include "plugins/checkr/simulator/twin.hpp"

#include "plugins/checkr/simulator/control.hpp"
#include "plugins/checkr/simulator/endpoints.hpp"
#include "plugins/checkr/simulator/routes.hpp"

#include "hub/http/server.hpp"

#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace vendor::checkr::simulator {

namespace {

using hub::http::Request;
using hub::http::Response;

constexpr std::int64_t kStopGraceMs = 500;
constexpr std::int64_t kRateWindowMs = 60'000;
constexpr std::int64_t kRememberedMs = 86'400'000;  // vendors/checkr.md: 24 h
constexpr std::size_t kRememberedMax = 100'000;

/// The user name of Basic authentication with an empty password, or nothing.
std::optional<std::string> keyOf(const Request& request) {
    static constexpr std::string_view kScheme = "Basic ";
    const auto field = hub::http::find(request.headers, "authorization");
    if (!field || !hub::http::equalsIgnoreCase(field->substr(0, kScheme.size()), kScheme)) {
        return std::nullopt;
    }
    auto text = hubsdk::base64Decoded(field->substr(kScheme.size()));
    if (!text || text->empty() || text->find(':') != text->size() - 1) return std::nullopt;
    text->pop_back();
    return text;
}

Answer unauthorized(const std::optional<std::string>& key) {
    const std::string text =
        key ? "Invalid API Key provided: " + *key : std::string("No API Key provided");
    Answer answer;
    answer.status = 401;
    answer.body =
        "{\"error\":{\"type\":\"invalid_request_error\",\"message\":" + hubsdk::quoted(text) + "}}";
    return answer;
}

/// What a failure switch answers: a gateway's page for 5xx, the API's own form below.
Answer failed(int status) {
    if (status == 429) return failure(429, "Rate limit exceeded");
    if (status < 500) return failure(status, "Refused by the simulator");
    return Answer{status, "<html><body>Service Unavailable</body></html>", "text/html"};
}

bool isFor(const Request& request, std::string_view host) {
    const std::string_view named = hub::http::find(request.headers, "host").value_or("");
    return hub::http::equalsIgnoreCase(named.substr(0, named.find(':')), host);
}

std::string idempotencyKey(const Request& request) {
    const auto key = hub::http::find(request.headers, "idempotency-key");
    if (!key || key->empty() || request.method != "POST") return {};
    return request.path + " " + std::string(*key);
}

bool isSuccess(int status) { return status >= 200 && status <= 299; }

void forgetOld(Account& account, std::int64_t now_ms) {
    std::erase_if(account.remembered, [&](const auto& entry) {
        return !entry.second.running && entry.second.until_ms <= now_ms;
    });
}

}  // namespace

Twin::Twin() = default;

Twin::~Twin() {
    stop();
    world_.reset();  // its webhooks may still be on their way
}

hubsdk::Result<std::uint16_t> Twin::start(const hubsdk::testing::SimulatorOptions& options) {
    auto config = readConfig(options.config_json);
    if (!config) return std::move(config).error();
    try {
        world_ = std::make_unique<World>(std::move(config).value(), scheduler_);
    } catch (const std::invalid_argument& error) {
        return hubsdk::makeError(hubsdk::ErrorCode::kInvalid, error.what(), "routes");
    }
    hub::http::ServerConfig server;
    server.port = options.port;
    server_ = std::make_unique<hub::http::Server>(
        std::move(server), [this](const Request& request, const hub::http::Respond& respond) {
            handle(request, respond);
        });
    const auto started = server_->start();
    if (!started) return started.error();
    return server_->port();
}

std::string Twin::ledger() const {
    const std::lock_guard lock(world_->mutex);
    return world_->ledger();
}

void Twin::stop() {
    if (server_) server_->stop(kStopGraceMs);
    scheduler_.stop();
}

void Twin::handle(const Request& request, const hub::http::Respond& respond) {
    const std::lock_guard lock(world_->mutex);
    Reply reply;
    if (request.path.starts_with(kControlPath)) {
        reply.answer = control(*world_, request);
        return complete(std::move(reply), false, respond);
    }
    ++world_->requests;
    reply = replyTo(request);
    const bool lost = world_->switches.lose_reply.takes(request.method, request.path);
    const std::int64_t delay_ms = world_->switches.delay_ms;
    if (delay_ms == 0) return complete(std::move(reply), lost, respond);
    scheduler_.after(delay_ms, [this, reply = std::move(reply), lost, respond]() mutable {
        const std::lock_guard inner(world_->mutex);
        complete(std::move(reply), lost, respond);
    });
}

void Twin::complete(Reply reply, bool lost, const hub::http::Respond& respond) {
    if (!reply.idempotency_key.empty()) {
        auto& remembered = reply.account->remembered;
        if (isSuccess(reply.answer.status)) {
            Remembered& entry = remembered[reply.idempotency_key];
            entry.running = false;
            entry.answer = reply.answer;
        } else {
            remembered.erase(reply.idempotency_key);
        }
    }
    Response response;
    response.status = lost ? hub::http::kNoAnswer : reply.answer.status;
    response.headers = std::move(reply.headers);
    response.headers.push_back({"Content-Type", reply.answer.content_type});
    response.body = std::move(reply.answer.body);
    respond(std::move(response));
}

Twin::Reply Twin::replyTo(const Request& request) {
    Reply reply;
    if (world_->switches.fail.takes(request.method, request.path)) {
        reply.answer = failed(world_->switches.fail_status);
        return reply;
    }
    if (isFor(request, kDocumentHost)) {
        reply.answer = request.method == "GET" ? download(*world_, request)
                                               : failure(405, "Method not allowed");
        return reply;
    }
    if (request.method == "POST" && request.path == "/oauth/tokens") {
        const std::string body = bodyAsJson(request);
        const auto document = hubsdk::JsonDocument::parse(body);
        reply.answer = document ? exchangeToken(*world_, document->root())
                                : failure(400, "Request body is not valid JSON");
        return reply;
    }
    const auto key = keyOf(request);
    Account* account = key ? world_->accountByKey(*key) : nullptr;
    if (account != nullptr) return replyToAccount(request, *account);
    reply.answer = unauthorized(key);
    return reply;
}

Twin::Reply Twin::replyToAccount(const Request& request, Account& account) {
    Reply reply;
    if (overRate(account, reply)) return reply;
    std::string key = idempotencyKey(request);
    if (!key.empty()) {
        const std::int64_t now_ms = World::nowMs();
        if (account.remembered.size() >= kRememberedMax) forgetOld(account, now_ms);
        const auto found = account.remembered.find(key);
        if (found != account.remembered.end() && found->second.running) {
            reply.answer =
                failure(409, "A request with this Idempotency-Key is still being processed");
            return reply;
        }
        if (found != account.remembered.end() && found->second.until_ms > now_ms) {
            reply.answer = found->second.answer;
            return reply;
        }
        account.remembered[key] = Remembered{true, now_ms + kRememberedMs, {}};
        reply.account = &account;
        reply.idempotency_key = std::move(key);
    }
    reply.answer = callEndpoint(request, account);
    return reply;
}

bool Twin::overRate(Account& account, Reply& reply) const {
    const std::int64_t now_ms = World::nowMs();
    if (account.window_ends_ms <= now_ms) {
        account.window_ends_ms = now_ms + kRateWindowMs;
        account.window_requests = 0;
    }
    ++account.window_requests;
    const std::int64_t limit = world_->config.rate_limit_per_minute;
    const std::int64_t left = std::max<std::int64_t>(limit - account.window_requests, 0);
    reply.headers = {
        {"X-Ratelimit-Limit", std::to_string(limit)},
        {"X-Ratelimit-Remaining", std::to_string(left)},
        // A point in time, not seconds (vendors/checkr.md, Rate limit).
        {"X-Ratelimit-Reset", hubsdk::formatUtc(account.window_ends_ms)},
    };
    if (account.window_requests <= limit) return false;
    reply.answer = failure(429, "Rate limit exceeded");
    return true;
}

Answer Twin::callEndpoint(const Request& request, Account& account) {
    Match match = matchRoute(request.method, request.path);
    if (match.route == nullptr) {
        return match.path_known ? failure(405, "Method not allowed") : notFound("Resource");
    }
    const std::string body = bodyAsJson(request);
    const auto document = hubsdk::JsonDocument::parse(body);
    if (!document) return failure(400, "Request body is not valid JSON");
    Call call{*world_,          account,
              request,          readParams(request.query),
              document->root(), std::move(match.args)};
    return match.route->handle(call);
}

std::unique_ptr<hubsdk::testing::Simulator> makeSimulator() { return std::make_unique<Twin>(); }

}  // namespace vendor::checkr::simulator
