// HTTPS served by the real hubd (TM-HTTP-6; the protocol's own tests are hub/http/client_tls_test).
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include <hubsdk/cpp/json.hpp>

#include "hub/http/client.hpp"
#include "hub/http/testing/certificates.hpp"
#include "hub/http/testing/raw_socket.hpp"
#include "hub/security/digest.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::edge {
namespace {

using http::testing::TestAuthority;
using ::testing::HasSubstr;

constexpr std::string_view kKey = "edge-secret-key";
const std::string kName = "hub.example.test";

/// hubd on a folder of its own, without waiting for anything.
class TlsHub {
public:
    TlsHub(const std::string& certificate, const std::string& key) {
        std::string pattern = (std::filesystem::temp_directory_path() / "hub-tls-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        std::ofstream config(folder_ + "/hubd.properties");
        config << "server.port = 0\ndata.dir = " << folder_
               << "/data\nplugins.dir = " << HUB_BUILD_DIR
               << "/plugins\nserver.tls_certificate = " << certificate
               << "\nserver.tls_key = " << key << "\n";
        config.close();
        process_ = std::make_unique<e2e::Process>(
            std::string(HUB_BUILD_DIR) + "/bin/hubd",
            std::vector<std::string>{"--config=" + folder_ + "/hubd.properties"}, folder_ + "/log");
    }
    ~TlsHub() {
        process_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TlsHub(const TlsHub&) = delete;
    TlsHub& operator=(const TlsHub&) = delete;

    [[nodiscard]] e2e::Process& process() { return *process_; }
    [[nodiscard]] std::string log() const { return e2e::readFile(folder_ + "/log"); }
    [[nodiscard]] std::string adminKey() const {
        return e2e::readFile(folder_ + "/data/admin.key");
    }
    std::uint16_t waitForPort() {
        const std::string rest = process_->waitForLine("listening on https://127.0.0.1:");
        if (rest.empty()) throw std::runtime_error("hubd did not start: " + log());
        return static_cast<std::uint16_t>(std::stoi(rest));
    }

private:
    std::string folder_;
    std::unique_ptr<e2e::Process> process_;
};

http::Reply call(http::Client& client, std::string target, std::string body,
                 std::vector<http::HeaderField> headers) {
    http::OutboundRequest request;
    request.method = "POST";
    request.host = kName;
    request.allowed_hosts = {kName};
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(body);
    const http::SendResult result = client.sendAndWait(std::move(request));
    EXPECT_TRUE(result) << result.error().error.text();
    return result ? result.reply() : http::Reply{};
}

TEST(SqliteTls, TakesAWebhookOverHttps) {
    TestAuthority authority;
    const auto files = authority.issue(kName);
    TlsHub hub(files.certificate, files.key);
    const std::uint16_t port = hub.waitForPort();
    http::ClientConfig config;
    config.ca_file = authority.caFile();
    config.routes[kName] = "https://127.0.0.1:" + std::to_string(port);
    http::Client client(config);

    const http::Reply connected =
        call(client, "/api/v1/providers",
             R"({"pluginKey":"checkr","providerCode":"c","providerName":"C",)"
             R"("settings":{"environment":"production"},"secrets":{"api_key":"edge-secret-key"}})",
             {{"Authorization", "Bearer " + hub.adminKey()}});
    const auto read = hubsdk::JsonDocument::parse(connected.body);
    ASSERT_TRUE(read.ok()) << connected.body;
    const std::string url(read->root().pointer("/data/webhookUrl").text());
    EXPECT_TRUE(url.starts_with("https://127.0.0.1:")) << url;

    const std::string body =
        e2e::readFile(HUB_SHARED_DIR "/vendors/checkr/samples/webhook_report_disputed.json");
    const std::string path = url.substr(url.find("/api/webhooks/"));
    const auto signed_by = [&](std::string_view key) {
        return security::hexEncode(security::hmac(security::HashAlg::kSha256, key, body));
    };
    EXPECT_EQ(call(client, path, body, {{"X-Checkr-Signature", signed_by(kKey)}}).status, 200);
    EXPECT_EQ(call(client, path, body, {{"X-Checkr-Signature", signed_by("other")}}).status, 401);

    // Who speaks plain HTTP to it gets no answer of the hub's.
    auto plain = http::testing::RawSocket::connectTo(port);
    plain.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(plain.readToEnd().find("HTTP/1.1"), std::string::npos);
    EXPECT_EQ(hub.process().terminate(), 0);
}

TEST(SqliteTls, RefusesFilesThatDoNotFitByTheNameOfTheirKey) {
    TestAuthority authority;
    const auto one = authority.issue(kName);
    const auto other = authority.issue(kName);
    const std::string missing = authority.caFile() + ".missing";
    struct Case {
        std::string certificate;
        std::string key;
        const char* named;
    };
    const Case kCases[] = {
        {one.certificate, other.key, "server.tls_key"},        // of another certificate
        {one.certificate, one.certificate, "server.tls_key"},  // no key in it
        {one.certificate, missing, "server.tls_key"},
        {missing, one.key, "server.tls_certificate"},
        {one.key, one.key, "server.tls_certificate"},
    };
    for (const Case& given : kCases) {
        TlsHub hub(given.certificate, given.key);
        EXPECT_NE(hub.process().waitForExit(), 0);
        EXPECT_THAT(hub.log(), HasSubstr(given.named));
        EXPECT_THAT(hub.log(), ::testing::Not(HasSubstr("listening")));
    }
}

}  // namespace
}  // namespace hub::edge
