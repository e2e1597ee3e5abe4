#include "hub/http/body_decoder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>

namespace hub::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

// Our own scanner has the limits of the head; Beast's must only not be lower. Here it bounds the
// trailers of a chunked body.
constexpr std::uint32_t kHeadBytesMax = 256 * 1024;

// The shortest rest of a chunked body: a last chunk and an empty trailer. Beast 1.81 asserts
// when it is asked again for a last chunk with fewer bytes in hand.
constexpr std::size_t kChunkedRestMin = 5;

Error toError(const beast::error_code& code) {
    if (code == bhttp::error::body_limit) {
        return hubsdk::makeError(ErrorCode::kTooLarge, "the body is over its limit");
    }
    return hubsdk::makeError(ErrorCode::kInvalid, "the message is not framed as HTTP/1.1");
}

/// Requests may not carry chunk extensions: nobody needs them, and readers disagree about them.
/// In replies they are skipped, when they hold no byte that could be taken for a line end.
bool extensionRefused(bool is_request, beast::string_view extension) {
    if (extension.empty()) return false;
    return is_request || !isFieldValue(std::string_view(extension.data(), extension.size()));
}

class Parser {
public:
    virtual ~Parser() = default;
    virtual beast::error_code begin(std::string_view head) = 0;
    virtual std::size_t feed(std::string_view bytes, beast::error_code& code) = 0;
    virtual bool done() const = 0;
    virtual bool chunked() const = 0;
    virtual bool endsWithStream() const = 0;
    virtual std::string& body() = 0;
};

template <bool kIsRequest>
class BeastParser final : public Parser {
public:
    BeastParser(std::uint64_t body_bytes_max, bool skip_body) {
        parser_.header_limit(kHeadBytesMax);
        parser_.body_limit(body_bytes_max);
        parser_.skip(skip_body);
        on_chunk_ = [](std::uint64_t, beast::string_view extension, beast::error_code& code) {
            if (extensionRefused(kIsRequest, extension)) code = bhttp::error::bad_chunk_extension;
        };
        parser_.on_chunk_header(on_chunk_);
    }

    beast::error_code begin(std::string_view head) override {
        beast::error_code code;
        const std::size_t used = parser_.put(asio::const_buffer(head.data(), head.size()), code);
        if (!code && (used != head.size() || !parser_.is_header_done())) {
            code = bhttp::error::bad_field;
        }
        parser_.eager(true);
        fields_ = countFields();
        return code;
    }

    std::size_t feed(std::string_view bytes, beast::error_code& code) override {
        if (parser_.chunked() && bytes.size() < kChunkedRestMin) return 0;
        const std::size_t used = parser_.put(asio::const_buffer(bytes.data(), bytes.size()), code);
        if (code == bhttp::error::need_more) code = {};
        // Beast adds trailers to the header fields. A request's trailers are refused; a reply's
        // are not seen by anybody, because its fields were copied before.
        if (kIsRequest && !code && countFields() != fields_) code = bhttp::error::bad_field;
        return used;
    }

    bool done() const override { return parser_.is_done(); }
    bool chunked() const override { return parser_.chunked(); }
    bool endsWithStream() const override { return parser_.need_eof(); }
    std::string& body() override { return parser_.get().body(); }

private:
    std::size_t countFields() {
        return static_cast<std::size_t>(std::distance(parser_.get().begin(), parser_.get().end()));
    }

    bhttp::parser<kIsRequest, bhttp::string_body> parser_;
    std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> on_chunk_;
    std::size_t fields_ = 0;
};

std::unique_ptr<Parser> makeParser(MessageKind kind, std::uint64_t body_bytes_max) {
    if (kind == MessageKind::kRequest) {
        return std::make_unique<BeastParser<true>>(body_bytes_max, false);
    }
    return std::make_unique<BeastParser<false>>(body_bytes_max, kind == MessageKind::kReplyToHead);
}

}  // namespace

struct BodyDecoder::Impl {
    std::unique_ptr<Parser> parser;
    bool is_request = false;
};

BodyDecoder::BodyDecoder(MessageKind kind, std::uint64_t body_bytes_max)
    : impl_(std::make_unique<Impl>()) {
    impl_->parser = makeParser(kind, body_bytes_max);
    impl_->is_request = kind == MessageKind::kRequest;
}

BodyDecoder::~BodyDecoder() = default;

Result<void> BodyDecoder::begin(std::string_view head) {
    if (const auto code = impl_->parser->begin(head)) return toError(code);
    return {};
}

Result<std::size_t> BodyDecoder::feed(std::string_view bytes) {
    beast::error_code code;
    const std::size_t used = impl_->parser->feed(bytes, code);
    if (code) return toError(code);
    return used;
}

bool BodyDecoder::done() const { return impl_->parser->done(); }

bool BodyDecoder::endsWithStream() const {
    return !impl_->is_request && impl_->parser->endsWithStream();
}

std::string BodyDecoder::take() {
    std::string taken;
    taken.swap(impl_->parser->body());
    return taken;
}

std::size_t BodyDecoder::held() const { return impl_->parser->body().size(); }

}  // namespace hub::http
