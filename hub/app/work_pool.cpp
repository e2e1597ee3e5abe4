#include "hub/app/work_pool.hpp"

#include <algorithm>
#include <utility>

namespace hub::app {

WorkPool::WorkPool(std::size_t threads, std::size_t jobs_max)
    : jobs_max_(jobs_max), running_max_(threads > 1 ? threads - 1 : 1) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { loop(); });
}

WorkPool::~WorkPool() { stop(); }

bool WorkPool::post(std::string_view lane, Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return false;
        auto found = lanes_.find(lane);
        if (found == lanes_.end()) found = lanes_.try_emplace(std::string(lane)).first;
        auto& jobs = found->second.jobs;
        if (jobs.size() >= jobs_max_) {
            ++refused_;
            return false;
        }
        jobs.push_back(std::move(job));
        ++queued_;
    }
    arrived_.notify_one();
    return true;
}

WorkPoolView WorkPool::view() {
    WorkPoolView view;
    view.threads = threads_.size();
    const std::lock_guard lock(mutex_);
    for (const auto& [name, lane] : lanes_)
        if (!lane.jobs.empty()) view.queued.emplace(name, lane.jobs.size());
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

// The first lane behind the one served last, around in a circle, that has a job and may run it.
WorkPool::Lanes::iterator WorkPool::next() {
    const auto may = [this](const Lanes::value_type& lane) {
        return !lane.second.jobs.empty() && lane.second.running < running_max_;
    };
    const auto behind = lanes_.upper_bound(last_);
    const auto found = std::find_if(behind, lanes_.end(), may);
    if (found != lanes_.end()) return found;
    const auto around = std::find_if(lanes_.begin(), behind, may);
    return around == behind ? lanes_.end() : around;
}

// A place of the lane is free: a thread that waits may take what stood behind it.
void WorkPool::ended(Lanes::iterator lane) {
    --lane->second.running;
    --busy_;
    if (!lane->second.jobs.empty()) {
        arrived_.notify_one();
    } else if (lane->second.running == 0) {
        lanes_.erase(lane);
    }
}

void WorkPool::loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        auto lane = lanes_.end();
        arrived_.wait(lock, [&] {
            lane = next();
            return lane != lanes_.end() || (stopping_ && queued_ == 0);
        });
        if (lane == lanes_.end()) return;
        Job job = std::move(lane->second.jobs.front());
        lane->second.jobs.pop_front();
        ++lane->second.running;
        ++busy_;
        last_ = lane->first;
        // Threads that wait for a lane at its bound end with the last job.
        if (--queued_ == 0 && stopping_) arrived_.notify_all();
        lock.unlock();
        job();
        job = nullptr;  // what it holds goes while it still counts
        lock.lock();
        ended(lane);
    }
}

}  // namespace hub::app
