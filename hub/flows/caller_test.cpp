#include "hub/flows/caller.hpp"

#include <gmock/gmock.h>
#include <algorithm>

#include <hubsdk/cpp/request.hpp>

namespace hub::flows {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CallerTest : public ::testing::Test {
protected:
    CallerTest() {
        auto manifest = hubsdk::readManifest(R"({
            "vendor": "beta", "name": "Beta", "version": "1", "kind": "screening",
            "hosts": ["api.beta.example"], "download_hosts": ["files.beta.example"],
            "commands": ["account.test"],
            "secrets": [{"name": "tls_certificate", "places": ["client_certificate"], "text": "Ours."},
                        {"name": "tls_key", "places": ["client_key"], "text": "Its key."}]})");
        EXPECT_TRUE(manifest) << manifest.error().text();
        manifest_ = std::move(manifest).value();
        account_.id = "account-1";
        call_.label = "call";
        call_.method = "GET";
        call_.host = "api.beta.example";
        call_.path = "/";
        secrets_["tls_certificate"] = {"chain"};
        secrets_["tls_key"] = {"key"};
    }
    hubsdk::Result<http::OutboundRequest> assembled() {
        const CallContext context{account_, manifest_, secrets_, "", 0, {}, {}};
        return assembleCall(call_, "", context);
    }

    storage::Account account_;
    hubsdk::Manifest manifest_;
    security::SecretValues secrets_;
    hubsdk::Call call_;
};

TEST_F(CallerTest, ShowsTheAccountsCertificate) {
    const auto request = assembled();
    ASSERT_TRUE(request) << request.error().text();
    ASSERT_NE(request->certificate, nullptr);
    EXPECT_EQ(request->certificate->chain_pem, "chain");
    EXPECT_EQ(request->certificate->key_pem, "key");
    EXPECT_THAT(request->certificate->identity, StartsWith("account-1:"));
}

TEST_F(CallerTest, ABoundOfOursIsNoFailureOfTheVendor) {
    const auto attempt = [&](hubsdk::ErrorCode code) {
        return outcomeOf(http::SendError{hubsdk::makeError(code, "why"), http::Delivery::kNotSent},
                         call_, 0)
            .attempt;
    };
    EXPECT_EQ(attempt(hubsdk::ErrorCode::kRateLimited), Attempt::kHeldBack);
    EXPECT_EQ(attempt(hubsdk::ErrorCode::kUnavailable), Attempt::kNotSent);
}

// TM-OUT-4
TEST_F(CallerTest, AnAccountCallsOnlyTheHostsOfItsSettings) {
    auto manifest = hubsdk::readManifest(R"({
        "vendor": "beta", "name": "Beta", "version": "1", "kind": "screening",
        "settings": [{"name": "environment", "type": "choice", "choices": ["live", "test"],
                      "default": "live", "text": "Which system."}],
        "hosts": ["api.beta.example", "test.beta.example", "both.beta.example"],
        "host_rules": [{"host": "api.beta.example", "setting": "environment", "is": "live"},
                       {"host": "test.beta.example", "setting": "environment", "is": "test"}],
        "commands": ["account.test"]})");
    ASSERT_TRUE(manifest) << manifest.error().text();
    manifest_ = std::move(manifest).value();
    secrets_.clear();
    const auto allowed = [&](const char* settings, const char* host) {
        account_.settings = settings;
        call_.host = host;
        return assembled().ok();
    };
    EXPECT_TRUE(allowed("{}", "api.beta.example"));
    EXPECT_FALSE(allowed("{}", "test.beta.example"));
    constexpr const char* kTest = R"({"environment":"test"})";
    EXPECT_FALSE(allowed(kTest, "api.beta.example"));
    EXPECT_FALSE(allowed(kTest, "API.beta.example"));
    EXPECT_TRUE(allowed(kTest, "test.beta.example"));
    EXPECT_TRUE(allowed(kTest, "both.beta.example"));
}

TEST_F(CallerTest, AnotherAccountOrAnotherPairIsAnotherIdentity) {
    const std::string first = assembled()->certificate->identity;
    EXPECT_EQ(assembled()->certificate->identity, first);
    account_.id = "account-2";
    EXPECT_NE(assembled()->certificate->identity, first);
    account_.id = "account-1";
    secrets_["tls_key"] = {"renewed"};
    EXPECT_NE(assembled()->certificate->identity, first);
}

TEST_F(CallerTest, ShowsNothingWhereTheAccountIsNotToBeSeen) {
    call_.credentials = "none";
    EXPECT_EQ(assembled()->certificate, nullptr);
    call_.credentials = "account";
    call_.host = "files.beta.example";
    call_.download = true;
    EXPECT_EQ(assembled()->certificate, nullptr);
}

TEST_F(CallerTest, HalfAPairIsNotSent) {
    secrets_.erase("tls_key");
    const auto half = assembled();
    ASSERT_FALSE(half);
    EXPECT_THAT(half.error().text(), HasSubstr("one half"));
    secrets_.clear();
    EXPECT_EQ(assembled()->certificate, nullptr);
}

hubsdk::Part partOf(std::string name, hubsdk::Pieces value) {
    hubsdk::Part part;
    part.name = std::move(name);
    part.value = std::move(value);
    return part;
}

// RFC 7578: what goes to the vendor, byte for byte.
TEST_F(CallerTest, PartsBecomeAMultipartBody) {
    hubsdk::Part file = partOf("file", {hubsdk::piece::blob("blob-1")});
    file.file_name = "driver's license.pdf";
    file.content_type = "application/pdf";
    const hubsdk::Request request =
        hubsdk::post("send", "/documents")
            .part(partOf("documents[0][type]", {hubsdk::piece::text("license\r\n")}))
            .part(std::move(file));
    call_.parts = request.call().parts;
    const std::string bytes("%PDF\0--\r\n", 10);
    const CallContext context{account_,
                              manifest_,
                              secrets_,
                              "",
                              0,
                              {},
                              [&](std::string_view id) -> hubsdk::Result<std::string> {
                                  if (id == "blob-1") return bytes;
                                  return hubsdk::makeError(hubsdk::ErrorCode::kNotFound, "none");
                              }};
    const auto sent = assembleCall(call_, "", context);
    ASSERT_TRUE(sent) << sent.error().text();
    const auto type = std::ranges::find(sent->headers, "Content-Type", &http::HeaderField::name);
    ASSERT_NE(type, sent->headers.end());
    constexpr std::string_view kType = "multipart/form-data; boundary=";
    ASSERT_THAT(type->value, StartsWith(kType));
    const std::string line = "--" + type->value.substr(kType.size());
    EXPECT_EQ(sent->body,
              line +
                  "\r\nContent-Disposition: form-data; name=\"documents[0][type]\"\r\n\r\n"
                  "license\r\n\r\n" +
                  line +
                  "\r\nContent-Disposition: form-data; name=\"file\"; "
                  "filename=\"driver's license.pdf\"\r\n"
                  "Content-Type: application/pdf\r\n\r\n" +
                  bytes + "\r\n" + line + "--\r\n");
    const auto other = assembleCall(call_, "", context);
    EXPECT_NE(other->body, sent->body) << "another boundary each time";
    call_.parts[1].value = {hubsdk::piece::blob("blob-2")};
    EXPECT_FALSE(assembleCall(call_, "", context));
}

TEST_F(CallerTest, TheKeyGoesNowhereElse) {
    hubsdk::PieceHeader field;
    field.name = "X-Key";
    field.value.push_back(hubsdk::piece::secret("tls_key"));
    call_.headers.push_back(field);
    EXPECT_FALSE(assembled());
    for (
        const char* secrets :
        {R"([{"name":"k","text":"t","places":["client_key","header"]},
              {"name":"c","text":"t","places":["client_certificate"]}])",
         R"([{"name":"k","text":"t","places":["client_key"]}])",
         R"([{"name":"k","text":"t","places":["client_key"]},{"name":"c","text":"t","places":["client_certificate"]},
              {"name":"d","text":"t","places":["client_certificate"]}])"}) {
        EXPECT_FALSE(hubsdk::readManifest(
            R"({"vendor":"b","name":"B","version":"1","kind":"ats","commands":[],"secrets":)" +
            std::string(secrets) + "}"))
            << secrets;
    }
}

}  // namespace
}  // namespace hub::flows
