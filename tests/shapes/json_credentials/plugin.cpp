/// Shape 2: the callback carries user and password inside its JSON body. Nothing signs the rest, so
/// the host takes the event as a hint: the plugin asks for the state to be fetched.
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

// Delivery bodies are small; whatever is no JSON offers no proof.
Result<JsonDocument> documentOf(const Delivery& delivery) {
    return JsonDocument::parse(delivery.body.bytes);
}

Proof equalsSecret(std::string_view presented, std::string secret) {
    Proof proof;
    proof.algorithm = "equals";
    proof.encoding = "none";
    proof.presented = {piece::text(std::string(presented))};
    proof.secrets = {std::move(secret)};
    return proof;
}

struct JsonCredentials {
    static Claim claim(const Delivery& delivery, Json) {
        Claim claim;
        auto document = documentOf(delivery);
        if (!document) return claim;
        const Json root = document->root();
        claim.proofs = {equalsSecret(root.pointer("/auth/user").text(), "webhook_user"),
                        equalsSecret(root.pointer("/auth/password").text(), "webhook_password")};
        if (const auto id = root["event_id"].asString()) claim.event_key = std::string(*id);
        return claim;
    }

    static std::vector<Observation> interpret(const Delivery& delivery, Json) {
        auto document = documentOf(delivery);
        if (!document) throw FlowEnd(vendorError(ErrorClass::kSchema, document.error().text()));
        const Json root = document->root();
        Observation observation;
        observation.event.emplace().event_type = root["type"].text();
        observation.vendor_order_id = std::string(root["order_id"].text());
        observation.links = {{"order", *observation.vendor_order_id}};
        observation.vendor_status = std::string(root["status"].text());
        observation.needs_fetch = true;
        return {observation};
    }
};

}  // namespace

HUB_EXPORT_PLUGIN(JsonCredentials)
