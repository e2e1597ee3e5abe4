#include "hub/domain/match.hpp"

#include <algorithm>

namespace hub::domain {
namespace {

using hubsdk::Link;
using hubsdk::Observation;
using storage::VendorOrder;

constexpr std::string_view kMonitoring = "monitoring";

std::vector<VendorOrder> holdersOfUniqueLinks(const UnitOfWork& unit,
                                              const Observation& observation,
                                              const ApplyContext& context) {
    std::vector<VendorOrder> holders;
    for (const Link& link : observation.links) {
        if (!isUniqueLink(context.manifest, link.type)) continue;
        auto holder = unit.repositories.vendor_orders.byUniqueLink(
            unit.connection, unit.scope, context.account.id, link.type, link.id);
        if (!holder) continue;
        if (std::ranges::find(holders, holder->id, &VendorOrder::id) == holders.end())
            holders.push_back(std::move(*holder));
    }
    return holders;
}

// A row that has a link of a unique type belongs to another object of that type.
bool lacksUniqueTypes(const UnitOfWork& unit, const VendorOrder& row,
                      const Observation& observation, const ApplyContext& context) {
    const auto stored =
        unit.repositories.vendor_orders.links(unit.connection, unit.scope, "vendor_order", row.id);
    return std::ranges::none_of(observation.links, [&](const Link& said) {
        return isUniqueLink(context.manifest, said.type) &&
               std::ranges::find(stored, said.type, &storage::ExternalLink::type) != stored.end();
    });
}

std::optional<VendorOrder> byNarrowing(const UnitOfWork& unit, const Observation& observation,
                                       const ApplyContext& context) {
    for (const Link& link : observation.links) {
        if (isUniqueLink(context.manifest, link.type)) continue;
        auto open = unit.repositories.vendor_orders.openByNarrowingLink(
            unit.connection, unit.scope, context.account.id, link.type, link.id);
        if (open.size() >= storage::kNarrowedRowsMax) continue;
        std::erase_if(open, [&](const VendorOrder& row) {
            return !lacksUniqueTypes(unit, row, observation, context);
        });
        if (open.size() == 1) return std::move(open.front());
    }
    return std::nullopt;
}

std::optional<VendorOrder> byReference(const UnitOfWork& unit, const Observation& observation,
                                       const ApplyContext& context) {
    if (!observation.client_reference) return std::nullopt;
    return unit.repositories.vendor_orders.byClientReference(
        unit.connection, unit.scope, context.account.id, *observation.client_reference);
}

}  // namespace

bool isUniqueLink(const hubsdk::Manifest& manifest, std::string_view type) {
    const auto rule = std::ranges::find(manifest.links, type, &hubsdk::LinkRule::type);
    return rule != manifest.links.end() && rule->role == "unique";
}

Match matchOf(const UnitOfWork& unit, const Observation& observation, const ApplyContext& context) {
    auto holders = holdersOfUniqueLinks(unit, observation, context);
    Match match;
    if (context.vendor_order_row_id) {
        match.row = unit.repositories.vendor_orders.find(unit.connection, unit.scope,
                                                         *context.vendor_order_row_id);
    } else if (!holders.empty()) {
        match.row = std::move(holders.front());
        holders.front() = *match.row;
    } else if (observation.origin != kMonitoring) {
        match.row = byReference(unit, observation, context);
        if (!match.row) match.row = byNarrowing(unit, observation, context);
    }
    match.ambiguous = match.row && std::ranges::any_of(holders, [&](const VendorOrder& holder) {
                          return holder.id != match.row->id;
                      });
    return match;
}

}  // namespace hub::domain
