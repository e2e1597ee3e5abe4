/// Carries a leased flow as far as it goes: intent, send, reply, advance, one transaction, next
/// intent (architecture section 7).
#pragma once

#include "hub/flows/caller.hpp"
#include "hub/flows/credentials.hpp"
#include "hub/flows/flow_control.hpp"
#include "hub/flows/flow_turn.hpp"
#include "hub/flows/materials.hpp"
#include "hub/flows/subject.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/storage/database.hpp"

#include <functional>

namespace hub::flows {

/// A lease without a call under way. Before a call it is made to outlive the call's deadline, and
/// while one worker holds it, it is extended (see LeaseKeeper).
inline constexpr std::int64_t kLeaseMs = 20'000;
/// How much longer than its call a lease lasts (threat-model section 21).
inline constexpr std::int64_t kLeaseMarginMs = 10'000;
/// Answers that blame the request are repeated this often at most, unless the account says less
/// (R-VEN-08).
inline constexpr std::int64_t kBlamedRepeatsMax = 5;
/// A flow that needs a token looks again after this, if nobody wakes it before.
inline constexpr std::int64_t kTokenWaitMs = 30'000;
/// A failed renewal speaks for flows that come this much later; then it is tried again.
inline constexpr std::int64_t kTokenFailureMs = 60'000;

/// The longest that a flow may wait for a time or an event.
inline constexpr std::int64_t kWaitMaxMs = std::int64_t{90} * 24 * 3600 * 1000;

/// What the runner works with; everything outlives it.
struct FlowServices {
    storage::Database& database;
    const storage::Repositories& repositories;
    plugins::PluginRegistry& plugins;
    http::Client& client;
    FlowControl& control;
    std::function<std::int64_t()> now_ms;  ///< wall clock
    /// The public webhook URL of an account with this endpoint token.
    std::function<std::string(const storage::Account&, const std::string& token)> webhook_url;
    std::function<void()> flows_changed = {};  ///< there may be new flows to lease
    std::function<void()> inbox_changed = {};  ///< a flow put deliveries into the inbox
};

/// Stateless but for its services. Any thread; one flow is run by one thread, by its lease.
class FlowRunner {
public:
    explicit FlowRunner(FlowServices services) : services_(std::move(services)) {}

    /// Runs until the flow ends, sleeps, or cannot go on. What it cannot commit it leaves to the
    /// next lease.
    void run(const storage::FlowLease& lease) const;

private:
    enum class Next : std::uint8_t {
        kReady,     ///< nothing was in the way
        kGoOn,      ///< something was committed: look at the flow anew
        kReleased,  ///< the lease was given back or lost
        kStuck,     ///< the database was away: the lease still holds
    };
    /// A repetition of a step.
    struct Again {
        std::int64_t due_ms = 0;
        std::string why;
        bool blames = false;
    };
    /// A committed intent and the call it stands for.
    struct Intended {
        const hubsdk::Call* call = nullptr;
        std::string step_id;
        std::string key;
    };
    /// How many calls may go now; if none, what became of the flow.
    struct Admission {
        std::size_t calls = 0;
        Next next = Next::kReleased;
    };

    // flow_runner.cpp: one turn, and the actions that talk to nobody
    [[nodiscard]] std::optional<FlowTurn> load(const storage::FlowLease& lease) const;
    Next turn(const storage::FlowLease& lease) const;
    Next advance(FlowTurn& turn) const;
    Next freeze(FlowTurn& turn) const;
    Next carryOut(FlowTurn& turn, const hubsdk::Action& action) const;
    Next ask(FlowTurn& turn, const hubsdk::Action& action) const;
    Next wait(FlowTurn& turn, const hubsdk::Action& action) const;
    [[nodiscard]] std::vector<storage::WakeSubject> wakeSubjects(storage::Connection& connection,
                                                                 const FlowTurn& turn) const;
    [[nodiscard]] std::string answerTo(const FlowTurn& turn, const hubsdk::Ask& ask) const;
    Next sleep(const FlowTurn& turn, std::int64_t until_ms, std::string_view waits_for) const;
    void parkUnread(const storage::FlowLease& lease, std::string_view why) const;
    bool commit(const FlowTurn& turn, std::string_view what, storage::Unit unit) const;

    // flow_recovery.cpp: steps that a crash, a loss or an answer left to be done again
    Next settleInterrupted(FlowTurn& turn) const;
    Next recover(FlowTurn& turn) const;
    Next recoverStep(FlowTurn& turn, const storage::FlowStep& step) const;
    Next waitStep(const FlowTurn& turn, const storage::FlowStep& step) const;
    Next renewAfterRefusal(FlowTurn& turn, const storage::FlowStep& step) const;
    Next awaitToken(const FlowTurn& turn) const;
    Next again(FlowTurn& turn, const hubsdk::Action& action) const;
    Next repeat(FlowTurn& turn, const storage::FlowStep& step, const Again& again) const;
    [[nodiscard]] hubsdk::Result<hubsdk::Call> callOf(const FlowTurn& turn,
                                                      const storage::FlowStep& step) const;
    Next trouble(const FlowTurn& turn, std::int64_t until_ms, std::string_view waits_for) const;

    // flow_send.cpp: admission, sending, replies
    Next call(FlowTurn& turn, const hubsdk::Action& action) const;
    [[nodiscard]] std::unique_ptr<Credentials> openCredentials(const FlowTurn& turn) const;
    Admission admit(const FlowTurn& turn, const std::vector<const hubsdk::Call*>& calls,
                    const Credentials& credentials) const;
    void send(const FlowTurn& turn, const std::vector<Intended>& intended,
              const Credentials& credentials) const;
    void note(const FlowTurn& turn, const CallOutcome& outcome,
              const Credentials& credentials) const;
    void commitOutcome(const FlowTurn& turn, const Intended& intended, CallOutcome outcome) const;
    void storeReply(storage::Connection& connection, const FlowTurn& turn, const Intended& intended,
                    const CallOutcome& outcome) const;

    // flow_records.cpp: files that become one delivery a record
    Next landRecords(const FlowTurn& turn, const hubsdk::Action& action) const;
    Next landFile(const FlowTurn& turn, const hubsdk::Deliver& file) const;

    // flow_commit.cpp: the transactions that end a step, a leg or a flow
    void applyStep(storage::Connection& connection, const FlowTurn& turn,
                   Materials& materials) const;
    Next finish(const FlowTurn& turn, const hubsdk::Action& action) const;
    Next continueLeg(const FlowTurn& turn, const hubsdk::Action& action,
                     Materials& materials) const;
    Next fail(const FlowTurn& turn, hubsdk::ErrorClass error_class, std::string_view message,
              std::string_view label = {}) const;
    Next giveUp(const FlowTurn& turn) const;
    bool keyIsForgotten(const FlowTurn& turn, const storage::FlowStep& step) const;
    Next endUncertain(const FlowTurn& turn, std::string why) const;
    Next park(const FlowTurn& turn, std::string why) const;
    void raiseAlert(storage::Connection& connection, const storage::FlowLease& lease,
                    std::string_view type, std::string description) const;

    FlowServices services_;
};

}  // namespace hub::flows
