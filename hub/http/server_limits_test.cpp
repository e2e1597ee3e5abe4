// TM-HTTP-6, TM-HTTP-7, TM-HTTP-8: every limit of the edge, at it and one over.
#include "hub/http/testing/recording_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

namespace hub::http::testing {
namespace {

const std::string kStart = "GET / HTTP/1.1\r\n";
const std::string kHost = "Host: hub.test\r\n";
const std::string kClose = "Connection: close\r\n";

ServerConfig quickDrain() {
    ServerConfig config;
    config.limits.drain_ms = 100;
    return config;
}

std::string requestLine(std::size_t size) {
    const std::string rest = "GET / HTTP/1.1";
    return "GET /" + std::string(size - rest.size(), 'a') + " HTTP/1.1\r\n";
}

TEST(ServerLimits, RequestLine) {
    const RecordingServer server(quickDrain());
    const std::string fields = kHost + kClose + "\r\n";
    EXPECT_EQ(statusOf(server.talk(requestLine(8192) + fields)), 200);
    EXPECT_EQ(statusOf(server.talk(requestLine(8193) + fields)), 414);
    EXPECT_EQ(statusOf(server.talk("GET /" + std::string(9000, 'a'))), 414) << "endless line";
}

TEST(ServerLimits, NumberOfFields) {
    const RecordingServer server(quickDrain());
    std::string fields = kHost + kClose;
    for (int i = 2; i < 64; ++i) fields += "X: 1\r\n";
    EXPECT_EQ(statusOf(server.talk(kStart + fields + "\r\n")), 200);
    EXPECT_EQ(statusOf(server.talk(kStart + fields + "X: 1\r\n\r\n")), 431);
}

TEST(ServerLimits, OneValue) {
    const RecordingServer server(quickDrain());
    const std::string start = kStart + kHost + kClose + "X: ";
    EXPECT_EQ(statusOf(server.talk(start + std::string(8192, 'a') + "\r\n\r\n")), 200);
    EXPECT_EQ(statusOf(server.talk(start + std::string(8193, 'a') + "\r\n\r\n")), 431);
}

TEST(ServerLimits, AllFields) {
    const RecordingServer server(quickDrain());
    std::string fields = kHost + kClose;
    for (int i = 0; i < 4; ++i) fields += "X: " + std::string(8000, 'a') + "\r\n";
    const auto padded = [&fields](std::size_t size) {
        const std::string name = "Y: ";
        return fields + name + std::string(size - fields.size() - name.size() - 2, 'b') + "\r\n";
    };
    EXPECT_EQ(statusOf(server.talk(kStart + padded(32 * 1024) + "\r\n")), 200);
    EXPECT_EQ(statusOf(server.talk(kStart + padded(32 * 1024 + 1) + "\r\n")), 431);
    EXPECT_EQ(statusOf(server.talk(kStart + fields + "Y: " + std::string(1000, 'b'))), 431)
        << "endless field";
}

TEST(ServerLimits, BodyDefault) {
    const RecordingServer server(quickDrain());
    const auto body = [&server](std::size_t size) {
        RawSocket socket = RawSocket::connectTo(server.port());
        socket.send("POST / HTTP/1.1\r\n" + kHost + kClose +
                    "Content-Length: " + std::to_string(size) + "\r\n\r\n");
        if (size <= kBodyBytesMaxDefault) socket.send(std::string(size, 'a'));
        return statusOf(socket.readToEnd());
    };
    EXPECT_EQ(body(kBodyBytesMaxDefault), 200);
    EXPECT_EQ(body(kBodyBytesMaxDefault + 1), 413);
}

TEST(ServerLimits, RefusalsHaveTheBodyThatTheHubGivesThem) {
    ServerConfig config = quickDrain();
    config.refusal_answer = [](const Refusal& refusal) {
        return Response{200, {HeaderField{"X-Why", "test"}}, std::string(refusal.reason)};
    };
    const RecordingServer server(config, [](const Request&) { return Response{500, {}, {}}; });
    const std::string big =
        server.talk("POST / HTTP/1.1\r\n" + kHost + kClose + "Content-Length: 99999999\r\n\r\n");
    EXPECT_EQ(statusOf(big), 413);
    EXPECT_TRUE(big.ends_with("\r\n\r\nbody over its limit")) << big;
    EXPECT_NE(big.find("\r\nX-Why: test\r\n"), std::string::npos);
    const std::string failed = server.talk(kStart + kHost + kClose + "\r\n");
    EXPECT_EQ(statusOf(failed), 500);
    EXPECT_TRUE(failed.ends_with("Something went wrong on our side.")) << failed;
}

TEST(ServerLimits, RequestsPerConnection) {
    ServerConfig config;
    config.limits.requests_per_connection_max = 2;
    RecordingServer server(config);
    RawSocket socket = RawSocket::connectTo(server.port());
    socket.send(kStart + kHost + "\r\n");
    EXPECT_NE(socket.readUntil("\r\n\r\n").find("Connection: keep-alive"), std::string::npos);
    socket.send(kStart + kHost + "\r\n");
    EXPECT_NE(socket.readToEnd().find("Connection: close"), std::string::npos);
    EXPECT_EQ(server.requests().size(), 2U);
}

/// Opens a connection and proves by a first answer that the server has let it in.
RawSocket enter(const RecordingServer& server, const std::string& source) {
    RawSocket socket = RawSocket::connectTo(server.port(), source);
    socket.send(kStart + kHost + "\r\n");
    EXPECT_EQ(statusOf(socket.readUntil("\r\n\r\n")), 200);
    return socket;
}

TEST(ServerLimits, ConnectionsPerAddress) {
    ServerConfig config;
    config.limits.connections_per_address_max = 2;
    config.trusted_proxies = {"127.0.0.9"};
    const RecordingServer server(config);
    {
        const RawSocket first = enter(server, "127.0.0.2");
        RawSocket second = enter(server, "127.0.0.2");
        RawSocket third = RawSocket::connectTo(server.port(), "127.0.0.2");
        EXPECT_EQ(statusOf(third.readToEnd()), 503);
        const RawSocket other = enter(server, "127.0.0.3");
        const RawSocket proxy1 = enter(server, "127.0.0.9");
        const RawSocket proxy2 = enter(server, "127.0.0.9");
        const RawSocket proxy3 = enter(server, "127.0.0.9");
        // An answered close proves that the place is free again.
        second.send(kStart + kHost + kClose + "\r\n");
        EXPECT_EQ(statusOf(second.readToEnd()), 200);
    }
}

TEST(ServerLimits, ConnectionsInTotal) {
    ServerConfig config;
    config.limits.connections_max = 2;
    const RecordingServer server(config);
    const RawSocket first = enter(server, "127.0.0.2");
    const RawSocket second = enter(server, "127.0.0.3");
    RawSocket third = RawSocket::connectTo(server.port(), "127.0.0.4");
    const std::string answer = third.readToEnd();
    EXPECT_EQ(statusOf(answer), 503);
    EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
}

TEST(ServerLimits, BodiesInFlightShareOneBudget) {
    // TM-HTTP-7
    ServerConfig config = quickDrain();
    config.limits.body_bytes_in_flight_max = 100;
    const RecordingServer server(config);
    const auto post = [&server](std::size_t size, std::size_t sent) {
        RawSocket socket = RawSocket::connectTo(server.port());
        socket.send("POST / HTTP/1.1\r\n" + kHost + kClose + "Content-Length: " +
                    std::to_string(size) + "\r\n\r\n" + std::string(sent, 'a'));
        return socket;
    };
    EXPECT_EQ(statusOf(post(100, 100).readToEnd()), 200);
    const std::string refused = post(101, 101).readToEnd();
    EXPECT_EQ(statusOf(refused), 503);
    EXPECT_NE(refused.find("Retry-After: "), std::string::npos);
    {
        const RawSocket holding = post(90, 60);  // never complete
        int status = 200;
        for (int i = 0; i < 200 && status == 200; ++i) status = statusOf(post(50, 50).readToEnd());
        EXPECT_EQ(status, 503);
        EXPECT_EQ(statusOf(post(40, 40).readToEnd()), 200);
    }
    int status = 503;  // what a connection held is free once it is gone
    for (int i = 0; i < 200 && status == 503; ++i) status = statusOf(post(100, 100).readToEnd());
    EXPECT_EQ(status, 200);
}

TEST(ServerLimits, EverythingIsCounted) {
    ServerConfig config = quickDrain();
    config.limits.header_ms = 100;
    config.limits.connections_per_address_max = 1;
    RecordingServer server(config);
    const auto view = [&server] { return server.server().view(); };
    EXPECT_EQ(statusOf(server.talk(kStart + kHost + kClose + "\r\n")), 200);
    while (view().connections > 0) std::this_thread::yield();
    EXPECT_EQ(statusOf(server.talk("GET / HTTP/1.1\r\n\r\n")), 400);
    while (view().connections > 0) std::this_thread::yield();
    EXPECT_EQ(server.talk(kStart + kHost), "") << "never whole";
    while (view().connections > 0) std::this_thread::yield();
    {
        const RawSocket held = enter(server, "127.0.0.2");
        EXPECT_EQ(view().connections, 1U);
        RawSocket over = RawSocket::connectTo(server.port(), "127.0.0.2");
        EXPECT_EQ(statusOf(over.readToEnd()), 503);
    }
    const ServerView counted = view();
    EXPECT_EQ(counted.accepted, 4U);
    EXPECT_EQ(counted.over_cap, 1U);
    EXPECT_EQ(counted.cut, 1U);
    EXPECT_EQ(counted.answers.at(1), 2U);
    EXPECT_EQ(counted.refusals, (std::map<int, std::uint64_t>{{400, 1}}));
    EXPECT_EQ(counted.body_bytes, 0U);
}

TEST(ServerLimits, SlowHeaderIsCutOff) {
    ServerConfig config;
    config.limits.header_ms = 100;
    RecordingServer server(config);
    EXPECT_EQ(server.talk(kStart + kHost), "");
    EXPECT_EQ(server.talk(""), "");
    EXPECT_TRUE(server.requests().empty());
}

// A drip that keeps each single wait short must not keep the header open.
TEST(ServerLimits, DrippedHeaderIsCutOff) {
    ServerConfig config;
    config.limits.header_ms = 100;
    RecordingServer server(config);
    RawSocket socket = RawSocket::connectTo(server.port());
    socket.send(kStart);
    bool open = true;
    for (int i = 0; i < 1'000'000 && open; ++i) open = socket.send("X: 1\r\n");
    const std::string answer = socket.readToEnd();
    EXPECT_TRUE(answer.empty() || statusOf(answer) == 431) << answer;
    EXPECT_TRUE(server.requests().empty());
}

// A head with half a MiB of a body that is longer by a little: minutes, at the lowest rate.
const std::string kBurst = "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 600000\r\n\r\n" +
                           std::string(std::size_t{512} * 1024, 'a');

TEST(ServerLimits, SlowBodyIsCutOff) {
    ServerConfig config;
    config.limits.body_grace_ms = 100;
    RecordingServer server(config);
    const std::string head = "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 100\r\n\r\n";
    EXPECT_EQ(server.talk(head + "abc"), "");
    EXPECT_TRUE(server.requests().empty());
}

// TM-HTTP-6: much at once does not pay for a long silence.
TEST(ServerLimits, BurstThatFallsSilentIsCutOff) {
    ServerConfig config;
    config.limits.body_grace_ms = 100;
    RecordingServer server(config);
    EXPECT_EQ(server.talk(kBurst), "");
    EXPECT_TRUE(server.requests().empty());
    // It is counted when the connection's own thread sees the end, which may be after the peer
    // does.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server.server().view().cut == 0 && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    EXPECT_EQ(server.server().view().cut, 1U);
}

TEST(ServerLimits, IdleConnectionIsClosed) {
    ServerConfig config;
    config.limits.idle_ms = 100;
    RecordingServer server(config);
    RawSocket socket = RawSocket::connectTo(server.port());
    socket.send(kStart + kHost + "\r\n");
    EXPECT_EQ(statusOf(socket.readToEnd()), 200);
}

// TM-HTTP-6: what the system's buffers took at once earns a credit and no more.
TEST(ServerLimits, PeerThatStopsReadingIsCutOff) {
    ServerConfig config;
    config.limits.write_grace_ms = 100;
    config.limits.write_credit_ms = 100;
    RecordingServer server(config, [](const Request&) {
        return Response{200, {}, std::string(std::size_t{64} * 1024 * 1024, 'a')};
    });
    RawSocket socket = RawSocket::connectTo(server.port());
    socket.send(kStart + kHost + "\r\n");
    ASSERT_NE(socket.readUntil("\r\n\r\n"), "");
    while (server.server().view().connections > 0) std::this_thread::yield();
}

// The peer does not read: the answer does not fit into the buffers, and the write must end.
TEST(ServerLimits, PeerThatDoesNotReadIsCutOff) {
    ServerConfig config;
    config.limits.write_grace_ms = 100;
    config.limits.write_rate_min = std::int64_t{1} << 40;
    RecordingServer server(config, [](const Request&) {
        return Response{200, {}, std::string(std::size_t{64} * 1024 * 1024, 'a')};
    });
    RawSocket socket = RawSocket::connectTo(server.port());
    socket.send(kStart + kHost + "\r\n");
    ASSERT_NE(socket.readUntil("\r\n\r\n"), "");
    server.server().stop(RawSocket::kPatienceMs);  // returns only when the connection has ended
    EXPECT_LT(socket.readToEnd().size(), std::size_t{64} * 1024 * 1024);
}

TEST(ServerLimits, HandlerThatNeverAnswersIsAnsweredFor) {
    ServerConfig config;
    config.limits.answer_ms = 100;
    std::promise<Respond> kept;
    Server server(config,
                  [&kept](const Request&, Respond respond) { kept.set_value(std::move(respond)); });
    ASSERT_TRUE(server.start());
    RawSocket socket = RawSocket::connectTo(server.port());
    socket.send(kStart + kHost + kClose + "\r\n");
    EXPECT_EQ(statusOf(socket.readToEnd()), 503);
    kept.get_future().get()(Response{});  // too late, and harmless
}

}  // namespace
}  // namespace hub::http::testing
