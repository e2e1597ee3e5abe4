/// Threads that do what must not run on an I/O thread: database reads, plugin calls, hashing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hub::app {

/// A fixed number of threads over bounded lanes that are served in turn, so that a flood in one (a
/// vendor's webhooks) delays the others by one job at most (TM-IN-7). Jobs must not throw. Any
/// thread may post; stop and the destructor belong to the owner.
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

    /// Finishes what is queued and joins the threads. Idempotent.
    void stop();

private:
    using Lanes = std::map<std::string, std::deque<Job>, std::less<>>;
    void loop();
    Job next();

    const std::size_t jobs_max_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    Lanes lanes_;            ///< guarded by mutex_; those that have jobs
    std::string last_;       ///< guarded by mutex_; the lane served last
    bool stopping_ = false;  ///< guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace hub::app
