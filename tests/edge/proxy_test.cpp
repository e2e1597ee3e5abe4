// TM-HTTP-1, TM-HTTP-2, TM-HTTP-4, TM-HTTP-5: the table of raw requests behind real proxies.
#include <gtest/gtest.h>

#include "hub/http/testing/raw_cases.hpp"
#include "hub/http/testing/recording_server.hpp"
#include "tests/edge/running_proxy.hpp"

namespace hub::edge {
namespace {

using http::testing::RawCase;
using http::testing::RawSocket;
using http::testing::RecordingServer;
using http::testing::statusOf;

http::ServerConfig hubConfig() {
    http::ServerConfig config;
    config.allowed_hosts = {"hub.test"};
    config.trusted_proxies = {"127.0.0.1"};
    config.limits.body_grace_ms = 300;
    config.limits.drain_ms = 100;
    return config;
}

std::string talk(const RunningProxy& proxy, std::string_view bytes,
                 const std::string& source = {}) {
    RawSocket socket = RawSocket::connectTo(proxy.port(), source);
    socket.send(bytes);
    return socket.readToEnd();
}

std::string getOf(const std::string& path, const std::string& fields = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: hub.test\r\n" + fields + "\r\n";
}

class BehindProxy : public ::testing::TestWithParam<ProxyKind> {};

// A proxy and the hub may read bytes in two ways; no pair of readings may make two requests of one.
// After each case an honest request must get its own answer: nothing waits on a shared connection.
TEST_P(BehindProxy, NoRawRequestReachesTheHandlerTwice) {
    RecordingServer hub(hubConfig());
    const RunningProxy proxy(GetParam(), hub.port());
    std::size_t before = 0;
    std::size_t passed = 0;
    for (const RawCase& one : http::testing::allRawCases()) {
        SCOPED_TRACE(one.name);
        const std::string answer = talk(proxy, one.bytes);
        const std::string probe = talk(proxy, getOf("/probe"));
        EXPECT_EQ(statusOf(probe), 200) << probe;
        EXPECT_TRUE(probe.ends_with("\r\n\r\n/probe")) << "another request's answer: " << probe;
        const auto requests = hub.requests();
        std::size_t calls = 0;
        for (std::size_t i = before; i < requests.size(); ++i) {
            EXPECT_NE(requests[i].path, "/hidden");
            if (requests[i].path != "/probe") ++calls;
        }
        EXPECT_LE(calls, 1U);
        passed += calls;
        before = requests.size();
        // One answer, also for those that the proxy itself refuses.
        EXPECT_EQ(answer.find("\nHTTP/1.1 "), std::string::npos) << answer;
    }
    EXPECT_GE(passed, 5U) << "a proxy that lets nothing through proves nothing";
    EXPECT_LT(hub.server().view().accepted, before) << "no connection was shared";
}

// TM-HTTP-2: what a refused request leaves unread is never the next request of a shared connection.
TEST_P(BehindProxy, TheBodyOfARefusedRequestIsNeverTheNextRequest) {
    RecordingServer hub(hubConfig(), [](const http::Request& request) {
        http::Response response;
        response.status = request.path == "/probe" ? 200 : 404;
        response.body = request.path;
        return response;
    });
    const RunningProxy proxy(GetParam(), hub.port());
    const std::string hidden = getOf("/hidden");
    for (int i = 0; i < 20; ++i) {
        const std::string answer =
            talk(proxy, "POST /gone HTTP/1.1\r\nHost: hub.test\r\nContent-Length: " +
                            std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
        EXPECT_EQ(statusOf(answer), 404);
        EXPECT_TRUE(talk(proxy, getOf("/probe")).ends_with("/probe"));
    }
    for (const http::Request& request : hub.requests()) EXPECT_NE(request.path, "/hidden");
}

// TM-HTTP-5: behind a trusted proxy the client's address is the one that the proxy saw.
TEST_P(BehindProxy, AForgedClientAddressIsNotBelieved) {
    RecordingServer hub(hubConfig());
    const RunningProxy proxy(GetParam(), hub.port());
    EXPECT_EQ(statusOf(talk(proxy, getOf("/a", "X-Forwarded-For: 203.0.113.9\r\n"), "127.0.0.7")),
              200);
    EXPECT_EQ(statusOf(talk(proxy, getOf("/b"), "127.0.0.7")), 200);
    for (const http::Request& request : hub.requests())
        EXPECT_EQ(request.peer_address, "127.0.0.7") << request.path;
    EXPECT_EQ(hub.requests().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Each, BehindProxy,
                         ::testing::Values(ProxyKind::kHaproxy, ProxyKind::kNginx),
                         [](const auto& proxy) {
                             return proxy.param == ProxyKind::kHaproxy ? "Haproxy" : "Nginx";
                         });

}  // namespace
}  // namespace hub::edge
