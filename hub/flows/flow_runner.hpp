/// Carries a leased flow as far as it goes: intent, send, reply, advance, one transaction, next
/// intent (architecture section 7).
#pragma once

#include "hub/domain/apply.hpp"
#include "hub/flows/caller.hpp"
#include "hub/flows/flow_turn.hpp"
#include "hub/flows/rate_budget.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/storage/database.hpp"

#include <functional>

namespace hub::flows {

/// A lease outlives the longest call (threat-model section 21).
inline constexpr std::int64_t kLeaseMs = 150'000;
/// A lost step is looked up no sooner than this after the loss.
inline constexpr std::int64_t kLookUpAfterMs = 5'000;
/// Answers that blame the request are repeated this often at most, unless the account says less.
inline constexpr std::int64_t kBlamedRepeatsMax = 5;

/// What the runner works with; everything outlives it.
struct FlowServices {
    storage::Database& database;
    const storage::Repositories& repositories;
    plugins::PluginRegistry& plugins;
    http::Client& client;
    RateBudget& budget;
    std::function<std::int64_t()> now_ms;  ///< wall clock
    /// The public webhook URL of an account with this endpoint token.
    std::function<std::string(const storage::Account&, const std::string& token)> webhook_url;
    std::function<void()> flows_changed;  ///< there may be new flows to lease
};

/// Stateless but for its services. Any thread; one flow is run by one thread, by its lease.
class FlowRunner {
public:
    explicit FlowRunner(const FlowServices& services) : services_(services) {}

    /// Runs until the flow ends, sleeps, or cannot go on. What it cannot commit it leaves to the
    /// next lease.
    void run(const storage::FlowLease& lease) const;

private:
    enum class Next : std::uint8_t { kGoOn, kReleased };

    [[nodiscard]] std::optional<FlowTurn> load(const storage::FlowLease& lease) const;
    Next turn(const storage::FlowLease& lease) const;
    Next recover(FlowTurn& turn, const plugins::Plugin& plugin) const;
    Next repeat(FlowTurn& turn, const plugins::Plugin& plugin, const storage::FlowStep& step,
                std::int64_t due_ms, std::string_view why) const;
    Next carryOut(FlowTurn& turn, const plugins::Plugin& plugin,
                  const hubsdk::Action& action) const;
    Next call(FlowTurn& turn, const plugins::Plugin& plugin, const hubsdk::Action& action) const;
    Next again(FlowTurn& turn, const plugins::Plugin& plugin, const hubsdk::Action& action) const;
    Next ask(FlowTurn& turn, const plugins::Plugin& plugin, const hubsdk::Action& action) const;
    Next wait(FlowTurn& turn, const plugins::Plugin& plugin, const hubsdk::Action& action) const;
    Next finish(FlowTurn& turn, const plugins::Plugin& plugin, const hubsdk::Action& action) const;
    Next end(const FlowTurn& turn, storage::FlowState state, std::string error) const;
    Next sleep(const FlowTurn& turn, std::int64_t until_ms, bool counts) const;

    void sendStep(const FlowTurn& turn, const plugins::Plugin& plugin, const hubsdk::Call& call,
                  const std::string& step_id, const std::string& key) const;
    void commitOutcome(const FlowTurn& turn, const std::string& step_id, const hubsdk::Call& call,
                       CallOutcome outcome) const;
    void applyStep(storage::Connection& connection, const FlowTurn& turn,
                   const hubsdk::Manifest& manifest, const hubsdk::Action& action) const;
    void afterSubject(storage::Connection& connection, const FlowTurn& turn,
                      const plugins::Plugin& plugin, const hubsdk::Action& action) const;
    bool commit(const FlowTurn& turn, std::string_view what, storage::Unit unit) const;

    FlowServices services_;
};

}  // namespace hub::flows
