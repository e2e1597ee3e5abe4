#include "portal-api/router.hpp"

#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"
#include "portal-api/json_case.hpp"

#include <algorithm>
#include <array>
#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::http::Request;
using hub::http::Response;
using hubsdk::Error;
using hubsdk::ErrorCode;
using hubsdk::makeError;

struct CodeRow {
    ErrorCode code;
    std::string_view word;
};

// api-endpoints.md section 2.4.
constexpr std::array kCodeWords{
    CodeRow{ErrorCode::kInvalid, "VALIDATION_ERROR"},
    CodeRow{ErrorCode::kUnauthorized, "UNAUTHENTICATED"},
    CodeRow{ErrorCode::kForbidden, "FORBIDDEN"},
    CodeRow{ErrorCode::kNotFound, "NOT_FOUND"},
    CodeRow{ErrorCode::kConflict, "CONFLICT"},
    CodeRow{ErrorCode::kStale, "VERSION_CONFLICT"},
    CodeRow{ErrorCode::kTooLarge, "PAYLOAD_TOO_LARGE"},
    CodeRow{ErrorCode::kRateLimited, "RATE_LIMITED"},
    CodeRow{ErrorCode::kUnavailable, "UNAVAILABLE"},
    CodeRow{ErrorCode::kTimeout, "VENDOR_TIMEOUT"},
    CodeRow{ErrorCode::kUnsupported, "UNSUPPORTED_MEDIA_TYPE"},
    CodeRow{ErrorCode::kInternal, "INTERNAL"},
};

std::string_view wordOf(ErrorCode code) {
    return std::ranges::find(kCodeWords, code, &CodeRow::code)->word;
}

Response jsonResponse(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.push_back({"Content-Type", "application/json"});
    response.body = std::move(body);
    return response;
}

void writeMeta(hubsdk::JsonWriter& writer, std::int64_t now_ms) {
    writer.key("meta");
    writer.beginObject();
    writer.member("timestamp", std::string_view(hubsdk::formatUtc(now_ms)));
    writer.endObject();
}

Response successAnswer(const ApiAnswer& answer, std::int64_t now_ms) {
    auto document = hubsdk::JsonDocument::parse(answer.document);
    std::string body;
    hubsdk::JsonWriter writer(body);
    writer.beginObject();
    writer.member("success", true);
    writer.key("data");
    writer.raw(document ? camelCased(document->root()) : "null");
    writeMeta(writer, now_ms);
    writer.endObject();
    return jsonResponse(answer.status, std::move(body));
}

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        parts.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(parts.back().size());
    }
    return parts;
}

// How many literal segments fit; nothing if the pattern does not fit. A literal wins over a
// parameter (api-endpoints.md section 1).
std::optional<int> fitOf(const std::vector<std::string_view>& pattern,
                         const std::vector<std::string_view>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    int literals = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == "{}") {
            if (path[i].empty()) return std::nullopt;
        } else if (pattern[i] == path[i]) {
            ++literals;
        } else {
            return std::nullopt;
        }
    }
    return literals;
}

struct Found {
    const Route* route = nullptr;
    std::vector<std::string> parameters;
    bool path_known = false;
};

Found findRoute(std::span<const Route> routes, std::string_view method, std::string_view path) {
    Found found;
    int best = -1;
    const auto parts = segments(path);
    for (const Route& route : routes) {
        const auto pattern = segments(route.pattern);
        const auto fit = fitOf(pattern, parts);
        if (!fit) continue;
        found.path_known = true;
        if (route.method != method || *fit <= best) continue;
        best = *fit;
        found.route = &route;
        found.parameters.clear();
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (pattern[i] == "{}") found.parameters.emplace_back(parts[i]);
        }
    }
    return found;
}

std::string_view bearerOf(const Request& request) {
    constexpr std::string_view kScheme = "Bearer ";
    const auto header = hub::http::find(request.headers, "Authorization");
    if (!header || !header->starts_with(kScheme)) return {};
    return header->substr(kScheme.size());
}

hubsdk::Result<std::string> bodyInSnakeCase(const Request& request) {
    if (request.body.empty()) return std::string("{}");
    const auto type = hub::http::find(request.headers, "Content-Type").value_or("");
    if (!hubsdk::trimmed(type.substr(0, type.find(';'))).starts_with("application/json")) {
        return makeError(ErrorCode::kUnsupported, "the body must be application/json");
    }
    hubsdk::JsonLimits limits;
    limits.bytes_max = std::size_t{1024} * 1024;
    auto document = hubsdk::JsonDocument::parse(request.body, limits);
    if (!document) return std::move(document).error();
    return snakeCased(document->root());
}

}  // namespace

bool ApiCall::may(std::string_view permission) const {
    return std::ranges::find(permissions, permission) != permissions.end();
}

Response errorAnswer(const Error& error, std::int64_t now_ms) {
    std::string body;
    hubsdk::JsonWriter writer(body);
    writer.beginObject();
    writer.member("success", false);
    writer.key("error");
    writer.beginObject();
    writer.member("code", wordOf(error.code));
    // Our own mistakes are for the log, not for the outside (threat-model section 2, rule 9).
    const bool internal = error.code == ErrorCode::kInternal;
    const std::string field = camelCasePath(error.path);
    writer.member("message", internal ? std::string_view("Something went wrong on our side.")
                                      : std::string_view(error.message));
    writer.key("details");
    writer.beginArray();
    if (!field.empty() && !internal) {
        writer.beginObject();
        writer.member("field", std::string_view(field));
        writer.member("message", std::string_view(error.message));
        writer.endObject();
    }
    writer.endArray();
    writer.endObject();
    writeMeta(writer, now_ms);
    writer.endObject();
    return jsonResponse(hubsdk::httpStatus(error.code), std::move(body));
}

Router::Router(PortalServices services, hub::app::WorkPool& work, std::span<const Route> routes)
    : services_(std::move(services)), work_(work), routes_(routes) {
    for (const Route& route : routes_) {
        if (route.permission.empty() || route.handler == nullptr) {
            throw std::logic_error("a route has no permission or no handler");  // TM-AZ-2
        }
    }
}

void Router::handle(Request request, const hub::http::Respond& respond) const {
    auto held = std::make_shared<Request>(std::move(request));
    const bool posted = work_.post("portal", [this, held, respond] { respond(answer(*held)); });
    if (posted) return;
    Response busy = errorAnswer(makeError(ErrorCode::kUnavailable, "too busy"), services_.now_ms());
    busy.headers.push_back({"Retry-After", "1"});
    respond(std::move(busy));
}

Response Router::answer(const Request& request) const {
    const std::int64_t now = services_.now_ms();
    try {
        const std::string_view path = std::string_view(request.path).substr(kApiPrefix.size() - 1);
        const Found found = findRoute(routes_, request.method, path);
        auto key = services_.database.read([&](hub::storage::Connection& connection) {
            return services_.repositories.api_keys.findValid(connection, bearerOf(request), now);
        });
        if (!key)
            return errorAnswer(makeError(ErrorCode::kUnauthorized, "an API key is required"), now);
        if (!found.path_known)
            return errorAnswer(makeError(ErrorCode::kNotFound, "no such path"), now);
        if (found.route == nullptr) {
            return jsonResponse(405, R"({"success":false,"error":{"code":"METHOD_NOT_ALLOWED"}})");
        }
        auto body = bodyInSnakeCase(request);
        if (!body) return errorAnswer(body.error(), now);
        ApiCall call{
            services_,        hub::storage::TenantScope::afterAuthentication(key->tenant_id),
            key->id,          key->permissions,
            found.parameters, *body,
            std::nullopt,     now};
        call.query = request.query;
        if (!call.may(found.route->permission)) {
            return errorAnswer(makeError(ErrorCode::kForbidden, "this key may not do that"), now);
        }
        if (const auto given = hub::http::find(request.headers, "Idempotency-Key")) {
            call.idempotency_key =
                hub::security::sha256Hex(key->tenant_id + "\n" + std::string(found.route->pattern) +
                                         "\n" + std::string(*given));
        }
        auto answer = found.route->handler(call);
        if (answer) return successAnswer(*answer, now);
        if (answer.error().code == ErrorCode::kInternal) {
            hub::observe::log(hub::observe::Level::kError, "portal.internal",
                              {{"route", found.route->pattern}, {"why", answer.error().text()}});
        }
        return errorAnswer(answer.error(), now);
    } catch (const hub::storage::StorageError& error) {
        hub::observe::log(hub::observe::Level::kError, "portal.storage_failed",
                          {{"why", error.what()}});
        return errorAnswer(hub::storage::toError(error), now);
    }
}

}  // namespace portal
