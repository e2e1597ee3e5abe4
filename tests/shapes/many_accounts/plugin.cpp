/// Shape 7: one URL for all accounts of a partner app. The body names the account, which only
/// selects among those of the connection; the signature decides.
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

Proof signature() {
    Proof proof;
    proof.algorithm = "hmac-sha256";
    proof.message = {piece::header("X-Timestamp"), piece::text("."), piece::body()};
    proof.presented = {piece::header("X-Signature")};
    proof.secrets = {"webhook_secret"};
    proof.signed_at.emplace().value = {piece::header("X-Timestamp")};
    return proof;
}

struct ManyAccounts {
    static Claim claim(const Delivery& delivery, Json) {
        Claim claim;
        claim.proofs.push_back(signature());
        auto document = JsonDocument::parse(delivery.body.bytes);
        if (!document) {
            claim.refuse = Refusal{400, "no_json"};
            return claim;
        }
        const Json root = document->root();
        if (const auto account = root["account"].asString())
            claim.account_ref = std::string(*account);
        if (const auto id = root["id"].asString()) claim.event_key = std::string(*id);
        if (root["type"].text() == "ping") claim.store = false;
        return claim;
    }

    static std::vector<Observation> interpret(const Delivery& delivery, Json) {
        auto document = JsonDocument::parse(delivery.body.bytes);
        if (!document) return {};
        const Json root = document->root();
        Observation observation;
        observation.kind = ObservationKind::kPayment;
        observation.event.emplace().event_type = root["type"].text();
        observation.account_ref = std::string(root["account"].text());
        observation.links = {{"payment", std::string(root.pointer("/data/payment").text())}};
        observation.vendor_status = std::string(root.pointer("/data/status").text());
        return {observation};
    }
};

}  // namespace

HUB_EXPORT_PLUGIN(ManyAccounts)
