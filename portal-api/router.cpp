#include "portal-api/router.hpp"

#include "hub/ingress/answer_desk.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"
#include "portal-api/json_case.hpp"
#include "portal-api/prefer.hpp"

#include <algorithm>
#include <array>
#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::http::Request;
using hub::http::Response;
using hubsdk::ErrorCode;
using hubsdk::makeError;

// Of a name that a stranger made up, as much as helps to find it.
constexpr std::size_t kShownNameBytesMax = 64;
constexpr int kNoContent = 204;

Response successAnswer(const ApiAnswer& answer, const AnswerMark& mark) {
    Response response;
    response.status = answer.status;
    response.headers.push_back({"X-Request-Id", mark.request_id});
    if (answer.status == kNoContent) return response;
    response.headers.push_back({"Content-Type", "application/json"});
    auto document = hubsdk::JsonDocument::parse(answer.document);
    hubsdk::JsonWriter writer(response.body);
    writer.beginObject();
    writer.member("success", true);
    writer.key("data");
    writer.raw(document ? camelCased(document->root()) : "null");
    writer.key("meta");
    writer.beginObject();
    writeMark(writer, mark);
    if (answer.page) {
        writer.member("page", answer.page->page);
        writer.member("limit", answer.page->limit);
        writer.member("total", answer.page->total);
        if (answer.page->next) writer.member("next", std::string_view(*answer.page->next));
    }
    writer.endObject();
    writer.endObject();
    return response;
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
    std::vector<std::string_view> methods;  ///< that the path takes; none: no such path
};

Found findRoute(std::span<const Route> routes, std::string_view method, std::string_view path) {
    Found found;
    int best = -1;
    const auto parts = segments(path);
    for (const Route& route : routes) {
        const auto pattern = segments(route.pattern);
        const auto fit = fitOf(pattern, parts);
        if (!fit) continue;
        found.methods.push_back(route.method);
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

// The body as handlers read it, or what is wrong with it.
std::optional<ApiError> readBody(const Request& request, const AnswerMark& mark,
                                 std::size_t bytes_max, std::string& snake_case) {
    snake_case = "{}";
    if (request.body.empty()) return std::nullopt;
    const auto type = hub::http::find(request.headers, "Content-Type").value_or("");
    if (!hubsdk::trimmed(type.substr(0, type.find(';'))).starts_with("application/json")) {
        return apiError(makeError(ErrorCode::kUnsupported, "the body must be application/json"),
                        mark);
    }
    hubsdk::JsonLimits limits;
    limits.bytes_max = bytes_max;
    auto document = hubsdk::JsonDocument::parse(request.body, limits);
    if (!document && document.error().code != ErrorCode::kInvalid)
        return apiError(document.error(), mark);
    if (!document) return badJson(document.error());
    // One way to write each member: else two of them could name the same one.
    if (auto path = firstSnakeCased(document->root())) {
        std::string message = "is no member: names are in camelCase, here " + camelCase(*path);
        return fieldError(std::move(*path), std::move(message));
    }
    snake_case = snakeCased(document->root());
    return std::nullopt;
}

// A filter that is spelt wrongly must not answer with rows that it does not choose.
std::optional<ApiError> checkQuery(std::string_view query, const Route& route) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        std::string name =
            hubsdk::percentDecoded(pair.substr(0, pair.find('=')), hubsdk::PlusSign::kBlank);
        if (pair.empty() || std::ranges::find(route.query, name) != route.query.end()) continue;
        std::string message = "is no parameter of this call";
        for (const std::string_view known : route.query) {
            message += known == route.query.front() ? "; it takes " : ", ";
            message += known;
        }
        name.resize(std::min(name.size(), kShownNameBytesMax));
        return fieldError(std::move(name), std::move(message));
    }
    return std::nullopt;
}

// Who has no valid key learns whether one came at all, and nothing of the keys there are.
Response refuseKey(const Request& request, const AnswerMark& mark) {
    if (bearerOf(request).empty()) {
        return errorAnswer(makeError(ErrorCode::kUnauthorized,
                                     "an API key is required, as Authorization: Bearer KEY"),
                           mark);
    }
    hub::observe::log(hub::observe::Level::kWarning, "portal.key_refused",
                      {{"request", mark.request_id}});
    return errorAnswer(
        makeError(ErrorCode::kUnauthorized, "the API key is not known, or not valid any more"),
        mark);
}

}  // namespace

bool ApiCall::may(std::string_view permission) const {
    while (!permission.empty()) {
        const std::string_view one = permission.substr(0, permission.find('|'));
        if (std::ranges::find(permissions, one) != permissions.end()) return true;
        permission.remove_prefix(std::min(one.size() + 1, permission.size()));
    }
    return false;
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
    const AnswerMark mark{services_.now_ms(), requestIdOf(request)};
    auto held = std::make_shared<Request>(std::move(request));
    const bool posted =
        work_.post("portal", [this, held, mark, respond] { answerOrWait(*held, mark, respond); });
    if (!posted) respond(errorAnswer(makeError(ErrorCode::kUnavailable, "too busy"), mark));
}

// Nothing while the flow runs. Runs on the desk's thread, which takes what is thrown as nothing.
std::optional<Response> Router::ended(const Waitable& waitable, const AnswerMark& mark) const {
    using hub::storage::FlowState;
    const auto flow = services_.database.read([&](hub::storage::Connection& connection) {
        return services_.repositories.flows.find(connection, waitable.scope,
                                                 waitable.started.flow_id);
    });
    if (flow && (flow->state == FlowState::kRunning || flow->state == FlowState::kWaiting))
        return std::nullopt;
    const AnswerMark now{services_.now_ms(), mark.request_id};
    const ApiCall call{services_,
                       waitable.scope,
                       waitable.actor_id,
                       waitable.permissions,
                       waitable.started.parameters,
                       {},
                       std::nullopt,
                       now.now_ms,
                       {},
                       mark.request_id};
    auto answer = waitable.route->ended(call);
    return answer ? successAnswer(*answer, now) : errorAnswer(answer.error(), now);
}

void Router::answerOrWait(const Request& request, const AnswerMark& mark,
                          const hub::http::Respond& respond) const {
    std::optional<Waitable> waitable;
    Response response = answer(request, mark, waitable);
    const auto wait = preferredWait(request);
    const bool waits = waitable && wait && services_.desk != nullptr;
    if (!waits) return respond(std::move(response));
    const auto applied = [seconds = *wait](Response shown) {
        shown.headers.push_back({"Preference-Applied", "wait=" + std::to_string(seconds)});
        return shown;
    };
    auto look = [this, applied, mark,
                 waitable = std::move(*waitable)]() -> std::optional<Response> {
        auto found = ended(waitable, mark);
        if (!found) return std::nullopt;
        return applied(std::move(*found));
    };
    services_.desk->wait(std::move(look), *wait * 1000, respond,
                         [late = applied(std::move(response))] { return late; });
}

Response Router::answer(const Request& request, const AnswerMark& mark,
                        std::optional<Waitable>& waitable) const {
    try {
        return serve(request, mark, waitable);
    } catch (const hub::storage::StorageError& error) {
        hub::observe::log(hub::observe::Level::kError, "portal.storage_failed",
                          {{"request", mark.request_id}, {"why", error.what()}});
        return errorAnswer(hub::storage::toError(error), mark);
    }
}

Response Router::serve(const Request& request, const AnswerMark& mark,
                       std::optional<Waitable>& waitable) const {
    const std::string_view path = std::string_view(request.path).substr(kApiPrefix.size() - 1);
    const Found found = findRoute(routes_, request.method, path);
    auto key = services_.database.read([&](hub::storage::Connection& connection) {
        return services_.repositories.api_keys.findValid(connection, bearerOf(request),
                                                         mark.now_ms);
    });
    if (!key) return refuseKey(request, mark);
    if (found.methods.empty())
        return errorAnswer(makeError(ErrorCode::kNotFound, "no such path"), mark);
    if (found.route == nullptr) return errorAnswer(methodNotAllowed(found.methods), mark);
    std::string body;
    if (const auto wrong = readBody(request, mark, services_.body_bytes_max, body))
        return errorAnswer(*wrong, mark);
    ApiCall call{services_,        hub::storage::TenantScope::afterAuthentication(key->tenant_id),
                 key->id,          key->permissions,
                 found.parameters, body,
                 std::nullopt,     mark.now_ms,
                 request.query,    mark.request_id};
    if (!call.may(found.route->permission)) {
        return errorAnswer(makeError(ErrorCode::kForbidden, "this key may not do that"), mark);
    }
    if (const auto wrong = checkQuery(request.query, *found.route))
        return errorAnswer(*wrong, mark);
    if (const auto given = hub::http::find(request.headers, "Idempotency-Key")) {
        call.idempotency_key = hub::security::sha256Hex(
            key->tenant_id + "\n" + std::string(found.route->pattern) + "\n" + std::string(*given));
    }
    StartedFlow started;
    call.started = &started;
    auto answer = found.route->handler(call);
    if (answer && found.route->ended != nullptr && !started.flow_id.empty()) {
        waitable.emplace(
            Waitable{found.route, call.scope, call.actor_id, call.permissions, std::move(started)});
    }
    if (answer) return successAnswer(*answer, mark);
    if (answer.error().code == ErrorCode::kInternal) {
        hub::observe::log(hub::observe::Level::kError, "portal.internal",
                          {{"route", found.route->pattern},
                           {"request", mark.request_id},
                           {"why", answer.error().text()}});
    }
    return errorAnswer(answer.error(), mark);
}

}  // namespace portal
