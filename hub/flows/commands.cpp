#include "hub/flows/commands.hpp"

#include <algorithm>

#include "hub/domain/order_change.hpp"
#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

constexpr std::string_view kRefresh = "order.refresh";

hubsdk::AccountInput accountInput(const storage::Account& account) {
    hubsdk::AccountInput input;
    input.id = account.id;
    input.settings.json = account.settings;
    return input;
}

storage::NewFlow flowOf(const storage::Account& account, std::string_view command,
                        std::string_view plugin_sha256, std::int64_t now_ms) {
    storage::NewFlow flow;
    flow.account_id = account.id;
    flow.plugin_key = account.plugin_key;
    flow.plugin_sha256 = plugin_sha256;
    flow.command = command;
    flow.give_up_at_ms = now_ms + kGiveUpAfterMs;
    return flow;
}

}  // namespace

bool isAboutCredential(std::string_view command) { return command.starts_with("auth."); }

bool offers(const hubsdk::Manifest& manifest, std::string_view command) {
    return std::ranges::find(manifest.commands, command) != manifest.commands.end();
}

hubsdk::Result<void> requireOffered(const hubsdk::Manifest& manifest, std::string_view command,
                                    std::string field) {
    if (offers(manifest, command)) return {};
    std::string all;
    for (const std::string& offered : manifest.commands)
        all.append(all.empty() ? "" : ", ").append(offered);
    std::string why = manifest.vendor + " does not offer " + std::string(command) + "; it offers " +
                      (all.empty() ? "nothing" : all);
    return hubsdk::makeError(hubsdk::ErrorCode::kInvalid, std::move(why), std::move(field));
}

std::string frozenInputs(const hubsdk::Command& command) { return hubsdk::writeShape(command); }

void describeVendorOrder(storage::Connection& connection, const storage::Repositories& repositories,
                         const storage::TenantScope& scope, std::string_view row_id,
                         hubsdk::Command& inputs) {
    const auto row = repositories.vendor_orders.find(connection, scope, row_id);
    if (row) inputs.vendor_order_id = row->vendor_order_id;
    inputs.links.clear();
    for (const storage::ExternalLink& link :
         repositories.vendor_orders.links(connection, scope, "vendor_order", row_id)) {
        hubsdk::Link known;
        known.type = link.type;
        known.id = link.external_id;
        inputs.links.push_back(std::move(known));
    }
}

std::optional<std::string> takeBackSubmit(const domain::UnitOfWork& unit,
                                          storage::VendorOrder row) {
    const auto& repositories = unit.repositories;
    auto taken_back = repositories.flows.dropUnsent(unit.connection, unit.scope, row.id,
                                                    "order.submit", unit.now_ms);
    if (!taken_back) return std::nullopt;
    domain::moveVendorOrder(unit, row, "cancelled",
                            {domain::Actor::kSystem, row.plugin_key, std::nullopt});
    repositories.vendor_orders.save(unit.connection, unit.scope, row, unit.now_ms);
    return taken_back;
}

storage::CreatedFlow startVendorOrderFlow(storage::Connection& connection,
                                          const storage::Repositories& repositories,
                                          const storage::TenantScope& scope,
                                          const VendorOrderCommand& command, std::int64_t now_ms) {
    const storage::VendorOrder& row = command.vendor_order;
    if (command.command == "order.cancel") {
        auto taken_back = takeBackSubmit({connection, repositories, scope, now_ms}, row);
        if (taken_back) return {std::move(*taken_back), false};
    }
    hubsdk::Command inputs;
    inputs.command = command.command;
    inputs.order = command.order;
    inputs.account = accountInput(command.account);
    inputs.started_at_ms = now_ms;
    describeVendorOrder(connection, repositories, scope, row.id, inputs);
    storage::NewFlow flow = flowOf(command.account, command.command, command.plugin_sha256, now_ms);
    flow.subject_type = "vendor_order";
    flow.subject_id = row.id;
    flow.dedupe_key = security::sha256Hex(command.command + "\n" + row.id);
    flow.idempotency_key = command.idempotency_key;
    flow.inputs = frozenInputs(inputs);
    flow.fetch_wanted_seen = row.fetch_wanted;
    if (command.command != kRefresh)
        return repositories.flows.create(connection, scope, flow, now_ms);
    const std::int64_t start_ms = std::max(now_ms, row.fetch_gather_until_ms.value_or(now_ms));
    flow.start_at_ms = start_ms;
    auto created = repositories.flows.create(connection, scope, flow, now_ms);
    if (created.is_new) {
        repositories.vendor_orders.gatherFetchesUntil(connection, scope, row.id,
                                                      start_ms + kFetchGatherMs);
    } else {
        repositories.flows.seeFetchWanted(connection, scope, created.id, row.fetch_wanted);
    }
    return created;
}

storage::CreatedFlow startAccountFlow(storage::Connection& connection,
                                      const storage::Repositories& repositories,
                                      const storage::TenantScope& scope,
                                      const storage::Account& account,
                                      const AccountCommand& command, std::int64_t now_ms) {
    hubsdk::Command inputs;
    inputs.command = command.command;
    inputs.account = accountInput(account);
    inputs.parameters.json = command.parameters_json;
    inputs.started_at_ms = now_ms;
    storage::NewFlow flow = flowOf(account, command.command, command.plugin_sha256, now_ms);
    // Renewing a token is a subject of its own: commands on the account wait for it.
    flow.subject_type = isAboutCredential(command.command) ? "credential" : "provider_config";
    flow.subject_id = account.id;
    flow.dedupe_key = security::sha256Hex(command.command + "\n" + account.id);
    flow.inputs = frozenInputs(inputs);
    return repositories.flows.create(connection, scope, flow, now_ms);
}

}  // namespace hub::flows
