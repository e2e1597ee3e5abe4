#include "portal-api/api_error.hpp"

#include "hub/security/digest.hpp"
#include "portal-api/json_case.hpp"

#include <algorithm>
#include <array>
#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::http::Response;
using hubsdk::Error;
using hubsdk::ErrorCode;

constexpr std::string_view kBadRequest = "BAD_REQUEST";
constexpr std::string_view kMethodNotAllowed = "METHOD_NOT_ALLOWED";
constexpr std::size_t kRequestIdBytesMax = 64;
constexpr std::string_view kBytePath = "byte ";

// api-endpoints.md section 2.4.
constexpr std::array kCodes{
    PortalCode{"BAD_REQUEST", 400, std::nullopt},
    PortalCode{"METHOD_NOT_ALLOWED", 405, std::nullopt},
    PortalCode{"VALIDATION_ERROR", 422, ErrorCode::kInvalid},
    PortalCode{"UNAUTHENTICATED", 401, ErrorCode::kUnauthorized},
    PortalCode{"FORBIDDEN", 403, ErrorCode::kForbidden},
    PortalCode{"NOT_FOUND", 404, ErrorCode::kNotFound},
    PortalCode{"CONFLICT", 409, ErrorCode::kConflict},
    PortalCode{"VERSION_CONFLICT", 409, ErrorCode::kStale},
    PortalCode{"PAYLOAD_TOO_LARGE", 413, ErrorCode::kTooLarge},
    PortalCode{"RATE_LIMITED", 429, ErrorCode::kRateLimited},
    PortalCode{"UNAVAILABLE", 503, ErrorCode::kUnavailable},
    PortalCode{"VENDOR_TIMEOUT", 504, ErrorCode::kTimeout},
    PortalCode{"UNSUPPORTED_MEDIA_TYPE", 415, ErrorCode::kUnsupported},
    PortalCode{"INTERNAL", 500, ErrorCode::kInternal},
};

const PortalCode& rowOf(ErrorCode code) {
    return *std::ranges::find(kCodes, std::optional(code), &PortalCode::cause);
}

bool isRequestIdByte(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

std::string internalMessage(const AnswerMark& mark) {
    std::string message = "Something went wrong on our side.";
    if (!mark.request_id.empty()) message += " Report the request id " + mark.request_id + ".";
    return message;
}

}  // namespace

std::span<const PortalCode> portalCodes() { return kCodes; }

ApiError apiError(const Error& error, const AnswerMark& mark) {
    const PortalCode& row = rowOf(error.code);
    ApiError shown{row.status, row.word, error.message, {}, {}};
    if (error.code == ErrorCode::kInternal) {
        shown.message = internalMessage(mark);
        return shown;
    }
    if (!error.path.empty()) shown.details.push_back({camelCasePath(error.path), error.message});
    const bool wait = error.retry_after_ms || error.code == ErrorCode::kUnavailable ||
                      error.code == ErrorCode::kRateLimited;
    if (wait) {
        const std::int64_t seconds = (error.retry_after_ms.value_or(1000) + 999) / 1000;
        shown.headers.push_back({"Retry-After", std::to_string(seconds)});
    }
    if (error.code == ErrorCode::kUnauthorized)
        shown.headers.push_back({"WWW-Authenticate", "Bearer"});
    return shown;
}

ApiError badJson(const Error& error) {
    std::string message = "The body cannot be read";
    if (error.path.starts_with(kBytePath)) message += " at " + error.path;
    message += ": " + error.message + ".";
    return {400, kBadRequest, std::move(message), {}, {}};
}

ApiError fieldError(std::string field, std::string message) {
    ApiError error{422, rowOf(ErrorCode::kInvalid).word, message, {}, {}};
    error.details.push_back({std::move(field), std::move(message)});
    return error;
}

ApiError methodNotAllowed(const std::vector<std::string_view>& allowed) {
    std::string list;
    for (const std::string_view method : allowed) {
        if (!list.empty()) list += ", ";
        list += method;
    }
    ApiError error{405, kMethodNotAllowed, "This path takes " + list + ".", {}, {}};
    error.headers.push_back({"Allow", std::move(list)});
    return error;
}

ApiError edgeError(int status, std::string_view reason) {
    const auto row = std::ranges::find_if(kCodes, [status](const PortalCode& one) {
        return one.status == status && one.word != kBadRequest;
    });
    const std::string_view word = row != kCodes.end() ? row->word : kBadRequest;
    return {status, word, std::string(reason), {}, {}};
}

void writeMark(hubsdk::JsonWriter& writer, const AnswerMark& mark) {
    writer.member("timestamp", std::string_view(hubsdk::formatUtc(mark.now_ms)));
    if (!mark.request_id.empty()) writer.member("requestId", std::string_view(mark.request_id));
}

Response errorAnswer(const ApiError& error, const AnswerMark& mark) {
    Response response;
    response.status = error.status;
    response.headers = error.headers;
    response.headers.push_back({"Content-Type", "application/json"});
    if (!mark.request_id.empty()) response.headers.push_back({"X-Request-Id", mark.request_id});
    hubsdk::JsonWriter writer(response.body);
    writer.beginObject();
    writer.member("success", false);
    writer.key("error");
    writer.beginObject();
    writer.member("code", error.code);
    writer.member("message", std::string_view(error.message));
    writer.key("details");
    writer.beginArray();
    for (const FieldProblem& problem : error.details) {
        writer.beginObject();
        writer.member("field", std::string_view(problem.field));
        writer.member("message", std::string_view(problem.message));
        writer.endObject();
    }
    writer.endArray();
    writer.endObject();
    writer.key("meta");
    writer.beginObject();
    writeMark(writer, mark);
    writer.endObject();
    writer.endObject();
    return response;
}

Response errorAnswer(const Error& error, const AnswerMark& mark) {
    return errorAnswer(apiError(error, mark), mark);
}

std::string requestIdOf(const hub::http::Request& request) {
    const auto given = hub::http::find(request.headers, "X-Request-Id").value_or("");
    const bool good = !given.empty() && given.size() <= kRequestIdBytesMax &&
                      std::ranges::all_of(given, isRequestIdByte);
    return good ? std::string(given) : hub::security::randomToken(16);
}

}  // namespace portal
