/// Runs functions later, one after the other, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace vendor::checkr::simulator {

class Scheduler {
public:
    Scheduler();
    /// Drops what is still waiting.
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Runs `work` in `delay_ms` at the earliest; equal times keep their order. Any thread. Does
    /// nothing after stop().
    void after(std::int64_t delay_ms, std::function<void()> work);

    /// Waits for the function that is running and drops the others. Not from a function it runs.
    void stop();

private:
    using Clock = std::chrono::steady_clock;
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<Clock::time_point, std::function<void()>> waiting_;  // guarded by mutex_
    bool stopped_ = false;                                             // guarded by mutex_
    std::thread thread_;
};

}  // namespace vendor::checkr::simulator
