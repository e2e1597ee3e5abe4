// TM-OUT-2 to TM-OUT-7: the client against peers that lie, stall, cut and redirect.
#include "hub/http/client.hpp"

#include "hub/http/outbound.hpp"
#include "hub/http/testing/certificates.hpp"
#include "hub/http/testing/raw_socket.hpp"
#include "hub/http/testing/recording_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

namespace hub::http::testing {
namespace {

const std::string kName = "api.vendor.test";

/// Reading one authority instead of the system's hundred keeps the tests quick.
ClientConfig quickConfig() {
    static TestAuthority authority;
    ClientConfig config;
    config.ca_file = authority.caFile();
    return config;
}

ClientConfig routed(std::uint16_t port) {
    ClientConfig config = quickConfig();
    config.routes[kName] = "http://127.0.0.1:" + std::to_string(port);
    return config;
}

OutboundRequest request(const std::string& method = "POST", const std::string& target = "/orders") {
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
ScriptedPeer::Script answering(const std::string& bytes) {
    return [bytes](RawSocket& socket) {
        (void)socket.readUntil("\r\n\r\n");
        socket.send(bytes);
        socket.shutdownSend();
        (void)socket.readToEnd();
    };
}

SendResult resultOf(const std::string& answer, OutboundRequest sent = request()) {
    const ScriptedPeer peer({answering(answer)});
    Client client(routed(peer.port()));
    return client.sendAndWait(std::move(sent));
}

std::string sized(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunkedReply(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

TEST(Client, TalksToTheServerAndKeepsTheConnection) {
    RecordingServer server;
    Client client(routed(server.port()));
    for (int i = 0; i < 3; ++i) {
        OutboundRequest sent = request("POST", "/orders?x=1");
        sent.headers = {HeaderField{"Authorization", "Bearer t"}};
        const SendResult result = client.sendAndWait(std::move(sent));
        ASSERT_TRUE(result) << result.error().error.text();
        EXPECT_EQ(result.reply().status, 200);
        EXPECT_EQ(result.reply().body, "/orders");
    }
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].body, "{}");
    EXPECT_EQ(requests[0].query, "x=1");
    EXPECT_EQ(find(requests[0].headers, "host"), kName);
    EXPECT_EQ(find(requests[0].headers, "authorization"), "Bearer t");
}

TEST(Client, ReusesOneConnectionForManyCalls) {
    const ScriptedPeer peer({[](RawSocket& socket) {
        for (int i = 0; i < 3; ++i) {
            (void)socket.readUntil("{}");
            socket.send(sized("ok"));
        }
    }});
    Client client(routed(peer.port()));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.sendAndWait(request()));
    EXPECT_EQ(peer.connections(), 1);
}

TEST(Client, ReadsEveryHonestFraming) {
    EXPECT_EQ(resultOf(sized("hello")).reply().body, "hello");
    EXPECT_EQ(resultOf(chunkedReply("3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n")).reply().body,
              "hello");
    EXPECT_EQ(resultOf("HTTP/1.1 204 No Content\r\n\r\n").reply().status, 204);
    EXPECT_EQ(resultOf("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").reply().status, 200);
    EXPECT_EQ(
        resultOf("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\n" + sized("hello"))
            .reply()
            .body,
        "hello");
    EXPECT_EQ(
        resultOf("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", request("HEAD")).reply().body, "");
    EXPECT_EQ(resultOf("HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno").reply().status, 500);
}

// TM-OUT-6
TEST(Client, RefusesAnAnswerCutAtAnyByte) {
    for (const std::string& whole :
         {sized("hello"), chunkedReply("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")}) {
        std::vector<ScriptedPeer::Script> scripts;
        for (std::size_t size = 0; size < whole.size(); ++size) {
            scripts.push_back(answering(whole.substr(0, size)));
        }
        const ScriptedPeer peer(scripts);
        Client client(routed(peer.port()));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const SendResult result = client.sendAndWait(request());
            ASSERT_FALSE(result) << size;
            EXPECT_EQ(result.error().error.code, ErrorCode::kUnavailable);
            EXPECT_EQ(result.error().delivery, Delivery::kLost);
        }
    }
}

// TM-OUT-5, TM-OUT-6: framings that two readers could take in two ways.
TEST(Client, RefusesAmbiguousAnswers) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (const std::string& answer :
         {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
          ok + "Content-Length: -1\r\n\r\n", ok + "Content-Length : 0\r\n\r\n",
          ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", ok + "X: a\r\n b\r\n\r\n",
          ok + "X: a\nY: b\r\n\r\n", ok + "\r\nno length", std::string("HTTP/2 200 OK\r\n\r\n"),
          std::string("HTTP/1.1 200\r\n\r\n"), std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
          std::string("HTTP/1.1 99 X\r\n\r\n"),
          std::string("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
          std::string("SSH-2.0-x\r\n\r\n"), chunkedReply("zz\r\n"), chunkedReply("5\nhello"),
          chunkedReply(std::string(40'000, '0'))}) {
        const SendResult result = resultOf(answer);
        ASSERT_FALSE(result) << answer.substr(0, 80);
        EXPECT_EQ(result.error().error.code, ErrorCode::kUnavailable);
        EXPECT_EQ(result.error().delivery, Delivery::kLost);
    }
}

// TM-OUT-5
TEST(Client, RefusesAnAnswerOverItsLimit) {
    OutboundRequest sent = request();
    sent.answer_bytes_max = 5;
    EXPECT_TRUE(resultOf(sized("hello"), sent));
    for (const std::string& answer :
         {sized("hello!"), chunkedReply("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")}) {
        const SendResult result = resultOf(answer, sent);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().error.code, ErrorCode::kTooLarge);
    }
}

TEST(Client, RefusesEndlessInterimAnswers) {
    std::string answer;
    for (int i = 0; i < 20; ++i) answer += "HTTP/1.1 100 Continue\r\n\r\n";
    EXPECT_FALSE(resultOf(answer + sized("x")));
}

// TM-OUT-5: a drip keeps every single wait short; the total deadline still holds.
TEST(Client, EndsADrippedAnswerAtTheDeadline) {
    std::promise<void> done;
    std::shared_future<void> ended = done.get_future().share();
    const ScriptedPeer peer({[ended](RawSocket& socket) {
        (void)socket.readUntil("{}");
        socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        while (ended.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout) {
            if (!socket.send("x")) return;
        }
    }});
    Client client(routed(peer.port()));
    OutboundRequest sent = request();
    sent.deadline_ms = 200;
    sent.answer_bytes_max = 2'000'000'000;
    const SendResult result = client.sendAndWait(std::move(sent));
    done.set_value();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kTimeout);
    EXPECT_EQ(result.error().delivery, Delivery::kLost);
}

// TM-OUT-7: what the peer may have executed is lost, never "not sent", and never sent again.
TEST(Client, CallsAResetAfterTheRequestLost) {
    const ScriptedPeer peer({[](RawSocket& socket) {
        (void)socket.readUntil("{}");
        socket.reset();
    }});
    Client client(routed(peer.port()));
    const SendResult result = client.sendAndWait(request());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().delivery, Delivery::kLost);
    EXPECT_EQ(peer.connections(), 1);
}

// A peer that takes the second request of a connection and dies: a POST is not repeated.
TEST(Client, NeverRepeatsAPostOnADeadPooledConnection) {
    const ScriptedPeer peer({[](RawSocket& socket) {
                                 (void)socket.readUntil("{}");
                                 socket.send(sized("ok"));
                                 (void)socket.readUntil("{}");
                                 socket.reset();
                             },
                             answering(sized("second connection"))});
    Client client(routed(peer.port()));
    ASSERT_TRUE(client.sendAndWait(request()));
    const SendResult result = client.sendAndWait(request());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().delivery, Delivery::kLost);
    EXPECT_EQ(client.sendAndWait(request("GET")).reply().body, "second connection");
}

TEST(Client, RepeatsAGetOnADeadPooledConnectionOnce) {
    const ScriptedPeer peer({[](RawSocket& socket) {
                                 (void)socket.readUntil("\r\n\r\n");
                                 socket.send(sized("one"));
                                 (void)socket.readUntil("\r\n\r\n");
                                 socket.reset();
                             },
                             answering(sized("two"))});
    Client client(routed(peer.port()));
    ASSERT_TRUE(client.sendAndWait(request("GET")));
    const SendResult result = client.sendAndWait(request("GET"));
    ASSERT_TRUE(result) << result.error().error.text();
    EXPECT_EQ(result.reply().body, "two");
}

TEST(Client, DropsAPooledConnectionThatThePeerHasClosed) {
    std::promise<void> closed;
    const ScriptedPeer peer({[&closed](RawSocket& socket) {
                                 (void)socket.readUntil("{}");
                                 socket.send(sized("one"));
                                 socket.reset();
                                 closed.set_value();
                             },
                             answering(sized("two"))});
    Client client(routed(peer.port()));
    ASSERT_TRUE(client.sendAndWait(request()));
    closed.get_future().wait();
    const SendResult result = client.sendAndWait(request());
    ASSERT_TRUE(result) << result.error().error.text();
    EXPECT_EQ(result.reply().body, "two");
}

TEST(Client, DoesNotReuseAConnectionWithBytesBehindTheAnswer) {
    const ScriptedPeer peer({answering(sized("one") + sized("forged")), answering(sized("two"))});
    Client client(routed(peer.port()));
    EXPECT_EQ(client.sendAndWait(request()).reply().body, "one");
    EXPECT_EQ(client.sendAndWait(request()).reply().body, "two");
}

TEST(Client, CallsARefusedConnectionNotSent) {
    std::uint16_t port = 0;
    {
        const RawListener gone;
        port = gone.port();
    }
    Client client(routed(port));
    const SendResult result = client.sendAndWait(request());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
}

// TM-OUT-3
TEST(Client, DeliversARedirectWithoutFollowingIt) {
    const SendResult result = resultOf(
        "HTTP/1.1 301 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(result);
    EXPECT_EQ(result.reply().status, 301);
}

std::string redirectTo(const std::string& location) {
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + location +
           "\r\n\r\n";
}

TEST(Client, FollowsOneRedirectOfADownload) {
    std::string second_head;
    {
        const ScriptedPeer peer({answering(redirectTo("https://files.vendor.test/f?sig=1")),
                                 [&second_head](RawSocket& socket) {
                                     second_head = socket.readUntil("\r\n\r\n");
                                     socket.send(sized("file"));
                                 }});
        ClientConfig config = routed(peer.port());
        config.routes["files.vendor.test"] = config.routes[kName];
        Client client(config);
        OutboundRequest sent = request("GET");
        sent.headers = {HeaderField{"Authorization", "secret"}, HeaderField{"Accept", "a/b"}};
        sent.allowed_hosts.emplace_back("*.vendor.test");
        sent.follow_one_redirect = true;
        const SendResult result = client.sendAndWait(std::move(sent));
        ASSERT_TRUE(result) << result.error().error.text();
        EXPECT_EQ(result.reply().body, "file");
    }
    EXPECT_TRUE(second_head.starts_with("GET /f?sig=1 HTTP/1.1\r\nHost: files.vendor.test\r\n"));
    EXPECT_EQ(second_head.find("secret"), std::string::npos);
    EXPECT_NE(second_head.find("Accept: a/b"), std::string::npos);
}

TEST(Client, RefusesRedirectsOutsideTheAllowList) {
    OutboundRequest sent = request("GET");
    sent.follow_one_redirect = true;
    for (const char* location :
         {"https://other.test/", "http://api.vendor.test/", "https://169.254.169.254/",
          "//other.test/", "ftp://api.vendor.test/", "https://a@api.vendor.test/",
          "https://api.vendor.test:0/", "https://api.vendor.test.evil.test/"}) {
        const SendResult result = resultOf(redirectTo(location), sent);
        EXPECT_FALSE(result) << location;
    }
}

TEST(Client, RefusesASecondRedirectAndRedirectsOfPosts) {
    {
        const ScriptedPeer peer({answering(redirectTo("/b")), answering(redirectTo("/c"))});
        Client client(routed(peer.port()));
        OutboundRequest sent = request("GET");
        sent.follow_one_redirect = true;
        const SendResult result = client.sendAndWait(sent);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().error.code, ErrorCode::kForbidden);
    }
    OutboundRequest post = request("POST");
    post.follow_one_redirect = true;
    EXPECT_EQ(resultOf(redirectTo("/b"), post).reply().status, 302);
}

TEST(Client, StreamsASuccessfulBodyIntoTheSink) {
    const std::string big(std::size_t{3} * 1024 * 1024, 'b');
    const RecordingServer server({}, [&big](const Request& got) {
        return Response{got.path == "/file" ? 200 : 404, {}, big};
    });
    Client client(routed(server.port()));
    std::string taken;
    std::size_t pieces = 0;
    const ReplySink sink = [&](std::string_view piece) -> Result<void> {
        taken += piece;
        ++pieces;
        return {};
    };
    const SendResult good = client.sendAndWait(request("GET", "/file"), sink);
    ASSERT_TRUE(good);
    EXPECT_EQ(taken, big);
    EXPECT_GT(pieces, 1U);
    EXPECT_EQ(good.reply().body, "");
    taken.clear();
    EXPECT_EQ(client.sendAndWait(request("GET", "/none"), sink).reply().body, big);
    EXPECT_EQ(taken, "") << "an error page is no file";
    const SendResult failed =
        client.sendAndWait(request("GET", "/file"), [](std::string_view) -> Result<void> {
            return hubsdk::makeError(ErrorCode::kConflict, "disk full");
        });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().error.code, ErrorCode::kConflict);
}

// TM-OUT-2, TM-OUT-4: refused before anything is sent.
TEST(Client, RefusesWhatItMustNotSend) {
    Client client(routed(1));
    const auto codeOf = [&client](const std::function<void(OutboundRequest&)>& change) {
        OutboundRequest sent = request();
        change(sent);
        const SendResult result = client.sendAndWait(std::move(sent));
        EXPECT_FALSE(result);
        EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
        return result.error().error.code;
    };
    using Change = std::function<void(OutboundRequest&)>;
    const std::vector<Change> invalid = {
        [](OutboundRequest& r) { r.host = "127.0.0.1"; },
        [](OutboundRequest& r) { r.host = "user@api.vendor.test"; },
        [](OutboundRequest& r) { r.host = "api.vendor.test."; },
        [](OutboundRequest& r) { r.scheme = "ftp"; },
        [](OutboundRequest& r) { r.method = "GET /"; },
        [](OutboundRequest& r) { r.target = "orders"; },
        [](OutboundRequest& r) { r.target = "/a b"; },
        [](OutboundRequest& r) { r.target = "/a\r\nX: y"; },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"X", "a\r\nY: b"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"X Y", "a"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"hOsT", "a"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"Content-Length", "1"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"Transfer-Encoding", "chunked"}};
        },
        [](OutboundRequest& r) { r.deadline_ms = 0; },
        [](OutboundRequest& r) { r.deadline_ms = 120'001; },
    };
    for (std::size_t i = 0; i < invalid.size(); ++i) {
        EXPECT_EQ(codeOf(invalid[i]), ErrorCode::kInvalid) << i;
    }
    EXPECT_EQ(codeOf([](OutboundRequest& r) { r.host = "other.test"; }), ErrorCode::kForbidden);
    EXPECT_EQ(codeOf([](OutboundRequest& r) { r.allowed_hosts.clear(); }), ErrorCode::kForbidden);
}

/// A client without routes whose resolver gives these addresses.
SendResult resultWithAddresses(const std::vector<std::string>& addresses,
                               const OutboundRequest& sent = request()) {
    ClientConfig config = quickConfig();
    config.resolve = [&addresses](const std::string&) { return addresses; };
    Client client(config);
    return client.sendAndWait(sent);
}

// TM-OUT-2
TEST(Client, RefusesNamesThatLeadInside) {
    for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1",
                                "::ffff:127.0.0.1", "fd00::1", "not an address"}) {
        const SendResult result = resultWithAddresses({address});
        ASSERT_FALSE(result) << address;
        EXPECT_EQ(result.error().error.code, ErrorCode::kForbidden) << address;
        EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
    }
}

// TM-OUT-2: the second answer for the name is judged like the first, whatever came before.
TEST(Client, JudgesEveryAnswerOfTheResolver) {
    ClientConfig config = quickConfig();
    config.limits.resolved_ms = 0;
    config.limits.resolved_stale_ms = 0;
    std::atomic<int> asked = 0;
    config.resolve = [&asked](const std::string&) -> Result<std::vector<std::string>> {
        if (++asked == 1) return hubsdk::makeError(ErrorCode::kUnavailable, "no answer");
        return std::vector<std::string>{"127.0.0.1"};
    };
    Client client(config);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kForbidden);
    EXPECT_EQ(asked, 2);
}

TEST(Client, ServesAnOlderAddressWhenTheResolverFails) {
    ClientConfig config = quickConfig();
    config.limits.resolved_ms = 0;
    std::atomic<int> asked = 0;
    config.resolve = [&asked](const std::string&) -> Result<std::vector<std::string>> {
        if (++asked > 1) return hubsdk::makeError(ErrorCode::kUnavailable, "no answer");
        return std::vector<std::string>{"10.0.0.1"};
    };
    Client client(config);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kForbidden);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kForbidden)
        << "the old answer, not the failure";
    EXPECT_EQ(asked, 2);
}

TEST(Client, ASlowResolverEndsAtTheConnectDeadline) {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    ClientConfig config = quickConfig();
    config.limits.connect_ms = 100;
    config.resolve = [released](const std::string&) -> Result<std::vector<std::string>> {
        released.wait();
        return std::vector<std::string>{"127.0.0.1"};
    };
    Client client(config);
    const SendResult result = client.sendAndWait(request());
    release.set_value();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kTimeout);
    EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
}

TEST(Client, LeavesTheMachineOnlyByHttpsAndAllowedPorts) {
    OutboundRequest plain = request();
    plain.scheme = "http";
    EXPECT_EQ(resultWithAddresses({"8.8.8.8"}, plain).error().error.code, ErrorCode::kForbidden);
    OutboundRequest odd_port = request();
    odd_port.port = 22;
    EXPECT_EQ(resultWithAddresses({"8.8.8.8"}, odd_port).error().error.code, ErrorCode::kForbidden);
}

TEST(Client, AcceptsOnlyLoopbackRoutes) {
    for (const char* route : {"http://10.0.0.1:80", "http://localhost:80", "http://127.0.0.1",
                              "http://127.0.0.1:0", "http://127.0.0.1:80/", "127.0.0.1:80",
                              "ftp://127.0.0.1:80", "http://u@127.0.0.1:80", ""}) {
        ClientConfig config;
        config.routes[kName] = route;
        EXPECT_THROW(Client{config}, std::invalid_argument) << route;
    }
    EXPECT_TRUE(readRoute("http://[::1]:80"));
    ClientConfig config;
    config.ca_file = "/missing.pem";
    EXPECT_THROW(Client{config}, std::invalid_argument);
}

TEST(Client, LimitsCallsInTotalAndPerHost) {
    for (const bool total : {true, false}) {
        std::promise<void> release;
        const std::shared_future<void> released = release.get_future().share();
        ClientConfig config = quickConfig();
        (total ? config.limits.calls_max : config.limits.calls_per_host_max) = 1;
        config.resolve = [released](const std::string&) -> Result<std::vector<std::string>> {
            released.wait();
            return std::vector<std::string>{"127.0.0.1"};
        };
        Client client(config);
        std::promise<SendResult> first;
        client.send(request(), [&first](SendResult done) { first.set_value(std::move(done)); });
        const SendResult second = client.sendAndWait(request());
        release.set_value();
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().error.code, ErrorCode::kUnavailable);
        EXPECT_EQ(second.error().delivery, Delivery::kNotSent);
        EXPECT_EQ(first.get_future().get().error().error.code, ErrorCode::kForbidden);
    }
}

TEST(Client, EndsOpenCallsWhenItGoes) {
    std::promise<void> seen;
    std::optional<SendResult> result;
    {
        const ScriptedPeer peer({[&seen](RawSocket& socket) {
            (void)socket.readUntil("{}");
            seen.set_value();
            (void)socket.readToEnd();
        }});
        Client client(routed(peer.port()));
        client.send(request(), [&result](SendResult done) { result.emplace(std::move(done)); });
        seen.get_future().wait();
    }
    ASSERT_TRUE(result);
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(result->error().delivery, Delivery::kLost);
}

}  // namespace
}  // namespace hub::http::testing
