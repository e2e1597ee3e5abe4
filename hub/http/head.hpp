/// The strict reader of message heads: finds the end of a head in raw bytes and takes it apart.
/// It runs before Beast's parser sees a byte and refuses what that parser, or a proxy in front,
/// could read in two ways (TM-HTTP-1, TM-HTTP-4, TM-HTTP-8).
#pragma once

#include "hub/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub::http {

/// Bounds of one head, threat-model.md section 21.
struct HeadLimits {
    std::size_t line_bytes_max = 8 * 1024;     ///< request line
    std::size_t fields_max = 64;               ///< number of header fields
    std::size_t value_bytes_max = 8 * 1024;    ///< one field value
    std::size_t fields_bytes_max = 32 * 1024;  ///< all field lines with their line ends
};

/// Why a message is refused: the status to answer and a fixed text for the log.
struct Refusal {
    int status = 400;
    std::string_view reason;
};

enum class ScanState { kMore, kDone, kRefused };

/// Finds the end of a head while its bytes arrive, looking at each byte once. Refuses as soon as
/// a rule is broken: bare CR or LF, control characters, folded lines, too long, too many.
class HeadScanner {
public:
    explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}

    /// `bytes` is everything received since the start of the head. After kDone `size()` tells
    /// how much of it is head; after kRefused `refusal()` tells why.
    [[nodiscard]] ScanState scan(std::string_view bytes);

    [[nodiscard]] std::size_t size() const { return position_; }
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }

private:
    ScanState refuse(int status, std::string_view reason);
    ScanState endLine(std::size_t line_size);
    ScanState checkByte(char c, bool after_cr, std::size_t line_size);

    HeadLimits limits_;
    std::size_t position_ = 0;
    std::size_t line_start_ = 0;
    std::size_t fields_start_ = 0;  ///< zero until the first line has ended
    std::size_t fields_ = 0;
    char previous_ = '\0';
    Refusal refusal_;
};

/// How the end of a message body is found.
struct Framing {
    bool chunked = false;
    std::optional<std::uint64_t> content_length;
};

struct RequestHead {
    std::string method;
    std::string target;
    std::string path;
    std::string query;
    int minor_version = 1;
    std::vector<HeaderField> headers;
    Framing framing;
    bool keep_alive = true;
    bool expects_continue = false;
};

struct ReplyHead {
    int status = 0;
    int minor_version = 1;
    std::vector<HeaderField> headers;
    Framing framing;
    bool keep_alive = true;
};

/// Takes apart a head that HeadScanner accepted, and applies every rule that needs no
/// configuration: version, target form, exactly one Host, framing, Expect.
/// Returns the refusal, or nothing and the filled `head`.
[[nodiscard]] std::optional<Refusal> readRequestHead(std::string_view bytes,
                                                     const HeadLimits& limits, RequestHead& head);

/// The same for the head of a vendor's reply.
[[nodiscard]] std::optional<Refusal> readReplyHead(std::string_view bytes, const HeadLimits& limits,
                                                   ReplyHead& head);

/// Whether the request's Host is one we serve (TM-HTTP-5). `allowed_hosts` are names without
/// port; an empty list serves every name. Compared without case, any port.
[[nodiscard]] std::optional<Refusal> checkHost(const RequestHead& head,
                                               const std::vector<std::string>& allowed_hosts);

}  // namespace hub::http
