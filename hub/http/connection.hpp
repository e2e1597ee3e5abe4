/// One connection of the server: reads requests, asks the handler, writes answers. Internal.
#pragma once

#include "hub/http/body_decoder.hpp"
#include "hub/http/byte_budget.hpp"
#include "hub/http/byte_stream.hpp"
#include "hub/http/one_shot.hpp"
#include "hub/http/pace.hpp"
#include "hub/http/response_writer.hpp"
#include "hub/http/server.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace hub::http {

/// What connections count. Any thread.
struct ServerCounters {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> over_cap{0};
    std::atomic<std::uint64_t> cut{0};
    std::array<std::atomic<std::uint64_t>, 5> answers{};
    std::mutex mutex;
    std::map<int, std::uint64_t> refusals;  ///< guarded by mutex

    void answered(int status) { ++answers.at(static_cast<std::size_t>(status / 100 - 1) % 5); }
    void refused(int status) {
        const std::lock_guard lock(mutex);
        ++refusals[status];
    }
};

/// What all connections of a server share.
struct ServerShared {
    ServerConfig config;
    Handler handler;
    std::atomic<bool> draining = false;
    ByteBudget bodies{config.limits.body_bytes_in_flight_max};
    ServerCounters counters{};
};

/// Lives on one I/O thread.
class Connection {
public:
    Connection(ServerShared& shared, std::unique_ptr<ByteStream> stream,
               boost::asio::any_io_executor executor, std::string peer_address, bool secure);

    /// Serves requests until one side ends the connection. Every refusal ends it.
    boost::asio::awaitable<void> serve();

    /// Ends the connection when no request is running.
    void closeIfIdle();

    /// Ends the connection whatever it is doing.
    void abort();

private:
    enum class Outcome { kContinue, kEnd };

    boost::asio::awaitable<Outcome> exchange();
    boost::asio::awaitable<bool> readHead(RequestHead& head, std::size_t& head_size);
    boost::asio::awaitable<ScanState> scanHead(HeadScanner& scanner);
    boost::asio::awaitable<bool> readBody(const RequestHead& head, std::size_t head_size,
                                          std::string& body);
    boost::asio::awaitable<bool> readRest(BodyDecoder& decoder);
    boost::asio::awaitable<Response> ask(Request request);
    boost::asio::awaitable<bool> writeAnswer(Response response, AfterAnswer after, bool with_body);
    boost::asio::awaitable<bool> writeAll(std::string_view bytes, Pace& pace);
    [[nodiscard]] Pace writePace() const;
    boost::asio::awaitable<void> refuse(Refusal refusal);
    [[nodiscard]] Response refusalAnswer(const Refusal& refusal) const;
    boost::asio::awaitable<void> drain();
    boost::asio::awaitable<IoResult> readMore(Deadline deadline);
    std::string_view received() const;
    Request makeRequest(RequestHead head, std::string body) const;

    ServerShared& shared_;
    const ServerLimits& limits_;
    std::unique_ptr<ByteStream> stream_;
    boost::asio::any_io_executor executor_;
    std::string peer_address_;
    bool secure_;
    boost::beast::flat_buffer buffer_;
    std::size_t requests_ = 0;
    bool idle_ = true;  ///< no byte of a request has arrived
    bool aborted_ = false;
    ByteShare body_share_;  ///< of the request that is read or answered
    std::shared_ptr<OneShot<Response>> answer_;
};

}  // namespace hub::http
