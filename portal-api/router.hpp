/// The portal's one router: authentication, tenant, permission, validation, envelope and errors in
/// one place, so that a handler parses nothing and renders nothing (architecture section 9).
#pragma once

#include "hub/app/work_pool.hpp"
#include "hub/http/message.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"

#include <functional>
#include <hubsdk/cpp/shape.hpp>

namespace hub::flows {
struct FlowControl;
}

namespace portal {

inline constexpr std::string_view kApiPrefix = "/api/v1/";

/// What handlers work with. Everything outlives the router.
struct PortalServices {
    hub::storage::Database& database;
    const hub::storage::Repositories& repositories;
    hub::plugins::PluginRegistry& plugins;
    std::function<std::int64_t()> now_ms;
    std::function<std::string(std::string_view vendor, std::string_view token)> webhook_url;
    std::function<void()> flows_changed;
    /// What the flows of this process share; null where none run.
    const hub::flows::FlowControl* flow_control = nullptr;
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
    std::string_view query = {};  ///< of the URL, encoded

    [[nodiscard]] bool may(std::string_view permission) const;
};

/// A handler's success: status and document in snake_case.
struct ApiAnswer {
    int status = 200;
    std::string document = "null";
};
using ApiHandler = hubsdk::Result<ApiAnswer> (*)(const ApiCall& call);

/// One row of the route table. `{}` in the pattern is one path segment.
struct Route {
    std::string_view method;
    std::string_view pattern;     ///< behind /api/v1
    std::string_view permission;  ///< canonical-model.md section 9; never empty
    ApiHandler handler;
    std::string_view text;
};

/// Wraps a typed function into a handler: reads the body into its request type, refuses unknown
/// members (TM-AZ-3), writes its response type.
template <class Request, class Response>
using TypedHandler = hubsdk::Result<Response> (*)(const ApiCall& call, const Request& request);
struct NoBody {};

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
            if (!read) return std::move(read).error();
            request = std::move(read).value();
        }
        auto response = kFunction(call, request);
        if (!response) return std::move(response).error();
        return ApiAnswer{kStatus, hubsdk::writeShape(*response)};
    }
};

/// A row for a typed function: route<201, &createOrder>("POST", "/orders", "order.create", "…").
template <int kStatus, auto kFunction>
constexpr Route route(std::string_view method, std::string_view pattern,
                      std::string_view permission, std::string_view text) {
    return {method, pattern, permission, &Typed<kStatus, kFunction>::handle, text};
}

/// Any thread.
class Router {
public:
    Router(PortalServices services, hub::app::WorkPool& work, std::span<const Route> routes);

    /// Takes one request below /api/v1/; answers later from another thread.
    void handle(hub::http::Request request, const hub::http::Respond& respond) const;

private:
    [[nodiscard]] hub::http::Response answer(const hub::http::Request& request) const;

    PortalServices services_;
    hub::app::WorkPool& work_;
    std::span<const Route> routes_;
};

/// The error as the portal shows it (api-endpoints.md sections 2.1 and 2.4).
[[nodiscard]] hub::http::Response errorAnswer(const hubsdk::Error& error, std::int64_t now_ms);

}  // namespace portal
