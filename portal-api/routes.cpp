#include "portal-api/routes.hpp"

#include "portal-api/audit_handler.hpp"
#include "portal-api/flow_handler.hpp"
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
    route<200, &listFlows>("GET", "/admin/flows", "provider.manage",
                           "List open flows, or those of a state."),
    route<200, &readFlow>("GET", "/admin/flows/{}", "provider.manage", "Read a flow."),
    route<200, &resolveFlow>("POST", "/admin/flows/{}/resolve", "provider.manage",
                             "Say what became of an uncertain flow."),
    route<200, &takeTransientSecrets>("POST", "/admin/flows/{}/transient", "provider.manage",
                                      "Take the secrets that a flow got for its caller, once."),
    route<200, &listBreakers>("GET", "/admin/breakers", "provider.manage",
                              "List providers whose vendor does not answer."),
    route<200, &verifyAudit>("POST", "/admin/audit/verify", "audit.read",
                             "Check the chain of the audit trail."),
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace portal
