// A complete small plugin: what the tests of loader, registry and hubctl call.
#include <hubsdk/cpp/plugin.hpp>

#include <stdexcept>

namespace {

using namespace hubsdk;

Flow refresh(const Command& inputs) {
    const std::string id = inputs.vendor_order_id.value_or("");
    Reply reply = co_await get("read", "/v1/reports/" + id);
    Observation observation;
    observation.vendor_order_id = id;
    observation.order_status = OrderStatus::kInProgress;
    observation.vendor_status = std::string(reply.json()["status"].text());
    co_return done().observing(observation);
}

// Fails with the class of the vendor's status, and says `again` where the SDK's default does.
Flow test() {
    Reply reply = co_await get("me", "/v1/me");
    co_return done();
}

struct Trial {
    static Claim claim(const Delivery& delivery, Json) {
        Proof proof;
        proof.algorithm = "hmac-sha256";
        proof.message = {piece::body()};
        proof.presented = {piece::header("X-Trial-Signature")};
        proof.secrets = {"webhook_secret"};
        // The manifest keeps this one for headers of requests.
        if (delivery.body.bytes == "greedy") proof.secrets = {"api_key"};
        Claim claim;
        claim.proofs.push_back(proof);
        return claim;
    }
    static std::vector<Observation> interpret(const Delivery& delivery, Json settings) {
        if (delivery.body.bytes == "throw") throw std::runtime_error("the plugin's own trouble");
        log(1, "interpreting\nwith care");
        Observation observation;
        observation.vendor_order_id = std::string(delivery.body.bytes);
#ifdef TRIAL_AGAIN
        observation.version = "2";
#else
        observation.version = "1";
#endif
        observation.vendor_status = std::string(settings["environment"].text());
        for (const Header& header : delivery.headers) observation.unmapped.push_back(header.name);
        return {observation};
    }
    static Defaults defaults(const Account&) {
        Defaults defaults;
        defaults.host = "api.trial.example";
        return defaults;
    }
    static constexpr auto kFlows =
        flowTable(flow<refresh>("order.refresh"), flow<test>("account.test"));
};

}  // namespace

HUB_EXPORT_PLUGIN(Trial)
