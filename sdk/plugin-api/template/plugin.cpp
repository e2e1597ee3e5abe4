// The template plugin: what Acme sends, proves and is asked.
#include <hubsdk/cpp/plugin.hpp>
#include <hubsdk/cpp/text.hpp>

#include "acme_flows.hpp"
#include "acme_mapping.hpp"

namespace vendor::acme {
namespace {

using namespace hubsdk;

struct Acme {
    /// Acme signs the raw body with HMAC-SHA256 and sends the hex digest in X-Acme-Signature.
    static Claim claim(const Delivery& delivery, Json) {
        Claim claim;
        const auto document = JsonDocument::parse(delivery.body.bytes);
        if (!document) return claim;  // no proof: refused
        Proof proof;
        proof.algorithm = "hmac-sha256";
        proof.message.push_back(piece::body());
        proof.presented.push_back(piece::header("X-Acme-Signature"));
        proof.secrets.emplace_back("webhook_secret");
        claim.proofs.push_back(std::move(proof));
        if (const auto id = document->root()["id"].asString()) claim.event_key = std::string(*id);
        return claim;
    }

    static std::vector<Observation> interpret(const Delivery& delivery, Json) {
        const auto document = JsonDocument::parse(delivery.body.bytes);
        if (!document) throw FlowEnd(vendorError(ErrorClass::kSchema, document.error().text()));
        const Json event = document->root();
        Observation seen = observationOf(event["screening"]);
        seen.event.emplace();
        seen.event->event_type = event["type"].text();
        seen.event->occurred_at = utcOf(event["created_at"].text());
        seen.event->resource_type = "screening";
        seen.event->resource_id = seen.vendor_order_id;
        seen.event->dedupe_key = std::string(event["id"].text());
        // An event names the screening but lists no searches: the state is read before it counts.
        seen.needs_fetch = !event["screening"]["searches"].present();
        std::vector<Observation> all;
        all.push_back(std::move(seen));
        return all;
    }

    static Defaults defaults(const Account& account) { return acme::defaults(account); }

    static constexpr auto kFlows =
        flowTable(flow<testAccount>("account.test"), flow<submitOrder>("order.submit"),
                  flow<refreshOrder>("order.refresh"), flow<cancelOrder>("order.cancel"));
};

}  // namespace
}  // namespace vendor::acme

HUB_EXPORT_PLUGIN(vendor::acme::Acme)
