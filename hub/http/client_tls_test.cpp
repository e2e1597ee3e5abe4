// TM-OUT-1: whom the client believes, and TM-HTTP-6: the TLS side of the edge.
#include "hub/http/client.hpp"
#include "hub/http/testing/certificates.hpp"
#include "hub/http/testing/recording_server.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>

namespace hub::http::testing {
namespace {

const std::string kName = "api.vendor.test";

ServerConfig withCertificate(const TestAuthority::Files& files) {
    ServerConfig config;
    config.tls_certificate_file = files.certificate;
    config.tls_key_file = files.key;
    return config;
}

SendResult call(std::uint16_t port, const std::string& ca_file, const std::string& name = kName) {
    ClientConfig config;
    config.ca_file = ca_file;
    config.routes[name] = "https://127.0.0.1:" + std::to_string(port);
    Client client(config);
    OutboundRequest request;
    request.host = name;
    request.target = "/x";
    request.allowed_hosts = {name};
    return client.sendAndWait(std::move(request));
}

void expectRefused(RecordingServer& server, const SendResult& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
    EXPECT_TRUE(server.requests().empty());
}

TEST(ClientTls, TalksToAPeerWithTheRightCertificate) {
    TestAuthority authority;
    RecordingServer server(withCertificate(authority.issue(kName)));
    const SendResult result = call(server.port(), authority.caFile());
    ASSERT_TRUE(result) << result.error().error.text();
    EXPECT_EQ(result.reply().body, "/x");
    EXPECT_TRUE(server.requests().at(0).secure);
}

TEST(ClientTls, RefusesACertificateForAnotherName) {
    TestAuthority authority;
    for (const char* name : {"other.test", "vendor.test", "x.api.vendor.test"}) {
        RecordingServer server(withCertificate(authority.issue(name)));
        expectRefused(server, call(server.port(), authority.caFile()));
    }
}

// TM-OUT-1: "localhost" is a name like any other.
TEST(ClientTls, RefusesAForeignCertificateForLocalhost) {
    TestAuthority authority;
    RecordingServer server(withCertificate(authority.issue(kName)));
    expectRefused(server, call(server.port(), authority.caFile(), "localhost"));
}

TEST(ClientTls, RefusesUnknownAuthoritiesSelfSignedAndExpired) {
    TestAuthority ours;
    TestAuthority theirs;
    RecordingServer unknown(withCertificate(theirs.issue(kName)));
    expectRefused(unknown, call(unknown.port(), ours.caFile()));
    expectRefused(unknown, call(unknown.port(), {}));
    RecordingServer self_signed(withCertificate(ours.issue(kName, Flaw::kSelfSigned)));
    expectRefused(self_signed, call(self_signed.port(), ours.caFile()));
    RecordingServer expired(withCertificate(ours.issue(kName, Flaw::kExpired)));
    expectRefused(expired, call(expired.port(), ours.caFile()));
}

TEST(ClientTls, RefusesAPeerWithoutTls) {
    TestAuthority authority;
    RecordingServer server;
    expectRefused(server, call(server.port(), authority.caFile()));
}

/// An OpenSSL server of at most this version, for one connection.
class OldPeer {
public:
    OldPeer(const TestAuthority::Files& files, int version_max)
        : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
        SSL_CTX_set_security_level(context_.get(), 0);  // else OpenSSL itself would refuse to try
        SSL_CTX_set_max_proto_version(context_.get(), version_max);
        SSL_CTX_use_certificate_chain_file(context_.get(), files.certificate.c_str());
        SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
        acceptor_ = BIO_new_accept("127.0.0.1:0");
        BIO_do_accept(acceptor_);  // the first call binds
        thread_ = std::thread([this] { serve(); });
    }
    ~OldPeer() {
        thread_.join();
        BIO_free_all(acceptor_);
    }
    OldPeer(const OldPeer&) = delete;
    OldPeer& operator=(const OldPeer&) = delete;

    [[nodiscard]] std::uint16_t port() const {
        return static_cast<std::uint16_t>(std::stoi(BIO_get_accept_port(acceptor_)));
    }

private:
    void serve() {
        BIO_do_accept(acceptor_);
        BIO* connection = BIO_pop(acceptor_);
        BIO* tls = BIO_push(BIO_new_ssl(context_.get(), 0), connection);
        if (BIO_do_handshake(tls) == 1) {
            std::array<char, 4096> buffer{};
            (void)BIO_read(tls, buffer.data(), static_cast<int>(buffer.size()));
            (void)BIO_puts(tls, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            (void)BIO_flush(tls);
        }
        BIO_free_all(tls);
    }

    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    BIO* acceptor_ = nullptr;
    std::thread thread_;
};

TEST(ClientTls, RefusesAPeerThatSpeaksNothingNewerThanTls11) {
    TestAuthority authority;
    {
        const OldPeer fits(authority.issue(kName), TLS1_2_VERSION);
        const SendResult result = call(fits.port(), authority.caFile());
        ASSERT_TRUE(result) << result.error().error.text();
        EXPECT_EQ(result.reply().body, "ok");
    }
    const OldPeer old(authority.issue(kName), TLS1_1_VERSION);
    const SendResult result = call(old.port(), authority.caFile());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
}

// A certificate that does not hold asks nobody: what waits on standard input stays there.
TEST(ClientTls, AsksNobodyAboutACertificate) {
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(::pipe(pipe_ends.data()), 0);
    const int before = ::dup(STDIN_FILENO);
    ASSERT_EQ(::dup2(pipe_ends[0], STDIN_FILENO), STDIN_FILENO);
    ASSERT_EQ(::write(pipe_ends[1], "yes\n", 4), 4);
    TestAuthority authority;
    RecordingServer server(withCertificate(authority.issue("other.test")));
    expectRefused(server, call(server.port(), authority.caFile()));
    std::array<char, 16> left{};
    EXPECT_EQ(::read(STDIN_FILENO, left.data(), left.size()), 4);
    if (before >= 0) ::dup2(before, STDIN_FILENO);
    for (const int end : {pipe_ends[0], pipe_ends[1], before}) {
        if (end >= 0) ::close(end);
    }
}

/// Runs the OpenSSL client against a port with one protocol version; returns whether it shook.
bool shakes(std::uint16_t port, int version) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);  // else OpenSSL itself would refuse to try
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    BIO* connection = BIO_new_ssl_connect(context.get());
    BIO_set_conn_hostname(connection, ("127.0.0.1:" + std::to_string(port)).c_str());
    const bool shaken = BIO_do_handshake(connection) == 1;
    BIO_free_all(connection);
    return shaken;
}

TEST(ServerTls, SpeaksTls12AndNewerOnly) {
    TestAuthority authority;
    const RecordingServer server(withCertificate(authority.issue(kName)));
    EXPECT_FALSE(shakes(server.port(), TLS1_1_VERSION));
    EXPECT_TRUE(shakes(server.port(), TLS1_2_VERSION));
    EXPECT_TRUE(shakes(server.port(), TLS1_3_VERSION));
}

// TM-HTTP-6: idle TLS.
TEST(ServerTls, CutsOffAPeerThatNeverShakesHands) {
    TestAuthority authority;
    ServerConfig config = withCertificate(authority.issue(kName));
    config.limits.handshake_ms = 100;
    const RecordingServer server(config);
    EXPECT_EQ(server.talk(""), "");
    EXPECT_EQ(server.talk("\x16\x03\x01"), "");
}

}  // namespace
}  // namespace hub::http::testing
