#include "hub/http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace hub::http {

namespace {

using Field = std::pair<std::string_view, std::string_view>;

// R-SEC-09. Strict-Transport-Security is sent on plain connections too: there a browser ignores
// it, and behind a proxy that ends TLS it must be there.
constexpr std::array kProtectionFields = {
    Field{"Strict-Transport-Security", "max-age=31536000; includeSubDomains"},
    Field{"X-Content-Type-Options", "nosniff"},
    Field{"X-Frame-Options", "DENY"},
    Field{"X-XSS-Protection", "1; mode=block"},
    Field{"Content-Security-Policy", "default-src 'self'"},
    Field{"Cache-Control", "no-store"},
};

constexpr std::array<std::string_view, 8> kConnectionFields = {
    "content-length", "transfer-encoding", "connection", "keep-alive",
    "date",           "trailer",           "upgrade",    "te",
};

constexpr std::array kReasons = {
    std::pair{200, std::string_view("OK")},
    std::pair{201, std::string_view("Created")},
    std::pair{202, std::string_view("Accepted")},
    std::pair{204, std::string_view("No Content")},
    std::pair{301, std::string_view("Moved Permanently")},
    std::pair{302, std::string_view("Found")},
    std::pair{303, std::string_view("See Other")},
    std::pair{304, std::string_view("Not Modified")},
    std::pair{400, std::string_view("Bad Request")},
    std::pair{401, std::string_view("Unauthorized")},
    std::pair{403, std::string_view("Forbidden")},
    std::pair{404, std::string_view("Not Found")},
    std::pair{405, std::string_view("Method Not Allowed")},
    std::pair{408, std::string_view("Request Timeout")},
    std::pair{409, std::string_view("Conflict")},
    std::pair{410, std::string_view("Gone")},
    std::pair{412, std::string_view("Precondition Failed")},
    std::pair{413, std::string_view("Content Too Large")},
    std::pair{414, std::string_view("URI Too Long")},
    std::pair{415, std::string_view("Unsupported Media Type")},
    std::pair{417, std::string_view("Expectation Failed")},
    std::pair{421, std::string_view("Misdirected Request")},
    std::pair{422, std::string_view("Unprocessable Content")},
    std::pair{428, std::string_view("Precondition Required")},
    std::pair{429, std::string_view("Too Many Requests")},
    std::pair{431, std::string_view("Request Header Fields Too Large")},
    std::pair{500, std::string_view("Internal Server Error")},
    std::pair{501, std::string_view("Not Implemented")},
    std::pair{502, std::string_view("Bad Gateway")},
    std::pair{503, std::string_view("Service Unavailable")},
    std::pair{504, std::string_view("Gateway Timeout")},
    std::pair{505, std::string_view("HTTP Version Not Supported")},
};

bool isConnectionField(std::string_view name) {
    return std::any_of(kConnectionFields.begin(), kConnectionFields.end(),
                       [name](std::string_view own) { return equalsIgnoreCase(own, name); });
}

/// RFC 9110 section 5.6.7, for example "Sun, 06 Nov 1994 08:49:37 GMT". Made once a second.
const std::string& dateText() {
    thread_local std::time_t made_at = -1;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now == made_at) return text;
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 40> buffer{};
    const std::size_t size =
        std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    text.assign(buffer.data(), size);
    made_at = now;
    return text;
}

void appendField(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view reasonPhrase(int status) {
    const auto* found = std::find_if(kReasons.begin(), kReasons.end(),
                                     [status](const auto& entry) { return entry.first == status; });
    return found == kReasons.end() ? "Unknown" : found->second;
}

Result<std::string> writeHead(const Response& response, AfterAnswer after) {
    if (response.status < 200 || response.status > 599) {
        return hubsdk::makeError(ErrorCode::kInternal, "the answer has no valid status");
    }
    std::string head;
    head.reserve(512);
    head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    head.append(reasonPhrase(response.status)).append("\r\n");
    for (const HeaderField& field : response.headers) {
        if (!isToken(field.name) || !isFieldValue(field.value)) {
            return hubsdk::makeError(ErrorCode::kInternal, "an answer field cannot be written");
        }
        if (!isConnectionField(field.name)) appendField(head, field.name, field.value);
    }
    for (const auto& [name, value] : kProtectionFields) {
        if (!find(response.headers, name)) appendField(head, name, value);
    }
    appendField(head, "Date", dateText());
    // RFC 9110 section 8.6: no Content-Length in a 204, and a 304 without body need not tell it.
    if (response.status != 204 && response.status != 304) {
        appendField(head, "Content-Length", std::to_string(response.body.size()));
    }
    appendField(head, "Connection", after == AfterAnswer::kClose ? "close" : "keep-alive");
    head.append("\r\n");
    return head;
}

}  // namespace hub::http
