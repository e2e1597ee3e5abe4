/// The hardened HTTP/1.1 client for calls to vendors and clients' URLs (TM-OUT-1 to 6).
#pragma once

#include "hub/http/head.hpp"
#include "hub/http/message.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub::http {

/// What we show of ourselves in a TLS handshake. Wiped at its end.
struct ClientCertificate {
    /// Names the owner and this very pair. Connections are kept and used again under one identity
    /// only.
    std::string identity;
    std::string chain_pem;  ///< the certificate, then those between it and the authority
    std::string key_pem;    ///< not encrypted

    ~ClientCertificate();
};

/// Whether the two can be used and belong together. Fails with kInvalid at `client_certificate` or
/// `client_key`, without a word of their content. Any thread.
[[nodiscard]] Result<void> checkClientCertificate(const std::string& chain_pem,
                                                  const std::string& key_pem);

struct OutboundRequest {
    std::string method = "GET";
    std::string scheme = "https";      ///< "http" only to a host with a route
    std::string host;                  ///< a DNS name, never an address
    std::uint16_t port = 0;            ///< 0: the scheme's own
    std::string target = "/";          ///< origin form, encoded already
    std::vector<HeaderField> headers;  ///< without Host, Connection and framing fields
    std::string body;
    std::int64_t deadline_ms = 30'000;  ///< for everything together; see ClientLimits
    std::size_t answer_bytes_max = std::size_t{16} * 1024 * 1024;
    bool follow_one_redirect = false;        ///< one hop, GET and HEAD only, inside allowed_hosts
    std::vector<std::string> allowed_hosts;  ///< names or "*.suffix"; empty allows nothing
    /// Shown to the host, not to where it redirects; may be null.
    std::shared_ptr<const ClientCertificate> certificate = nullptr;
};

/// A complete answer. A 3xx that was not followed is an answer like any other.
struct Reply {
    int status = 0;
    std::vector<HeaderField> headers;
    std::string body;  ///< empty when it went to a sink
};

/// Whether the peer can have executed a request that has no complete answer.
enum class Delivery : std::uint8_t {
    kNotSent,  ///< proven: no byte of it was handed to the connection
    kLost,     ///< it may have arrived and been executed
};

/// Why there is no answer. Codes: kInvalid, kForbidden (refused by policy, never sent),
/// kUnavailable, kTimeout, kTooLarge, or what a sink returned.
struct SendError {
    Error error;
    Delivery delivery = Delivery::kNotSent;
};

/// A Reply or a SendError.
class [[nodiscard]] SendResult {
public:
    SendResult(Reply reply) : reply_(std::move(reply)) {}
    SendResult(SendError error) : error_(std::move(error)) {}

    [[nodiscard]] bool ok() const noexcept { return reply_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    /// Precondition: ok().
    [[nodiscard]] const Reply& reply() const& { return assert(ok()), *reply_; }
    [[nodiscard]] Reply&& reply() && { return assert(ok()), *std::move(reply_); }
    /// Precondition: !ok().
    [[nodiscard]] const SendError& error() const { return assert(!ok()), error_; }

private:
    std::optional<Reply> reply_;
    SendError error_;
};

/// Takes the body of a 2xx answer piece by piece on the client's thread; an error ends the call.
/// What it took counts only after the call has ended well.
using ReplySink = std::function<Result<void>(std::string_view chunk)>;

/// Called once for each call, on the client's thread. Must not block or throw.
using SendCallback = std::function<void(SendResult)>;

/// The addresses of a name, as text. Runs on a resolver thread and may block.
using Resolve = std::function<Result<std::vector<std::string>>(const std::string& host)>;

/// Bounds of the client, threat-model.md section 21 and TM-OUT-5.
struct ClientLimits {
    HeadLimits reply_head{8 * 1024, 128, 16 * 1024, 64 * 1024};
    std::int64_t connect_ms = 3'000;  ///< name, TCP and TLS together
    std::int64_t deadline_ms_max = 120'000;
    std::int64_t pool_idle_ms = 4'000;  ///< shorter than usual servers keep idle connections
    std::size_t pool_per_host_max = 8;
    std::size_t calls_max = 1'024;
    std::size_t calls_per_host_max = 64;
    std::size_t interim_replies_max = 8;  ///< 1xx before one answer
    std::size_t resolver_threads = 4;
    std::size_t resolver_queue_max = 256;
    std::int64_t resolved_ms = 30'000;           ///< how long an answer is fresh
    std::int64_t resolved_stale_ms = 3'600'000;  ///< how long it may serve when asking fails
};

struct ClientConfig {
    /// Where calls to a host go instead, like curl's --connect-to, for local simulators:
    /// "api.vendor.com" to "http://127.0.0.1:8099". Only loopback addresses; with "https" the
    /// certificate must still be the host's.
    std::map<std::string, std::string> routes;
    std::string ca_file;  ///< PEM; empty: the system's authorities
    std::vector<std::uint16_t> ports_allowed = {443, 8443};  ///< for hosts without a route
    std::string user_agent = "screenhub";
    Resolve resolve;  ///< empty: the system's resolver
    ClientLimits limits;
};

/// Fails with kInvalid for a route's target that is no loopback address.
[[nodiscard]] Result<void> checkRoute(const std::string& target);

/// Fails with kInvalid for authorities that cannot be read.
[[nodiscard]] Result<void> checkAuthorities(const std::string& ca_file);

/// What a client is doing at this moment.
struct ClientView {
    std::size_t calls = 0;          ///< each has a connection, or waits for one
    std::size_t names_waiting = 0;  ///< look-ups that no thread has taken yet
};

/// Owns one I/O thread and the resolver's threads. `send` and `sendAndWait` may be called from
/// any thread, `sendAndWait` not from a callback or sink.
class Client {
public:
    /// Throws std::invalid_argument for a route that is not a loopback address and for
    /// authorities that cannot be read.
    explicit Client(ClientConfig config);
    /// Ends open calls as kUnavailable; their callbacks run before it returns. Waits for a name
    /// lookup in progress, which the system bounds.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends a request and reports its end. Never repeats a request that the peer may have seen,
    /// except GET and HEAD on a pooled connection that turns out to be dead.
    void send(OutboundRequest request, SendCallback callback);

    /// The same; the body of a 2xx answer goes to `sink`.
    void send(OutboundRequest request, ReplySink sink, SendCallback callback);

    [[nodiscard]] SendResult sendAndWait(OutboundRequest request, ReplySink sink = {});

    /// Any thread.
    [[nodiscard]] ClientView view() const;

    struct Impl;  ///< public for the implementation only

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace hub::http
