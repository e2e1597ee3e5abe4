#include "hub/flows/testing/scripted_vendor.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <hubsdk/cpp/text.hpp>

namespace hub::flows::testing {
namespace {

std::string pathOf(const SeenRequest& request) {
    return request.target.substr(0, request.target.find('?'));
}

// Reads one request with a Content-Length, or without a body.
SeenRequest readRequest(http::testing::RawSocket& socket) {
    std::string bytes = socket.readUntil("\r\n\r\n");
    SeenRequest request;
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return request;
    request.head = bytes.substr(0, end + 2);
    request.body = bytes.substr(end + 4);
    request.method = request.head.substr(0, request.head.find(' '));
    const std::size_t target = request.method.size() + 1;
    request.target = request.head.substr(target, request.head.find(' ', target) - target);
    const std::string length = headerOf(request, "Content-Length");
    const std::size_t wanted = length.empty() ? 0 : std::stoul(length);
    while (request.body.size() < wanted) {
        const std::string more = socket.readSome();
        if (more.empty()) break;
        request.body += more;
    }
    return request;
}

}  // namespace

std::string headerOf(const SeenRequest& request, const std::string& name) {
    std::string_view rest = request.head;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find("\r\n"), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 2, rest.size()));
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && hubsdk::equalNoCase(line.substr(0, colon), name))
            return std::string(hubsdk::trimmed(line.substr(colon + 1)));
    }
    return {};
}

Behaviour answer(int status, const std::string& body, const std::string& more_headers) {
    Behaviour behaviour;
    behaviour.bytes = "HTTP/1.1 " + std::to_string(status) +
                      " Said\r\nConnection: close\r\nContent-Type: application/json\r\n" +
                      more_headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                      body;
    return behaviour;
}

Behaviour loseReply() { return {}; }

ScriptedVendor::ScriptedVendor() : thread_([this] { serve(); }) {}

ScriptedVendor::~ScriptedVendor() {
    stopping_ = true;
    { const auto wake = http::testing::RawSocket::connectTo(port()); }
    thread_.join();
}

void ScriptedVendor::on(const std::string& path, std::vector<Behaviour> behaviours) {
    const std::lock_guard lock(mutex_);
    behaviours_[path] = std::move(behaviours);
}

std::vector<SeenRequest> ScriptedVendor::seen(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    std::vector<SeenRequest> all;
    for (const SeenRequest& request : seen_) {
        if (path.empty() || pathOf(request) == path) all.push_back(request);
    }
    return all;
}

Behaviour ScriptedVendor::next(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    const auto found = behaviours_.find(pathOf(request));
    if (found == behaviours_.end() || found->second.empty()) return answer(200);
    Behaviour behaviour = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
    return behaviour;
}

void ScriptedVendor::serve() {
    while (!stopping_) {
        std::optional<http::testing::RawSocket> peer;
        try {
            peer.emplace(listener_.accept());
        } catch (const std::runtime_error&) {
            continue;  // nobody came for a while: the test is busy, for example with its database
        }
        if (stopping_) return;
        http::testing::RawSocket& socket = *peer;
        const SeenRequest request = readRequest(socket);
        if (request.method.empty()) continue;
        const Behaviour behaviour = next(request);
        if (behaviour.before) behaviour.before();
        if (!behaviour.bytes.empty()) {
            socket.send(behaviour.bytes);
            socket.shutdownSend();
        }
    }
}

}  // namespace hub::flows::testing
