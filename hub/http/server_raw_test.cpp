// TM-HTTP-1, TM-HTTP-2, TM-HTTP-3, TM-HTTP-4, TM-HTTP-5, TM-HTTP-10: raw bytes over a real socket.
#include "hub/http/testing/raw_cases.hpp"
#include "hub/http/testing/recording_server.hpp"

#include <gtest/gtest.h>

namespace hub::http::testing {
namespace {

class RawTable : public ::testing::TestWithParam<RawCase> {};

ServerConfig shortDeadlines() {
    ServerConfig config;
    config.allowed_hosts = {"hub.test"};
    config.limits.header_ms = 100;
    config.limits.idle_ms = 100;
    config.limits.body_grace_ms = 100;
    config.limits.drain_ms = 100;
    return config;
}

TEST_P(RawTable, IsAnsweredAsTheTableSays) {
    RecordingServer server(shortDeadlines());
    const std::string answer = server.talk(GetParam().bytes);
    EXPECT_EQ(statusOf(answer), GetParam().status) << answer;
    const auto requests = server.requests();
    EXPECT_EQ(requests.size(), GetParam().calls);
    for (const Request& request : requests) EXPECT_NE(request.path, "/hidden");
    if (GetParam().calls == 0 && GetParam().status != 0) {
        EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
        EXPECT_EQ(answer.find("HTTP/1.1 ", 1), std::string::npos) << "a second answer";
    }
}

std::string nameOf(const ::testing::TestParamInfo<RawCase>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Length, RawTable, ::testing::ValuesIn(lengthCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Chunk, RawTable, ::testing::ValuesIn(chunkCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Bytes, RawTable, ::testing::ValuesIn(byteCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Target, RawTable, ::testing::ValuesIn(targetCases()), nameOf);

// TM-HTTP-3: a request cut at any byte never reaches the handler.
TEST(RawRequest, CutAtEveryByteIsNeverHandled) {
    RecordingServer server;
    const std::vector<std::string> whole = {post("Content-Length: 5\r\n", "hello"),
                                            chunked("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")};
    for (const std::string& bytes : whole) {
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            RawSocket socket = RawSocket::connectTo(server.port());
            socket.send(std::string_view(bytes).substr(0, size));
            socket.shutdownSend();
            EXPECT_EQ(socket.readToEnd(), "") << size;
        }
    }
    EXPECT_TRUE(server.requests().empty());
}

// TM-HTTP-3: where the network cuts a request into pieces changes nothing.
TEST(RawRequest, ArrivingByteByByteIsTheSameRequest) {
    RecordingServer server;
    for (const std::string& bytes :
         {post("Content-Length: 5\r\n" + kClose, "hello"),
          post("Transfer-Encoding: chunked\r\n" + kClose, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
          post("Transfer-Encoding: chunked\r\n" + kClose, "0\r\n\r\n")}) {
        RawSocket socket = RawSocket::connectTo(server.port());
        for (const char& byte : bytes) socket.send(std::string_view(&byte, 1));
        EXPECT_EQ(statusOf(socket.readToEnd()), 200);
    }
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].body, "hello");
    EXPECT_EQ(requests[1].body, "hello");
    EXPECT_EQ(requests[2].body, "");
}

// TM-HTTP-2: whatever the handler answers, a request hidden in the body stays body.
TEST(RawRequest, BodyOfARefusedRequestIsNeverTheNextRequest) {
    for (const int status : {401, 404, 405, 413, 500}) {
        RecordingServer server({}, [status](const Request& request) {
            return request.path == "/hidden" ? Response{} : Response{status, {}, {}};
        });
        RawSocket socket = RawSocket::connectTo(server.port());
        socket.send(post("Content-Length: " + std::to_string(kHidden.size()) + "\r\n", kHidden));
        EXPECT_EQ(statusOf(socket.readUntil("\r\n\r\n")), status);
        socket.send(get("/next", kClose));
        EXPECT_EQ(statusOf(socket.readToEnd()), status);
        const auto requests = server.requests();
        ASSERT_EQ(requests.size(), 2U);
        EXPECT_EQ(requests[0].body, kHidden);
        EXPECT_EQ(requests[1].path, "/next");
    }
}

// TM-HTTP-2, TM-HTTP-8: a body over its limit is refused unread, and nothing in it is a request.
TEST(RawRequest, BodyOverItsLimitEndsTheConnection) {
    ServerConfig config;
    config.limits.drain_ms = 100;
    config.body_bytes_max = [](std::string_view, std::string_view path) -> std::size_t {
        return path == "/visible" ? 5 : 0;
    };
    RecordingServer server(config);
    EXPECT_EQ(statusOf(server.talk(post("Content-Length: 5\r\n" + kClose, "hello"))), 200);
    EXPECT_EQ(statusOf(server.talk(post("Content-Length: 6\r\n", "hello!" + kHidden))), 413);
    EXPECT_EQ(statusOf(server.talk(chunked("3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n" + kHidden))), 413);
    EXPECT_EQ(server.requests().size(), 1U);
}

// TM-HTTP-4: an answer field never carries a line end, whatever the handler echoes.
TEST(RawRequest, AnswerFieldWithLineEndBecomesAnError) {
    RecordingServer server({}, [](const Request&) {
        return Response{200, {HeaderField{"X-Echo", "a\r\nSet-Cookie: b"}}, {}};
    });
    const std::string answer = server.talk(get("/", kClose));
    EXPECT_EQ(statusOf(answer), 500);
    EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
}

}  // namespace
}  // namespace hub::http::testing
