#include "hub/http/exchange.hpp"

#include "hub/http/body_decoder.hpp"
#include "hub/http/outbound.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace hub::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadBytes = 32 * 1024;
constexpr std::size_t kWriteBytes = 64 * 1024;
constexpr std::size_t kJoinedBytesMax = 64 * 1024;  // head and body go in one write up to this
constexpr std::size_t kUndecodedBytesMax = 32 * 1024;

Error badReply(std::string_view why) {
    return hubsdk::makeError(ErrorCode::kUnavailable, "unusable answer: " + std::string(why));
}

/// The running exchange: the buffer and what is known so far.
class Exchange {
public:
    Exchange(const ExchangeInput& input, ExchangeResult& result) : input_(input), result_(result) {}

    asio::awaitable<void> run() {
        const bool written = co_await writeRequest();
        if (!written) co_return;
        std::size_t head_size = 0;
        const bool have_head = co_await readHead(head_size);
        if (!have_head) co_return;
        co_await readBody(head_size);
    }

private:
    asio::awaitable<bool> writeRequest() {
        std::string bytes = writeRequestHead(input_.request, input_.user_agent);
        std::string_view body = input_.request.body;
        if (bytes.size() + body.size() <= kJoinedBytesMax) {
            bytes += body;
            body = {};
        }
        result_.delivery = Delivery::kLost;  // from here on nothing proves the contrary
        bool written = co_await writeAll(bytes);
        if (written) written = co_await writeAll(body);
        co_return written;
    }

    asio::awaitable<bool> writeAll(std::string_view bytes) {
        while (!bytes.empty()) {
            const IoResult done =
                co_await input_.stream.writeSome(bytes.substr(0, kWriteBytes), input_.deadline);
            if (done.code) {
                result_.error = ioError("sending", done.code);
                co_return false;
            }
            bytes.remove_prefix(done.bytes);
        }
        co_return true;
    }

    asio::awaitable<boost::system::error_code> readMore() {
        const auto space = buffer_.prepare(kReadBytes);
        const std::span<char> into(static_cast<char*>(space.data()), space.size());
        const IoResult done = co_await input_.stream.readSome(into, input_.deadline);
        buffer_.commit(done.bytes);
        if (done.bytes > 0) result_.answer_began = true;
        co_return done.code;
    }

    /// Reads heads until one is not interim (RFC 9110 section 15.2).
    asio::awaitable<bool> readHead(std::size_t& head_size) {
        for (std::size_t i = 0; i <= input_.limits.interim_replies_max; ++i) {
            HeadScanner scanner(input_.limits.reply_head);
            const bool have_head = co_await scanHead(scanner);
            if (!have_head) co_return false;
            head_ = ReplyHead{};
            head_size = scanner.size();
            const auto refusal =
                readReplyHead(received().substr(0, head_size), input_.limits.reply_head, head_);
            if (refusal) {
                result_.error = badReply(refusal->reason);
                co_return false;
            }
            if (head_.status >= 200) co_return true;
            if (head_.status == 101) break;  // nobody asked for another protocol
            buffer_.consume(head_size);
        }
        result_.error = badReply("interim answers only");
        co_return false;
    }

    asio::awaitable<bool> scanHead(HeadScanner& scanner) {
        while (true) {
            const ScanState state = scanner.scan(received());
            if (state == ScanState::kDone) co_return true;
            if (state == ScanState::kRefused) {
                result_.error = badReply(scanner.refusal().reason);
                co_return false;
            }
            const auto code = co_await readMore();
            if (code) {
                result_.error = ioError("waiting for the answer", code);
                co_return false;
            }
        }
    }

    asio::awaitable<void> readBody(std::size_t head_size) {
        const MessageKind kind =
            input_.request.method == "HEAD" ? MessageKind::kReplyToHead : MessageKind::kReply;
        BodyDecoder decoder(kind, input_.request.answer_bytes_max);
        const Result<void> begun = decoder.begin(received().substr(0, head_size));
        if (!begun) {
            result_.error = decodingError(begun.error());
            co_return;
        }
        buffer_.consume(head_size);
        const bool to_end = !decoder.done() && decoder.endsWithStream();
        if (to_end && !input_.stream.endIsProven()) {
            result_.error = badReply("no length, and an end that may be a cut");
            co_return;
        }
        while (!decoder.done()) {
            if (!decode(decoder)) co_return;
            if (decoder.done()) break;
            const auto code = co_await readMore();
            if (code == asio::error::eof && to_end) break;
            if (code) {
                result_.error = ioError("reading the answer", code);
                co_return;
            }
        }
        finish(to_end);
    }

    bool decode(BodyDecoder& decoder) {
        if (buffer_.size() == 0) return true;
        const Result<std::size_t> used = decoder.feed(received());
        if (!used) {
            result_.error = decodingError(used.error());
            return false;
        }
        buffer_.consume(used.value());
        if (buffer_.size() >= kUndecodedBytesMax) {
            result_.error = badReply("chunk line or trailers too long");
            return false;
        }
        return deliver(decoder.take());
    }

    bool deliver(const std::string& piece) {
        const bool success = head_.status >= 200 && head_.status < 300;
        if (!input_.sink || !success) {
            body_ += piece;
            return true;
        }
        if (piece.empty()) return true;
        Result<void> taken = input_.sink(piece);
        if (taken) return true;
        result_.error = std::move(taken).error();
        return false;
    }

    void finish(bool to_end) {
        // Bytes after the answer belong to nothing that was asked: the connection is not reused.
        result_.reusable = !to_end && head_.keep_alive && buffer_.size() == 0;
        result_.reply = Reply{head_.status, std::move(head_.headers), std::move(body_)};
    }

    static Error decodingError(const Error& error) {
        if (error.code == ErrorCode::kTooLarge) {
            return hubsdk::makeError(ErrorCode::kTooLarge, "the answer is over its limit");
        }
        return badReply(error.message);
    }

    std::string_view received() const {
        const auto bytes = buffer_.data();
        return {static_cast<const char*>(bytes.data()), bytes.size()};
    }

    const ExchangeInput& input_;
    ExchangeResult& result_;
    boost::beast::flat_buffer buffer_;
    ReplyHead head_;
    std::string body_;
};

}  // namespace

Error ioError(std::string_view what, const boost::system::error_code& code) {
    const std::string prefix(what);
    if (isTimeout(code)) {
        return hubsdk::makeError(ErrorCode::kTimeout, prefix + ": the deadline passed");
    }
    return hubsdk::makeError(ErrorCode::kUnavailable, prefix + ": " + code.message());
}

asio::awaitable<void> exchange(const ExchangeInput& input, ExchangeResult& result) {
    Exchange running(input, result);
    co_await running.run();
}

}  // namespace hub::http
