/// Flows and their journals: the durable half of the flow engine (architecture.md section 7).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

enum class FlowState : std::uint8_t { kRunning, kWaiting, kDone, kFailed, kUncertain, kParked };
[[nodiscard]] std::string_view nameOf(FlowState state);

enum class StepState : std::uint8_t {
    kIntent,   ///< committed before the request was sent
    kReplied,  ///< the reply is committed, no plugin code saw it yet
    kLost,     ///< sent or not, nobody knows; the request's repeat rule decides
    kApplied,  ///< its observations are applied and the next step is committed
};
[[nodiscard]] std::string_view nameOf(StepState state);

/// Entries of one leg (plugin-contract.md section 6).
inline constexpr int kLegEntriesMax = 64;
/// Longest life of a secret that is kept for the caller of a flow.
inline constexpr std::int64_t kTransientMaxMs = 10 * 60'000;
/// Flows of one list.
inline constexpr int kFlowListMax = 100;

struct NewFlow {
    std::string account_id;
    std::string plugin_key;
    std::string plugin_sha256;  ///< the version that starts it
    std::string command;
    std::string subject_type;
    std::string subject_id;
    std::optional<std::string> dedupe_key;  ///< an open flow with it is the same command
    std::optional<std::string>
        idempotency_key;  ///< the caller's, SHA-256 hex: for ever the same command
    std::string inputs;   ///< JSON, frozen; sealed
    std::optional<std::int64_t> fetch_wanted_seen;
    std::optional<std::int64_t> give_up_at_ms;
    std::optional<std::int64_t> start_at_ms;  ///< due then; absent: now
};

struct CreatedFlow {
    std::string id;
    bool is_new;  ///< false: the flow that runs or ran for the same command
};

struct Flow {
    std::string id;
    std::string tenant_id;
    std::string account_id;
    std::string plugin_key;
    std::string plugin_sha256;
    std::string command;
    std::string subject_type;
    std::string subject_id;
    FlowState state;
    std::int64_t wake_at_ms;
    std::int64_t leg;
    std::string inputs;
    std::optional<std::string> result;
    std::optional<std::string> error;
    std::int64_t retries;
    std::optional<std::int64_t> fetch_wanted_seen;
    std::optional<std::int64_t> give_up_at_ms;
    std::int64_t created_at_ms;
    std::optional<std::string> waits_for;  ///< why a waiting flow waits: time, auth, breaker …
};

/// How the newest flow of a command stands.
struct LatestFlow {
    FlowState state;
    std::optional<std::int64_t> finished_at_ms;
    bool gave_up = false;  ///< failed because nobody could be reached in time
};

/// The newest flow of one command on one subject.
struct SubjectFlow {
    std::string id;
    bool untouched = false;  ///< open, and nobody has leased it yet
    std::int64_t created_at_ms = 0;
};

/// Event type of a wake that stands for every delivery about the subject.
inline constexpr std::string_view kDeliveryEvent = "delivery";
/// Event types that one wait may name.
inline constexpr std::size_t kWakeTypesMax = 8;

/// A row of ours that events are about.
struct WakeSubject {
    std::string type;  ///< vendor_order, screening_order, provider_config …
    std::string id;
};

/// Which flows a list shows; empty members do not narrow it.
struct FlowFilter {
    std::optional<FlowState> state;  ///< empty: all that are not at an end
    std::optional<std::string> after_id;
    int rows_max = kFlowListMax;
};

/// One row of a list: nothing of it is sealed.
struct FlowSummary {
    std::string id;
    std::string account_id;
    std::string command;
    std::string subject_type;
    std::string subject_id;
    FlowState state;
    std::optional<std::string> waits_for;
    std::optional<std::string> error;
    std::int64_t wake_at_ms;
    std::int64_t created_at_ms;
};

/// How an uncertain flow goes on by a person's word.
struct FlowResolution {
    FlowState from = FlowState::kUncertain;  ///< or parked
    FlowState state = FlowState::kDone;      ///< done, failed, or running: it is sent again
    std::optional<std::string> result;       ///< sealed
    std::optional<std::string> error;
    std::optional<std::int64_t> give_up_at_ms;  ///< of one that runs again
};

/// A worker's right to go on with one flow; `fence` tells an old lease from a newer one.
struct FlowLease {
    std::string flow_id;
    std::string tenant_id;
    std::int64_t fence;
    std::string plugin_key = {};
    std::int64_t abandoned = 0;  ///< leases in a row that other processes let run out
};

/// From so many on, a row is leased alone: what runs beside it would be suspected with it.
inline constexpr std::int64_t kSuspectAbandoned = 3;
/// With so many, what is in the row is taken for what ends processes, and nobody runs it again.
inline constexpr std::int64_t kAbandonedMax = 10;

/// The flows of one vendor and tenant (TM-OUT-5).
struct FlowLane {
    std::string tenant_id;
    std::string plugin_key;
    bool operator<(const FlowLane& other) const {
        return std::tie(tenant_id, plugin_key) < std::tie(other.tenant_id, other.plugin_key);
    }
};

/// How many flows are wanted, and for how long.
struct LeaseWish {
    std::int64_t lease_ms;
    int rows_max;
};

/// Who must wait although it is due, so that one slow vendor does not take all threads.
struct LaneLimit {
    std::size_t most = std::numeric_limits<std::size_t>::max();  ///< flows of a lane at once
    std::map<FlowLane, std::size_t> running = {};
    bool suspect_runs = false;  ///< see kSuspectAbandoned
};

/// What is committed before a request is sent.
struct FlowIntent {
    std::string kind = "call";  ///< call, ask, wait
    std::string label;
    std::int64_t occurrence = 0;  ///< of the label in this leg
    std::string method;
    std::string host;
    std::string path;                   ///< sealed: paths can name a person
    std::string body_hash;              ///< SHA-256 hex; bodies are never stored
    std::string repeat_rule = "never";  ///< safe, keyed, look_up, never
    std::optional<std::string> idempotency_key;
    std::int64_t deadline_at_ms = 0;
    std::optional<std::int64_t> look_up_after_ms;
    std::optional<std::int64_t> give_up_at_ms;  ///< becomes the flow's
};

/// Which inputs and results are old enough to be emptied.
struct ExpiredInputs {
    std::int64_t before_ms = 0;  ///< the flow ended before
    int rows_max = 0;
    std::int64_t recording_days = 0;  ///< of the account
};

/// Why a step is sent again.
struct StepRepeat {
    std::string_view why;
    std::int64_t deadline_at_ms = 0;
    bool blames = false;  ///< the answer blamed the request: counted against the retry limit
};

struct FlowReply {
    std::int64_t status = 0;
    std::string headers;  ///< JSON; sealed
    std::string body;     ///< captures already blanked; sealed
};

struct FlowStep {
    std::string id;
    std::int64_t seq = 0;
    FlowIntent intent;
    StepState state = StepState::kIntent;
    std::int64_t attempt = 1;
    std::int64_t blamed = 0;  ///< repeats after answers that blamed the request
    std::int64_t answered_before =
        0;                         ///< earlier attempts with the vendor's word on what was asked
    std::int64_t lost_before = 0;  ///< attempts before the present one whose answer was lost
    /// Start of the first attempt that the vendor may have carried out without saying so: lost, or
    /// answered 408 or 504. If there is none, of the present one.
    std::int64_t doubtful_since_ms = 0;
    std::int64_t intent_at_ms = 0;
    std::optional<std::int64_t> entry_at_ms;  ///< when the reply was committed, or found lost
    std::optional<FlowReply> reply;
};

/// All functions throw StorageError. Those with a lease throw UnitRefused (kConflict) if another
/// worker has the flow by now, or the step is not in the state they need; that undoes the unit
/// (TM-DB-3).
class FlowRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit FlowRepository(const security::Vault& vault)
        : flows_(vault, "flow"), steps_(vault, "flow_step") {}

    /// Adds a flow that is due now or at start_at_ms, or finds the one for the same command.
    CreatedFlow create(Connection& connection, const TenantScope& scope, const NewFlow& flow,
                       std::int64_t now_ms) const;
    /// A flow that nobody has leased yet will see all that was wanted by now.
    void seeFetchWanted(Connection& connection, const TenantScope& scope, std::string_view id,
                        std::int64_t fetch_wanted) const;
    [[nodiscard]] std::optional<Flow> find(Connection& connection, const TenantScope& scope,
                                           std::string_view id) const;
    /// Flows of the account and command that are not at an end; uncertain ones count.
    [[nodiscard]] std::int64_t countOpen(Connection& connection, const TenantScope& scope,
                                         std::string_view account_id,
                                         std::string_view command) const;

    /// Leases up to `wish.rows_max` due flows of accounts that are not paused or retired. Of one
    /// vendor order only the oldest open flow is given: its commands run one after another.
    /// First those that a vendor waits for, last those about objects that nobody knows.
    std::vector<FlowLease> leaseDue(Connection& connection, const SystemScope& system,
                                    std::string_view owner, std::int64_t now_ms,
                                    const LeaseWish& wish, const LaneLimit& limit = {}) const;
    /// Whether the leg holds a call that must not be made twice and was begun without an answer.
    [[nodiscard]] bool mayBeSent(Connection& connection, const FlowLease& lease) const;
    /// Ends those of the leases that still hold; their flows are due at `due_ms`.
    void giveBack(Connection& connection, const SystemScope& system,
                  const std::vector<FlowLease>& leases, std::int64_t due_ms,
                  std::int64_t now_ms) const;
    void renewLease(Connection& connection, const FlowLease& lease, std::int64_t until_ms) const;
    /// Makes a lease last until then, if it still holds and would end before.
    void extendLease(Connection& connection, const FlowLease& lease, std::int64_t until_ms) const;

    /// The steps of the current leg in order.
    [[nodiscard]] std::vector<FlowStep> journal(Connection& connection,
                                                const FlowLease& lease) const;
    /// Adds the next step; kTooLarge over kLegEntriesMax. Gives its id.
    std::string commitIntent(Connection& connection, const FlowLease& lease,
                             const FlowIntent& intent, std::int64_t now_ms) const;
    /// Intent to replied.
    void commitReply(Connection& connection, const FlowLease& lease, std::string_view step_id,
                     const FlowReply& reply, std::int64_t now_ms) const;
    /// Intent to lost.
    void markLost(Connection& connection, const FlowLease& lease, std::string_view step_id,
                  std::string_view error, std::int64_t now_ms) const;
    /// Logs the attempt that a replied or lost step stands for, and makes the step an intent again.
    void repeatStep(Connection& connection, const FlowLease& lease, std::string_view step_id,
                    const StepRepeat& repeat, std::int64_t now_ms) const;
    /// Attempts of the step before the present one that were answered with this status.
    [[nodiscard]] std::int64_t countAttempts(Connection& connection, const FlowLease& lease,
                                             std::string_view step_id, std::int64_t status) const;
    /// Replied to applied.
    void markApplied(Connection& connection, const FlowLease& lease, std::string_view step_id,
                     std::int64_t now_ms) const;
    /// Replaces the inputs of a flow whose first step is not committed yet.
    void setInputs(Connection& connection, const FlowLease& lease, std::string_view inputs,
                   std::int64_t now_ms) const;
    /// Ends the leg: new inputs, empty journal.
    void nextLeg(Connection& connection, const FlowLease& lease, std::string_view inputs,
                 std::int64_t now_ms) const;

    /// Gives the lease back; the flow is due again at `wake_at_ms`.
    void sleep(Connection& connection, const FlowLease& lease, std::int64_t wake_at_ms,
               std::string_view waits_for, std::int64_t now_ms) const;
    /// Ends or parks the flow and the lease. The error is clipped.
    void finish(Connection& connection, const FlowLease& lease, FlowState state,
                const std::optional<std::string>& result, const std::optional<std::string>& error,
                std::int64_t now_ms) const;

    /// Notes what wakes the flow that begins to wait: these types, of any of these subjects, from
    /// now on. Takes the subjects' locks, so that an event comes either before or after.
    void wakeOn(Connection& connection, const FlowLease& lease,
                const std::vector<WakeSubject>& subjects,
                const std::vector<std::string>& event_types, std::int64_t now_ms) const;
    /// Notes that a delivery about the vendor order was applied since then, if the flow waits for
    /// deliveries: it came while the flow had not yet begun to wait.
    void wakeByEarlierDelivery(Connection& connection, const FlowLease& lease,
                               std::string_view vendor_order_id, std::int64_t since_ms,
                               std::int64_t now_ms) const;
    /// As sleep(), but due now if the flow was woken before its lease is given back.
    void sleepUnlessWoken(Connection& connection, const FlowLease& lease, std::int64_t wake_at_ms,
                          std::string_view waits_for, std::int64_t now_ms) const;
    /// Ends what wakeOn began; gives the type of the first event that came, if one did.
    std::optional<std::string> takeWake(Connection& connection, const FlowLease& lease) const;
    /// Whether an event came for the flow that waits.
    [[nodiscard]] bool isWoken(Connection& connection, const FlowLease& lease) const;
    /// Wakes the flows that wait for this event of the subject, in the event's unit; gives how
    /// many.
    std::int64_t wakeBySubject(Connection& connection, const TenantScope& scope,
                               const WakeSubject& subject, std::string_view event_type,
                               std::int64_t now_ms) const;
    /// Deletes what flows at an end would have been woken by; gives how many.
    std::int64_t dropWakes(Connection& connection, const SystemScope& system) const;

    /// Makes a waiting flow due now; false if there is none to wake.
    bool wake(Connection& connection, const TenantScope& scope, std::string_view id,
              std::int64_t now_ms) const;
    /// Makes the account's flows that wait for this due now; gives how many.
    std::int64_t wakeWaiting(Connection& connection, const TenantScope& scope,
                             std::string_view account_id, std::string_view waits_for,
                             std::int64_t now_ms) const;
    /// The flow without its sealed parts: also of one whose inputs do not open.
    [[nodiscard]] std::optional<Flow> findHead(Connection& connection, const TenantScope& scope,
                                               std::string_view id) const;
    /// Ends an uncertain or parked flow by a person's word, or makes it run again; an uncertain one
    /// sends its lost steps again then. UnitRefused: kNotFound for an unknown flow, kConflict if it
    /// is not in the state `from`.
    void resolve(Connection& connection, const TenantScope& scope, std::string_view id,
                 const FlowResolution& resolution, std::int64_t now_ms) const;
    /// Ends the subject's open flow of this command if nothing of it was ever sent; gives its id.
    std::optional<std::string> dropUnsent(Connection& connection, const TenantScope& scope,
                                          std::string_view subject_id, std::string_view command,
                                          std::int64_t now_ms) const;
    /// Parks the account's open flows (settings that change host or environment); gives how many.
    std::int64_t parkOfAccount(Connection& connection, const TenantScope& scope,
                               std::string_view account_id, std::string_view reason,
                               std::int64_t now_ms) const;

    /// The newest flow of an account's command; nothing if there was none.
    [[nodiscard]] std::optional<LatestFlow> latest(Connection& connection, const TenantScope& scope,
                                                   std::string_view account_id,
                                                   std::string_view command) const;
    /// Enabled accounts of the plugin that neither ended this command well since `done_since_ms`
    /// nor began it since `begun_since_ms`, at most `rows_max`.
    struct AccountWithout {
        std::string account_id;
        std::string tenant_id;
    };
    struct Unrenewed {
        std::string_view plugin_key;
        std::string_view command;
        std::int64_t done_since_ms = 0;
        std::int64_t begun_since_ms = 0;
        std::string after_account_id = {};
        int rows_max = 0;
    };
    [[nodiscard]] std::vector<AccountWithout> accountsWithout(Connection& connection,
                                                              const SystemScope& system,
                                                              const Unrenewed& asked) const;
    [[nodiscard]] std::optional<SubjectFlow> newestOf(Connection& connection,
                                                      const TenantScope& scope,
                                                      const NewFlow& like) const;
    /// Oldest first, at most kFlowListMax.
    [[nodiscard]] std::vector<FlowSummary> list(Connection& connection, const TenantScope& scope,
                                                const FlowFilter& filter) const;

    /// Keeps a captured secret for the flow's caller, sealed, until then or kTransientMaxMs.
    struct TransientValue {
        std::string name;
        std::string value;
        std::optional<std::int64_t> expires_at_ms;
    };
    void keepTransient(Connection& connection, const FlowLease& lease, const TransientValue& kept,
                       std::int64_t now_ms) const;
    /// Gives what was kept, once, as a JSON object; nothing if there is nothing or it expired.
    [[nodiscard]] std::optional<std::string> takeTransient(Connection& connection,
                                                           const TenantScope& scope,
                                                           std::string_view id,
                                                           std::int64_t now_ms) const;

    /// The values of recording_days that accounts have.
    [[nodiscard]] std::vector<std::int64_t> recordingDays(Connection& connection,
                                                          const SystemScope& system) const;
    /// Deletes entries of legs that ended before then, at most `rows_max`, of accounts with this
    /// recording_days; gives how many. What a leg's end is: the flow's, or the beginning of the
    /// next leg.
    std::int64_t deleteEntries(Connection& connection, const SystemScope& system,
                               std::int64_t before_ms, int rows_max,
                               std::int64_t recording_days = 0) const;
    /// Empties the inputs and results of flows that ended before then, of accounts with this
    /// recording_days; gives how many.
    std::int64_t clearInputs(Connection& connection, const SystemScope& system,
                             const ExpiredInputs& expired, std::int64_t now_ms) const;
    /// Empties what was kept for callers and has expired; gives how many.
    std::int64_t dropTransients(Connection& connection, const SystemScope& system,
                                std::int64_t now_ms) const;

private:
    SealedCells flows_;
    SealedCells steps_;
};

}  // namespace hub::storage
