/// Checkr as a plugin: what it answers and which commands it takes.
#include "plugins/checkr/checkr_errors.hpp"
#include "plugins/checkr/checkr_flows.hpp"
#include "plugins/checkr/checkr_requests.hpp"
#include "plugins/checkr/checkr_webhook.hpp"

#include <hubsdk/cpp/plugin.hpp>

namespace vendor::checkr {
namespace {

struct Checkr {
    static hubsdk::Claim claim(const hubsdk::Delivery& delivery, Json settings) {
        return claimOf(delivery, settings);
    }
    static std::vector<Observation> interpret(const hubsdk::Delivery& delivery, Json settings) {
        return interpretDelivery(delivery, settings);
    }
    static hubsdk::Defaults defaults(const hubsdk::Account& account) { return defaultsOf(account); }
    static hubsdk::VendorError classify(const hubsdk::Reply& reply) { return classifyReply(reply); }

    static constexpr auto kFlows = hubsdk::flowTable(
        hubsdk::flow<submitOrder>("order.submit"), hubsdk::flow<refreshOrder>("order.refresh"),
        hubsdk::flow<cancelOrder>("order.cancel"), hubsdk::flow<fetchReport>("order.report"),
        hubsdk::flow<listPackages>("catalog.list"), hubsdk::flow<testAccount>("account.test"),
        hubsdk::flow<connectAccount>("account.connect"),
        hubsdk::flow<disconnectAccount>("account.disconnect"),
        hubsdk::flow<exchangeCode>("auth.exchange"), hubsdk::flow<revokeToken>("auth.revoke"));
};

}  // namespace
}  // namespace vendor::checkr

HUB_EXPORT_PLUGIN(vendor::checkr::Checkr)
