/// Runs batches of units on one write connection: a savepoint each, one commit for all, and what
/// follows when a part of it fails.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <hubsdk/cpp/result.hpp>

#include "hub/storage/connection.hpp"

namespace hub::storage {

/// A repeatable closure: it may run more than once before its commit, so it must start from its
/// inputs each time. It does no I/O, calls no plugin and waits for nothing. What it throws undoes
/// it alone.
using Unit = std::function<void(Connection&)>;
/// Told once, after the commit or the failure, on a writer thread (or at once if the queue is
/// full). Must not throw and must not block; it may submit.
using UnitDone = std::function<void(hubsdk::Result<void>)>;

struct PendingUnit {
    Unit unit;
    UnitDone done;
    hubsdk::Result<void> outcome;
};

/// Times a batch is repeated whole after a deadlock, a lock wait or a lost connection; then each
/// unit runs alone.
inline constexpr int kBatchAttemptsMax = 4;
inline constexpr int kAloneAttemptsMax = 16;
/// How long one batch may be repeated. Over it, what is left is told kUnavailable.
inline constexpr int kRetryBudgetMs = 5000;

/// What the runners of one writer count; values only grow. Any thread.
struct WriterCounters {
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> units_committed{0};
    std::atomic<std::uint64_t> units_failed{0};
    std::atomic<std::uint64_t> batches_repeated{0};  ///< after a deadlock or a lost connection
    std::atomic<std::uint64_t> batches_split{0};     ///< to find the unit that is to blame
    std::atomic<std::uint64_t> units_repeated{0};    ///< on a row that another commit changed
    /// When a write last failed for want of space, of the steady clock; 0: never.
    std::atomic<std::int64_t> full_at_ms{0};
};

/// Shared by the runners of one writer: while the server is away one of them asks for it and the
/// others refuse at once, so that no queue waits for its time-outs one after the other.
class ServerState {
public:
    /// False if the server is away and somebody else is asking for it.
    [[nodiscard]] bool mayTry();
    void report(bool reached);
    [[nodiscard]] bool away() const { return away_; }

    WriterCounters counters;

private:
    std::atomic<bool> away_{false};
    std::atomic<bool> asking_{false};
};

/// One thread at a time.
class BatchRunner {
public:
    /// `connection` may be null: then it is opened when needed.
    BatchRunner(Driver& driver, ServerState& server, std::unique_ptr<Connection> connection);

    /// Settles every outcome; the units' rows are durable before it returns. Never throws.
    void run(std::span<PendingUnit> batch);

private:
    using Clock = std::chrono::steady_clock;
    enum class Verdict : std::uint8_t {
        kSettled,  ///< every outcome stands
        kRepeat,   ///< nothing was committed; the same again may succeed
        kSplit,    ///< nothing was committed; one unit is to blame
    };

    Verdict runRepeatedly(std::span<PendingUnit> units, int attempts_max);
    Verdict runOnce(std::span<PendingUnit> units);
    Verdict runUnits(std::span<PendingUnit> units);
    Verdict runUnit(PendingUnit& pending, bool alone, bool first);
    void takeBack(bool first);
    Verdict afterFailure(PendingUnit& pending, bool alone);
    Verdict commit(std::span<PendingUnit> units);
    Verdict learnOutcome(std::span<PendingUnit> units);
    void begin();
    void writeMarker();
    [[nodiscard]] bool isCommitted();
    void undo() noexcept;
    void note(StorageErrorCode code);
    void count(std::span<const PendingUnit> batch);

    Driver& driver_;
    ServerState& server_;
    std::unique_ptr<Connection> connection_;
    bool parallel_;
    std::string marker_id_;
    std::int64_t batch_ = 0;
    bool marker_exists_ = false;
    Clock::time_point give_up_at_;
    /// Why nothing was committed, for the units that are given up.
    std::optional<hubsdk::Error> last_error_;
};

}  // namespace hub::storage
