#include "plugins/checkr/simulator/twin_fixture.hpp"

#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace vendor::checkr::simulator {

using hub::http::Reply;
using hub::http::Request;

Receiver::Receiver()
    : server_({}, [this](Request request, const hub::http::Respond& respond) {
          hub::http::Response response;
          {
              const std::lock_guard lock(mutex_);
              requests_.push_back(std::move(request));
              response.status = status_;
          }
          changed_.notify_all();
          respond(std::move(response));
      }) {
    if (const auto started = server_.start(); !started) {
        throw std::runtime_error(started.error().text());
    }
}

std::string Receiver::url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + "/in/checkr/7f3a";
}

void Receiver::answerWith(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
}

std::vector<Request> Receiver::waitFor(std::size_t count) {
    return wait([count](const auto& requests) { return requests.size() >= count; });
}

std::vector<Request> Receiver::waitForType(std::string_view type) {
    return wait([type](const auto& requests) { return !idOf(requests, type).empty(); });
}

std::vector<Request> Receiver::wait(const Enough& enough) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(kPatienceMs),
                      [&] { return enough(requests_); });
    return requests_;
}

RunningTwin::RunningTwin(std::string_view config) {
    hubsdk::testing::SimulatorOptions options;
    options.config_json = config;
    const auto port = twin_.start(options);
    if (!port) throw std::runtime_error(port.error().text());
    const std::string place = "http://127.0.0.1:" + std::to_string(*port);
    hub::http::ClientConfig client;
    client.routes = {{"api.checkr.com", place}, {"documents.checkr.example", place}};
    client_ = std::make_unique<hub::http::Client>(std::move(client));
}

namespace {

hub::http::OutboundRequest requestOf(const Ask& ask) {
    hub::http::OutboundRequest request;
    request.method = ask.method;
    request.host = ask.host;
    request.target = ask.target;
    request.headers = ask.headers;
    request.body = ask.body;
    request.allowed_hosts = {ask.host};
    if (!ask.key.empty()) {
        const std::string credentials = hubsdk::base64Encoded(ask.key + ":");
        request.headers.push_back({"Authorization", "Basic " + credentials});
    }
    if (!ask.body.empty() && !hub::http::find(ask.headers, "content-type")) {
        request.headers.push_back({"Content-Type", "application/json"});
    }
    return request;
}

}  // namespace

hub::http::SendResult RunningTwin::send(const Ask& ask) {
    return client_->sendAndWait(requestOf(ask));
}

void RunningTwin::sendLater(const Ask& ask, hub::http::SendCallback callback) {
    client_->send(requestOf(ask), std::move(callback));
}

void RunningTwin::stop() { twin_.stop(); }

Reply RunningTwin::call(const Ask& ask) {
    auto result = send(ask);
    if (!result) throw std::runtime_error(result.error().error.text());
    return std::move(result).reply();
}

Reply RunningTwin::get(const std::string& target) {
    Ask ask;
    ask.target = target;
    return call(ask);
}

Reply RunningTwin::post(const std::string& target, const std::string& body) {
    Ask ask;
    ask.method = "POST";
    ask.target = target;
    ask.body = body;
    return call(ask);
}

void RunningTwin::switchTo(const std::string& switches) {
    const Reply reply = post("/_sim/switch", switches);
    if (reply.status != 200) throw std::runtime_error(reply.body);
}

hubsdk::JsonDocument RunningTwin::ledger() { return parsed(get("/_sim/ledger").body); }

bool RunningTwin::waitForLedger(std::string_view pointer, std::int64_t value) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + std::chrono::milliseconds(kPatienceMs);
    while (Clock::now() < deadline) {
        if (ledger().root().pointer(pointer).asInt64() == value) return true;
        std::this_thread::yield();
    }
    return false;
}

void RunningTwin::listenWith(const Receiver& receiver, bool include_object) {
    const Reply reply = post(
        "/v1/webhooks", "{\"webhook_url\":\"" + receiver.url() +
                            "\",\"include_object\":" + (include_object ? "true" : "false") + "}");
    if (reply.status != 201) throw std::runtime_error(reply.body);
}

std::string RunningTwin::invite(const std::string& email, const std::string& custom_id) {
    const Reply candidate =
        post("/v1/candidates", "{\"email\":\"" + email + "\",\"custom_id\":\"" + custom_id + "\"}");
    const Reply invitation = post("/v1/invitations", R"({"package":"driver_pro","candidate_id":")" +
                                                         at(candidate.body, "/id") + "\"}");
    if (invitation.status != 201) throw std::runtime_error(invitation.body);
    return at(invitation.body, "/id");
}

hubsdk::JsonDocument parsed(std::string_view body) {
    auto document = hubsdk::JsonDocument::parse(body);
    if (!document) throw std::runtime_error(document.error().text());
    return std::move(document).value();
}

std::string at(std::string_view body, std::string_view pointer) {
    const auto document = parsed(body);
    return std::string(document.root().pointer(pointer).scalarText().value_or(""));
}

std::vector<std::string> typesOf(const std::vector<Request>& deliveries) {
    std::vector<std::string> types;
    types.reserve(deliveries.size());
    for (const Request& delivery : deliveries) types.push_back(at(delivery.body, "/type"));
    return types;
}

std::string idOf(const std::vector<Request>& deliveries, std::string_view type) {
    const auto found = std::find_if(deliveries.begin(), deliveries.end(), [&](const Request& own) {
        return at(own.body, "/type") == type;
    });
    return found == deliveries.end() ? std::string() : at(found->body, "/data/object/id");
}

}  // namespace vendor::checkr::simulator
