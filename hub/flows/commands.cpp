#include "hub/flows/commands.hpp"

#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

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

std::string frozenInputs(const hubsdk::Command& command) { return hubsdk::writeShape(command); }

storage::CreatedFlow startVendorOrderFlow(storage::Connection& connection,
                                          const storage::Repositories& repositories,
                                          const storage::TenantScope& scope,
                                          const VendorOrderCommand& command, std::int64_t now_ms) {
    const storage::VendorOrder& row = command.vendor_order;
    hubsdk::Command inputs;
    inputs.command = command.command;
    inputs.vendor_order_id = row.vendor_order_id;
    inputs.order = command.order;
    inputs.account = accountInput(command.account);
    inputs.started_at_ms = now_ms;
    for (const storage::ExternalLink& link :
         repositories.vendor_orders.links(connection, scope, "vendor_order", row.id)) {
        hubsdk::Link known;
        known.type = link.type;
        known.id = link.external_id;
        inputs.links.push_back(std::move(known));
    }
    storage::NewFlow flow = flowOf(command.account, command.command, command.plugin_sha256, now_ms);
    flow.subject_type = "vendor_order";
    flow.subject_id = row.id;
    flow.dedupe_key = security::sha256Hex(command.command + "\n" + row.id);
    flow.idempotency_key = command.idempotency_key;
    flow.inputs = frozenInputs(inputs);
    flow.fetch_wanted_seen = row.fetch_wanted;
    return repositories.flows.create(connection, scope, flow, now_ms);
}

storage::CreatedFlow startAccountFlow(storage::Connection& connection,
                                      const storage::Repositories& repositories,
                                      const storage::TenantScope& scope,
                                      const storage::Account& account, std::string_view command,
                                      std::string_view parameters_json,
                                      std::string_view plugin_sha256, std::int64_t now_ms) {
    hubsdk::Command inputs;
    inputs.command = command;
    inputs.account = accountInput(account);
    inputs.parameters.json = parameters_json;
    inputs.started_at_ms = now_ms;
    storage::NewFlow flow = flowOf(account, command, plugin_sha256, now_ms);
    flow.subject_type = "provider_config";
    flow.subject_id = account.id;
    flow.dedupe_key = security::sha256Hex(std::string(command) + "\n" + account.id);
    flow.inputs = frozenInputs(inputs);
    return repositories.flows.create(connection, scope, flow, now_ms);
}

}  // namespace hub::flows
