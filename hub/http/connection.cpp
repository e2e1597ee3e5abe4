#include "hub/http/connection.hpp"

#include "hub/http/forwarded.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <exception>

namespace hub::http {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kWriteBytes = 64 * 1024;
// A chunk line or trailer block that does not fit cannot be decoded and is refused.
constexpr std::size_t kUndecodedBytesMax = 16 * 1024;
constexpr std::size_t kBufferBytesMax = 256 * 1024;
constexpr Refusal kUnanswered{500, "Something went wrong on our side."};
constexpr Refusal kLate{503, "the answer took too long"};
constexpr Refusal kBusy{503, "too many bytes in flight"};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Refusal refusalFor(const Error& error) {
    if (error.code == ErrorCode::kTooLarge) return Refusal{413, "body over its limit"};
    return Refusal{400, "body not framed as HTTP/1.1"};
}

/// Answers 500 when a handler lets go of its request without an answer.
class Ticket {
public:
    explicit Ticket(std::shared_ptr<OneShot<Response>> answer) : answer_(std::move(answer)) {}
    ~Ticket() { answer_->set(Response{500, {}, {}}); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    void answer(Response response) const { answer_->set(std::move(response)); }

private:
    std::shared_ptr<OneShot<Response>> answer_;
};

}  // namespace

Connection::Connection(ServerShared& shared, std::unique_ptr<ByteStream> stream,
                       asio::any_io_executor executor, std::string peer_address, bool secure)
    : shared_(shared),
      limits_(shared.config.limits),
      stream_(std::move(stream)),
      executor_(std::move(executor)),
      peer_address_(std::move(peer_address)),
      secure_(secure),
      buffer_(kBufferBytesMax),
      body_share_(shared.bodies) {}

std::string_view Connection::received() const {
    const auto data = buffer_.data();
    return {static_cast<const char*>(data.data()), data.size()};
}

void Connection::closeIfIdle() {
    if (idle_) stream_->close();
}

void Connection::abort() {
    aborted_ = true;
    stream_->close();
    if (answer_) answer_->abort();
}

asio::awaitable<void> Connection::serve() {
    const auto code = co_await stream_->handshake(afterMs(limits_.handshake_ms));
    if (code) co_return;
    while (!aborted_) {
        const Outcome outcome = co_await exchange();
        if (outcome == Outcome::kEnd) break;
    }
    stream_->close();
}

asio::awaitable<Connection::Outcome> Connection::exchange() {
    RequestHead head;
    std::size_t head_size = 0;
    const bool have_head = co_await readHead(head, head_size);
    if (!have_head) co_return Outcome::kEnd;
    ++requests_;
    std::string body;
    const bool have_body = co_await readBody(head, head_size, body);
    if (!have_body) co_return Outcome::kEnd;

    const bool with_body = head.method != "HEAD";
    bool keep = head.keep_alive && requests_ < limits_.requests_per_connection_max;
    Response response = co_await ask(makeRequest(std::move(head), std::move(body)));
    body_share_.reset();
    if (response.status == kNoAnswer) co_return Outcome::kEnd;
    shared_.counters.answered(response.status);
    // Bytes beyond the request mean that the peer did not wait for its answer. Answering and
    // closing keeps anything hidden behind a request from ever being read as one (TM-HTTP-1).
    keep = keep && buffer_.size() == 0 && !shared_.draining && !aborted_;
    const AfterAnswer after = keep ? AfterAnswer::kKeepAlive : AfterAnswer::kClose;
    const bool written = co_await writeAnswer(std::move(response), after, with_body);
    if (written && keep) co_return Outcome::kContinue;
    if (written) co_await drain();
    co_return Outcome::kEnd;
}

asio::awaitable<IoResult> Connection::readMore(Deadline deadline) {
    const auto space = buffer_.prepare(kReadBytes);
    const std::span<char> into(static_cast<char*>(space.data()), space.size());
    const IoResult result = co_await stream_->readSome(into, deadline);
    buffer_.commit(result.bytes);
    co_return result;
}

asio::awaitable<ScanState> Connection::scanHead(HeadScanner& scanner) {
    idle_ = buffer_.size() == 0;
    if (idle_ && shared_.draining) co_return ScanState::kMore;
    Deadline deadline = afterMs(idle_ && requests_ > 0 ? limits_.idle_ms : limits_.header_ms);
    while (true) {
        const ScanState state = scanner.scan(received());
        if (state != ScanState::kMore) co_return state;
        const IoResult result = co_await readMore(deadline);
        // A passed deadline has closed the connection: there is nobody left to answer.
        if (result.code) {
            if (!idle_) ++shared_.counters.cut;
            co_return ScanState::kMore;
        }
        if (idle_ && requests_ > 0) deadline = afterMs(limits_.header_ms);
        idle_ = false;
    }
}

asio::awaitable<bool> Connection::readHead(RequestHead& head, std::size_t& head_size) {
    HeadScanner scanner(limits_.head);
    const ScanState state = co_await scanHead(scanner);
    if (state == ScanState::kMore) co_return false;
    std::optional<Refusal> refusal;
    if (state == ScanState::kRefused) {
        refusal = scanner.refusal();
    } else {
        head_size = scanner.size();
        refusal = readRequestHead(received().substr(0, head_size), limits_.head, head);
        if (!refusal) refusal = checkHost(head, shared_.config.allowed_hosts);
    }
    if (!refusal) co_return true;
    co_await refuse(*refusal);
    co_return false;
}

asio::awaitable<bool> Connection::readBody(const RequestHead& head, std::size_t head_size,
                                           std::string& body) {
    const BodyLimit& limit = shared_.config.body_bytes_max;
    const std::size_t bytes_max = limit ? limit(head.method, head.path) : kBodyBytesMaxDefault;
    BodyDecoder decoder(MessageKind::kRequest, bytes_max);
    const Result<void> begun = decoder.begin(received().substr(0, head_size));
    if (!begun) {
        co_await refuse(refusalFor(begun.error()));
        co_return false;
    }
    buffer_.consume(head_size);
    if (!decoder.done()) {
        if (head.expects_continue && buffer_.size() == 0) {
            Pace pace = writePace();
            const bool sent = co_await writeAll(kContinue, pace);
            if (!sent) co_return false;
        }
        const bool whole = co_await readRest(decoder);
        if (!whole) co_return false;
    }
    body = decoder.take();
    co_return true;
}

asio::awaitable<bool> Connection::readRest(BodyDecoder& decoder) {
    const std::int64_t grace_ms = limits_.body_grace_ms;
    Pace pace({grace_ms, limits_.body_rate_min, grace_ms}, Clock::now());
    while (true) {
        const Result<std::size_t> used = decoder.feed(received());
        if (!used) {
            co_await refuse(refusalFor(used.error()));
            co_return false;
        }
        buffer_.consume(used.value());
        if (!body_share_.grow(used.value())) {
            co_await refuse(kBusy);
            co_return false;
        }
        if (decoder.done()) co_return true;
        if (buffer_.size() >= kUndecodedBytesMax) {
            const Refusal refusal{400, "chunk line or trailers too long"};
            co_await refuse(refusal);
            co_return false;
        }
        const IoResult result = co_await readMore(pace.deadline());
        if (result.code) {  // cut or too slow: the handler never hears of it
            ++shared_.counters.cut;
            co_return false;
        }
        pace.moved(result.bytes, Clock::now());
    }
}

Request Connection::makeRequest(RequestHead head, std::string body) const {
    Request request;
    request.method = std::move(head.method);
    request.target = std::move(head.target);
    request.path = std::move(head.path);
    request.query = std::move(head.query);
    request.headers = std::move(head.headers);
    request.body = std::move(body);
    request.peer_address = peer_address_;
    request.secure = secure_;
    applyForwarding(request, shared_.config.trusted_proxies);
    return request;
}

asio::awaitable<Response> Connection::ask(Request request) {
    answer_ = std::make_shared<OneShot<Response>>(executor_);
    bool failed = false;
    try {
        const auto ticket = std::make_shared<Ticket>(answer_);
        shared_.handler(std::move(request),
                        [ticket](Response response) { ticket->answer(std::move(response)); });
    } catch (const std::exception&) {
        // The boundary of the handler: what it threw is its own fault, told to the client only
        // as 500. The ticket may be alive elsewhere, so the answer is given here.
        failed = true;
    }
    if (failed) answer_->set(Response{500, {}, {}});
    std::optional<Response> given = co_await answer_->wait(afterMs(limits_.answer_ms));
    answer_.reset();
    const bool unanswered =
        given && given->status == 500 && given->headers.empty() && given->body.empty();
    if (unanswered) given = refusalAnswer(kUnanswered);
    if (!given) given = refusalAnswer(kLate);
    co_return std::move(*given);
}

asio::awaitable<bool> Connection::writeAnswer(Response response, AfterAnswer after,
                                              bool with_body) {
    Result<std::string> head = writeHead(response, after);
    if (!head) {
        response = Response{500, {}, {}};
        head = writeHead(response, after);
    }
    std::string bytes = std::move(head).value();
    const bool body_allowed = with_body && response.status != 204 && response.status != 304;
    if (!body_allowed) response.body.clear();
    if (response.body.size() <= kWriteBytes) {
        bytes += response.body;  // one write, one segment
        response.body.clear();
    }
    Pace pace = writePace();
    bool written = co_await writeAll(bytes, pace);
    if (written && !response.body.empty()) written = co_await writeAll(response.body, pace);
    co_return written;
}

Pace Connection::writePace() const {
    return {{limits_.write_grace_ms, limits_.write_rate_min, limits_.write_credit_ms},
            Clock::now()};
}

asio::awaitable<bool> Connection::writeAll(std::string_view bytes, Pace& pace) {
    std::size_t written = 0;
    while (written < bytes.size()) {
        const IoResult result =
            co_await stream_->writeSome(bytes.substr(written, kWriteBytes), pace.deadline());
        if (result.code) co_return false;
        written += result.bytes;
        pace.moved(result.bytes, Clock::now());
    }
    co_return true;
}

Response Connection::refusalAnswer(const Refusal& refusal) const {
    Response response;
    if (shared_.config.refusal_answer) response = shared_.config.refusal_answer(refusal);
    response.status = refusal.status;
    const bool wait = refusal.status == 503 && !find(response.headers, "Retry-After");
    if (wait) response.headers.push_back(HeaderField{"Retry-After", "1"});
    return response;
}

asio::awaitable<void> Connection::refuse(Refusal refusal) {
    shared_.counters.refused(refusal.status);
    Response response = refusalAnswer(refusal);
    const bool written = co_await writeAnswer(std::move(response), AfterAnswer::kClose, true);
    if (written) co_await drain();
}

asio::awaitable<void> Connection::drain() {
    // Closing with unread bytes resets the connection, and the peer may lose the answer.
    buffer_.consume(buffer_.size());
    const Deadline deadline = afterMs(limits_.drain_ms);
    co_await stream_->finishSending(deadline);
    std::size_t dropped = 0;
    while (dropped < limits_.drained_bytes_max) {
        const IoResult result = co_await readMore(deadline);
        if (result.code) break;
        dropped += result.bytes;
        buffer_.consume(buffer_.size());
    }
    stream_->close();
}

}  // namespace hub::http
