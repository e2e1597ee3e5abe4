/// The flow engine over a real database, a real plugin file and a real socket, with a clock that
/// only tests move.
///
/// Steps of a flow, as JSON: {"label","method","path","body","repeat","after_ms","search","secret",
/// "refresh","capture","to_blob","allow","timeout_ms","host","observe","document","deliver",
/// "records","with_cursor","show"}, or {"do":"all","calls":[…]}, {"do":"wait","ms","wake_on":[…]},
/// {"do":"ask","what"}, {"do":"leg","legs"}, {"do":"move_cursor"}, {"do":"fail"}. "with_cursor"
/// asks with the cursor. A reply with the member "observation" is observed as it says. The result
/// tells what the flow saw, for example "a=200 waited at 5000".
///
/// A delivery's body is what interpret answers to it.
#pragma once

#include "hub/flows/commands.hpp"
#include "hub/flows/flow_runner.hpp"
#include "hub/flows/testing/scripted_vendor.hpp"
#include "hub/storage/storage_fixture.hpp"

#include <atomic>

namespace hub::flows::testing {

class FlowEngineTest : public storage::StorageTest {
protected:
    FlowEngineTest();
    ~FlowEngineTest() override;

    /// Starts a flow on the account; `steps` as above.
    std::string start(const std::string& steps, const std::string& command = "account.test");
    /// An order with a vendor order, and its flow; steps come from the account's settings.
    struct StartedOrder {
        std::string order_id;
        std::string vendor_order_id;
        std::string flow_id;
    };
    StartedOrder startOrder(const std::string& settings);
    std::string startOrderCommand(const std::string& vendor_order_id, const std::string& command);

    /// Leases what is due now, one flow at a time, and runs it, until nothing is due.
    void run();
    /// As run(), and moves the clock to the next time that a flow waits for, until none waits.
    /// Gives how often the clock was moved; stops after 200.
    int runToEnd();
    /// One lease without running it, as if its worker died or stalled.
    storage::FlowLease lease();
    void runLease(const storage::FlowLease& lease) { runner_->run(lease); }

    /// Puts a proven delivery of the account into the inbox; gives its id.
    std::string deliver(const std::string& body, bool is_hint = false);

    storage::Flow flow(const std::string& id);
    std::vector<storage::FlowStep> steps(const std::string& id);
    storage::Account account();
    storage::VendorOrder vendorOrder(const std::string& id);
    std::string orderStatus(const std::string& id);
    std::string state(const std::string& id) { return std::string(nameOf(flow(id).state)); }
    std::string result(const std::string& id) { return flow(id).result.value_or(""); }
    std::string error(const std::string& id) { return flow(id).error.value_or(""); }
    void setSecret(const std::string& name, const std::string& value,
                   std::optional<std::int64_t> expires_at_ms = std::nullopt);
    storage::SecretMap secrets();
    void sql(const std::string& statement, std::initializer_list<storage::Value> values = {});

    /// What the runner works with.
    [[nodiscard]] FlowServices services();
    /// Calls go nowhere: every connection is refused.
    void takeVendorAway();
    void bringVendorBack();

    ScriptedVendor vendor_;
    std::atomic<std::int64_t> now_ = storage::kNow;
    storage::TenantScope scope_ = storage::TenantScope::fromLeasedRow("none");
    std::string account_id_;
    std::unique_ptr<storage::Repositories> repositories_;
    std::unique_ptr<plugins::PluginRegistry> plugins_;
    std::unique_ptr<http::Client> client_;
    FlowControl control_;
    std::unique_ptr<FlowRunner> runner_;

private:
    void connect(std::uint16_t port);
    [[nodiscard]] std::string pluginSha() const;
};

}  // namespace hub::flows::testing
