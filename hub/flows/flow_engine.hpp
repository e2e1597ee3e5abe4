/// The threads that lease due flows and run them, and one that keeps house: it extends leases and
/// deletes what is old. One thread at a time leases, for all that are idle: if each asked the table
/// for itself, most statements of a busy hub would be questions with the same answer.
#pragma once

#include "hub/flows/flow_runner.hpp"
#include "hub/flows/lease_keeper.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace hub::flows {

/// How often the table is asked for flows that became due by time.
inline constexpr std::int64_t kFlowPollMs = 250;
/// One vendor of one tenant gets at most this part of the threads (TM-OUT-5).
inline constexpr std::size_t kLaneShare = 2;

/// Owns its threads. `wake` from any thread, start and stop from the owner.
class FlowEngine {
public:
    FlowEngine(FlowServices services, std::string owner, std::size_t threads);
    /// Like stop().
    ~FlowEngine();
    FlowEngine(const FlowEngine&) = delete;
    FlowEngine& operator=(const FlowEngine&) = delete;

    void start();
    /// There may be something to lease now.
    void wake();
    /// Leases nothing more, gives back what no thread has begun, and waits for calls in flight,
    /// which have their own deadline.
    void stop();

private:
    using Clock = std::chrono::steady_clock;

    void loop();
    void keepHouse();
    /// Waits for a flow to run; none when stopping. `lock` is on mutex_.
    [[nodiscard]] std::optional<storage::FlowLease> take(std::unique_lock<std::mutex>& lock);
    void giveBackUnrun();
    void giveBackStuck();
    [[nodiscard]] hubsdk::Result<void> giveBack(const std::vector<storage::FlowLease>& leases,
                                                std::int64_t pause_ms);
    void leaseForIdle(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool shouldLease() const;
    [[nodiscard]] std::vector<storage::FlowLease> lease(std::size_t flows_max,
                                                        const storage::LaneLimit& limit);
    void begin(const storage::FlowLease& lease);
    void end(const storage::FlowLease& lease);

    FlowServices services_;
    std::string owner_;
    std::size_t thread_count_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_:
    bool stopping_ = false;
    std::uint64_t changes_ = 0;
    std::uint64_t changes_seen_ = 0;         ///< by the last look at the table
    Clock::time_point poll_at_{};            ///< when the clock alone is a reason to look
    bool leasing_ = false;                   ///< a thread is looking
    bool more_due_ = false;                  ///< there may be more than the last look gave
    storage::LaneLimit lanes_;               ///< what runs, and what is leased to run
    std::size_t idle_ = 0;                   ///< threads without a flow
    std::deque<storage::FlowLease> leased_;  ///< for idle threads, never more than there are
    LeaseKeeper keeper_;
    std::vector<std::thread> threads_;
};

}  // namespace hub::flows
