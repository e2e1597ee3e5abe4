#include "tests/e2e/roster_vendor.hpp"

#include <stdexcept>

#include "hub/security/digest.hpp"

namespace hub::e2e {
namespace {

constexpr std::string_view kPersons = "/persons";
constexpr std::size_t kSignedBytes = 20;

std::string referenceIn(const std::string& body) {
    const auto document = hubsdk::JsonDocument::parse(body);
    return document ? std::string(document->root()["reference"].text()) : std::string();
}

std::string signatureOf(std::string_view secret, std::string_view message) {
    return security::hexEncode(security::hmac(security::HashAlg::kSha256, secret, message));
}

}  // namespace

RosterVendor::RosterVendor()
    : server_({}, [this](const http::Request& request, const http::Respond& respond) {
          respond(answer(request));
      }) {
    if (auto started = server_.start(); !started.ok())
        throw std::runtime_error(started.error().text());
}

std::map<std::string, std::string> RosterVendor::settings() const {
    return {{"plugins.dir", HUB_BUILD_DIR "/plugins/e2e"},
            {"outbound.routes",
             "api.roster.example=http://127.0.0.1:" + std::to_string(server_.port())}};
}

void RosterVendor::know(const std::string& id, const std::string& person) {
    const std::lock_guard lock(mutex_);
    persons_[id] = person;
}

int RosterVendor::fetches(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return fetches_[id];
}

std::map<std::string, std::string> RosterVendor::submitted() {
    const std::lock_guard lock(mutex_);
    return submitted_;
}

http::Response RosterVendor::answer(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    http::Response response;
    response.headers.push_back({"Content-Type", "application/json"});
    std::string id;
    if (request.method == "POST") {
        id = "p" + std::to_string(submitted_.size() + 1);
        submitted_[id] = referenceIn(request.body);
        persons_[id] = R"({"id":")" + id + R"(","status":"in_progress"})";
    } else {
        id = request.path.substr(std::min(kPersons.size() + 1, request.path.size()));
        ++fetches_[id];
    }
    const auto person = persons_.find(id);
    response.status = person == persons_.end() ? 404 : 200;
    response.body = person == persons_.end() ? "{}" : person->second;
    return response;
}

HttpAnswer deliverRoster(const RunningHub& hub, const std::string& webhook_path,
                         std::string_view secret, Proving proving, std::string_view body) {
    std::map<std::string, std::string> headers{{"Content-Type", "application/json"}};
    if (proving == Proving::kPassword) {
        headers["X-Roster-Password"] = secret;
    } else if (proving == Proving::kPart) {
        headers["X-Roster-Signed-Bytes"] = std::to_string(kSignedBytes);
        headers["X-Roster-Signature"] = signatureOf(secret, body.substr(0, kSignedBytes));
    } else {
        headers["X-Roster-Signature"] = signatureOf(secret, body);
    }
    return hub.send("POST", webhook_path, headers, body);
}

}  // namespace hub::e2e
