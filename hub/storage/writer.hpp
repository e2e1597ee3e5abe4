/// The one thread that writes: units of work in turn, each in its savepoint, one commit for many.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <hubsdk/cpp/result.hpp>

#include "hub/storage/connection.hpp"

namespace hub::storage {

/// Who writes. Queues are served in turn, so that a flood of one cannot starve another.
enum class WriteQueue : std::uint8_t { kIngress, kFlow, kApply, kPortal, kSystem };
inline constexpr std::size_t kWriteQueues = 5;

/// Units in one commit: enough to share the flush, few enough for a short wait of the others.
inline constexpr std::size_t kUnitsPerCommitMax = 64;
inline constexpr std::size_t kQueueUnitsMax = 4096;

/// A repeatable closure: it may run more than once before its commit, so it must start from its
/// inputs each time. It does no I/O, calls no plugin and waits for nothing. What it throws undoes
/// it alone.
using Unit = std::function<void(Connection&)>;
/// Told once, after the commit or the failure, on the writer thread (or at once if the queue is
/// full). Must not throw and must not block; it may submit.
using UnitDone = std::function<void(hubsdk::Result<void>)>;

class Writer {
public:
    Writer(std::unique_ptr<Connection> connection, std::size_t queue_units_max);
    /// Like stop().
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Queues a unit without waiting. kUnavailable to `done` if the queue is full or the writer
    /// stopped.
    void submit(WriteQueue queue, Unit unit, UnitDone done);

    /// Commits what is queued, refuses what comes, ends the thread. Idempotent; any thread but the
    /// writer's own.
    void stop();

    /// True on the writer thread: a blocking write there would wait for itself.
    [[nodiscard]] bool onWriterThread() const;

private:
    struct Pending {
        Unit unit;
        UnitDone done;
        hubsdk::Result<void> outcome;
    };
    using Batch = std::vector<Pending>;

    void loop();
    Batch takeBatch();
    void runBatch(Batch& batch);
    bool runShared(Batch& batch);
    bool beginShared(Batch& batch);
    void runAlone(Pending& pending);
    bool runInSavepoint(Pending& pending);

    std::unique_ptr<Connection> connection_;
    std::size_t queue_units_max_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::array<std::deque<Pending>, kWriteQueues> queues_;  ///< guarded by mutex_
    std::size_t queued_ = 0;                                ///< guarded by mutex_
    std::size_t turn_ = 0;                                  ///< guarded by mutex_
    bool stopping_ = false;                                 ///< guarded by mutex_
    std::mutex join_mutex_;
    std::thread thread_;
};

}  // namespace hub::storage
