#include "hub/storage/reader_pool.hpp"

#include <chrono>

namespace hub::storage {

ReaderPool::ReaderPool(Driver& driver, std::size_t readers_max, int wait_ms)
    : driver_(driver), readers_max_(readers_max), wait_ms_(wait_ms) {
    idle_.reserve(readers_max);
}

ReaderPool::Lease::Lease(ReaderPool& pool, std::unique_ptr<Connection> connection)
    : pool_(&pool), connection_(std::move(connection)) {}

ReaderPool::Lease::~Lease() {
    if (!connection_) return;  // moved from
    connection_->rollback();
    if (discarded_ || !connection_->usable()) connection_.reset();
    pool_->giveBack(std::move(connection_));
}

ReaderPool::Lease ReaderPool::lease() {
    std::unique_ptr<Connection> connection = takeIdle();
    try {
        connection = begun(std::move(connection));
    } catch (...) {
        giveBack(nullptr);  // the place in the pool, not the connection
        throw;
    }
    return {*this, std::move(connection)};
}

/// The transaction's begin is the health check of an idle session. If it is gone, the others are
/// likely to be gone too: they are closed, and one attempt is made on a new one.
std::unique_ptr<Connection> ReaderPool::begun(std::unique_ptr<Connection> idle) {
    if (idle) {
        try {
            idle->beginRead();
            return idle;
        } catch (const StorageError& error) {
            if (error.code() != StorageErrorCode::kUnavailable || idle->usable()) throw;
        }
        idle.reset();
        closeIdle();
    }
    auto fresh = driver_.open(Access::kRead);
    fresh->beginRead();
    return fresh;
}

void ReaderPool::closeIdle() {
    std::vector<std::unique_ptr<Connection>> closed;
    const std::lock_guard lock(mutex_);
    closed.swap(idle_);
    idle_.reserve(readers_max_);
}

std::unique_ptr<Connection> ReaderPool::takeIdle() {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, std::chrono::milliseconds(wait_ms_),
                         [this] { return lent_ < readers_max_; })) {
        ++timed_out_;
        throw StorageError(StorageErrorCode::kBusy, "no read connection became free in time");
    }
    ++lent_;
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
}

ReaderView ReaderPool::view() {
    const std::lock_guard lock(mutex_);
    return ReaderView{readers_max_, lent_, idle_.size(), timed_out_};
}

void ReaderPool::giveBack(std::unique_ptr<Connection> connection) noexcept {
    {
        const std::lock_guard lock(mutex_);
        --lent_;
        if (connection) idle_.push_back(std::move(connection));
    }
    freed_.notify_one();
}

}  // namespace hub::storage
