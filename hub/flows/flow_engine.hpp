/// The threads that lease due flows and run them, and one that keeps house: it extends leases and
/// deletes what is old.
#pragma once

#include "hub/flows/flow_runner.hpp"
#include "hub/flows/lease_keeper.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace hub::flows {

/// How often the table is asked for flows that became due by time.
inline constexpr std::int64_t kFlowPollMs = 250;

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
    /// Leases nothing more and waits for calls in flight, which have their own deadline.
    void stop();

private:
    void loop();
    void keepHouse();
    [[nodiscard]] std::vector<storage::FlowLease> lease();

    FlowServices services_;
    std::string owner_;
    std::size_t thread_count_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;      ///< guarded by mutex_
    std::uint64_t changes_ = 0;  ///< guarded by mutex_
    LeaseKeeper keeper_;
    std::vector<std::thread> threads_;
};

}  // namespace hub::flows
