/// Threads that do what must not run on an I/O thread: database reads, plugin calls, hashing.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hub::app {

/// A fixed number of threads over one bounded queue. Jobs must not throw. Any thread may post;
/// stop and the destructor belong to the owner.
class WorkPool {
public:
    WorkPool(std::size_t threads, std::size_t jobs_max);
    /// Like stop().
    ~WorkPool();
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    /// Queues a job; false if the queue is full or the pool stopped: the caller answers 503.
    [[nodiscard]] bool post(std::function<void()> job);

    /// Finishes what is queued and joins the threads. Idempotent.
    void stop();

private:
    void loop();

    const std::size_t jobs_max_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> jobs_;  ///< guarded by mutex_
    bool stopping_ = false;                   ///< guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace hub::app
