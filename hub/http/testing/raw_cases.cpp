#include "hub/http/testing/raw_cases.hpp"

namespace hub::http::testing {
using namespace std::string_literals;

std::string post(const std::string& fields, const std::string& body) {
    return "POST /visible HTTP/1.1\r\n" + kHost + fields + "\r\n" + body;
}

std::string get(const std::string& target, const std::string& fields) {
    return "GET " + target + " HTTP/1.1\r\n" + kHost + fields + "\r\n";
}

std::string chunked(const std::string& body) {
    return post("Transfer-Encoding: chunked\r\n", body);
}

// TM-HTTP-1: ambiguous lengths.
std::vector<RawCase> lengthCases() {
    return {
        {"LengthAlone", post("Content-Length: 5\r\n" + kClose, "hello"), 200, 1},
        {"ChunkedAlone", chunked("5\r\nhello\r\n0\r\n\r\n"), 200, 1},
        {"LengthThenChunked",
         post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kHidden), 400},
        {"ChunkedThenLength",
         post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + kHidden), 400},
        {"TwoLengths", post("Content-Length: 0\r\nContent-Length: 44\r\n", kHidden), 400},
        {"TwoEqualLengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
        {"LengthList", post("Content-Length: 5, 5\r\n", "hello"), 400},
        {"LengthPlus", post("Content-Length: +5\r\n", "hello"), 400},
        {"LengthMinus", post("Content-Length: -5\r\n", "hello"), 400},
        {"LengthHex", post("Content-Length: 0x5\r\n", "hello"), 400},
        {"LengthEmpty", post("Content-Length:\r\n", kHidden), 400},
        {"LengthBlankInside", post("Content-Length: 1 2\r\n", "hello"), 400},
        {"LengthOverflow", post("Content-Length: 18446744073709551621\r\n", "hello"), 400},
        {"LengthUnicodeDigit", post("Content-Length: \xd9\xa5\r\n", "hello"), 400},
        {"BlankBeforeColon", post("Content-Length : 44\r\n", kHidden), 400},
        {"TabBeforeColon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n" + kHidden), 400},
        {"CodingIdentity", post("Transfer-Encoding: identity\r\n", kHidden), 400},
        {"CodingGzipChunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
        {"CodingChunkedTwice",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        {"CodingChunkedIdentity",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
              "0\r\n\r\n" + kHidden),
         400},
        {"CodingOtherCase", post("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n" + kHidden), 400},
        {"CodingQuoted", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n" + kHidden), 400},
        {"CodingX", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + kHidden), 400},
        {"CodingWithParameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 400},
        {"CodingVerticalTab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n" + kHidden), 400},
        {"CodingEmpty", post("Transfer-Encoding:\r\n", kHidden), 400},
        {"CodingInOldVersion",
         "POST /visible HTTP/1.0\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"CodingNameWithBlank", post(" Transfer-Encoding: chunked\r\n", kHidden), 400},
        {"HiddenBehindNoLength", post("", kHidden), 200, 1},
        {"HiddenBehindLength", post("Content-Length: 5\r\n", "hello" + kHidden), 200, 1},
        {"HiddenBehindChunks", chunked("5\r\nhello\r\n0\r\n\r\n" + kHidden), 200, 1},
        {"HiddenInGetBody",
         get("/visible", "Content-Length: " + std::to_string(kHidden.size()) + "\r\n" + kClose) +
             kHidden,
         200, 1},
    };
}

// TM-HTTP-1, TM-HTTP-3: chunk framing.
std::vector<RawCase> chunkCases() {
    return {
        {"ChunkExtension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkExtensionBareLf", chunked("5;a\nhello\r\n0\r\n\r\n" + kHidden), 400},
        {"LastChunkExtension", chunked("5\r\nhello\r\n0;a=b\r\n\r\n"), 400},
        {"ChunkBareLf", chunked("5\nhello\n0\n\n" + kHidden), 400},
        {"ChunkBlankBeforeSize", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkBlankAfterSize", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkSizeSign", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkSizeNegative", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkSizePrefix", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkSizeEmpty", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkSizeOverflow", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkSizeHuge", chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 413},
        {"ChunkDataTooLong", chunked("5\r\nhelloworld\r\n0\r\n\r\n"), 400},
        {"ChunkDataNoEnd", chunked("5\r\nhello0\r\n\r\n" + kHidden), 400},
        {"ChunkTrailer", chunked("5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"), 400},
        {"ChunkTrailerLength", chunked("0\r\nContent-Length: 44\r\n\r\n" + kHidden), 400},
        {"ChunkTrailerBareLf", chunked("0\r\nX: 1\nY: 2\r\n\r\n" + kHidden), 400},
        {"ChunkLineEndless", chunked(std::string(20'000, '0')), 400},
        {"ChunkTrailersEndless", chunked("0\r\nX: " + std::string(20'000, 'a')), 400},
        {"ChunkCutInSize", chunked("5"), 0},
        {"ChunkCutInData", chunked("5\r\nhel"), 0},
        {"ChunkCutBeforeLast", chunked("5\r\nhello\r\n"), 0},
        {"ChunkCutInLast", chunked("5\r\nhello\r\n0\r\n"), 0},
        {"ChunkCutAtOnlyLast", chunked("0\r\n"), 0},
        {"LengthCut", post("Content-Length: 5\r\n", "hell"), 0},
    };
}

// TM-HTTP-4: bytes that must not be rewritten or skipped.
std::vector<RawCase> byteCases() {
    return {
        {"ValueWithEncodedWord", get("/", "X: =?utf-8?q?a=0D=0Ab?=\r\n" + kClose), 200, 1},
        {"ValueInUtf8", get("/", "X: caf\xc3\xa9\r\n" + kClose), 200, 1},
        {"Folded", get("/", "X: a\r\n b\r\n"), 400},
        {"FoldedWithTab", get("/", "X: a\r\n\tb\r\n"), 400},
        {"FoldedFirstField", "GET / HTTP/1.1\r\n X: a\r\n" + kHost + "\r\n", 400},
        {"FoldedCoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + kHidden), 400},
        {"BareLfEverywhere", "GET / HTTP/1.1\nHost: hub.test\n\n", 400},
        {"BareLfAfterField", get("/", "X: a\nY: b\r\n"), 400},
        {"BareLfEnd", "GET / HTTP/1.1\r\n" + kHost + "\n" + kHidden, 400},
        {"BareCrInValue", get("/", "X: a\rY: b\r\n"), 400},
        {"CrCrLf", get("/", "X: a\r\r\n"), 400},
        {"NulInValue", get("/", "X: a\0b\r\n"s), 400},
        {"NulInName", get("/", "X\0Y: b\r\n"s), 400},
        {"EscapeInValue", get("/", "X: a\x1b[31m\r\n"), 400},
        {"DeleteInValue", get("/", "X: a\x7f\r\n"), 400},
        {"NameEmpty", get("/", ": a\r\n"), 400},
        {"NameWithBlank", get("/", "X Y: a\r\n"), 400},
        {"NameNotAscii", get("/", "X\xc3\xa9: a\r\n"), 400},
        {"NoColon", get("/", "X\r\n"), 400},
        {"EmptyLineFirst", "\r\n" + get("/"), 400},
        {"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
        {"ExpectOther", post("Expect: 200-ok\r\nContent-Length: 5\r\n", "hello"), 417},
        {"ExpectTwice", post("Expect: 100-continue\r\nExpect: x\r\nContent-Length: 5\r\n", ""),
         417},
    };
}

// TM-HTTP-5: host, target form and version; TM-HTTP-10: path tricks.
std::vector<RawCase> targetCases() {
    return {
        {"HostWithPort", "GET / HTTP/1.1\r\nHost: HUB.test:8080\r\n" + kClose + "\r\n", 200, 1},
        {"HostMissing", "GET / HTTP/1.1\r\n\r\n", 400},
        {"HostMissingOldVersion", "GET / HTTP/1.0\r\n\r\n", 400},
        {"OldVersion", "GET / HTTP/1.0\r\n" + kHost + "\r\n", 200, 1},
        {"OldVersionKeepAlive", "GET / HTTP/1.0\r\n" + kHost + "Connection: keep-alive\r\n\r\n",
         200, 1},
        {"HostTwice", get("/", "Host: hub.test\r\n"), 400},
        {"HostTwiceOther", get("/", "Host: other.test\r\n"), 400},
        {"HostEmpty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"HostList", "GET / HTTP/1.1\r\nHost: hub.test, other.test\r\n\r\n", 400},
        {"HostWithUser", "GET / HTTP/1.1\r\nHost: a@hub.test\r\n\r\n", 400},
        {"HostWithPath", "GET / HTTP/1.1\r\nHost: hub.test/x\r\n\r\n", 400},
        {"HostBadPort", "GET / HTTP/1.1\r\nHost: hub.test:8x\r\n\r\n", 400},
        {"HostOpenBracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
        {"HostOther", "GET / HTTP/1.1\r\nHost: other.test\r\n\r\n", 421},
        {"HostSuffix", "GET / HTTP/1.1\r\nHost: a.hub.test\r\n\r\n", 421},
        {"AbsoluteForm", get("http://hub.test/"), 400},
        {"AbsoluteFormOther", get("http://other.test/"), 400},
        {"AuthorityForm", "CONNECT hub.test:443 HTTP/1.1\r\n" + kHost + "\r\n", 400},
        {"AsteriskForm", "OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", 400},
        {"NoSlash", get("visible"), 400},
        {"TwoSlashes", get("//other.test/"), 400},
        {"Fragment", get("/a#b"), 400},
        {"BlankInTarget", get("/a b"), 400},
        {"TargetNotAscii", get("/caf\xc3\xa9"), 400},
        {"DotDot", get("/a/../b"), 400},
        {"DotDotEncoded", get("/a/%2e%2E/b"), 400},
        {"DotDotDoublyEncoded", get("/a/%252e%252e/b"), 400},
        {"DotAtEnd", get("/a/."), 400},
        {"SlashEncoded", get("/a%2fb"), 400},
        {"BackslashEncoded", get("/a%5cb"), 400},
        {"Backslash", get("/a\\b"), 400},
        {"NulEncoded", get("/a%00b"), 400},
        {"LineEndEncoded", get("/a%0d%0ab"), 400},
        {"PercentAlone", get("/a%"), 400},
        {"PercentBad", get("/a%zz"), 400},
        {"PercentShort", get("/a%4"), 400},
        {"Encoded", get("/a%20b?x=%2f", kClose), 200, 1},
        {"Version2", "GET / HTTP/2.0\r\n" + kHost + "\r\n", 505},
        {"Version12", "GET / HTTP/1.2\r\n" + kHost + "\r\n", 505},
        {"VersionLong", "GET / HTTP/1.10\r\n" + kHost + "\r\n", 400},
        {"VersionLower", "GET / http/1.1\r\n" + kHost + "\r\n", 400},
        {"VersionMissing", "GET /\r\n" + kHost + "\r\n", 400},
        {"BlankAfterVersion", "GET / HTTP/1.1 \r\n" + kHost + "\r\n", 400},
        {"TabInRequestLine", "GET\t/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
        {"MethodBad", "G(T / HTTP/1.1\r\n" + kHost + "\r\n", 400},
        {"Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    };
}

std::vector<RawCase> allRawCases() {
    std::vector<RawCase> all;
    for (auto&& table : {lengthCases(), chunkCases(), byteCases(), targetCases()})
        all.insert(all.end(), table.begin(), table.end());
    return all;
}

}  // namespace hub::http::testing
