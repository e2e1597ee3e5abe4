// TM-OUT-1: whom the client believes, and TM-HTTP-6: the TLS side of the edge.
#include "hub/http/client.hpp"
#include "hub/http/testing/certificates.hpp"
#include "hub/http/testing/recording_server.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
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

/// An OpenSSL server that asks every peer for a certificate of this authority, and answers each
/// request with the name in it. Its clients must be gone before it.
class AskingPeer {
public:
    AskingPeer(const TestAuthority::Files& files, const std::string& ca_file)
        : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
        SSL_CTX_use_certificate_chain_file(context_.get(), files.certificate.c_str());
        SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_load_verify_file(context_.get(), ca_file.c_str());
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           nullptr);
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
        acceptor_ = BIO_new_accept("127.0.0.1:0");
        BIO_do_accept(acceptor_);  // the first call binds
        thread_ = std::thread([this] {
            while (!stopping_) serve();
        });
    }
    ~AskingPeer() {
        stopping_ = true;
        BIO* last = BIO_new_connect(("127.0.0.1:" + std::to_string(port())).c_str());
        BIO_do_connect(last);
        BIO_free_all(last);
        thread_.join();
        for (std::thread& talk : talks_) talk.join();  // their clients are gone
        BIO_free_all(acceptor_);
    }
    AskingPeer(const AskingPeer&) = delete;
    AskingPeer& operator=(const AskingPeer&) = delete;

    [[nodiscard]] std::uint16_t port() const {
        return static_cast<std::uint16_t>(std::stoi(BIO_get_accept_port(acceptor_)));
    }
    [[nodiscard]] int connections() const { return connections_; }

private:
    void serve() {
        BIO_do_accept(acceptor_);
        BIO* connection = BIO_pop(acceptor_);
        if (stopping_) return static_cast<void>(BIO_free_all(connection));
        // Each connection on a thread of its own: the client keeps several open.
        talks_.emplace_back([this, connection] { talk(connection); });
    }
    void talk(BIO* connection) {
        BIO* tls = BIO_push(BIO_new_ssl(context_.get(), 0), connection);
        SSL* ssl = nullptr;
        BIO_get_ssl(tls, &ssl);
        if (BIO_do_handshake(tls) == 1) {
            ++connections_;
            const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl),
                                                                    X509_free);
            std::array<char, 256> name{};
            X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName,
                                      name.data(), static_cast<int>(name.size()));
            const std::string said(name.data());
            const std::string answer =
                "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(said.size()) + "\r\n\r\n" +
                said;
            std::array<char, 4096> buffer{};
            while (BIO_read(tls, buffer.data(), static_cast<int>(buffer.size())) > 0) {
                BIO_puts(tls, answer.c_str());
                (void)BIO_flush(tls);
            }
        }
        BIO_free_all(tls);
    }

    std::shared_ptr<SSL_CTX> context_;
    BIO* acceptor_ = nullptr;
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0};
    std::vector<std::thread> talks_;  // of the accepting thread
    std::thread thread_;
};

std::shared_ptr<const ClientCertificate> certificateOf(const TestAuthority::Files& files,
                                                       const std::string& identity) {
    const auto textOf = [](const std::string& file) {
        std::ifstream in(file);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    auto made = std::make_shared<ClientCertificate>();
    made->identity = identity;
    made->chain_pem = textOf(files.certificate);
    made->key_pem = textOf(files.key);
    return made;
}

class ClientCertificates : public ::testing::Test {
protected:
    ClientCertificates() {
        ClientConfig config;
        config.ca_file = authority_.caFile();
        config.routes[kName] = "https://127.0.0.1:" + std::to_string(peer_.port());
        client_ = std::make_unique<Client>(config);
    }
    SendResult ask(std::shared_ptr<const ClientCertificate> certificate) {
        OutboundRequest request;
        request.host = kName;
        request.target = "/x";
        request.allowed_hosts = {kName};
        request.certificate = std::move(certificate);
        return client_->sendAndWait(std::move(request));
    }
    std::string bodyOf(const std::shared_ptr<const ClientCertificate>& certificate) {
        const SendResult result = ask(certificate);
        return result ? result.reply().body : "refused: " + result.error().error.text();
    }

    TestAuthority authority_;
    AskingPeer peer_{authority_.issue(kName), authority_.caFile()};
    std::unique_ptr<Client> client_;
};

TEST_F(ClientCertificates, AreShownInTheHandshake) {
    EXPECT_FALSE(ask(nullptr)) << "the peer wants one";
    EXPECT_EQ(bodyOf(certificateOf(authority_.issue("one.client"), "one")), "one.client");
}

TEST_F(ClientCertificates, KeepConnectionsApart) {
    const auto one = certificateOf(authority_.issue("one.client"), "one");
    const auto two = certificateOf(authority_.issue("two.client"), "two");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(bodyOf(one), "one.client");
        EXPECT_EQ(bodyOf(two), "two.client");
    }
    EXPECT_EQ(peer_.connections(), 2) << "each is used again, by its own identity only";
    EXPECT_FALSE(ask(nullptr)) << "who shows nothing gets nobody's connection";
    // The same pair of another owner is another identity.
    const auto others = certificateOf(authority_.issue("one.client"), "another's");
    EXPECT_EQ(bodyOf(others), "one.client");
    EXPECT_EQ(peer_.connections(), 3);
}

TEST_F(ClientCertificates, OfAnotherAuthorityAreRefusedByThePeer) {
    TestAuthority theirs;
    EXPECT_FALSE(ask(certificateOf(theirs.issue("one.client"), "one")));
}

TEST_F(ClientCertificates, AreCheckedAndNeverShownInErrors) {
    const auto one = certificateOf(authority_.issue("one.client"), "one");
    const auto two = certificateOf(authority_.issue("two.client"), "two");
    const auto path = [](const std::string& chain, const std::string& key) {
        const auto checked = checkClientCertificate(chain, key);
        return checked ? std::string("good") : checked.error().path;
    };
    EXPECT_EQ(path(one->chain_pem, one->key_pem), "good");
    EXPECT_EQ(path("nothing", one->key_pem), "client_certificate");
    EXPECT_EQ(path(one->chain_pem, "nothing"), "client_key");
    EXPECT_EQ(path(one->chain_pem, two->key_pem), "client_key");
    auto broken = std::make_shared<ClientCertificate>();
    broken->identity = "broken";
    broken->chain_pem = one->chain_pem;
    broken->key_pem = "-----BEGIN SECRET";
    const SendResult result = ask(broken);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kInvalid);
    EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
    EXPECT_EQ(result.error().error.text().find("SECRET"), std::string::npos);
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
