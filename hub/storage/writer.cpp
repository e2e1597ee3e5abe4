#include "hub/storage/writer.hpp"

#include <algorithm>

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

/// The writer whose thread this is.
thread_local const Writer* running_here = nullptr;

hubsdk::Error queueFull() { return makeError(ErrorCode::kUnavailable, "the write queue is full"); }

void tell(UnitDone& done, hubsdk::Result<void> outcome) noexcept {
    if (done) done(std::move(outcome));
}

}  // namespace

Writer::Writer(Driver& driver, std::unique_ptr<Connection> connection, std::size_t writers,
               std::size_t queue_units_max)
    : queue_units_max_(queue_units_max) {
    for (std::size_t i = 0; i < std::max<std::size_t>(writers, 1); ++i)
        runners_.push_back(std::make_unique<BatchRunner>(driver, server_, std::move(connection)));
    since_.resize(runners_.size());
    // All are there before one runs.
    for (std::size_t i = 0; i < runners_.size(); ++i) threads_.emplace_back([this, i] { loop(i); });
}

Writer::~Writer() { stop(); }

void Writer::submit(WriteQueue queue, Unit unit, UnitDone done) {
    {
        const std::lock_guard lock(mutex_);
        auto& pending = queues_.at(static_cast<std::size_t>(queue));
        if (!stopping_ && pending.size() < queue_units_max_) {
            pending.push_back(PendingUnit{std::move(unit), std::move(done), {}});
            ++queued_;
            arrived_.notify_one();
            return;
        }
        ++refused_;
    }
    tell(done, queueFull());
}

void Writer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_all();
    const std::lock_guard lock(join_mutex_);
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

bool Writer::onWriterThread() const { return running_here == this; }

WriterView Writer::view() {
    const auto now = Clock::now();
    WriterView view;
    view.threads = runners_.size();
    view.away = server_.away();
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < kWriteQueues; ++i) view.queued.at(i) = queues_.at(i).size();
    for (const auto& since : since_) {
        if (!since) continue;
        ++view.busy;
        const std::int64_t ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - *since).count();
        view.longest_batch_ms = std::max(view.longest_batch_ms, ms);
    }
    view.refused = refused_;
    return view;
}

void Writer::loop(std::size_t number) {
    running_here = this;
    for (Batch batch = takeBatch(number); !batch.empty(); batch = takeBatch(number)) {
        runners_[number]->run(batch);
        for (auto& pending : batch) tell(pending.done, std::move(pending.outcome));
    }
}

/// Waits for work; empty only when stopping and nothing is left.
Writer::Batch Writer::takeBatch(std::size_t number) {
    std::unique_lock lock(mutex_);
    since_[number].reset();
    arrived_.wait(lock, [this] { return queued_ > 0 || stopping_; });
    Batch batch;
    while (queued_ > 0 && batch.size() < kUnitsPerCommitMax) {
        auto& queue = queues_.at(turn_);
        turn_ = (turn_ + 1) % kWriteQueues;
        if (queue.empty()) continue;
        batch.push_back(std::move(queue.front()));
        queue.pop_front();
        --queued_;
    }
    if (!batch.empty()) since_[number] = Clock::now();
    return batch;
}

}  // namespace hub::storage
