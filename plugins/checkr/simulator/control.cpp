#include "plugins/checkr/simulator/control.hpp"

#include "hub/http/address_policy.hpp"

#include <array>

namespace vendor::checkr::simulator {

namespace {

using hub::http::Request;

Answer setSwitches(World& world, const Request& request) {
    const auto document = hubsdk::JsonDocument::parse(request.body);
    if (!document) return failure(400, document.error().text());
    const auto applied = applySwitches(document->root(), world.switches);
    if (!applied) return failure(400, applied.error().text());
    if (!world.switches.reorder) world.notifier.release();
    return Answer{200, "{}"};
}

Answer showLedger(World& world, const Request&) { return Answer{200, world.ledger()}; }

Answer showAcknowledged(World& world, const Request&) {
    std::string text;
    hubsdk::JsonWriter out(text);
    out.beginArray();
    for (const std::string& id : world.notifier.acknowledged()) out.string(id);
    out.endArray();
    return Answer{200, text};
}

Answer release(World& world, const Request&) {
    world.notifier.release();
    return Answer{200, "{}"};
}

Answer deliver(World& world, const Request& request) {
    const Params params = readParams(request.query);
    const Account& account = *world.accounts.front();
    const auto key = params.find("key");
    const std::string& signing_key = key == params.end() ? account.signing_key : key->second;
    const auto url = params.find("url");
    if (url != params.end()) {
        world.deliver(url->second, signing_key, request.body);
        return Answer{202, "{}"};
    }
    for (const auto& [id, webhook] : account.webhooks) {
        if (!webhook.deleted_at) world.deliver(webhook.url, signing_key, request.body);
    }
    return Answer{202, "{}"};
}

struct Row {
    std::string_view method;
    std::string_view name;
    Answer (*handle)(World&, const Request&);
};

constexpr std::array kRows = {
    Row{"POST", "switch", setSwitches},
    Row{"GET", "ledger", showLedger},
    Row{"GET", "acknowledged", showAcknowledged},
    Row{"POST", "release", release},
    Row{"POST", "deliver", deliver},
};

}  // namespace

Answer control(World& world, const Request& request) {
    if (!hub::http::isLoopbackAddress(request.peer_address)) return failure(403, "Loopback only");
    const std::string_view name = std::string_view(request.path).substr(kControlPath.size());
    for (const Row& row : kRows) {
        if (row.method == request.method && row.name == name) return row.handle(world, request);
    }
    return notFound("Control");
}

}  // namespace vendor::checkr::simulator
