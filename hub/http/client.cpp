#include "hub/http/client.hpp"

#include "hub/http/address_policy.hpp"
#include "hub/http/exchange.hpp"
#include "hub/http/outbound.hpp"
#include "hub/http/resolver.hpp"
#include "hub/http/tls_context.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <set>
#include <stdexcept>

namespace hub::http {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kAddressesTriedMax = 4;

std::string lowered(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool isSafe(const OutboundRequest& request) {
    return request.method == "GET" || request.method == "HEAD";
}

// Who is shown to the peer is part of the connection: it is never another's.
std::string poolKey(const OutboundRequest& request) {
    std::string key = request.host + ":" + std::to_string(portOf(request));
    if (request.certificate) key += "\n" + request.certificate->identity;
    return key;
}

/// A context for each identity that was shown lately. I/O thread only.
class Identities {
public:
    Result<asio::ssl::context*> contextOf(const ClientCertificate& certificate,
                                          asio::ssl::context& base) {
        const auto known = contexts_.find(certificate.identity);
        if (known != contexts_.end()) {
            known->second.used = ++uses_;
            return known->second.context.get();
        }
        auto made = makeClientContext(base, certificate.chain_pem, certificate.key_pem);
        if (!made) return std::move(made).error();
        // Connections hold what they need of a context that goes.
        if (contexts_.size() >= kIdentitiesMax)
            contexts_.erase(std::ranges::min_element(
                contexts_, {}, [](const auto& entry) { return entry.second.used; }));
        Shown& shown = contexts_[certificate.identity];
        shown = Shown{std::move(made).value(), ++uses_};
        return shown.context.get();
    }

private:
    static constexpr std::size_t kIdentitiesMax = 256;
    struct Shown {
        TlsContext context;
        std::uint64_t used = 0;
    };
    std::map<std::string, Shown> contexts_;
    std::uint64_t uses_ = 0;
};

struct IdleConnection {
    std::unique_ptr<ByteStream> stream;
    Deadline until;
};

/// Idle connections by host and port. I/O thread only.
class Pool {
public:
    explicit Pool(const ClientLimits& limits) : limits_(limits) {}

    /// The most recently used connection that is still quiet, or nothing.
    std::unique_ptr<ByteStream> take(const std::string& key) {
        const auto found = idle_.find(key);
        if (found == idle_.end()) return nullptr;
        std::vector<IdleConnection>& here = found->second;
        std::unique_ptr<ByteStream> taken;
        const auto now = std::chrono::steady_clock::now();
        while (!here.empty() && !taken) {
            IdleConnection last = std::move(here.back());
            here.pop_back();
            // Data or an end that nobody asked for: the peer has given this connection up.
            if (last.until > now && last.stream->quiet()) taken = std::move(last.stream);
        }
        if (here.empty()) idle_.erase(found);
        return taken;
    }

    void put(const std::string& key, std::unique_ptr<ByteStream> stream) {
        std::vector<IdleConnection>& here = idle_[key];
        if (here.size() >= limits_.pool_per_host_max) here.erase(here.begin());
        here.push_back(IdleConnection{std::move(stream), afterMs(limits_.pool_idle_ms)});
    }

    void dropExpired() {
        const auto now = std::chrono::steady_clock::now();
        for (auto host = idle_.begin(); host != idle_.end();) {
            std::erase_if(host->second,
                          [now](const IdleConnection& idle) { return idle.until <= now; });
            host = host->second.empty() ? idle_.erase(host) : std::next(host);
        }
    }

    void clear() { idle_.clear(); }
    [[nodiscard]] bool empty() const { return idle_.empty(); }

private:
    const ClientLimits& limits_;
    std::map<std::string, std::vector<IdleConnection>> idle_;
};

/// One call on its way. I/O thread only.
struct Call {
    OutboundRequest request;
    ReplySink sink;
    Deadline deadline;
    std::unique_ptr<ByteStream> stream;
    std::shared_ptr<Lookup> lookup;

    void abort() const {
        if (stream) stream->close();
        if (lookup) lookup->abort();
    }
};

SendError notSent(ErrorCode code, std::string message, std::string path = {}) {
    return SendError{hubsdk::makeError(code, std::move(message), std::move(path)),
                     Delivery::kNotSent};
}

}  // namespace

struct Client::Impl {
    explicit Impl(ClientConfig given);

    asio::awaitable<void> run(OutboundRequest request, ReplySink sink, SendCallback callback);
    asio::awaitable<void> perform(Call& call, std::optional<SendResult>& result);
    asio::awaitable<void> oneHop(Call& call, std::optional<SendResult>& result);
    asio::awaitable<bool> attempt(Call& call, bool pooled, std::optional<SendResult>& result);
    asio::awaitable<std::optional<SendError>> dial(Call& call);
    asio::awaitable<std::optional<SendError>> dialRoute(Call& call, const Route& route,
                                                        Deadline deadline);
    asio::awaitable<std::optional<SendError>> dialPublic(Call& call, Deadline deadline);
    asio::awaitable<std::optional<SendError>> open(Call& call, bool tls, tcp::endpoint endpoint,
                                                   Deadline deadline);
    asio::awaitable<Result<Addresses>> lookUp(Call& call, Deadline deadline);
    std::optional<SendError> admit(const OutboundRequest& request);
    void leave(const std::string& host);
    void sweepLater();
    void abortAll();

    ClientConfig config;
    std::map<std::string, Route> routes;
    TlsContext tls;
    Identities identities;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    Pool pool{config.limits};
    asio::steady_timer sweep{context};
    bool sweeping = false;
    std::set<Call*> calls;
    std::map<std::string, std::size_t> calls_per_host;
    bool stopping = false;  ///< I/O thread only
    std::atomic<std::size_t> calls_open = 0;
    std::unique_ptr<Resolver> resolver;
    std::thread thread;
};

Result<void> checkRoute(const std::string& target) {
    auto route = readRoute(target);
    if (!route) return std::move(route).error();
    return {};
}

Result<void> checkAuthorities(const std::string& ca_file) {
    auto made = makeClientContext(ca_file);
    if (!made) return std::move(made).error();
    return {};
}

Client::Impl::Impl(ClientConfig given) : config(std::move(given)) {
    for (const auto& [host, target] : config.routes) {
        auto route = readRoute(target);
        if (!route) {
            std::string wrong = route.error().text();
            throw std::invalid_argument(wrong.append(": ").append(host).append("=").append(target));
        }
        routes.emplace(lowered(host), std::move(route).value());
    }
    auto made = makeClientContext(config.ca_file);
    if (!made) throw std::invalid_argument(made.error().text());
    tls = std::move(made).value();
    resolver = std::make_unique<Resolver>(config.resolve, config.limits);
}

Client::Client(ClientConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {
    impl_->thread = std::thread([&context = impl_->context] { context.run(); });
}

ClientView Client::view() const { return {impl_->calls_open.load(), impl_->resolver->waiting()}; }

Client::~Client() {
    asio::post(impl_->context, [impl = impl_.get()] { impl->abortAll(); });
    impl_->work.reset();
    impl_->thread.join();
}

void Client::Impl::abortAll() {
    stopping = true;
    sweep.cancel();
    pool.clear();
    for (const Call* call : calls) call->abort();
}

void Client::send(OutboundRequest request, SendCallback callback) {
    send(std::move(request), ReplySink(), std::move(callback));
}

void Client::send(OutboundRequest request, ReplySink sink, SendCallback callback) {
    Impl& impl = *impl_;
    if (impl.calls_open.fetch_add(1) >= impl.config.limits.calls_max) {
        asio::post(impl.context, [&impl, callback = std::move(callback)] {
            --impl.calls_open;
            callback(notSent(ErrorCode::kRateLimited, "too many calls are open"));
        });
        return;
    }
    asio::co_spawn(impl.context, impl.run(std::move(request), std::move(sink), std::move(callback)),
                   [](const std::exception_ptr& failure) {
                       if (failure) std::rethrow_exception(failure);  // a callback threw
                   });
}

SendResult Client::sendAndWait(OutboundRequest request, ReplySink sink) {
    // Shared, because the waiting side may wake and return while `set_value` is still at work.
    const auto promise = std::make_shared<std::promise<SendResult>>();
    auto result = promise->get_future();
    send(std::move(request), std::move(sink),
         [promise](SendResult done) { promise->set_value(std::move(done)); });
    return result.get();  // bounded by the call's own deadline
}

asio::awaitable<void> Client::Impl::run(OutboundRequest request, ReplySink sink,
                                        SendCallback callback) {
    std::optional<SendResult> result;
    request.host = lowered(std::move(request.host));
    const std::string host = request.host;
    if (auto refused = admit(request)) {
        result.emplace(std::move(*refused));
    } else {
        const Deadline deadline = afterMs(request.deadline_ms);
        Call call{std::move(request), std::move(sink), deadline, nullptr, nullptr};
        calls.insert(&call);
        try {
            co_await perform(call, result);
        } catch (const std::exception& failure) {
            // The boundary of a call: a sink threw, or memory ran out.
            SendError error{hubsdk::makeError(ErrorCode::kInternal, failure.what()),
                            Delivery::kLost};
            result.emplace(std::move(error));
        }
        calls.erase(&call);
        leave(host);
    }
    --calls_open;
    callback(std::move(*result));
}

std::optional<SendError> Client::Impl::admit(const OutboundRequest& request) {
    if (stopping) return notSent(ErrorCode::kUnavailable, "the client is stopping");
    if (auto checked = checkOutbound(request, config.limits); !checked) {
        return SendError{std::move(checked).error(), Delivery::kNotSent};
    }
    std::size_t& here = calls_per_host[request.host];
    if (here >= config.limits.calls_per_host_max) {
        return notSent(ErrorCode::kRateLimited, "too many calls to this host", request.host);
    }
    ++here;
    return std::nullopt;
}

void Client::Impl::leave(const std::string& host) {
    const auto found = calls_per_host.find(host);
    if (--found->second == 0) calls_per_host.erase(found);
}

asio::awaitable<void> Client::Impl::perform(Call& call, std::optional<SendResult>& result) {
    co_await oneHop(call, result);
    if (!result->ok() || !call.request.follow_one_redirect || !isSafe(call.request)) co_return;
    if (!isRedirect(result->reply().status)) co_return;
    const auto location = find(result->reply().headers, "location");
    if (!location) co_return;
    if (auto moved = applyRedirect(call.request, *location); !moved) {
        SendError error{std::move(moved).error(), Delivery::kLost};
        result.emplace(std::move(error));
        co_return;
    }
    call.request.host = lowered(std::move(call.request.host));
    call.request.certificate.reset();
    result.reset();
    co_await oneHop(call, result);
    if (result->ok() && isRedirect(result->reply().status)) {
        SendError error{hubsdk::makeError(ErrorCode::kForbidden, "redirected twice"),
                        Delivery::kLost};
        result.emplace(std::move(error));
    }
}

asio::awaitable<void> Client::Impl::oneHop(Call& call, std::optional<SendResult>& result) {
    call.stream = pool.take(poolKey(call.request));
    const bool pooled = call.stream != nullptr;
    const bool done = co_await attempt(call, pooled, result);
    if (done) co_return;
    // The pooled connection was dead before it answered anything. Asking again is harmless for
    // GET and HEAD only; `attempt` has seen to that.
    result.reset();
    call.stream.reset();
    co_await attempt(call, false, result);
}

asio::awaitable<bool> Client::Impl::attempt(Call& call, bool pooled,
                                            std::optional<SendResult>& result) {
    if (!pooled) {
        std::optional<SendError> failed = co_await dial(call);
        if (failed) {
            call.stream.reset();
            result.emplace(std::move(*failed));
            co_return true;
        }
    }
    const ExchangeInput input{*call.stream,  call.request,      call.sink,
                              config.limits, config.user_agent, call.deadline};
    ExchangeResult exchanged;
    co_await exchange(input, exchanged);
    std::unique_ptr<ByteStream> stream = std::move(call.stream);
    if (!exchanged.reply) {
        const bool repeat = pooled && isSafe(call.request) && !exchanged.answer_began &&
                            exchanged.error.code == ErrorCode::kUnavailable && !stopping;
        SendError error{std::move(exchanged.error), exchanged.delivery};
        result.emplace(std::move(error));
        co_return !repeat;
    }
    result.emplace(std::move(*exchanged.reply));
    if (exchanged.reusable && !stopping) {
        pool.put(poolKey(call.request), std::move(stream));
        sweepLater();
    }
    co_return true;
}

void Client::Impl::sweepLater() {
    if (sweeping || pool.empty() || stopping) return;
    sweeping = true;
    sweep.expires_after(std::chrono::milliseconds(config.limits.pool_idle_ms));
    sweep.async_wait([this](error_code) {
        sweeping = false;
        pool.dropExpired();
        sweepLater();
    });
}

asio::awaitable<std::optional<SendError>> Client::Impl::dial(Call& call) {
    const Deadline deadline = std::min(call.deadline, afterMs(config.limits.connect_ms));
    const auto route = routes.find(call.request.host);
    std::optional<SendError> failed;
    if (route != routes.end()) {
        failed = co_await dialRoute(call, route->second, deadline);
    } else {
        failed = co_await dialPublic(call, deadline);
    }
    co_return failed;
}

asio::awaitable<std::optional<SendError>> Client::Impl::dialRoute(Call& call, const Route& route,
                                                                  Deadline deadline) {
    const tcp::endpoint endpoint(asio::ip::make_address(route.address), route.port);
    auto failed = co_await open(call, route.tls, endpoint, deadline);
    co_return failed;
}

asio::awaitable<std::optional<SendError>> Client::Impl::dialPublic(Call& call, Deadline deadline) {
    const OutboundRequest& request = call.request;
    if (request.scheme != "https") {
        co_return notSent(ErrorCode::kForbidden, "only https leaves this machine", request.host);
    }
    const auto& ports = config.ports_allowed;
    if (std::find(ports.begin(), ports.end(), portOf(request)) == ports.end()) {
        co_return notSent(ErrorCode::kForbidden, "the port is not allowed", request.host);
    }
    Result<Addresses> found = co_await lookUp(call, deadline);
    if (!found) co_return SendError{std::move(found).error(), Delivery::kNotSent};
    // TM-OUT-2: the addresses judged here are the ones connected to; nothing asks again.
    std::erase_if(*found, [](const std::string& address) { return !isPublicAddress(address); });
    std::optional<SendError> failed =
        notSent(ErrorCode::kForbidden, "the name leads to no public address", request.host);
    if (found->size() > kAddressesTriedMax) found->resize(kAddressesTriedMax);
    for (const std::string& address : *found) {
        if (stopping) break;
        const tcp::endpoint endpoint(asio::ip::make_address(address), portOf(request));
        failed = co_await open(call, true, endpoint, deadline);
        if (!failed) break;
    }
    co_return failed;
}

asio::awaitable<Result<Addresses>> Client::Impl::lookUp(Call& call, Deadline deadline) {
    const std::string& host = call.request.host;
    call.lookup = std::make_shared<Lookup>(context.get_executor());
    resolver->find(host, call.lookup);
    std::optional<Result<Addresses>> found = co_await call.lookup->wait(deadline);
    call.lookup.reset();
    if (found) co_return std::move(*found);
    Result<Addresses> older = resolver->stale(host);
    if (older && !stopping) co_return older;
    co_return hubsdk::makeError(ErrorCode::kTimeout, "the name was not resolved in time", host);
}

asio::awaitable<std::optional<SendError>> Client::Impl::open(Call& call, bool tls_wanted,
                                                             tcp::endpoint endpoint,
                                                             Deadline deadline) {
    if (tls_wanted) {
        asio::ssl::context* shown = tls.get();
        if (call.request.certificate) {
            auto own = identities.contextOf(*call.request.certificate, *tls);
            if (!own) co_return SendError{std::move(own).error(), Delivery::kNotSent};
            shown = *own;
        }
        call.stream = makeTlsClientStream(tcp::socket(context), *shown, call.request.host);
    } else {
        call.stream = makePlainStream(tcp::socket(context));
    }
    error_code code = co_await call.stream->connect(endpoint, deadline);
    if (code) co_return SendError{ioError("connecting", code), Delivery::kNotSent};
    code = co_await call.stream->handshake(deadline);
    if (code) co_return SendError{ioError("TLS handshake", code), Delivery::kNotSent};
    if (stopping) co_return notSent(ErrorCode::kUnavailable, "the client is stopping");
    co_return std::nullopt;
}

}  // namespace hub::http
