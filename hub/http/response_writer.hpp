/// Writes response heads, and sets the protection headers in this one place (TM-HTTP-9).
#pragma once

#include "hub/http/message.hpp"

#include <string>
#include <string_view>

namespace hub::http {

enum class AfterAnswer { kKeepAlive, kClose };

/// The head of the answer, up to and with the empty line. Sets Date, Content-Length, Connection,
/// and unless the response carries its own: the fields of R-SEC-09 and `Cache-Control: no-store`.
/// Framing fields of the response are left out: they belong to the connection. Fails with
/// kInternal when a field could not be written without changing the message, for example when
/// its value holds CR or LF (TM-HTTP-4).
[[nodiscard]] Result<std::string> writeHead(const Response& response, AfterAnswer after);

/// The reason phrase of RFC 9110 for a status, or "Unknown".
[[nodiscard]] std::string_view reasonPhrase(int status);

}  // namespace hub::http
