/// Threads that do what must not run on an I/O thread: database reads, plugin calls, hashing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hub::app {

/// What a pool is doing at this moment.
struct WorkPoolView {
    std::map<std::string, std::size_t> queued;  ///< jobs by lane; lanes without jobs are left out
    std::size_t threads = 0;
    std::size_t busy = 0;
    std::uint64_t refused = 0;  ///< jobs that found their lane full, since the start
};

/// A fixed number of threads over bounded lanes that are served in turn, so that a flood in one (a
/// vendor's webhooks) delays the others by one job at most; and no lane has the last thread, unless
/// there is only one, so that jobs that hang in one leave the others served (TM-IN-7). Jobs must
/// not throw. Any thread may post; stop and the destructor belong to the owner.
class WorkPool {
public:
    using Job = std::function<void()>;

    /// `jobs_max` bounds each lane. Lane names must come from a bounded set of ours.
    WorkPool(std::size_t threads, std::size_t jobs_max);
    /// Like stop().
    ~WorkPool();
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    /// Queues a job; false if its lane is full or the pool stopped: the caller answers 503.
    [[nodiscard]] bool post(std::string_view lane, Job job);

    [[nodiscard]] WorkPoolView view();

    /// Finishes what is queued and joins the threads. Idempotent.
    void stop();

private:
    struct Lane {
        std::deque<Job> jobs;
        std::size_t running = 0;
    };
    using Lanes = std::map<std::string, Lane, std::less<>>;
    void loop();
    Lanes::iterator next();
    void ended(Lanes::iterator lane);

    const std::size_t jobs_max_;
    const std::size_t running_max_;  ///< of one lane
    std::mutex mutex_;
    std::condition_variable arrived_;
    Lanes lanes_;                ///< guarded by mutex_; those that have jobs, waiting or running
    std::size_t queued_ = 0;     ///< guarded by mutex_; jobs that wait, in all lanes
    std::string last_;           ///< guarded by mutex_; the lane served last
    std::size_t busy_ = 0;       ///< guarded by mutex_
    std::uint64_t refused_ = 0;  ///< guarded by mutex_
    bool stopping_ = false;      ///< guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace hub::app
