#include "hub/storage/writer.hpp"

#include <exception>

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

/// The writer whose thread this is.
thread_local const Writer* running_here = nullptr;

/// The error of the exception in flight. Only call inside a catch block.
hubsdk::Error currentError() {
    try {
        throw;
    } catch (const UnitRefused& refused) {
        return refused.error();
    } catch (const StorageError& error) {
        return toError(error);
    } catch (const std::exception&) {
        // The text of a foreign exception may hold a value of the unit's inputs.
        return makeError(ErrorCode::kInternal,
                         "a unit of work failed with an unexpected exception");
    } catch (...) {
        return makeError(ErrorCode::kInternal, "a unit of work threw something unknown");
    }
}

hubsdk::Error queueFull() { return makeError(ErrorCode::kUnavailable, "the write queue is full"); }

void tell(UnitDone& done, hubsdk::Result<void> outcome) noexcept {
    if (done) done(std::move(outcome));
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, std::size_t queue_units_max)
    : connection_(std::move(connection)),
      queue_units_max_(queue_units_max),
      thread_([this] { loop(); }) {}

Writer::~Writer() { stop(); }

void Writer::submit(WriteQueue queue, Unit unit, UnitDone done) {
    {
        const std::lock_guard lock(mutex_);
        auto& pending = queues_.at(static_cast<std::size_t>(queue));
        if (!stopping_ && pending.size() < queue_units_max_) {
            pending.push_back(Pending{std::move(unit), std::move(done), {}});
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
    if (thread_.joinable()) thread_.join();
}

bool Writer::onWriterThread() const { return running_here == this; }

void Writer::loop() {
    running_here = this;
    for (Batch batch = takeBatch(); !batch.empty(); batch = takeBatch()) {
        runBatch(batch);
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

/// If the shared transaction fails as a whole, each unit is run again alone, so that only the
/// guilty one is told of a failure.
void Writer::runBatch(Batch& batch) {
    if (runShared(batch)) return;
    for (auto& pending : batch) runAlone(pending);
}

/// False if no transaction could be opened. Then nobody's unit is guilty and trying each alone
/// would wait for the lock once for each.
bool Writer::beginShared(Batch& batch) {
    try {
        connection_->beginWrite();
        return true;
    } catch (const StorageError& error) {
        for (auto& pending : batch) pending.outcome = toError(error);
        return false;
    }
}

bool Writer::runShared(Batch& batch) {
    if (!beginShared(batch)) return true;
    try {
        for (auto& pending : batch)
            if (!runInSavepoint(pending)) return false;
        connection_->commit();
        return true;
    } catch (const StorageError&) {
        connection_->rollback();  // every unit is repeated alone and reports for itself
        return false;
    }
}

/// False if the failure ended the whole transaction (full disk, interrupted write), which took the
/// neighbours' rows with it.
bool Writer::runInSavepoint(Pending& pending) {
    connection_->savepoint();
    try {
        pending.unit(*connection_);
        pending.outcome = {};
    } catch (...) {
        pending.outcome = currentError();
        if (!connection_->inTransaction()) return false;
        connection_->rollbackToSavepoint();
        return true;
    }
    connection_->releaseSavepoint();
    return true;
}

void Writer::runAlone(Pending& pending) {
    try {
        connection_->beginWrite();
        pending.unit(*connection_);
        connection_->commit();
        pending.outcome = {};
    } catch (...) {
        pending.outcome = currentError();
        connection_->rollback();
    }
}

}  // namespace hub::storage
