/// The portal's one router: authentication, tenant, permission, validation, envelope and errors in
/// one place, so that a handler parses nothing and renders nothing (architecture section 9).
#pragma once

#include "hub/app/work_pool.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/security/vault.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"
#include "portal-api/api_error.hpp"
#include "portal-api/members.hpp"

#include <functional>
#include <hubsdk/cpp/shape.hpp>

namespace hub::flows {
struct FlowControl;
}
namespace hub::ingress {
class AnswerDesk;
}

namespace portal {

inline constexpr std::string_view kApiPrefix = "/api/v1/";

/// What handlers work with. Everything outlives the router.
struct PortalServices {
    hub::storage::Database& database;
    const hub::storage::Repositories& repositories;
    hub::plugins::PluginRegistry& plugins;
    hub::security::Vault& vault;
    std::function<std::int64_t()> now_ms;
    std::function<std::string(std::string_view vendor, std::string_view token)> webhook_url;
    std::function<void()> flows_changed;
    /// What the flows of this process share; null where none run.
    const hub::flows::FlowControl* flow_control = nullptr;
    /// Where callers wait who prefer to (RFC 7240); null: nobody waits.
    hub::ingress::AnswerDesk* desk = nullptr;
    std::size_t body_bytes_max = std::size_t{1024} * 1024;
};

/// The flow that a call started, and what its end is rendered from.
struct StartedFlow {
    std::string flow_id;
    std::vector<std::string> parameters;  ///< of the route's `ended` handler
};

/// One authenticated call of a handler.
struct ApiCall {
    const PortalServices& services;
    hub::storage::TenantScope scope;
    std::string actor_id;  ///< id of the API key
    std::vector<std::string> permissions;
    std::vector<std::string> parameters;         ///< of the path, in order
    std::string_view body;                       ///< JSON in snake_case; "" without a body
    std::optional<std::string> idempotency_key;  ///< SHA-256 hex over key, tenant and route
    std::int64_t now_ms = 0;
    std::string_view query = {};     ///< of the URL, encoded; only parameters that the route names
    std::string request_id = {};     ///< for logs, audit entries and events
    StartedFlow* started = nullptr;  ///< where the handler notes a flow that may be waited for

    /// Any of these permissions, if several stand in one text with a bar between them.
    [[nodiscard]] bool may(std::string_view permission) const;
};

/// Which part of a list an answer is (api-endpoints.md section 2.1).
struct PageMark {
    std::int64_t page = 1;  ///< from 1
    std::int64_t limit = 0;
    std::int64_t total = 0;           ///< rows of all pages
    std::optional<std::string> next;  ///< `after` of the next page; absent on the last one
};

/// A handler's success: status and document in snake_case.
struct ApiAnswer {
    int status = 200;
    std::string document = "null";
    std::optional<PageMark> page = std::nullopt;
};
using ApiHandler = hubsdk::Result<ApiAnswer> (*)(const ApiCall& call);

/// One row of the route table. `{}` in the pattern is one path segment.
struct Route {
    std::string_view method;
    std::string_view pattern;     ///< behind /api/v1
    std::string_view permission;  ///< canonical-model.md section 9, "a|b": any; never empty
    ApiHandler handler;
    std::string_view text;
    std::span<const std::string_view> query = {};  ///< the parameters it takes; others are refused
    /// What a caller gets who waited (Prefer: wait) and saw the flow end; null: nobody may wait.
    ApiHandler ended = nullptr;
};

/// One page of a list: the answer's `data` is the array, `meta` the mark.
template <class Item>
struct Page {
    std::vector<Item> items;
    PageMark mark;
};

/// Wraps a typed function into a handler: reads the body into its request type, refuses unknown
/// members (TM-AZ-3), writes its response type.
template <class Request, class Response>
using TypedHandler = hubsdk::Result<Response> (*)(const ApiCall& call, const Request& request);
struct NoBody {};

/// The document of an answer, and its mark if it is a page. A 204 has none.
inline ApiAnswer answerWith(int status, const NoBody& /*response*/) {
    return {status, {}, std::nullopt};
}
template <class Response>
[[nodiscard]] ApiAnswer answerWith(int status, const Response& response) {
    return {status, hubsdk::writeShape(response), std::nullopt};
}
template <class Item>
[[nodiscard]] ApiAnswer answerWith(int status, const Page<Item>& page) {
    return {status, hubsdk::writeShape(page.items), page.mark};
}

template <int kStatus, auto kFunction>
struct Typed;
template <int kStatus, class Request, class Response,
          hubsdk::Result<Response> (*kFunction)(const ApiCall&, const Request&)>
struct Typed<kStatus, kFunction> {
    static hubsdk::Result<ApiAnswer> handle(const ApiCall& call) {
        Request request{};
        if constexpr (!std::is_same_v<Request, NoBody>) {
            hubsdk::ReadOptions options;
            options.unknown = hubsdk::UnknownMembers::kRefuse;
            auto read = hubsdk::readShape<Request>(call.body, options);
            if (!read) return withMembers<Request>(std::move(read).error());
            request = std::move(read).value();
        }
        auto response = kFunction(call, request);
        if (!response) return std::move(response).error();
        return answerWith(kStatus, *response);
    }
};

/// A row for a typed function: route<201, &createOrder>("POST", "/orders", "order.create", "…").
template <int kStatus, auto kFunction>
constexpr Route route(std::string_view method, std::string_view pattern,
                      std::string_view permission, std::string_view text,
                      std::span<const std::string_view> query = {}) {
    return {method, pattern, permission, &Typed<kStatus, kFunction>::handle, text, query};
}

/// The same row for a function that starts a flow; kEnded renders what the flow led to.
template <int kStatus, auto kFunction, int kEndedStatus, auto kEnded>
constexpr Route waitableRoute(std::string_view method, std::string_view pattern,
                              std::string_view permission, std::string_view text) {
    Route row = route<kStatus, kFunction>(method, pattern, permission, text);
    row.ended = &Typed<kEndedStatus, kEnded>::handle;
    return row;
}

/// Any thread.
class Router {
public:
    Router(PortalServices services, hub::app::WorkPool& work, std::span<const Route> routes);

    /// Takes one request below /api/v1/; answers later from another thread. Who waits for a flow
    /// (Prefer: wait) holds no thread meanwhile. What waits must be answered (AnswerDesk::stop)
    /// before the router goes.
    void handle(hub::http::Request request, const hub::http::Respond& respond) const;

private:
    /// A call that may be waited for.
    struct Waitable {
        const Route* route = nullptr;
        hub::storage::TenantScope scope;
        std::string actor_id;
        std::vector<std::string> permissions;
        StartedFlow started;
    };
    void answerOrWait(const hub::http::Request& request, const AnswerMark& mark,
                      const hub::http::Respond& respond) const;
    [[nodiscard]] std::optional<hub::http::Response> ended(const Waitable& waitable,
                                                           const AnswerMark& mark) const;
    [[nodiscard]] hub::http::Response answer(const hub::http::Request& request,
                                             const AnswerMark& mark,
                                             std::optional<Waitable>& waitable) const;
    [[nodiscard]] hub::http::Response serve(const hub::http::Request& request,
                                            const AnswerMark& mark,
                                            std::optional<Waitable>& waitable) const;

    PortalServices services_;
    hub::app::WorkPool& work_;
    std::span<const Route> routes_;
};

}  // namespace portal
