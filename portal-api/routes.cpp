#include "portal-api/routes.hpp"

#include "portal-api/attention_handler.hpp"
#include "portal-api/audit_handler.hpp"
#include "portal-api/flow_handler.hpp"
#include "portal-api/inbound_handler.hpp"
#include "portal-api/key_handler.hpp"
#include "portal-api/order_handler.hpp"
#include "portal-api/provider_handler.hpp"

namespace portal {
namespace {

using Names = std::string_view;
constexpr Names kFlowQuery[] = {"state", "after", "limit"};
constexpr Names kOrderQuery[] = {"status", "provider", "after", "page", "limit"};
constexpr Names kProviderQuery[] = {"is_active", "provider_type", "after", "page", "limit"};
constexpr Names kAlertQuery[] = {"status", "kind", "severity", "after", "page", "limit"};
constexpr Names kTaskQuery[] = {"kind", "status", "assignee", "after", "page", "limit"};
constexpr Names kInboundQuery[] = {"plugin", "status", "provider", "after", "page", "limit"};

constexpr std::array kRoutes{
    route<200, &listOrders>("GET", "/orders", "order.read", "List orders.", kOrderQuery),
    waitableRoute<201, &createOrder, 201, &readOrder>("POST", "/orders", "order.create",
                                                      "Create and submit an order."),
    route<200, &readOrder>("GET", "/orders/{}", "order.read", "Read an order with its checks."),
    route<200, &cancelOrder>("POST", "/orders/{}/cancel", "order.cancel", "Cancel an order."),
    route<201, &createProvider>("POST", "/providers", "provider.manage", "Connect a vendor."),
    route<200, &listProviders>("GET", "/providers", "provider.manage|result.read",
                               "List connections.", kProviderQuery),
    route<200, &updateProvider>("PUT", "/providers/{}", "provider.manage",
                                "Give a connection secrets, enable or pause it."),
    route<200, &readProvider>("GET", "/providers/{}", "provider.manage", "Read a connection."),
    route<204, &retireProvider>("DELETE", "/providers/{}", "provider.manage",
                                "Give a connection up for good."),
    route<200, &rotateEndpoint>("POST", "/providers/{}/rotate-endpoint", "provider.manage",
                                "Give a connection a new webhook URL."),
    waitableRoute<202, &runCommand, 200, &readFlow>(
        "POST", "/providers/{}/commands", "provider.manage", "Start a command on a connection."),
    route<200, &listFlows>("GET", "/admin/flows", "provider.manage",
                           "List open flows, or those of a state.", kFlowQuery),
    route<200, &readFlow>("GET", "/admin/flows/{}", "provider.manage", "Read a flow."),
    route<200, &resolveFlow>("POST", "/admin/flows/{}/resolve", "provider.manage",
                             "Say what became of an uncertain flow."),
    route<200, &takeTransientSecrets>("POST", "/admin/flows/{}/transient", "provider.manage",
                                      "Take the secrets that a flow got for its caller, once."),
    route<200, &listBreakers>("GET", "/admin/breakers", "provider.manage",
                              "List providers whose vendor does not answer."),
    route<200, &listAlerts>("GET", "/dashboard/alerts", "order.read",
                            "List alerts, the new ones or those of a status.", kAlertQuery),
    route<200, &listTasks>("GET", "/admin/tasks", "exception.handle", "List tasks.", kTaskQuery),
    route<200, &listInboundEvents>("GET", "/admin/inbound-events", "integration.manage",
                                   "List deliveries.", kInboundQuery),
    route<202, &replayInboundEvent>("POST", "/admin/inbound-events/{}/replay", "exception.handle",
                                    "Process a failed, dead or parked delivery again."),
    route<202, &replayInboundEvents>("POST", "/admin/inbound-events/replay", "exception.handle",
                                     "Process many of them again."),
    route<200, &verifyAudit>("POST", "/admin/audit/verify", "audit.read",
                             "Check the chain of the audit trail."),
    // What concerns the whole platform needs the permission that owners of a tenant lack.
    route<200, &readKeys>("GET", "/admin/keys", "plugin.manage", "Name the master keys."),
    route<200, &rotateKey>("POST", "/admin/keys/rotate", "plugin.manage",
                           "Add a master key that seals what is new."),
    route<200, &resealValues>("POST", "/admin/keys/reseal", "plugin.manage",
                              "Seal the next values with the newest key."),
    route<200, &retireKeys>("POST", "/admin/keys/retire", "plugin.manage",
                            "Forget the master keys that nothing needs."),
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace portal
