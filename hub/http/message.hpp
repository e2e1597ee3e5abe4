/// HTTP messages as plain values, shared by the server, the client and their callers.
#pragma once

#include <hubsdk/cpp/result.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub::http {

using hubsdk::Error;
using hubsdk::ErrorCode;
using hubsdk::Result;

/// One header field. The value is kept byte for byte as received, without surrounding blanks.
struct HeaderField {
    std::string name;
    std::string value;
};

/// A request whose head passed the whole policy and whose body arrived complete.
struct Request {
    std::string method;
    std::string target;  ///< as received, origin form
    std::string path;    ///< decoded once, without dot segments; match routes against this
    std::string query;   ///< not decoded, without the question mark
    std::vector<HeaderField> headers;
    std::string body;
    std::string peer_address;  ///< of the client; a trusted proxy's word is already applied
    bool secure = false;       ///< the client spoke TLS with us or with a trusted proxy
};

/// A status that closes the connection instead of answering. For simulators of lost answers.
inline constexpr int kNoAnswer = -1;

struct Response {
    int status = 200;
    std::vector<HeaderField> headers;
    std::string body;
};

/// Answers one request. Callable from any thread, also after the connection is gone; only the
/// first call counts. Dropping the last copy without a call answers 500.
using Respond = std::function<void(Response)>;

/// Receives each request on an I/O thread and must not block.
using Handler = std::function<void(Request, Respond)>;

/// The value of the first field with this name, compared without case, or nothing.
/// The view lives as long as `headers`.
[[nodiscard]] std::optional<std::string_view> find(const std::vector<HeaderField>& headers,
                                                   std::string_view name);

/// How many fields carry this name, compared without case.
[[nodiscard]] std::size_t count(const std::vector<HeaderField>& headers, std::string_view name);

/// Compares ASCII text without case.
[[nodiscard]] bool equalsIgnoreCase(std::string_view left, std::string_view right);

/// Whether a comma-separated list holds this token, compared without case.
[[nodiscard]] bool listHolds(std::string_view list, std::string_view token);

/// RFC 9110 section 5.6.2: a non-empty run of token characters.
[[nodiscard]] bool isToken(std::string_view text);

/// Whether text may stand in a field value: no control character but tab, so no CR, LF or NUL.
[[nodiscard]] bool isFieldValue(std::string_view text);

/// The text without blanks and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace hub::http
