/// Calls to peers that play a script: what the tests of the client share.
#pragma once

#include "hub/http/client.hpp"
#include "hub/http/testing/certificates.hpp"
#include "hub/http/testing/raw_socket.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace hub::http::testing {

inline const std::string kName = "api.vendor.test";

/// Reading one authority instead of the system's hundred keeps the tests quick.
inline ClientConfig quickConfig() {
    static TestAuthority authority;
    ClientConfig config;
    config.ca_file = authority.caFile();
    return config;
}

inline ClientConfig routed(std::uint16_t port) {
    ClientConfig config = quickConfig();
    config.routes[kName] = "http://127.0.0.1:" + std::to_string(port);
    return config;
}

inline OutboundRequest request(const std::string& method = "POST",
                               const std::string& target = "/orders") {
    OutboundRequest made;
    made.method = method;
    made.host = kName;
    made.target = target;
    made.allowed_hosts = {kName};
    made.deadline_ms = RawSocket::kPatienceMs;
    if (method == "POST") made.body = "{}";
    return made;
}

/// Accepts connections and plays one script each, in a thread of its own.
class ScriptedPeer {
public:
    using Script = std::function<void(RawSocket&)>;

    explicit ScriptedPeer(std::vector<Script> scripts)
        : thread_([this, scripts = std::move(scripts)] {
              for (const Script& script : scripts) {
                  RawSocket socket = listener_.accept();
                  ++connections_;
                  script(socket);
              }
          }) {}
    ~ScriptedPeer() { thread_.join(); }
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    [[nodiscard]] int connections() const { return connections_; }

private:
    RawListener listener_;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

/// A script: reads one request head, sends these bytes and closes.
inline ScriptedPeer::Script answering(const std::string& bytes) {
    return [bytes](RawSocket& socket) {
        (void)socket.readUntil("\r\n\r\n");
        socket.send(bytes);
        socket.shutdownSend();
        (void)socket.readToEnd();
    };
}

inline SendResult resultOf(const std::string& answer, OutboundRequest sent = request()) {
    const ScriptedPeer peer({answering(answer)});
    Client client(routed(peer.port()));
    return client.sendAndWait(std::move(sent));
}

inline std::string sized(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string chunkedReply(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

}  // namespace hub::http::testing
