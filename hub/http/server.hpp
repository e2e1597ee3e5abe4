/// The HTTP/1.1 edge: a strict, bounded server (architecture.md section 5, TM-HTTP-1 to 10).
#pragma once

#include "hub/http/head.hpp"
#include "hub/http/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hub::http {

/// Bounds of the edge; the defaults are those of threat-model.md section 21 and TM-HTTP-6.
struct ServerLimits {
    HeadLimits head;
    std::size_t connections_max = 2000;
    std::size_t connections_per_address_max = 100;  ///< trusted proxies are exempt
    std::size_t requests_per_connection_max = 1000;
    /// Bodies that are being read or answered, all together; over it a request is answered 503.
    std::size_t body_bytes_in_flight_max = std::size_t{256} * 1024 * 1024;
    std::size_t drained_bytes_max = 64 * 1024;  ///< read and dropped after a refusal
    std::int64_t handshake_ms = 5'000;
    std::int64_t header_ms = 10'000;     ///< whole head, from accept or from its first byte
    std::int64_t idle_ms = 15'000;       ///< between two requests of one connection
    std::int64_t body_grace_ms = 5'000;  ///< after that a body must hold its rate
    std::int64_t body_rate_min = 1024;   ///< bytes a second; a burst earns the grace at most
    std::int64_t answer_ms = 60'000;     ///< for the handler; then 503
    std::int64_t write_grace_ms = 10'000;
    std::int64_t write_rate_min = 1024;  ///< bytes a second; a burst earns write_credit_ms at most
    /// What a burst earns at most. More than the grace, for the system takes much of an answer at
    /// once and then nothing until a slow peer has read a third of it.
    std::int64_t write_credit_ms = 60'000;
    std::int64_t drain_ms = 1'000;  ///< for a refused peer to read its answer
};

/// The largest body accepted for a request, in bytes. Runs on an I/O thread for every request
/// head; must not block.
using BodyLimit = std::function<std::size_t(std::string_view method, std::string_view path)>;

/// The answer to what the edge refuses, or a handler leaves without one. The edge sets the status
/// anew and, with 503, Retry-After. Runs on an I/O thread; must not block.
using RefusalAnswer = std::function<Response(const Refusal& refusal)>;

inline constexpr std::size_t kBodyBytesMaxDefault = 1024 * 1024;

struct ServerConfig {
    std::string bind_address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    std::size_t threads = 1;
    std::vector<std::string> allowed_hosts;    ///< names without port; empty serves every name
    std::vector<std::string> trusted_proxies;  ///< addresses whose X-Forwarded-* are believed
    std::string tls_certificate_file;          ///< PEM chain; empty: plain HTTP
    std::string tls_key_file;
    BodyLimit body_bytes_max;      ///< empty: kBodyBytesMaxDefault for every path
    RefusalAnswer refusal_answer;  ///< empty: no body
    ServerLimits limits;
};

/// Fails with kInvalid if the files are no certificate chain and its key in PEM; `path` is the
/// file.
[[nodiscard]] Result<void> checkTlsFiles(const std::string& certificate_file,
                                         const std::string& key_file);

/// What an edge is doing, and what it has counted since its start.
struct ServerView {
    std::size_t connections = 0;             ///< open now
    std::uint64_t accepted = 0;              ///< connections that were let in
    std::uint64_t over_cap = 0;              ///< connections that were refused at once
    std::uint64_t cut = 0;                   ///< requests that began and never became whole
    std::array<std::uint64_t, 5> answers{};  ///< of handlers: 1xx … 5xx
    std::map<int, std::uint64_t> refusals;   ///< of the edge itself, by status
    std::size_t body_bytes = 0;              ///< of requests that are read or answered
};

/// Owns its threads. `start`, `stop` and the destructor belong to one thread.
class Server {
public:
    Server(ServerConfig config, Handler handler);
    /// Stops without grace.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds and starts the threads. Fails with kInvalid (address, TLS files) or kUnavailable
    /// (the port is taken). A stopped server does not start again.
    [[nodiscard]] Result<void> start();

    /// The port in use. Precondition: started.
    [[nodiscard]] std::uint16_t port() const;

    /// Closes the listener and idle connections at once, lets running requests finish within
    /// `grace_ms`, closes what is left and joins the threads. Not from a handler.
    void stop(std::int64_t grace_ms);

    /// Any thread, from start to the destructor.
    [[nodiscard]] ServerView view() const;

    struct Impl;  ///< public for the implementation only

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace hub::http
