// TM-HTTP-5, TM-HTTP-9 and the life of the server.
#include "hub/http/server.hpp"
#include "hub/http/testing/recording_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace hub::http::testing {
namespace {

const std::string kHost = "Host: hub.test\r\n";
const std::string kClose = "Connection: close\r\n";

std::string get(const std::string& fields = {}, const std::string& target = "/") {
    return "GET " + target + " HTTP/1.1\r\n" + kHost + fields + "\r\n";
}

TEST(Server, GivesTheHandlerTheWholeRequest) {
    RecordingServer server;
    const std::string answer = server.talk("PUT /a%20b?c=%2Fd HTTP/1.1\r\n" + kHost + kClose +
                                           "X-One:  v  \r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(statusOf(answer), 200);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n/a b"));
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].method, "PUT");
    EXPECT_EQ(requests[0].target, "/a%20b?c=%2Fd");
    EXPECT_EQ(requests[0].path, "/a b");
    EXPECT_EQ(requests[0].query, "c=%2Fd");
    EXPECT_EQ(find(requests[0].headers, "x-one"), "v");
    EXPECT_EQ(requests[0].body, "abc");
    EXPECT_EQ(requests[0].peer_address, "127.0.0.1");
    EXPECT_FALSE(requests[0].secure);
}

// TM-HTTP-9
TEST(Server, SetsTheProtectionFieldsOnAnswersAndRefusals) {
    const RecordingServer server;
    for (const std::string& request : {get(kClose), std::string("GET / HTTP/1.1\r\n\r\n")}) {
        const std::string answer = server.talk(request);
        for (const char* field :
             {"Strict-Transport-Security: max-age=31536000; includeSubDomains",
              "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
              "X-XSS-Protection: 1; mode=block", "Content-Security-Policy: default-src 'self'",
              "Cache-Control: no-store"}) {
            EXPECT_NE(answer.find("\r\n" + std::string(field) + "\r\n"), std::string::npos)
                << field;
        }
    }
}

TEST(Server, LeavesFramingFieldsOfTheHandlerOut) {
    const RecordingServer server({}, [](const Request&) {
        return Response{
            200,
            {HeaderField{"Content-Length", "99"}, HeaderField{"Transfer-Encoding", "chunked"},
             HeaderField{"Cache-Control", "max-age=1"}},
            "abc"};
    });
    const std::string answer = server.talk(get(kClose));
    EXPECT_NE(answer.find("Content-Length: 3\r\n"), std::string::npos);
    EXPECT_EQ(answer.find("99"), std::string::npos);
    EXPECT_EQ(answer.find("chunked"), std::string::npos);
    EXPECT_EQ(answer.find("no-store"), std::string::npos) << "the handler's own value wins";
}

TEST(Server, AnswersHeadWithoutBody) {
    const RecordingServer server;
    const std::string answer = server.talk("HEAD /x HTTP/1.1\r\n" + kHost + kClose + "\r\n");
    EXPECT_NE(answer.find("Content-Length: 2\r\n"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(Server, SendsContinueOnlyWhenItWantsTheBody) {
    RecordingServer server;
    const std::string expect = "Expect: 100-continue\r\nContent-Length: ";
    RawSocket socket = RawSocket::connectTo(server.port());
    socket.send("POST / HTTP/1.1\r\n" + kHost + kClose + expect + "3\r\n\r\n");
    EXPECT_EQ(socket.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("abc");
    EXPECT_EQ(statusOf(socket.readToEnd()), 200);
    EXPECT_EQ(statusOf(server.talk("POST / HTTP/1.1\r\n" + kHost + expect + "99999999\r\n\r\n")),
              413);
}

TEST(Server, AnswersForAHandlerThatThrowsOrLetsGo) {
    Server server({}, [](const Request& request, const Respond&) {
        if (request.path == "/throw") throw std::runtime_error("secret text");
    });
    ASSERT_TRUE(server.start());
    for (const char* target : {"/throw", "/drop"}) {
        RawSocket socket = RawSocket::connectTo(server.port());
        socket.send(get(kClose, target));
        const std::string answer = socket.readToEnd();
        EXPECT_EQ(statusOf(answer), 500) << target;
        EXPECT_EQ(answer.find("secret"), std::string::npos);
    }
}

// TM-HTTP-5
TEST(Server, BelievesForwardingFieldsOnlyOfTrustedProxies) {
    const std::string forged =
        "X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nX-Forwarded-Proto: https\r\n"
        "X-Real-IP: 3.3.3.3\r\nForwarded: for=4.4.4.4\r\n";
    ServerConfig config;
    config.trusted_proxies = {"127.0.0.9", "2.2.2.2"};
    RecordingServer server(config);
    for (const char* source : {"127.0.0.1", "127.0.0.9"}) {
        RawSocket socket = RawSocket::connectTo(server.port(), source);
        socket.send(get(forged + kClose));
        EXPECT_EQ(statusOf(socket.readToEnd()), 200);
    }
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].peer_address, "127.0.0.1");
    EXPECT_FALSE(requests[0].secure);
    for (const char* name : {"x-forwarded-for", "x-forwarded-proto", "x-real-ip", "forwarded"}) {
        EXPECT_FALSE(find(requests[0].headers, name)) << name;
    }
    EXPECT_EQ(requests[1].peer_address, "1.1.1.1");
    EXPECT_TRUE(requests[1].secure);
}

TEST(Server, KeepsAConnectionForManyRequests) {
    RecordingServer server;
    RawSocket socket = RawSocket::connectTo(server.port());
    for (int i = 0; i < 100; ++i) {
        socket.send(get({}, "/" + std::to_string(i)));
        EXPECT_EQ(statusOf(socket.readUntil("/" + std::to_string(i))), 200);
    }
    EXPECT_EQ(server.requests().size(), 100U);
}

TEST(Server, AnswersFromOtherThreads) {
    ServerConfig config;
    config.threads = 2;
    std::vector<std::thread> workers;
    std::mutex mutex;
    Server server(config, [&](const Request&, Respond respond) {
        const std::lock_guard lock(mutex);
        workers.emplace_back([respond = std::move(respond)] {
            respond(Response{201, {}, "late"});
            respond(Response{500, {}, "second call"});
        });
    });
    ASSERT_TRUE(server.start());
    for (int i = 0; i < 20; ++i) {
        RawSocket socket = RawSocket::connectTo(server.port());
        socket.send(get(kClose));
        EXPECT_EQ(statusOf(socket.readToEnd()), 201);
    }
    server.stop(RawSocket::kPatienceMs);
    for (std::thread& worker : workers) worker.join();
}

TEST(Server, LetsARunningRequestFinishWhenItStops) {
    std::promise<Respond> entered;
    auto server = std::make_unique<Server>(
        ServerConfig{},
        [&entered](const Request&, Respond respond) { entered.set_value(std::move(respond)); });
    ASSERT_TRUE(server->start());
    RawSocket idle = RawSocket::connectTo(server->port());
    RawSocket busy = RawSocket::connectTo(server->port());
    busy.send(get());
    const Respond respond = entered.get_future().get();
    std::thread stopper([&server] { server->stop(RawSocket::kPatienceMs); });
    EXPECT_EQ(idle.readToEnd(), "") << "idle connections end at once";
    respond(Response{200, {}, "finished"});
    const std::string answer = busy.readToEnd();
    stopper.join();
    EXPECT_TRUE(answer.ends_with("finished"));
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_THROW((void)RawSocket::connectTo(server->port()), std::runtime_error);
}

TEST(Server, CutsARequestThatOutlivesTheGrace) {
    std::promise<Respond> entered;
    auto server = std::make_unique<Server>(
        ServerConfig{},
        [&entered](const Request&, Respond respond) { entered.set_value(std::move(respond)); });
    ASSERT_TRUE(server->start());
    RawSocket busy = RawSocket::connectTo(server->port());
    busy.send(get());
    const Respond respond = entered.get_future().get();
    server->stop(0);
    server.reset();
    EXPECT_EQ(busy.readToEnd(), "");
    respond(Response{});  // after the server is gone
}

TEST(Server, TellsWhyItCannotStart) {
    const auto codeOf = [](ServerConfig config) {
        Server server(std::move(config), {});
        const auto started = server.start();
        return started ? ErrorCode::kInternal : started.error().code;
    };
    const RecordingServer first;
    ServerConfig taken;
    taken.port = first.port();
    EXPECT_EQ(codeOf(taken), ErrorCode::kUnavailable);
    ServerConfig bad;
    bad.bind_address = "somewhere";
    EXPECT_EQ(codeOf(bad), ErrorCode::kInvalid);
    ServerConfig tls;
    tls.tls_certificate_file = "missing.pem";
    EXPECT_EQ(codeOf(tls), ErrorCode::kInvalid);
}

}  // namespace
}  // namespace hub::http::testing
