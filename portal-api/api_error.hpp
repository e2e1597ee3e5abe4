/// How the portal says that something is wrong: status, code and envelope (api-endpoints.md
/// sections 2.1 and 2.4; docs/errors.md).
#pragma once

#include "hub/http/message.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/json.hpp>

namespace portal {

/// One code of the answers. `cause` is the failure that it stands for; none: the router's own.
struct PortalCode {
    std::string_view word;
    int status;
    std::optional<hubsdk::ErrorCode> cause;
};

/// Every code that the portal sends. Any thread; lives for ever.
[[nodiscard]] std::span<const PortalCode> portalCodes();

/// A member of a request, as its sender writes it, and what is wrong with it.
struct FieldProblem {
    std::string field;
    std::string message;
};

struct ApiError {
    int status = 500;
    std::string_view code = "INTERNAL";
    std::string message;
    std::vector<FieldProblem> details;
    std::vector<hub::http::HeaderField> headers;  ///< Allow, Retry-After …
};

/// When, and for which request, something is answered.
struct AnswerMark {
    std::int64_t now_ms = 0;
    std::string request_id = {};  ///< "" where there is none
};

/// A failure as the portal shows it: field names in camelCase. Of our own mistakes only the request
/// id leaves the house; the rest is for the log (threat-model section 2, rule 9).
[[nodiscard]] ApiError apiError(const hubsdk::Error& error, const AnswerMark& mark);
/// BAD_REQUEST: what came is no JSON. `error` is that of JsonDocument::parse.
[[nodiscard]] ApiError badJson(const hubsdk::Error& error);
/// VALIDATION_ERROR with the field as its sender wrote it.
[[nodiscard]] ApiError fieldError(std::string field, std::string message);
/// METHOD_NOT_ALLOWED; `allowed` are the path's methods.
[[nodiscard]] ApiError methodNotAllowed(const std::vector<std::string_view>& allowed);
/// What the edge refuses before a handler sees it: 413, 400, 503 …
[[nodiscard]] ApiError edgeError(int status, std::string_view reason);

/// The error in its envelope.
[[nodiscard]] hub::http::Response errorAnswer(const ApiError& error, const AnswerMark& mark);
[[nodiscard]] hub::http::Response errorAnswer(const hubsdk::Error& error, const AnswerMark& mark);

/// The request's X-Request-Id if it is one that may stand in logs: at most 64 letters, digits,
/// dots, dashes and underscores; else a new one.
[[nodiscard]] std::string requestIdOf(const hub::http::Request& request);

/// Writes what every `meta` holds into an object that is open.
void writeMark(hubsdk::JsonWriter& writer, const AnswerMark& mark);

}  // namespace portal
