/// Plain and TLS connections behind one face, every operation with a deadline. Internal: this is
/// the Asio adapter of hub/http; nothing outside this folder includes it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hub::http {

using Deadline = std::chrono::steady_clock::time_point;

/// The deadline that lies this far ahead.
[[nodiscard]] Deadline afterMs(std::int64_t delay_ms);

struct IoResult {
    boost::system::error_code code;
    std::size_t bytes = 0;
};

/// True when an operation ended because its deadline passed.
[[nodiscard]] bool isTimeout(const boost::system::error_code& code);

/// One connection. All calls on the thread of its executor; one read and one write at a time.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    virtual boost::asio::awaitable<boost::system::error_code> connect(
        boost::asio::ip::tcp::endpoint endpoint, Deadline deadline) = 0;
    /// TLS handshake in the role given at construction; does nothing on a plain connection.
    virtual boost::asio::awaitable<boost::system::error_code> handshake(Deadline deadline) = 0;
    /// Reads what is there, at least one byte. An end of stream that TLS did not announce is an
    /// error other than asio::error::eof.
    virtual boost::asio::awaitable<IoResult> readSome(std::span<char> into, Deadline deadline) = 0;
    virtual boost::asio::awaitable<IoResult> writeSome(std::string_view bytes,
                                                       Deadline deadline) = 0;
    /// Tells the peer that nothing more will be sent.
    virtual boost::asio::awaitable<void> finishSending(Deadline deadline) = 0;
    virtual void close() = 0;
    /// Whether an idle connection has neither data nor an end waiting to be read.
    virtual bool quiet() = 0;
    /// Whether an orderly end is proven by the protocol and not only by the TCP connection.
    virtual bool endIsProven() const = 0;
};

/// A plain connection, opened or still to be connected.
[[nodiscard]] std::unique_ptr<ByteStream> makePlainStream(boost::asio::ip::tcp::socket socket);

/// The server's side of a TLS connection. `context` outlives the stream.
[[nodiscard]] std::unique_ptr<ByteStream> makeTlsServerStream(boost::asio::ip::tcp::socket socket,
                                                              boost::asio::ssl::context& context);

/// The client's side: sends `host_name` as SNI and accepts only a certificate for it.
[[nodiscard]] std::unique_ptr<ByteStream> makeTlsClientStream(boost::asio::ip::tcp::socket socket,
                                                              boost::asio::ssl::context& context,
                                                              const std::string& host_name);

}  // namespace hub::http
