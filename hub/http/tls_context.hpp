/// The one place that makes TLS contexts (TM-OUT-1). Internal to hub/http.
#pragma once

#include "hub/http/client.hpp"
#include "hub/http/message.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace hub::http {

using TlsContext = std::unique_ptr<boost::asio::ssl::context>;

/// For calls: verifies the peer strictly against `ca_file`, or against the system's authorities
/// when it is empty; TLS 1.2 at least. Fails with kInvalid when the file cannot be used.
[[nodiscard]] Result<TlsContext> makeClientContext(const std::string& ca_file);

/// The same trust as `base`, and a certificate of our own. Fails with kInvalid at
/// `client_certificate` or `client_key`, without a word of their content.
[[nodiscard]] Result<TlsContext> makeClientContext(boost::asio::ssl::context& base,
                                                   const std::string& chain_pem,
                                                   const std::string& key_pem);

/// For the edge: certificate chain and key in PEM; TLS 1.2 at least, no renegotiation. Fails with
/// kInvalid when a file cannot be used. Never asks a person for a pass phrase.
[[nodiscard]] Result<TlsContext> makeServerContext(const std::string& certificate_file,
                                                   const std::string& key_file);

}  // namespace hub::http
