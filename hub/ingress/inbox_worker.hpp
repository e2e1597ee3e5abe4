/// The threads that turn stored deliveries into observations and apply them (architecture section
/// 6). A delivery that fails never delays its neighbours.
#pragma once

#include "hub/domain/apply.hpp"
#include "hub/ingress/held_leases.hpp"
#include "hub/observe/counter.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/storage/database.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hub::ingress {

/// A delivery of an unknown order waits this long for a submit flow that may still bring it in.
inline constexpr std::int64_t kHoldMaxMs = std::int64_t{15} * 60 * 1000;
inline constexpr std::int64_t kHoldStepMs = 2'000;
/// Attempts before a delivery becomes a dead letter; waits double from one second.
inline constexpr std::int64_t kAttemptsMax = 8;
inline constexpr std::int64_t kInboxPollMs = 500;
/// Interpreting takes milliseconds; what a dead worker had leased is due again after this. A lease
/// of which half is over is renewed, so that a slow delivery keeps its batch and itself.
inline constexpr std::int64_t kInboxLeaseMs = 10'000;
/// When a delivery is due again whose work could not be stored because the database was away: not
/// at once, so that a database that falls over with it is not asked without a pause.
inline constexpr std::int64_t kStrandedPauseMs = 1'000;
/// So long a delivery in hand keeps its lease. A plugin that does not return in this time loses its
/// row and those behind it to another thread or hub (TM-IN-10).
inline constexpr std::int64_t kInboxHeldMaxMs = 120'000;
inline constexpr int kInboxBatch = 16;

/// What became of deliveries and of the observations in them, by vendor. Any thread.
struct InboxStats {
    observe::LabelledCounter deliveries;    ///< processed, held, failed, dead, parked
    observe::LabelledCounter observations;  ///< words of domain::nameOf(ApplyOutcome)
    std::atomic<std::size_t> threads = 0;
    std::atomic<std::size_t> busy = 0;  ///< threads that have deliveries in hand
    observe::LabelledCounter unmapped;  ///< words of the vendor that no plugin maps
};

/// Everything outlives the worker.
struct InboxServices {
    storage::Database& database;
    const storage::Repositories& repositories;
    plugins::PluginRegistry& plugins;
    std::function<std::int64_t()> now_ms;
    std::function<void()> flows_changed;  ///< a fetch may have been asked for
    InboxStats* stats = nullptr;          ///< may be null
};

/// Owns its threads. `wake` from any thread, start and stop from the owner.
class InboxWorker {
public:
    InboxWorker(InboxServices services, std::string owner, std::size_t threads);
    /// Like stop().
    ~InboxWorker();
    InboxWorker(const InboxWorker&) = delete;
    InboxWorker& operator=(const InboxWorker&) = delete;

    void start();
    void wake();
    void stop();

    /// Leases and processes what is due now; how many rows it had. For tests and for the threads.
    std::size_t runOnce();
    /// Renews the leases in hand of which half is over; without one, asks nobody. For tests and
    /// for the worker's own thread, which a slow plugin does not hold up.
    void renewHeld();

private:
    struct Work;
    /// Of the observations of one delivery. Of several reasons the first one counts.
    struct Progress {
        bool held = false;
        bool settled = false;  ///< the delivery is marked
        std::string failed;    ///< why it is tried again
        std::string bad;       ///< why trying again would change nothing

        [[nodiscard]] bool good() const { return failed.empty() && bad.empty(); }
        static void note(std::string& reason, std::int64_t ordinal, const std::string& why);
    };
    void loop();
    void keepLeases();
    [[nodiscard]] std::vector<storage::DeliveryLease> claim(std::int64_t now, bool suspects);
    void processOne(const storage::DeliveryLease& lease);
    void process(const storage::DeliveryLease& lease);
    bool stored(const storage::DeliveryLease& lease, const hubsdk::Result<void>& done);
    void adopt(const storage::DeliveryLease& lease);
    void buryUnread(const storage::DeliveryLease& lease, const std::string& why);
    void abandon(const storage::DeliveryLease& lease);
    void interpret(Work& work);
    [[nodiscard]] bool isCopy(const Work& work) const;
    [[nodiscard]] std::optional<Work> load(const storage::DeliveryLease& lease) const;
    void apply(Work& work, const hubsdk::Interpretation& said);
    void applyOne(Work& work, const hubsdk::Observation& observation, std::int64_t ordinal,
                  Progress& progress, bool last);
    [[nodiscard]] static domain::ApplyContext contextOf(const Work& work, std::int64_t ordinal,
                                                        std::int64_t now);
    void startFetch(storage::Connection& connection, const Work& work,
                    const hubsdk::Observation& observation, const domain::Applied& applied,
                    const domain::ApplyContext& context) const;
    void followOne(Work& work, const hubsdk::Follow& follow, std::int64_t ordinal,
                   Progress& progress);
    void settle(storage::Connection& connection, const Work& work, bool held,
                std::int64_t now) const;
    void fail(const Work& work, const std::string& why);
    void bury(const Work& work, const std::string& why);
    void releaseAside(std::int64_t now);
    void tally(std::string_view vendor, std::string_view outcome) const;

    InboxServices services_;
    std::string owner_;
    std::size_t thread_count_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;                   ///< guarded by mutex_
    bool ended_ = false;                      ///< guarded by mutex_; no worker runs any more
    std::atomic<bool> suspect_runs_ = false;  ///< or may, in the batch of some thread
    std::atomic<std::int64_t> release_at_ms_ = 0;
    std::uint64_t changes_ = 0;  ///< guarded by mutex_
    HeldLeases held_;
    std::vector<std::thread> threads_;
    std::thread keeper_;
};

}  // namespace hub::ingress
