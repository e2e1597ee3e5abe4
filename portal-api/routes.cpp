#include "portal-api/routes.hpp"

#include "portal-api/order_handler.hpp"
#include "portal-api/provider_handler.hpp"

namespace portal {
namespace {

constexpr std::array kRoutes{
    route<201, &createOrder>("POST", "/orders", "order.create", "Create and submit an order."),
    route<200, &readOrder>("GET", "/orders/{}", "order.read", "Read an order with its checks."),
    route<200, &cancelOrder>("POST", "/orders/{}/cancel", "order.cancel", "Cancel an order."),
    route<201, &createProvider>("POST", "/providers", "provider.manage", "Connect a vendor."),
    route<200, &readProvider>("GET", "/providers/{}", "provider.manage", "Read a connection."),
    route<202, &runCommand>("POST", "/providers/{}/commands", "provider.manage",
                            "Start a command on a connection."),
    route<200, &readFlow>("GET", "/admin/flows/{}", "provider.manage", "Read a flow."),
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace portal
