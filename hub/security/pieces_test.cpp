#include "hub/security/pieces.hpp"

#include <gtest/gtest.h>

#include "hub/security/digest.hpp"
#include "hub/security/signature.hpp"

namespace hub::security {
namespace {

using hubsdk::ErrorCode;
using hubsdk::Pieces;
namespace piece = hubsdk::piece;

class PiecesTest : public ::testing::Test {
protected:
    PiecesTest() {
        secrets_["api_key"] = {"k&y", "older"};
        secrets_["webhook_user"] = {"Aladdin"};
        secrets_["webhook_password"] = {"open sesame"};
        context_.secrets = &secrets_;
        context_.at_ms = 1'440'938'160'250;  // 2015-08-30T12:36:00.25Z
        context_.delivery = &delivery_;
    }
    std::string made(const Pieces& pieces) {
        auto result = assemble(pieces, context_);
        return result ? *result : "error " + result.error().text();
    }

    SecretValues secrets_;
    hubsdk::Delivery delivery_;
    PieceContext context_;
};

TEST_F(PiecesTest, JoinsTextAndTheNewestSecret) {
    EXPECT_EQ(made({piece::text("Bearer "), piece::secret("api_key")}), "Bearer k&y");
}

TEST_F(PiecesTest, EveryStampShowsTheTimeOfTheAttempt) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"unix", "1440938160"},
        {"unix_ms", "1440938160250"},
        {"iso8601", "2015-08-30T12:36:00Z"},
        {"basic", "20150830T123600Z"},
        {"date", "20150830"},
        {"rfc1123", "Sun, 30 Aug 2015 12:36:00 GMT"}};
    for (const auto& [format, text] : table) EXPECT_EQ(made({piece::stamp(format)}), text);
    EXPECT_TRUE(made({piece::stamp("julian")}).starts_with("error [0].stamp: is none of"));
}

TEST_F(PiecesTest, OneNoncePerNameAndAttempt) {
    int made_count = 0;
    context_.make_nonce = [&] { return "n" + std::to_string(++made_count); };
    EXPECT_EQ(made({piece::nonce("a"), piece::nonce("b"), piece::nonce("a")}), "n1n2n1");
    context_.make_nonce = nullptr;
    EXPECT_EQ(made({piece::nonce("c")}).size(), 32U);
}

TEST_F(PiecesTest, EscapesApplyInOrder) {
    secrets_["password"] = {"<a&\"b'>"};
    const std::string once = "&lt;a&amp;&quot;b&apos;&gt;";
    EXPECT_EQ(made({piece::escaped(piece::secret("password"), "xml")}), once);
    const auto twice = piece::escaped(piece::escaped(piece::secret("password"), "xml"), "xml");
    EXPECT_EQ(made({twice}), "&amp;lt;a&amp;amp;&amp;quot;b&amp;apos;&amp;gt;");
    EXPECT_EQ(made({piece::escaped(piece::text("a\"\n\\"), "json")}), R"(a\"\n\\)");
    EXPECT_EQ(made({piece::escaped(piece::text("a b/ü"), "form")}), "a%20b%2F%C3%BC");
    EXPECT_EQ(made({piece::escaped(piece::text("\xff\xfe"), "base64")}), "//4=");
    EXPECT_EQ(made({piece::escaped(piece::text("\xff\xfe"), "base64url")}), "__4");
    EXPECT_EQ(made({piece::escaped(piece::text("\xff"), "hex")}), "ff");
}

TEST_F(PiecesTest, AnEscapeThatWouldChangeTheValueIsRefused) {
    EXPECT_EQ(made({piece::escaped(piece::text("\xff"), "json")}),
              "error [0].escape[0]: json can only hold UTF-8");
    EXPECT_EQ(made({piece::escaped(piece::text("\x01"), "xml")}),
              "error [0].escape[0]: xml cannot hold a control character");
    EXPECT_EQ(made({piece::escaped(piece::text("a"), "rot13")}),
              "error [0].escape[0]: is none of xml, json, form, base64, base64url, hex");
}

TEST_F(PiecesTest, BasicCredentialsOfAPair) {
    // The example of RFC 7617 section 2.
    const auto pair = piece::join(
        {piece::secret("webhook_user"), piece::text(":"), piece::secret("webhook_password")});
    EXPECT_EQ(made({piece::text("Basic "), piece::escaped(pair, "base64")}),
              "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

// The example "GET ListUsers" of the AWS Signature Version 4 documentation.
TEST_F(PiecesTest, AwsSignatureVersion4) {
    secrets_["secret_key"] = {"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
    const auto request =
        piece::join({piece::text("GET\n/\nAction=ListUsers&Version=2010-05-08\n"
                                 "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
                                 "host:iam.amazonaws.com\nx-amz-date:"),
                     piece::stamp("basic"), piece::text("\n\ncontent-type;host;x-amz-date\n"),
                     piece::escaped(piece::hash("sha256", {}), "hex")});
    const Pieces to_sign{piece::text("AWS4-HMAC-SHA256\n"),
                         piece::stamp("basic"),
                         piece::text("\n"),
                         piece::stamp("date"),
                         piece::text("/us-east-1/iam/aws4_request\n"),
                         piece::escaped(piece::hash("sha256", {request}), "hex")};
    const auto hmac256 = [](Pieces key, Pieces message) {
        return piece::sign("hmac-sha256", std::move(key), std::move(message));
    };
    const auto day =
        hmac256({piece::text("AWS4"), piece::secret("secret_key")}, {piece::stamp("date")});
    const auto region = hmac256({day}, {piece::text("us-east-1")});
    const auto service = hmac256({region}, {piece::text("iam")});
    const auto key = hmac256({service}, {piece::text("aws4_request")});
    EXPECT_EQ(made({piece::escaped(hmac256({key}, to_sign), "hex")}),
              "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_F(PiecesTest, SignsWithPrivateKeys) {
    const auto missing = made({piece::sign("rsa-sha256", {piece::text("no key")}, {})});
    EXPECT_EQ(missing, "error [0].key: is no private key of this kind");
    const std::string seed(32, 's');
    const std::string signature =
        made({piece::sign("ed25519", {piece::text(seed)}, {piece::text("m")})});
    const Key key = Key::ed25519Private(seed).value();
    EXPECT_TRUE(verify(SignatureScheme::kEd25519, key, "m", signature).ok());
}

TEST_F(PiecesTest, CutsSlicesOutOfTheDelivery) {
    delivery_.body.bytes = "0123456789";
    delivery_.path = "/tail";
    delivery_.query = "a=1&challenge=x%20y+z&flag";
    delivery_.headers = {{"X-One", "1"}, {"X-Two", "a"}, {"x-two", "b"}};
    EXPECT_EQ(made({piece::body()}), "0123456789");
    EXPECT_EQ(made({piece::bodySlice(8, 5)}), "89");
    EXPECT_EQ(made({piece::bodySlice(10, 1)}), "");
    EXPECT_EQ(made({piece::header("x-one")}), "1");
    EXPECT_EQ(made({piece::header("X-Two")}), "a, b") << "a doubled field fits no digest";
    EXPECT_EQ(made({piece::header("X-None")}), "");
    EXPECT_EQ(made({piece::query("challenge")}), "x y z");
    EXPECT_EQ(made({piece::query("flag")}), "");
    EXPECT_EQ(made({piece::query("b")}), "");
    EXPECT_EQ(made({piece::bodySlice(-1, 1)}),
              "error [0].slice: from and size must not be negative");
}

TEST_F(PiecesTest, CutsSlicesOutOfReplies) {
    const std::string_view body = "reply body";
    context_.reply = [&](std::string_view label) { return label == "step" ? &body : nullptr; };
    hubsdk::Piece slice;
    slice.slice.emplace().of = hubsdk::SliceOf::kReply;
    slice.slice->name = "step";
    slice.slice->from = 6;
    EXPECT_EQ(made({slice}), "body");
    slice.slice->name = "other";
    EXPECT_EQ(made({slice}), "");
}

TEST_F(PiecesTest, ErrorsNameThePieceAndNeverTheValue) {
    EXPECT_EQ(made({piece::text("a"), piece::text("b"), piece::secret("none")}),
              "error [2].secret: the account has no secret of this name");
    EXPECT_EQ(made({piece::hash("sha256", {piece::secret("none")})}),
              "error [0].of[0].secret: the account has no secret of this name");
    EXPECT_EQ(made({piece::sign("hmac-sha256", {piece::secret("none")}, {})}),
              "error [0].key[0].secret: the account has no secret of this name");
    EXPECT_EQ(made({piece::sign("hmac-sha256", {}, {})}), "error [0].key: the key is empty");
    EXPECT_TRUE(made({piece::sign("md5", {piece::text("k")}, {})}).starts_with("error [0].sign"));
    EXPECT_TRUE(made({piece::hash("md5", {})}).starts_with("error [0].hash"));
    EXPECT_TRUE(made({piece::accountUrl()}).starts_with("error [0].url"));
    EXPECT_TRUE(made({piece::blob("b")}).starts_with("error [0].blob"));
}

TEST_F(PiecesTest, UrlAndBlob) {
    context_.url = "https://hub.example/api/webhooks/v/e";
    context_.blob = [](std::string_view id) -> hubsdk::Result<std::string> {
        return "bytes of " + std::string(id);
    };
    EXPECT_EQ(made({piece::accountUrl()}), "https://hub.example/api/webhooks/v/e");
    EXPECT_EQ(made({piece::blob("b-1")}), "bytes of b-1");
}

TEST_F(PiecesTest, SizeAndDepthAreLimited) {
    auto deep = piece::text("x");
    for (std::size_t i = 0; i < kPieceDepthMax; ++i) deep = piece::join({deep});
    EXPECT_EQ(assemble({deep}, context_).error().code, ErrorCode::kTooLarge);
    const std::string half(kAssembledBytesMax / 2 + 1, 'x');
    EXPECT_EQ(assemble({piece::text(half), piece::text(half)}, context_).error().code,
              ErrorCode::kTooLarge);
}

TEST_F(PiecesTest, AHeaderValueCannotEndItsLine) {
    secrets_["bad"] = {"a\r\nX-Other: b"};
    EXPECT_EQ(assembleHeader({piece::secret("bad")}, context_).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(*assembleHeader({piece::secret("api_key")}, context_), "k&y");
}

hubsdk::Manifest manifest() {
    hubsdk::Manifest manifest;
    manifest.hosts = {"api.vendor.example"};
    manifest.download_hosts = {"files.vendor.example", "*.cdn.example"};
    const auto secret = [&](std::string name, std::vector<std::string> places) {
        manifest.secrets.push_back({std::move(name), std::move(places), false, "", std::nullopt});
    };
    secret("api_key", {"header"});
    secret("password", {"body"});
    secret("sign_key", {"sign"});
    secret("webhook_secret", {"proof", "capture"});
    return manifest;
}

// TM-PLG-4
TEST(PieceRules, SecretsStandOnlyWhereTheManifestAllows) {
    const auto allowed = [](hubsdk::Piece one, Place place) {
        return checkPieces({std::move(one)}, manifest(), place).ok();
    };
    const auto signed_with = [](std::string key) {
        return piece::sign("hmac-sha256", {piece::secret(std::move(key))}, {piece::text("m")});
    };
    EXPECT_TRUE(allowed(piece::secret("api_key"), Place::kHeader));
    EXPECT_TRUE(allowed(piece::escaped(piece::secret("api_key"), "base64"), Place::kHeader));
    EXPECT_FALSE(allowed(piece::secret("api_key"), Place::kBody));
    EXPECT_FALSE(allowed(piece::secret("api_key"), Place::kUrl));
    EXPECT_FALSE(allowed(piece::secret("api_key"), Place::kAnswer));
    EXPECT_TRUE(allowed(piece::secret("password"), Place::kBody));
    EXPECT_FALSE(allowed(piece::join({piece::secret("password")}), Place::kHeader));
    EXPECT_FALSE(allowed(piece::secret("sign_key"), Place::kHeader));
    EXPECT_TRUE(allowed(signed_with("sign_key"), Place::kHeader));
    EXPECT_TRUE(allowed(signed_with("sign_key"), Place::kAnswer));
    EXPECT_FALSE(allowed(signed_with("sign_key"), Place::kUrl));
    EXPECT_FALSE(allowed(signed_with("password"), Place::kHeader));
    EXPECT_TRUE(allowed(piece::secret("webhook_secret"), Place::kProof));
    const auto unknown = checkPieces({piece::secret("other")}, manifest(), Place::kBody);
    EXPECT_EQ(unknown.error().text(), "[0].secret: is no secret of the manifest");
    const auto nested =
        checkPieces({piece::hash("sha1", {piece::secret("other")})}, manifest(), Place::kBody);
    EXPECT_EQ(nested.error().path, "[0].of[0].secret");
}

hubsdk::Call call() {
    hubsdk::Call call;
    call.label = "step";
    call.method = "GET";
    call.host = "api.vendor.example";
    call.path = "/v1/x";
    return call;
}

TEST(CallRules, AcceptsACallOfTheManifest) {
    auto good = call();
    good.headers.push_back({"Authorization", {piece::secret("api_key")}});
    good.body = {piece::secret("password")};
    good.timeout_ms = kCallTimeoutMaxMs;
    good.captures.push_back({"/token", "webhook_secret", "add", std::nullopt});
    EXPECT_TRUE(checkCall(good, manifest()).ok());
}

// TM-PLG-4
TEST(CallRules, RefusesWhatTheManifestDoesNotAllow) {
    using Change = void (*)(hubsdk::Call&);
    const std::vector<std::pair<std::string, Change>> table{
        {"host", [](hubsdk::Call& c) { c.host = "evil.example"; }},
        {"host", [](hubsdk::Call& c) { c.host = "files.vendor.example"; }},
        {"host", [](hubsdk::Call& c) { c.download = true; }},
        {"transport", [](hubsdk::Call& c) { c.transport = hubsdk::Transport::kSftp; }},
        {"method", [](hubsdk::Call& c) { c.method = "GET /x"; }},
        {"path", [](hubsdk::Call& c) { c.path = "x"; }},
        {"path", [](hubsdk::Call& c) { c.path = "/x y"; }},
        {"path", [](hubsdk::Call& c) { c.path = "/x\r\ny"; }},
        {"path", [](hubsdk::Call& c) { c.path = "/x?y=1"; }},
        {"query", [](hubsdk::Call& c) { c.query = "a=b c"; }},
        {"timeout_ms", [](hubsdk::Call& c) { c.timeout_ms = kCallTimeoutMaxMs + 1; }},
        {"timeout_ms", [](hubsdk::Call& c) { c.timeout_ms = 0; }},
        {"headers[0].name",
         [](hubsdk::Call& c) {
             c.headers.push_back({"A:", {}});
         }},
        {"headers[0].name",
         [](hubsdk::Call& c) {
             c.headers.push_back({"host", {}});
         }},
        {"headers[0].value[0]",
         [](hubsdk::Call& c) {
             c.headers.push_back({"A", {piece::text("a\r\nB: c")}});
         }},
        {"headers[0].value[0].secret",
         [](hubsdk::Call& c) {
             c.headers.push_back({"A", {piece::secret("password")}});
         }},
        {"body[0].secret", [](hubsdk::Call& c) { c.body = {piece::secret("api_key")}; }},
        {"parts[0]",
         [](hubsdk::Call& c) {
             c.parts.push_back({"a\"b", std::nullopt, std::nullopt, {}});
         }},
        {"parts[0].value[0].secret",
         [](hubsdk::Call& c) {
             c.parts.push_back({"a", std::nullopt, std::nullopt, {piece::secret("api_key")}});
         }},
        {"headers[0].value",
         [](hubsdk::Call& c) {
             c.headers.push_back({"A", {piece::secret("api_key")}});
             c.credentials = "none";
         }},
        {"body",
         [](hubsdk::Call& c) {
             c.host = "a.cdn.example";
             c.download = true;
             c.body = {piece::secret("password")};
         }},
        {"capture[0].into",
         [](hubsdk::Call& c) {
             c.captures.push_back({"/t", "api_key", "add", std::nullopt});
         }},
        {"capture[0].mode",
         [](hubsdk::Call& c) {
             c.captures.push_back({"/t", "x", "keep", std::nullopt});
         }},
        {"key_header", [](hubsdk::Call& c) { c.key_header = "a b"; }},
    };
    for (std::size_t i = 0; i < table.size(); ++i) {
        auto changed = call();
        table[i].second(changed);
        const auto checked = checkCall(changed, manifest());
        ASSERT_FALSE(checked.ok()) << i;
        EXPECT_EQ(checked.error().path, table[i].first) << i;
    }
}

TEST(CallRules, DownloadHostsAreExactOrBelowASuffix) {
    EXPECT_TRUE(isDownloadHost(manifest(), "Files.vendor.example"));
    EXPECT_TRUE(isDownloadHost(manifest(), "a.b.cdn.example"));
    EXPECT_FALSE(isDownloadHost(manifest(), "cdn.example"));
    EXPECT_FALSE(isDownloadHost(manifest(), ".cdn.example"));
    EXPECT_FALSE(isDownloadHost(manifest(), "evilcdn.example"));
    EXPECT_FALSE(isDownloadHost(manifest(), "api.vendor.example"));
}

}  // namespace
}  // namespace hub::security
