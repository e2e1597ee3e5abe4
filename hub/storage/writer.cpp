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
    // All are there before one runs.
    for (auto& runner : runners_) threads_.emplace_back([this, &runner] { loop(*runner); });
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

void Writer::loop(BatchRunner& runner) {
    running_here = this;
    for (Batch batch = takeBatch(); !batch.empty(); batch = takeBatch()) {
        runner.run(batch);
        for (auto& pending : batch) tell(pending.done, std::move(pending.outcome));
    }
}

/// Waits for work; empty only when stopping and nothing is left.
Writer::Batch Writer::takeBatch() {
    std::unique_lock lock(mutex_);
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
    return batch;
}

}  // namespace hub::storage
