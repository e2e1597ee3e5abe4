/// The threads that write: units of work in turn, each in its savepoint, one commit for many. One
/// thread on SQLite; several, each with its connection, where the database writes in parallel.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <hubsdk/cpp/result.hpp>

#include "hub/storage/batch_runner.hpp"
#include "hub/storage/connection.hpp"

namespace hub::storage {

/// Who writes. Queues are served in turn, so that a flood of one cannot starve another. With
/// several writers, units of one queue may run at the same time and end in another order.
enum class WriteQueue : std::uint8_t { kIngress, kFlow, kApply, kPortal, kSystem };
inline constexpr std::size_t kWriteQueues = 5;

/// Units in one commit: enough to share the flush, few enough for a short wait of the others.
inline constexpr std::size_t kUnitsPerCommitMax = 64;
inline constexpr std::size_t kQueueUnitsMax = 4096;
/// Write connections where the database writes in parallel.
inline constexpr std::size_t kWritersMax = 4;

/// What a writer is doing at this moment.
struct WriterView {
    std::array<std::size_t, kWriteQueues> queued{};  ///< units, by WriteQueue
    std::size_t threads = 0;
    std::size_t busy = 0;               ///< threads with a batch in work
    std::int64_t longest_batch_ms = 0;  ///< how long the oldest of these takes by now
    std::uint64_t refused = 0;          ///< units that found their queue full, since the start
    bool away = false;                  ///< the database's server was not reached last time
};

class Writer {
public:
    /// `connection` is the first thread's; the others open theirs when they have work. The driver
    /// must outlive it.
    Writer(Driver& driver, std::unique_ptr<Connection> connection, std::size_t writers,
           std::size_t queue_units_max);
    /// Like stop().
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Queues a unit without waiting. kUnavailable to `done` if the queue is full or the writer
    /// stopped.
    void submit(WriteQueue queue, Unit unit, UnitDone done);

    /// Commits what is queued, refuses what comes, ends the threads. Idempotent; any thread but a
    /// writer's own.
    void stop();

    /// Any thread.
    [[nodiscard]] WriterView view();
    [[nodiscard]] const WriterCounters& counters() const { return server_.counters; }

    /// True on a writer's thread: a blocking write there could wait for itself.
    [[nodiscard]] bool onWriterThread() const;

private:
    using Batch = std::vector<PendingUnit>;

    using Clock = std::chrono::steady_clock;

    void loop(std::size_t number);
    Batch takeBatch(std::size_t number);

    std::size_t queue_units_max_;
    ServerState server_;
    std::vector<std::unique_ptr<BatchRunner>> runners_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::array<std::deque<PendingUnit>, kWriteQueues> queues_;  ///< guarded by mutex_
    std::size_t queued_ = 0;                                    ///< guarded by mutex_
    std::vector<std::optional<Clock::time_point>> since_;       ///< guarded by mutex_; of batches
    std::uint64_t refused_ = 0;                                 ///< guarded by mutex_
    std::size_t turn_ = 0;                                      ///< guarded by mutex_
    bool stopping_ = false;                                     ///< guarded by mutex_
    std::mutex join_mutex_;
    std::vector<std::thread> threads_;
};

}  // namespace hub::storage
