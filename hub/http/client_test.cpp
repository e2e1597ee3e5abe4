// TM-OUT-5 to TM-OUT-7: the client against peers that lie, stall and cut.
#include "hub/http/client.hpp"

#include "hub/http/testing/client_fixture.hpp"
#include "hub/http/testing/recording_server.hpp"

#include <gtest/gtest.h>

#include <future>

namespace hub::http::testing {
namespace {

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
        EXPECT_EQ(second.error().error.code, ErrorCode::kRateLimited);
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
