// TM-HTTP-1, TM-HTTP-3, TM-HTTP-4: the head scanner and the body decoder on their own, without
// the second line of defence that Beast's parser is for them in the server.
#include "hub/http/head.hpp"
#include "hub/http/body_decoder.hpp"

#include <gtest/gtest.h>

namespace hub::http {
namespace {

const std::string kStart = "POST / HTTP/1.1\r\nHost: a\r\n";

std::string_view refusalOf(const std::string& bytes) {
    HeadScanner scanner{HeadLimits{}};
    return scanner.scan(bytes) == ScanState::kRefused ? scanner.refusal().reason : "";
}

std::string_view headRefusalOf(const std::string& bytes) {
    RequestHead head;
    const auto refusal = readRequestHead(bytes, HeadLimits{}, head);
    return refusal ? refusal->reason : "";
}

TEST(HeadScanner, RefusesByItselfAndAtOnce) {
    EXPECT_EQ(refusalOf("GET / HTTP/1.1\n"), "bare CR or LF");
    EXPECT_EQ(refusalOf(kStart + "X: a\n"), "bare CR or LF");
    EXPECT_EQ(refusalOf(kStart + "X: a\rb"), "bare CR or LF");
    EXPECT_EQ(refusalOf(kStart + "X: a\r\r\n"), "bare CR or LF");
    EXPECT_EQ(refusalOf(kStart + " "), "folded field");
    EXPECT_EQ(refusalOf(kStart + "\t"), "folded field");
    EXPECT_EQ(refusalOf(kStart + "X: \x01"), "control character");
    EXPECT_EQ(refusalOf("\r\n"), "empty first line");
    EXPECT_EQ(refusalOf(kStart + "X: a\tb\r\n"), "");
}

TEST(HeadScanner, FindsTheSameEndByteByByte) {
    const std::string head = kStart + "X: a\r\n\r\n";
    const std::string bytes = head + "body";
    HeadScanner scanner{HeadLimits{}};
    for (std::size_t size = 0; size < head.size(); ++size) {
        ASSERT_EQ(scanner.scan(std::string_view(bytes).substr(0, size)), ScanState::kMore);
    }
    EXPECT_EQ(scanner.scan(bytes), ScanState::kDone);
    EXPECT_EQ(scanner.size(), head.size());
}

TEST(RequestHead, RefusesFieldNamesAndLengthsByItself) {
    for (const char* line : {"Content-Length : 5", "X Y: a", ": a", "X\xc3\xa9: a"}) {
        EXPECT_EQ(headRefusalOf(kStart + line + "\r\n\r\n"), "bad field name") << line;
    }
    EXPECT_EQ(headRefusalOf(kStart + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
              "ambiguous body length");
    for (const char* length : {"+5", "-5", "5,5", "0x5", "", "1 2", "18446744073709551621"}) {
        EXPECT_EQ(headRefusalOf(kStart + "Content-Length: " + length + "\r\n\r\n"),
                  "bad content length")
            << length;
    }
}

// Offering the same rest again and again must neither end a body early nor trip Beast.
TEST(BodyDecoder, TakesChunksByteByByte) {
    for (const std::string& body :
         {std::string("0\r\n\r\n"), std::string("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")}) {
        BodyDecoder decoder(MessageKind::kRequest, 100);
        ASSERT_TRUE(decoder.begin(kStart + "Transfer-Encoding: chunked\r\n\r\n"));
        std::string pending;
        for (const char byte : body) {
            ASSERT_FALSE(decoder.done());
            pending += byte;
            const Result<std::size_t> used = decoder.feed(pending);
            ASSERT_TRUE(used);
            pending.erase(0, used.value());
        }
        EXPECT_TRUE(decoder.done());
        EXPECT_EQ(decoder.take(), body.size() > 5 ? "hello" : "");
    }
}

TEST(BodyDecoder, BoundsTheBody) {
    BodyDecoder stated(MessageKind::kRequest, 4);
    const Result<void> begun = stated.begin(kStart + "Content-Length: 5\r\n\r\n");
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, ErrorCode::kTooLarge);
    BodyDecoder chunked(MessageKind::kRequest, 4);
    ASSERT_TRUE(chunked.begin(kStart + "Transfer-Encoding: chunked\r\n\r\n"));
    const Result<std::size_t> fed = chunked.feed("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace hub::http
