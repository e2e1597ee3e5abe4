#include "hub/http/byte_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <sys/socket.h>
#include <cerrno>

namespace hub::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

void closeSocket(beast::tcp_stream& stream) { stream.close(); }

bool isQuiet(beast::tcp_stream& stream) {
    char byte = 0;
    const auto got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<error_code> connectTo(beast::tcp_stream& stream, tcp::endpoint endpoint,
                                      Deadline deadline) {
    stream.expires_at(deadline);
    const auto [code] = co_await stream.async_connect(endpoint, kAwait);
    if (!code) {
        error_code ignored;  // without it small writes only wait longer
        stream.socket().set_option(tcp::no_delay(true), ignored);
    }
    co_return code;
}

class PlainStream final : public ByteStream {
public:
    explicit PlainStream(tcp::socket socket) : stream_(std::move(socket)) {}

    asio::awaitable<error_code> connect(tcp::endpoint endpoint, Deadline deadline) override {
        return connectTo(stream_, endpoint, deadline);
    }
    asio::awaitable<error_code> handshake(Deadline) override { co_return error_code{}; }
    asio::awaitable<IoResult> readSome(std::span<char> into, Deadline deadline) override {
        stream_.expires_at(deadline);
        const asio::mutable_buffer buffer(into.data(), into.size());
        IoResult result;
        std::tie(result.code, result.bytes) = co_await stream_.async_read_some(buffer, kAwait);
        co_return result;
    }
    asio::awaitable<IoResult> writeSome(std::string_view bytes, Deadline deadline) override {
        stream_.expires_at(deadline);
        const asio::const_buffer buffer(bytes.data(), bytes.size());
        IoResult result;
        std::tie(result.code, result.bytes) = co_await stream_.async_write_some(buffer, kAwait);
        co_return result;
    }
    asio::awaitable<void> finishSending(Deadline) override {
        error_code ignored;  // the peer may be gone already, which is what we want
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        co_return;
    }
    void close() override { closeSocket(stream_); }
    bool quiet() override { return isQuiet(stream_); }
    bool endIsProven() const override { return false; }

private:
    beast::tcp_stream stream_;
};

class TlsStream final : public ByteStream {
public:
    TlsStream(tcp::socket socket, asio::ssl::context& context,
              asio::ssl::stream_base::handshake_type role)
        : stream_(beast::tcp_stream(std::move(socket)), context), role_(role) {}

    asio::awaitable<error_code> connect(tcp::endpoint endpoint, Deadline deadline) override {
        return connectTo(stream_.next_layer(), endpoint, deadline);
    }
    asio::awaitable<error_code> handshake(Deadline deadline) override {
        stream_.next_layer().expires_at(deadline);
        const auto [code] = co_await stream_.async_handshake(role_, kAwait);
        co_return code;
    }
    asio::awaitable<IoResult> readSome(std::span<char> into, Deadline deadline) override {
        stream_.next_layer().expires_at(deadline);
        const asio::mutable_buffer buffer(into.data(), into.size());
        IoResult result;
        std::tie(result.code, result.bytes) = co_await stream_.async_read_some(buffer, kAwait);
        co_return result;
    }
    asio::awaitable<IoResult> writeSome(std::string_view bytes, Deadline deadline) override {
        stream_.next_layer().expires_at(deadline);
        const asio::const_buffer buffer(bytes.data(), bytes.size());
        IoResult result;
        std::tie(result.code, result.bytes) = co_await stream_.async_write_some(buffer, kAwait);
        co_return result;
    }
    asio::awaitable<void> finishSending(Deadline deadline) override {
        // Sends close_notify, so that the peer can tell the end from a cut (RFC 8446 section 6.1).
        stream_.next_layer().expires_at(deadline);
        co_await stream_.async_shutdown(kAwait);
    }
    void close() override { closeSocket(stream_.next_layer()); }
    bool quiet() override { return isQuiet(stream_.next_layer()); }
    bool endIsProven() const override { return true; }

    void expectName(const std::string& host_name) {
        // SSL_set_tlsext_host_name is a macro with an old-style cast; this is what it stands for.
        ::SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                   const_cast<char*>(host_name.c_str()));
        stream_.set_verify_callback(asio::ssl::host_name_verification(host_name));
    }

private:
    asio::ssl::stream<beast::tcp_stream> stream_;
    asio::ssl::stream_base::handshake_type role_;
};

}  // namespace

Deadline afterMs(std::int64_t delay_ms) {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms);
}

bool isTimeout(const error_code& code) { return code == beast::error::timeout; }

std::unique_ptr<ByteStream> makePlainStream(tcp::socket socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

std::unique_ptr<ByteStream> makeTlsServerStream(tcp::socket socket, asio::ssl::context& context) {
    return std::make_unique<TlsStream>(std::move(socket), context, asio::ssl::stream_base::server);
}

std::unique_ptr<ByteStream> makeTlsClientStream(tcp::socket socket, asio::ssl::context& context,
                                                const std::string& host_name) {
    auto stream =
        std::make_unique<TlsStream>(std::move(socket), context, asio::ssl::stream_base::client);
    stream->expectName(host_name);
    return stream;
}

}  // namespace hub::http
