#include "hub/domain/unknown_order.hpp"

#include "hub/security/digest.hpp"

namespace hub::domain {
namespace {

constexpr std::size_t kReferenceMax = 100;

void recordCreated(const UnitOfWork& unit, const storage::CreatedOrder& created,
                   const Cause& cause) {
    Change change = orderChange(created.order_id, created.person_id);
    change.action = "order_created";
    change.operation = "CREATE";
    change.event_type = "order.created";
    change.new_status = "submitted";
    change.is_timeline = true;
    record(unit, cause, change);
}

}  // namespace

storage::VendorOrder createVendorsOrder(const UnitOfWork& unit,
                                        const hubsdk::Observation& observation,
                                        const ApplyContext& context, std::string_view channel,
                                        std::string reference) {
    if (reference.size() > kReferenceMax) reference = security::sha256Hex(reference);
    const auto& vendor_orders = unit.repositories.vendor_orders;
    auto known =
        vendor_orders.byClientReference(unit.connection, unit.scope, context.account.id, reference);
    if (known) return std::move(*known);
    storage::NewOrder order;
    order.channel = channel;
    order.status = "submitted";
    order.person_document = "{}";
    order.account_id = context.account.id;
    if (const std::string* candidate = hubsdk::findLink(observation.links, "candidate"))
        order.person_external_ref = context.account.plugin_key + ":" + *candidate;
    const auto& orders = unit.repositories.orders;
    const auto created = orders.create(unit.connection, unit.scope, order, unit.now_ms);
    storage::NewVendorOrder vendor;
    vendor.order_id = created.order_id;
    vendor.account_id = context.account.id;
    vendor.plugin_key = context.account.plugin_key;
    vendor.client_reference = std::move(reference);
    auto row = vendor_orders.create(unit.connection, unit.scope, vendor, unit.now_ms);
    const Cause cause = causeOf(context);
    recordCreated(unit, created, cause);
    auto stored = orders.find(unit.connection, unit.scope, created.order_id).value();
    moveOrder(unit, stored, "in_progress", cause);
    moveVendorOrder(unit, row, "submitted", cause);
    vendor_orders.save(unit.connection, unit.scope, row, unit.now_ms);
    return row;
}

}  // namespace hub::domain
