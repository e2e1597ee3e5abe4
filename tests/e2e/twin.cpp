#include "tests/e2e/twin.hpp"

#include <fstream>
#include <stdexcept>

#include "hub/http/testing/raw_socket.hpp"

namespace hub::e2e {

Twin::Twin(std::string_view api_key) {
    const std::string config = folder_.path() + "/checkr.json";
    std::ofstream(config) << R"({"api_key":")" << api_key << R"(","pace_ms":50,"retry_ms":200})";
    process_ = std::make_unique<Process>(
        HUB_BUILD_DIR "/bin/vendor-sim",
        std::vector<std::string>{"--vendor", "checkr", "--port", "0", "--config", config},
        folder_.path() + "/checkr.log");
    const std::string port = process_->waitForLine("listening on http://127.0.0.1:");
    if (port.empty()) throw std::runtime_error("the twin did not start");
    port_ = static_cast<std::uint16_t>(std::stoi(port));
    address_ = "http://127.0.0.1:" + std::to_string(port_);
}

std::string Twin::routes() const {
    return "api.checkr.com=" + address_ + ", documents.checkr.example=" + address_;
}

std::string Twin::call(std::string_view method, const std::string& path,
                       const std::string& body) const {
    auto socket = http::testing::RawSocket::connectTo(port_);
    socket.send(std::string(method) + " " + path +
                " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
                "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string answer = socket.readToEnd();
    const std::size_t head = answer.find("\r\n\r\n");
    return head == std::string::npos ? std::string() : answer.substr(head + 4);
}

hubsdk::JsonDocument Twin::ledger() const {
    auto ledger = hubsdk::JsonDocument::parse(call("GET", "/_sim/ledger", ""));
    if (!ledger) throw std::runtime_error("no ledger: " + ledger.error().text());
    return std::move(ledger).value();
}

std::set<std::string> Twin::acknowledged() const {
    const auto ids = hubsdk::JsonDocument::parse(call("GET", "/_sim/acknowledged", ""));
    if (!ids) throw std::runtime_error("no acknowledged events: " + ids.error().text());
    std::set<std::string> out;
    for (const auto& item : ids->root().items()) out.emplace(hubsdk::Json(&item).text());
    return out;
}

void Twin::setSwitch(const std::string& json) const {
    const std::string answer = call("POST", "/_sim/switch", json);
    if (answer != "{}") throw std::runtime_error("the twin refuses " + json + ": " + answer);
}

}  // namespace hub::e2e
