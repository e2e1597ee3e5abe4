#include "hub/http/head.hpp"

#include "hub/http/target.hpp"

#include <algorithm>
#include <charconv>

namespace hub::http {

namespace {

constexpr std::size_t kMethodBytesMax = 32;
constexpr std::size_t kLengthDigitsMax = 18;  // fits std::uint64_t without an overflow check
constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kLineEndBytes = 2;

bool isDigits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Cuts the next line off `bytes`. The scanner has proven that it ends with CR LF.
std::string_view takeLine(std::string_view& bytes) {
    const auto end = bytes.find("\r\n");
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 2);
    return line;
}

std::optional<Refusal> readFields(std::string_view bytes, const HeadLimits& limits,
                                  std::vector<HeaderField>& headers) {
    for (std::string_view line = takeLine(bytes); !line.empty(); line = takeLine(bytes)) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return Refusal{400, "field without colon"};
        const std::string_view name = line.substr(0, colon);
        if (!isToken(name)) return Refusal{400, "bad field name"};  // also: blank before colon
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (value.size() > limits.value_bytes_max) return Refusal{431, "field value too long"};
        headers.push_back(HeaderField{std::string(name), std::string(value)});
    }
    return std::nullopt;
}

std::optional<Refusal> readFraming(const std::vector<HeaderField>& headers, int minor_version,
                                   Framing& framing) {
    const std::size_t codings = count(headers, "transfer-encoding");
    const std::size_t lengths = count(headers, "content-length");
    if (codings + lengths > 1) return Refusal{400, "ambiguous body length"};
    if (codings == 1) {
        if (minor_version == 0) return Refusal{400, "transfer coding in HTTP/1.0"};
        if (*find(headers, "transfer-encoding") != "chunked") {
            return Refusal{400, "transfer coding other than chunked"};
        }
        framing.chunked = true;
    }
    if (lengths == 1) {
        const std::string_view text = *find(headers, "content-length");
        if (!isDigits(text) || text.size() > kLengthDigitsMax) {
            return Refusal{400, "bad content length"};
        }
        std::uint64_t length = 0;
        std::from_chars(text.data(), text.data() + text.size(), length);
        framing.content_length = length;
    }
    return std::nullopt;
}

bool wantsKeepAlive(const std::vector<HeaderField>& headers, int minor_version) {
    if (minor_version == 0) return false;  // an HTTP/1.0 peer gets one exchange, no extension
    return std::none_of(headers.begin(), headers.end(), [](const HeaderField& field) {
        return equalsIgnoreCase(field.name, "connection") && listHolds(field.value, "close");
    });
}

std::optional<Refusal> readVersion(std::string_view text, int& minor_version) {
    if (text == "HTTP/1.1" || text == "HTTP/1.0") {
        minor_version = text.back() - '0';
        return std::nullopt;
    }
    const bool other_version = text.size() == 8 && text.starts_with("HTTP/") &&
                               isDigits(text.substr(5, 1)) && text[6] == '.' &&
                               isDigits(text.substr(7));
    if (other_version) return Refusal{505, "HTTP version not supported"};
    return Refusal{400, "bad HTTP version"};
}

std::optional<Refusal> readRequestLine(std::string_view line, RequestHead& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return Refusal{400, "bad request line"};
    const std::string_view method = line.substr(0, first);
    if (!isToken(method) || method.size() > kMethodBytesMax) return Refusal{400, "bad method"};
    if (auto refusal = readVersion(line.substr(last + 1), head.minor_version)) return refusal;
    head.method = method;
    head.target = line.substr(first + 1, last - first - 1);
    auto target = decodeTarget(head.target);
    if (!target) return Refusal{400, "bad request target"};
    head.path = std::move(target.value().path);
    head.query = std::move(target.value().query);
    return std::nullopt;
}

/// Whether text can be the Host of an origin: a name or address, and maybe a port.
bool isHost(std::string_view host) {
    if (host.empty() || host.size() > kHostBytesMax) return false;
    std::string_view port;
    if (host.front() == '[') {
        const auto end = host.find(']');
        if (end == std::string_view::npos || end == 1) return false;
        if (host.substr(1, end - 1).find_first_not_of("0123456789abcdefABCDEF:.") !=
            std::string_view::npos) {
            return false;
        }
        port = host.substr(end + 1);
    } else {
        const auto colon = std::min(host.find(':'), host.size());
        constexpr std::string_view kNameChars =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
        if (colon == 0 ||
            host.substr(0, colon).find_first_not_of(kNameChars) != std::string_view::npos) {
            return false;
        }
        port = host.substr(colon);
    }
    return port.empty() || (port.size() <= 6 && port.front() == ':' && isDigits(port.substr(1)));
}

std::optional<Refusal> checkRequestFields(RequestHead& head) {
    if (count(head.headers, "host") != 1) return Refusal{400, "not exactly one host"};
    if (!isHost(*find(head.headers, "host"))) return Refusal{400, "bad host"};
    for (const HeaderField& field : head.headers) {
        if (!equalsIgnoreCase(field.name, "expect")) continue;
        if (!equalsIgnoreCase(field.value, "100-continue")) {
            return Refusal{417, "expectation not known"};
        }
        head.expects_continue = head.minor_version == 1;
    }
    return std::nullopt;
}

std::optional<Refusal> readStatusLine(std::string_view line, ReplyHead& head) {
    // "HTTP/1.1 200 OK"; the reason may be empty, the blank before it not (RFC 9112 section 4).
    constexpr std::size_t kStatusAt = 9;
    constexpr std::size_t kStatusEnd = 12;
    if (line.size() <= kStatusEnd || line[kStatusAt - 1] != ' ') {
        return Refusal{400, "bad status line"};
    }
    if (auto refusal = readVersion(line.substr(0, kStatusAt - 1), head.minor_version)) {
        return refusal;
    }
    const std::string_view digits = line.substr(kStatusAt, kStatusEnd - kStatusAt);
    if (!isDigits(digits) || line[kStatusEnd] != ' ') {
        return Refusal{400, "bad status"};
    }
    std::from_chars(digits.data(), digits.data() + digits.size(), head.status);
    if (head.status < 100 || head.status > 599) return Refusal{400, "bad status"};
    return std::nullopt;
}

}  // namespace

ScanState HeadScanner::refuse(int status, std::string_view reason) {
    refusal_ = Refusal{status, reason};
    return ScanState::kRefused;
}

ScanState HeadScanner::endLine(std::size_t line_size) {
    if (fields_start_ == 0) {
        if (line_size == 0) return refuse(400, "empty first line");
        fields_start_ = position_;
        return ScanState::kMore;
    }
    if (line_size == 0) return ScanState::kDone;
    if (++fields_ > limits_.fields_max) return refuse(431, "too many fields");
    if (position_ - fields_start_ > limits_.fields_bytes_max) {
        return refuse(431, "fields too large");
    }
    return ScanState::kMore;
}

ScanState HeadScanner::checkByte(char c, bool after_cr, std::size_t line_size) {
    const auto byte = static_cast<unsigned char>(c);
    if (after_cr || c == '\n') return refuse(400, "bare CR or LF");
    if (c != '\r' && ((byte < 0x20 && c != '\t') || byte == 0x7f)) {
        return refuse(400, "control character");
    }
    const bool in_fields = fields_start_ != 0;
    if (in_fields && line_size == 1 && (c == ' ' || c == '\t')) {
        return refuse(400, "folded field");
    }
    if (!in_fields && c != '\r' && line_size > limits_.line_bytes_max) {
        return refuse(414, "first line too long");
    }
    return ScanState::kMore;
}

ScanState HeadScanner::scan(std::string_view bytes) {
    while (position_ < bytes.size()) {
        const char c = bytes[position_++];
        const bool after_cr = previous_ == '\r';
        previous_ = c;
        ScanState state = ScanState::kMore;
        if (after_cr && c == '\n') {
            state = endLine(position_ - line_start_ - kLineEndBytes);
            line_start_ = position_;
        } else {
            state = checkByte(c, after_cr, position_ - line_start_);
        }
        if (state != ScanState::kMore) return state;
        const bool endless = fields_start_ != 0 &&
                             position_ - fields_start_ > limits_.fields_bytes_max + kLineEndBytes;
        if (endless) return refuse(431, "fields too large");
    }
    return ScanState::kMore;
}

std::optional<Refusal> readRequestHead(std::string_view bytes, const HeadLimits& limits,
                                       RequestHead& head) {
    if (auto refusal = readRequestLine(takeLine(bytes), head)) return refusal;
    if (auto refusal = readFields(bytes, limits, head.headers)) return refusal;
    if (auto refusal = readFraming(head.headers, head.minor_version, head.framing)) {
        return refusal;
    }
    if (auto refusal = checkRequestFields(head)) return refusal;
    head.keep_alive = wantsKeepAlive(head.headers, head.minor_version);
    return std::nullopt;
}

std::optional<Refusal> readReplyHead(std::string_view bytes, const HeadLimits& limits,
                                     ReplyHead& head) {
    if (auto refusal = readStatusLine(takeLine(bytes), head)) return refusal;
    if (auto refusal = readFields(bytes, limits, head.headers)) return refusal;
    if (auto refusal = readFraming(head.headers, head.minor_version, head.framing)) {
        return refusal;
    }
    head.keep_alive = wantsKeepAlive(head.headers, head.minor_version);
    return std::nullopt;
}

std::optional<Refusal> checkHost(const RequestHead& head,
                                 const std::vector<std::string>& allowed_hosts) {
    if (allowed_hosts.empty()) return std::nullopt;
    std::string_view host = *find(head.headers, "host");
    const auto name_end = host.front() == '[' ? host.find(']') + 1 : host.find(':');
    host = host.substr(0, name_end);
    const bool served =
        std::any_of(allowed_hosts.begin(), allowed_hosts.end(),
                    [host](const std::string& allowed) { return equalsIgnoreCase(allowed, host); });
    if (served) return std::nullopt;
    return Refusal{421, "host not served here"};
}

}  // namespace hub::http
