#include "hub/http/server.hpp"

#include "hub/http/admission.hpp"
#include "hub/http/connection.hpp"
#include "hub/http/forwarded.hpp"
#include "hub/http/tls_context.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <mutex>
#include <set>
#include <thread>

namespace hub::http {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::int64_t kAcceptPauseMs = 50;  // when the system has no descriptor left

/// One I/O thread with its connections.
struct Lane {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::set<Connection*> connections;  ///< this lane's thread only
    std::thread thread;
};

/// The text of a peer's address; an IPv4 address mapped into IPv6 is written as IPv4.
std::string addressText(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

struct Server::Impl {
    Impl(ServerConfig config, Handler handler)
        : shared{std::move(config), std::move(handler)},
          admission(shared.config.limits.connections_max,
                    shared.config.limits.connections_per_address_max) {}

    Result<void> listen();
    asio::awaitable<void> acceptLoop();
    void admit(tcp::socket socket, Lane& lane);
    void refuseAtOnce(tcp::socket& socket) const;
    asio::awaitable<void> serveOne(tcp::socket socket, Lane& lane, std::string address);
    void forEachConnection(void (Connection::*action)());

    ServerShared shared;
    Admission admission;
    TlsContext tls;
    std::vector<std::unique_ptr<Lane>> lanes;
    std::unique_ptr<tcp::acceptor> acceptor;  ///< first lane's thread only, once started
    std::uint16_t port = 0;
    bool running = false;
};

Result<void> checkTlsFiles(const std::string& certificate_file, const std::string& key_file) {
    auto context = makeServerContext(certificate_file, key_file);
    if (!context) return std::move(context).error();
    return {};
}

Server::Server(ServerConfig config, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(handler))) {}

Server::~Server() { stop(0); }

std::uint16_t Server::port() const { return impl_->port; }

Result<void> Server::Impl::listen() {
    const std::string& bind_address = shared.config.bind_address;
    error_code code;
    const auto address = asio::ip::make_address(bind_address, code);
    if (code) {
        return hubsdk::makeError(ErrorCode::kInvalid, "not an address: " + bind_address);
    }
    const tcp::endpoint endpoint(address, shared.config.port);
    acceptor = std::make_unique<tcp::acceptor>(lanes.front()->context);
    acceptor->open(endpoint.protocol(), code);
    if (!code) acceptor->set_option(asio::socket_base::reuse_address(true), code);
    if (!code) acceptor->bind(endpoint, code);
    if (!code) acceptor->listen(asio::socket_base::max_listen_connections, code);
    if (code) {
        return hubsdk::makeError(ErrorCode::kUnavailable, "cannot listen on " + bind_address + ":" +
                                                              std::to_string(shared.config.port) +
                                                              ": " + code.message());
    }
    port = acceptor->local_endpoint().port();
    return {};
}

Result<void> Server::start() {
    Impl& impl = *impl_;
    const ServerConfig& config = impl.shared.config;
    if (impl.port != 0) return hubsdk::makeError(ErrorCode::kConflict, "already started once");
    if (!config.tls_certificate_file.empty()) {
        auto context = makeServerContext(config.tls_certificate_file, config.tls_key_file);
        if (!context) return context.error();
        impl.tls = std::move(context).value();
    }
    impl.lanes.clear();
    for (std::size_t i = 0; i < std::max<std::size_t>(config.threads, 1); ++i) {
        impl.lanes.push_back(std::make_unique<Lane>());
    }
    if (auto listening = impl.listen(); !listening) return listening;
    asio::co_spawn(impl.lanes.front()->context, impl.acceptLoop(),
                   [](const std::exception_ptr&) {});
    for (const auto& lane : impl.lanes) {
        lane->thread = std::thread([&context = lane->context] { context.run(); });
    }
    impl.running = true;
    return {};
}

asio::awaitable<void> Server::Impl::acceptLoop() {
    std::size_t next = 0;
    while (acceptor->is_open()) {
        Lane& lane = *lanes[next++ % lanes.size()];
        auto [code, socket] = co_await acceptor->async_accept(lane.context, kAwait);
        if (!code) {
            admit(std::move(socket), lane);
        } else if (acceptor->is_open()) {
            asio::steady_timer pause(lanes.front()->context, afterMs(kAcceptPauseMs));
            co_await pause.async_wait(kAwait);
        }
    }
}

void Server::Impl::admit(tcp::socket socket, Lane& lane) {
    error_code code;
    const auto endpoint = socket.remote_endpoint(code);
    if (code) return;  // gone already
    std::string address = addressText(endpoint.address());
    const bool exempt = isTrusted(address, shared.config.trusted_proxies);
    if (!admission.enter(address, exempt)) {
        ++shared.counters.over_cap;
        refuseAtOnce(socket);
        return;
    }
    ++shared.counters.accepted;
    asio::co_spawn(
        lane.context, serveOne(std::move(socket), lane, address),
        [this, address, exempt](const std::exception_ptr&) { admission.leave(address, exempt); });
}

void Server::Impl::refuseAtOnce(tcp::socket& socket) const {
    // TM-HTTP-7: no state is kept for a connection over the cap. Nothing waits here: what does
    // not fit into the empty send buffer is not sent. A TLS peer is refused by closing.
    if (tls) return;
    constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nCache-Control: no-store\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n";
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::const_buffer(kBusy.data(), kBusy.size()), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> Server::Impl::serveOne(tcp::socket socket, Lane& lane, std::string address) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const bool secure = tls != nullptr;
    std::unique_ptr<ByteStream> stream;
    if (secure) {
        stream = makeTlsServerStream(std::move(socket), *tls);
    } else {
        stream = makePlainStream(std::move(socket));
    }
    Connection connection(shared, std::move(stream), lane.context.get_executor(),
                          std::move(address), secure);
    struct Entry {
        Lane& lane;
        Connection* connection;
        ~Entry() { lane.connections.erase(connection); }
    } const entry{lane, &connection};
    lane.connections.insert(&connection);
    co_await connection.serve();
}

void Server::Impl::forEachConnection(void (Connection::*action)()) {
    for (const auto& lane : lanes) {
        asio::post(lane->context, [&lane = *lane, action] {
            for (Connection* connection : lane.connections) (connection->*action)();
        });
    }
}

ServerView Server::view() const {
    ServerCounters& counters = impl_->shared.counters;
    ServerView view;
    view.connections = impl_->admission.total();
    view.accepted = counters.accepted;
    view.over_cap = counters.over_cap;
    view.cut = counters.cut;
    for (std::size_t i = 0; i < view.answers.size(); ++i)
        view.answers.at(i) = counters.answers.at(i);
    view.body_bytes = impl_->shared.bodies.taken();
    const std::lock_guard lock(counters.mutex);
    view.refusals = counters.refusals;
    return view;
}

void Server::stop(std::int64_t grace_ms) {
    Impl& impl = *impl_;
    if (!impl.running) return;
    impl.running = false;
    impl.shared.draining = true;
    asio::post(impl.lanes.front()->context, [&impl] {
        error_code ignored;
        impl.acceptor->close(ignored);
    });
    impl.forEachConnection(&Connection::closeIfIdle);
    if (!impl.admission.waitForNone(grace_ms)) impl.forEachConnection(&Connection::abort);
    for (const auto& lane : impl.lanes) lane->work.reset();
    for (const auto& lane : impl.lanes) lane->thread.join();
}

}  // namespace hub::http
