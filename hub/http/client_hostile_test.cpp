// TM-OUT-5, TM-OUT-6: answers that are slow, endless, huge, packed or broken.
#include "hub/http/client.hpp"
#include "hub/http/testing/raw_socket.hpp"

#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace hub::http::testing {
namespace {

constexpr const char* kHost = "api.vendor.test";
constexpr std::size_t kLimit = std::size_t{64} * 1024;

/// A peer that reads one request and then does as it likes.
class HostilePeer {
public:
    using Script = std::function<void(RawSocket&)>;
    explicit HostilePeer(Script script)
        : thread_([this, script = std::move(script)] {
              RawSocket socket = listener_.accept();
              (void)socket.readUntil("\r\n\r\n");
              script(socket);
          }) {}
    ~HostilePeer() { thread_.join(); }
    HostilePeer(const HostilePeer&) = delete;
    HostilePeer& operator=(const HostilePeer&) = delete;

    [[nodiscard]] SendResult ask(std::int64_t deadline_ms = 20'000) {
        ClientConfig config;
        config.routes[kHost] = "http://127.0.0.1:" + std::to_string(listener_.port());
        Client client(config);
        OutboundRequest request;
        request.host = kHost;
        request.deadline_ms = deadline_ms;
        request.answer_bytes_max = kLimit;
        request.allowed_hosts = {kHost};
        return client.sendAndWait(std::move(request));
    }

private:
    RawListener listener_;
    std::thread thread_;
};

HostilePeer::Script sending(const std::string& bytes) {
    return [bytes](RawSocket& socket) {
        socket.send(bytes);
        socket.shutdownSend();
        (void)socket.readToEnd();
    };
}

SendResult answerTo(const std::string& bytes) {
    HostilePeer peer(sending(bytes));
    return peer.ask();
}

const std::string kHead = "HTTP/1.1 200 OK\r\n";

TEST(ClientHostile, RefusesADeclaredGibibyteWithoutReadingIt) {
    const SendResult result = answerTo(kHead + "Content-Length: 1073741824\r\n\r\n");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kTooLarge);
    EXPECT_EQ(result.error().delivery, Delivery::kLost) << "the peer may have acted";
}

TEST(ClientHostile, EndsAnAnswerThatNeverEnds) {
    HostilePeer peer([](RawSocket& socket) {
        socket.send(kHead + "Transfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
        while (socket.send(chunk)) {
        }
    });
    const SendResult result = peer.ask();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kTooLarge);
}

// Nothing is unpacked, so nothing can grow: a packed body counts as the bytes that came.
TEST(ClientHostile, NeverUnpacksABody) {
    const std::string packed("\x1f\x8b\x08\x00 bomb", 9);
    const SendResult result = answerTo(kHead + "Content-Encoding: gzip\r\nContent-Length: " +
                                       std::to_string(packed.size()) + "\r\n\r\n" + packed);
    ASSERT_TRUE(result) << result.error().error.text();
    EXPECT_EQ(result.reply().body, packed);
}

TEST(ClientHostile, ASilentPeerEndsAtTheDeadline) {
    HostilePeer peer([](RawSocket& socket) { (void)socket.readToEnd(); });
    const SendResult result = peer.ask(200);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kTimeout);
    EXPECT_EQ(result.error().delivery, Delivery::kLost);
}

TEST(ClientHostile, RefusesBrokenChunksAndLengthsThatLie) {
    const std::string chunked = kHead + "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::string& bytes :
         {chunked + "zz\r\nhello\r\n0\r\n\r\n", chunked + "5\r\nhelloX\r\n0\r\n\r\n",
          chunked + "-5\r\nhello\r\n0\r\n\r\n", chunked + "FFFFFFFFFFFFFFFFF\r\n",
          chunked + "5\r\nhello\r\n", kHead + "Content-Length: 10\r\n\r\nhello",
          kHead + "Content-Length: -1\r\n\r\n", kHead + "Content-Length: 5, 5\r\n\r\nhello"}) {
        const SendResult result = answerTo(bytes);
        EXPECT_FALSE(result) << bytes;
    }
}

// The peer closes its side after half of the answer and keeps the connection.
TEST(ClientHostile, AHalfClosedAnswerIsNoAnswer) {
    const SendResult result = answerTo(kHead + "Content-Length: 20\r\n\r\nhalf of it");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().delivery, Delivery::kLost);
}

// TM-OUT-3: the redirect of a cloud's metadata service is an answer, not a way.
TEST(ClientHostile, DoesNotFollowARedirectToTheMetadataService) {
    const SendResult result = answerTo(
        "HTTP/1.1 301 Moved\r\nLocation: http://169.254.169.254/latest/meta-data/\r\n"
        "Content-Length: 0\r\n\r\n");
    ASSERT_TRUE(result) << result.error().error.text();
    EXPECT_EQ(result.reply().status, 301);
}

}  // namespace
}  // namespace hub::http::testing
