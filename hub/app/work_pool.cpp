#include "hub/app/work_pool.hpp"

#include <utility>

namespace hub::app {

WorkPool::WorkPool(std::size_t threads, std::size_t jobs_max) : jobs_max_(jobs_max) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { loop(); });
}

WorkPool::~WorkPool() { stop(); }

bool WorkPool::post(std::string_view lane, Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return false;
        auto jobs = lanes_.find(lane);
        if (jobs == lanes_.end()) jobs = lanes_.try_emplace(std::string(lane)).first;
        if (jobs->second.size() >= jobs_max_) {
            ++refused_;
            return false;
        }
        jobs->second.push_back(std::move(job));
    }
    arrived_.notify_one();
    return true;
}

WorkPoolView WorkPool::view() {
    WorkPoolView view;
    view.threads = threads_.size();
    const std::lock_guard lock(mutex_);
    for (const auto& [lane, jobs] : lanes_) view.queued.emplace(lane, jobs.size());
    view.busy = busy_;
    view.refused = refused_;
    return view;
}

void WorkPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

// The lane behind the one served last, around in a circle. Lanes that are empty are gone.
WorkPool::Job WorkPool::next() {
    auto lane = lanes_.upper_bound(last_);
    if (lane == lanes_.end()) lane = lanes_.begin();
    Job job = std::move(lane->second.front());
    lane->second.pop_front();
    last_ = lane->first;
    if (lane->second.empty()) lanes_.erase(lane);
    return job;
}

void WorkPool::loop() {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return stopping_ || !lanes_.empty(); });
            if (lanes_.empty()) return;
            job = next();
            ++busy_;
        }
        job();
        job = nullptr;  // what it holds goes while it still counts
        const std::lock_guard lock(mutex_);
        --busy_;
    }
}

}  // namespace hub::app
