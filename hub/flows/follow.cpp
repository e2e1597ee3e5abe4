#include "hub/flows/follow.hpp"

#include <algorithm>

#include "hub/domain/match.hpp"
#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

constexpr std::string_view kRefresh = "order.refresh";

hubsdk::Result<void> refused(std::string why) {
    return hubsdk::makeError(hubsdk::ErrorCode::kInvalid, std::move(why), "follow");
}

// The object's name: the first unique link, else the vendor's order id.
std::string objectOf(const hubsdk::Manifest& manifest, const hubsdk::Follow& follow) {
    for (const hubsdk::Link& link : follow.links) {
        if (domain::isUniqueLink(manifest, link.type)) return link.type + "\n" + link.id;
    }
    if (follow.vendor_order_id) return "\n" + *follow.vendor_order_id;
    return follow.links.front().type + "\n" + follow.links.front().id;
}

}  // namespace

hubsdk::Result<void> checkFollow(const hubsdk::Manifest& manifest, const hubsdk::Follow& follow,
                                 bool is_hint) {
    if (auto offered = requireOffered(manifest, follow.command, "follow"); !offered) return offered;
    const hubsdk::CommandRow* row = hubsdk::findCommand(follow.command);
    if (row == nullptr || row->needs_order)
        return refused(follow.command + " cannot be asked for by a delivery");
    if (!follow.vendor_order_id && follow.links.empty()) return refused("names no object");
    if (is_hint && follow.command != kRefresh)
        return refused("an event that proves too little may only be followed by order.refresh");
    return {};
}

std::optional<storage::VendorOrder> followedRow(const domain::UnitOfWork& unit,
                                                const Follower& follower,
                                                const hubsdk::Follow& follow) {
    hubsdk::Observation named;
    named.vendor_order_id = follow.vendor_order_id;
    named.links = follow.links;
    const domain::ApplyContext context{follower.account, follower.manifest};
    domain::Match match = domain::matchOf(unit, named, context);
    if (match.ambiguous) return std::nullopt;
    if (match.row || !follow.vendor_order_id) return std::move(match.row);
    return unit.repositories.vendor_orders.byVendorOrderId(
        unit.connection, unit.scope, follower.account.id, *follow.vendor_order_id);
}

storage::CreatedFlow followRow(const domain::UnitOfWork& unit, const Follower& follower,
                               std::string_view command, const storage::VendorOrder& row) {
    const auto& rows = unit.repositories.vendor_orders;
    if (command == kRefresh)
        rows.raiseFetchWanted(unit.connection, unit.scope, row.id, unit.now_ms);
    const auto fresh = rows.find(unit.connection, unit.scope, row.id).value();
    return startVendorOrderFlow(unit.connection, unit.repositories, unit.scope,
                                {std::string(command), follower.account, fresh,
                                 follower.plugin_sha256, std::nullopt, std::nullopt},
                                unit.now_ms);
}

storage::CreatedFlow followObject(const domain::UnitOfWork& unit, const Follower& follower,
                                  const hubsdk::Follow& follow) {
    hubsdk::Command inputs;
    inputs.command = follow.command;
    inputs.vendor_order_id = follow.vendor_order_id;
    inputs.links = follow.links;
    inputs.account.id = follower.account.id;
    inputs.account.settings.json = follower.account.settings;
    inputs.started_at_ms = unit.now_ms;
    storage::NewFlow flow;
    flow.account_id = follower.account.id;
    flow.plugin_key = follower.account.plugin_key;
    flow.plugin_sha256 = follower.plugin_sha256;
    flow.command = follow.command;
    flow.subject_type = kVendorObject;
    flow.subject_id =
        security::sha256Hex(follower.account.id + "\n" + objectOf(follower.manifest, follow));
    flow.idempotency_key = security::sha256Hex("follow\n" + follower.key);
    flow.give_up_at_ms = unit.now_ms + kGiveUpAfterMs;
    flow.inputs = frozenInputs(inputs);
    const auto& flows = unit.repositories.flows;
    const auto newest = flows.newestOf(unit.connection, unit.scope, flow);
    if (newest && newest->untouched) return {newest->id, false};
    if (newest) flow.start_at_ms = std::max(unit.now_ms, newest->created_at_ms + kFetchGatherMs);
    return flows.create(unit.connection, unit.scope, flow, unit.now_ms);
}

}  // namespace hub::flows
