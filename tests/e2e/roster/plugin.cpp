/// A vendor for tests whose deliveries tell of several persons, and who proves them in three ways:
/// a signature over the body, one over its first bytes only, or a password.
#include <hubsdk/cpp/plugin.hpp>

#include <charconv>

namespace {

using namespace hubsdk;

Proof signature(std::string header, Piece message) {
    Proof proof;
    proof.algorithm = "hmac-sha256";
    proof.message.push_back(std::move(message));
    proof.presented.push_back(piece::header(std::move(header)));
    proof.secrets.emplace_back("webhook_secret");
    return proof;
}

Proof password() {
    Proof proof;
    proof.algorithm = "equals";
    proof.encoding = "none";
    proof.presented.push_back(piece::header("X-Roster-Password"));
    proof.secrets.emplace_back("webhook_secret");
    return proof;
}

Proof proofOf(const Delivery& delivery) {
    if (findHeader(delivery.headers, "X-Roster-Password") != nullptr) return password();
    const std::string* signed_bytes = findHeader(delivery.headers, "X-Roster-Signed-Bytes");
    if (signed_bytes == nullptr) return signature("X-Roster-Signature", piece::body());
    std::int64_t size = 0;
    std::from_chars(signed_bytes->data(), signed_bytes->data() + signed_bytes->size(), size);
    return signature("X-Roster-Signature", piece::bodySlice(0, size));
}

Observation observationOf(Json person) {
    Observation seen;
    seen.vendor_order_id = std::string(person["id"].text());
    if (seen.vendor_order_id->empty()) {
        seen.error = vendorError(ErrorClass::kSchema, "a person without an id");
        seen.error->vendor_code = "no_id";
        return seen;
    }
    seen.links.push_back({"person", *seen.vendor_order_id});
    seen.vendor_status = std::string(person["status"].text());
    seen.order_status = enumOf<OrderStatus>(person["status"].text());
    seen.overall_outcome = enumOf<CheckOutcome>(person["outcome"].text());
    // As it came: a time that is none is not this plugin's care.
    if (const auto time = person["completed_at"].asString()) seen.completed_at = std::string(*time);
    return seen;
}

std::string submission(const Order& order) {
    std::string body;
    JsonWriter writer(body);
    writer.beginObject();
    writer.member("reference", order.number);
    writer.endObject();
    return body;
}

Flow submitOrder(const Order& order) {
    const std::string body = submission(order);
    const Reply created = co_await post("create", "/persons").json(body).keyed();
    co_return done().observing(observationOf(created.json()));
}

Flow refreshOrder(const Command& inputs) {
    const Reply reply = co_await get("person", "/persons/" + inputs.vendor_order_id.value_or(""));
    co_return done().observing(observationOf(reply.json()));
}

struct Roster {
    static Claim claim(const Delivery& delivery, Json) {
        Claim claim;
        claim.proofs.push_back(proofOf(delivery));
        const auto document = JsonDocument::parse(delivery.body.bytes);
        if (!document) return claim;
        if (const auto id = document->root()["id"].asString()) claim.event_key = std::string(*id);
        return claim;
    }

    static std::vector<Observation> interpret(const Delivery& delivery, Json) {
        const auto document = JsonDocument::parse(delivery.body.bytes);
        if (!document) throw FlowEnd(vendorError(ErrorClass::kSchema, document.error().text()));
        std::vector<Observation> all;
        const Json persons = document->root()["persons"];
        for (std::size_t i = 0; i < persons.size(); ++i)
            all.push_back(observationOf(persons.at(i)));
        return all;
    }

    static Defaults defaults(const Account&) {
        Defaults all;
        all.host = "api.roster.example";
        all.headers.push_back(
            {"Authorization", {piece::text("Bearer "), piece::secret("api_key")}});
        return all;
    }

    static constexpr auto kFlows =
        flowTable(flow<submitOrder>("order.submit"), flow<refreshOrder>("order.refresh"));
};

}  // namespace

HUB_EXPORT_PLUGIN(Roster)
