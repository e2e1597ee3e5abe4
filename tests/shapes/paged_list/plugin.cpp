/// Shape 8: a list of many pages. Each page is a leg of its own, so that a journal never grows.
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

std::vector<Observation> observationsOf(Json page) {
    std::vector<Observation> observations;
    for (const internal::JsonNode& item : page["reports"].items()) {
        const Json report(&item);
        Observation& observation = observations.emplace_back();
        observation.vendor_order_id = std::string(report["id"].text());
        observation.links = {{"report", *observation.vendor_order_id}};
        observation.vendor_status = std::string(report["status"].text());
        observation.needs_fetch = true;
    }
    return observations;
}

std::optional<std::string> nextCursor(Json page) {
    const auto cursor = page["next"].asString();
    return cursor ? std::optional(std::string(*cursor)) : std::nullopt;
}

Flow syncReports(const Command& inputs) {
    Request request = get("page", "/reports");
    if (inputs.cursor) request = std::move(request).query("cursor", *inputs.cursor);
    Reply reply = co_await std::move(request);
    const Json page = reply.json();
    co_return pages(inputs, nextCursor(page)).observing(observationsOf(page));
}

struct PagedList {
    static Defaults defaults(const Account&) { return {"api.vendor.example", "/v1", {}}; }
    static constexpr auto kFlows = flowTable(flow<syncReports>("feed.sync"));
};

}  // namespace

HUB_EXPORT_PLUGIN(PagedList)
