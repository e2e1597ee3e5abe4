#include "hub/http/tls_context.hpp"

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>

namespace hub::http {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Error unusable(std::string_view what, const std::string& file) {
    return hubsdk::makeError(ErrorCode::kInvalid, "cannot use the " + std::string(what), file);
}

TlsContext makeContext(ssl::context::method method) {
    auto context = std::make_unique<ssl::context>(method);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return context;
}

// Never asks a person for a pass phrase.
void refusePassPhrases(ssl::context& context, error_code& code) {
    context.set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); }, code);
}

// Shows this pair to peers.
Result<void> show(ssl::context& context, const std::string& chain_pem, const std::string& key_pem) {
    const auto wrong = [](const char* what, const char* path) {
        return hubsdk::makeError(ErrorCode::kInvalid, what, path);
    };
    error_code code;
    refusePassPhrases(context, code);
    if (!code) context.use_certificate_chain(boost::asio::buffer(chain_pem), code);
    if (code) return wrong("is no PEM certificate", "client_certificate");
    context.use_private_key(boost::asio::buffer(key_pem), ssl::context::pem, code);
    if (code) return wrong("is no PEM key without a pass phrase", "client_key");
    if (SSL_CTX_check_private_key(context.native_handle()) != 1)
        return wrong("does not belong to the certificate", "client_key");
    return {};
}

}  // namespace

ClientCertificate::~ClientCertificate() { OPENSSL_cleanse(key_pem.data(), key_pem.size()); }

Result<void> checkClientCertificate(const std::string& chain_pem, const std::string& key_pem) {
    const TlsContext context = makeContext(ssl::context::tls_client);
    return show(*context, chain_pem, key_pem);
}

Result<TlsContext> makeClientContext(ssl::context& base, const std::string& chain_pem,
                                     const std::string& key_pem) {
    TlsContext context = makeContext(ssl::context::tls_client);
    error_code code;
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, code);
    if (code) return hubsdk::makeError(ErrorCode::kInternal, "TLS verification is not available");
    SSL_CTX_set1_cert_store(context->native_handle(), SSL_CTX_get_cert_store(base.native_handle()));
    if (auto shown = show(*context, chain_pem, key_pem); !shown) return std::move(shown).error();
    return context;
}

Result<TlsContext> makeClientContext(const std::string& ca_file) {
    TlsContext context = makeContext(ssl::context::tls_client);
    error_code code;
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, code);
    if (code) return hubsdk::makeError(ErrorCode::kInternal, "TLS verification is not available");
    if (ca_file.empty()) {
        context->set_default_verify_paths(code);
    } else {
        context->load_verify_file(ca_file, code);
    }
    if (code) return unusable("certificate authorities", ca_file);
    return context;
}

Result<TlsContext> makeServerContext(const std::string& certificate_file,
                                     const std::string& key_file) {
    TlsContext context = makeContext(ssl::context::tls_server);
    error_code code;
    refusePassPhrases(*context, code);
    if (!code) context->use_certificate_chain_file(certificate_file, code);
    if (code) return unusable("TLS certificate", certificate_file);
    context->use_private_key_file(key_file, ssl::context::pem, code);
    if (code) return unusable("TLS key", key_file);
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
        return unusable("TLS key with this certificate", key_file);
    }
    return context;
}

}  // namespace hub::http
