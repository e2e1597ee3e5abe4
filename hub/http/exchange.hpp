/// One request and its answer on an open connection. Internal.
#pragma once

#include "hub/http/byte_stream.hpp"
#include "hub/http/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace hub::http {

/// What became of one exchange.
struct ExchangeResult {
    std::optional<Reply> reply;  ///< set when complete
    Error error;                 ///< set otherwise
    Delivery delivery = Delivery::kNotSent;
    bool answer_began = false;  ///< at least one byte of an answer was read
    bool reusable = false;      ///< the connection can take another request
};

/// What an exchange needs; all of it outlives the exchange.
struct ExchangeInput {
    ByteStream& stream;
    const OutboundRequest& request;
    const ReplySink& sink;  ///< may be empty
    const ClientLimits& limits;
    const std::string& user_agent;
    Deadline deadline;
};

/// Writes the request and reads the whole answer into `result`. An answer that is cut, too
/// large, or framed in two ways is an error (TM-OUT-5, TM-OUT-6).
boost::asio::awaitable<void> exchange(const ExchangeInput& input, ExchangeResult& result);

/// The Error for a failed operation of a connection; `what` says which.
[[nodiscard]] Error ioError(std::string_view what, const boost::system::error_code& code);

}  // namespace hub::http
