#include "plugins/checkr/simulator/scheduler.hpp"

#include <utility>

namespace vendor::checkr::simulator {

Scheduler::Scheduler() : thread_([this] { run(); }) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::after(std::int64_t delay_ms, std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    waiting_.emplace(Clock::now() + std::chrono::milliseconds(delay_ms), std::move(work));
    changed_.notify_one();
}

void Scheduler::stop() {
    std::multimap<Clock::time_point, std::function<void()>> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        dropped.swap(waiting_);
        changed_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void Scheduler::run() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
        if (waiting_.empty()) {
            changed_.wait(lock);
            continue;
        }
        const auto due = waiting_.begin()->first;
        if (due > Clock::now()) {
            changed_.wait_until(lock, due);
            continue;
        }
        const std::function<void()> work = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        lock.unlock();
        work();
        lock.lock();
    }
}

}  // namespace vendor::checkr::simulator
