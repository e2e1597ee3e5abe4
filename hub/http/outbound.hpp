/// The pure parts of an outbound call: checks, routes, redirects, the request's head.
#pragma once

#include "hub/http/client.hpp"

#include <string>
#include <string_view>

namespace hub::http {

/// Where a route leads.
struct Route {
    bool tls = false;
    std::string address;
    std::uint16_t port = 0;
};

/// Reads "http://127.0.0.1:8099". Fails with kInvalid unless it is a scheme, a loopback address
/// and a port, and nothing else.
[[nodiscard]] Result<Route> readRoute(std::string_view text);

/// Checks everything about a request that needs no network. Fails with kInvalid for what cannot
/// be written unambiguously, kForbidden for a host outside its allow-list (TM-OUT-2, TM-OUT-4).
[[nodiscard]] Result<void> checkOutbound(const OutboundRequest& request,
                                         const ClientLimits& limits);

/// The port in use: the request's own or its scheme's.
[[nodiscard]] std::uint16_t portOf(const OutboundRequest& request);

/// The head up to and with the empty line. Precondition: checkOutbound holds.
[[nodiscard]] std::string writeRequestHead(const OutboundRequest& request,
                                           std::string_view user_agent);

/// Points `request` at a Location. Fields that may carry credentials go along only to the same
/// scheme, host and port. Fails with kForbidden for a host outside allowed_hosts or a
/// downgrade, kInvalid for what is not an absolute URL or an absolute path.
[[nodiscard]] Result<void> applyRedirect(OutboundRequest& request, std::string_view location);

}  // namespace hub::http
