#include "acme_flows.hpp"

#include "acme_mapping.hpp"

namespace vendor::acme {
namespace {

using namespace hubsdk;

// The path of the screening that a command is about.
std::string screeningPath(const Command& inputs) {
    const std::string* linked = findLink(inputs.links, "screening");
    if (linked != nullptr) return "/screenings/" + *linked;
    if (inputs.vendor_order_id) return "/screenings/" + *inputs.vendor_order_id;
    throw FlowEnd(vendorError(ErrorClass::kValidation, "the order has no screening at Acme yet"));
}

// Acme answers 409 when the screening has ended. Requests are made in functions of their own: what
// awaits stays one short line, without the braces that g++ 12 does not take there.
Request cancelling(const Command& inputs) {
    return del("cancel", screeningPath(inputs)).safe().allow(409);
}

Observation submitted(const Reply& created) {
    Observation seen = observationOf(created.json());
    seen.applicant_url.emplace();
    seen.applicant_url->url = created.text("/apply_url");
    return seen;
}

}  // namespace

Defaults defaults(const Account&) {
    Defaults all;
    all.host = "api.acme.example";
    all.base_path = "/v1";
    all.headers.push_back({"Authorization", {piece::text("Bearer "), piece::secret("api_key")}});
    return all;
}

Flow testAccount(const Account&) {
    co_await get("ping", "/account");
    co_return done();
}

Flow submitOrder(const Order& order, const Account& account) {
    // The body comes from a named function: no braces where a request is awaited.
    const std::string body = screeningBody(order, account.package(order.package));
    const Reply created = co_await post("create", "/screenings").json(body).keyed();
    co_return done().observing(submitted(created));
}

Flow refreshOrder(const Command& inputs) {
    const Reply reply = co_await get("screening", screeningPath(inputs));
    co_return done().observing(observationOf(reply.json()));
}

Flow cancelOrder(const Command& inputs) {
    const Reply reply = co_await cancelling(inputs);
    if (reply.status() != 409) co_return done().observing(observationOf(reply.json()));
    const Reply ended = co_await get("screening", screeningPath(inputs));
    co_return done().observing(observationOf(ended.json()));
}

}  // namespace vendor::acme
