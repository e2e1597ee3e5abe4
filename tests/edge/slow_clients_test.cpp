// TM-HTTP-6, TM-HTTP-7: a real hub under slow clients still serves the others. How fast it does is
// measured by tests/edge/slow_clients.sh.
#include <gtest/gtest.h>

#include "hub/http/testing/raw_socket.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::edge {
namespace {

using e2e::RunningHub;
using http::testing::RawSocket;

constexpr std::string_view kKey = "edge-secret-key";
constexpr int kSlowConnections = 300;
constexpr int kPerAddress = 60;  // below the cap of one address

TEST(SqliteSlowClients, LeaveLegitimateRequestsTheirAnswers) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    const std::string kinds[] = {
        "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ",  // slow header
        "POST " + hub.webhookPath() + " HTTP/1.1\r\nHost: x\r\nContent-Length: 4096\r\n\r\n{",
        "",  // says nothing
    };
    std::vector<RawSocket> slow;
    for (int i = 0; i < kSlowConnections; ++i) {
        slow.push_back(
            RawSocket::connectTo(hub.port(), "127.0.1." + std::to_string(1 + i / kPerAddress)));
        slow.back().send(kinds[static_cast<std::size_t>(i) % std::size(kinds)]);
    }
    const std::string body =
        e2e::readFile(HUB_SHARED_DIR "/vendors/checkr/samples/webhook_report_disputed.json");
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(hub.deliver(body, kKey).status, 200);
        EXPECT_EQ(hub.send("GET", "/health", {}, "").status, 200);
        EXPECT_EQ(hub.send("GET", "/ready", {}, "").status, 200);
    }
    const std::string metrics = hub.send("GET", "/metrics", {}, "").body;
    EXPECT_NE(metrics.find("\nhub_http_connections 30"), std::string::npos)
        << "the slow ones are gone, so nothing was proven";
}

// TM-HTTP-7: who takes more connections than one address may have is refused at once; others are
// not.
TEST(SqliteSlowClients, OverTheCapOfAnAddressAreRefusedAtOnce) {
    const RunningHub hub;
    std::vector<RawSocket> held;
    for (int i = 0; i < 100; ++i) {
        held.push_back(RawSocket::connectTo(hub.port(), "127.0.2.1"));
        // An answer proves that the connection was let in.
        held.back().send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
        ASSERT_TRUE(held.back().readUntil("\r\n\r\n").starts_with("HTTP/1.1 200")) << i;
    }
    RawSocket over = RawSocket::connectTo(hub.port(), "127.0.2.1");
    EXPECT_TRUE(over.readToEnd().starts_with("HTTP/1.1 503"));
    EXPECT_EQ(hub.send("GET", "/health", {}, "").status, 200);
}

}  // namespace
}  // namespace hub::edge
