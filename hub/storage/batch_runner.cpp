#include "hub/storage/batch_runner.hpp"

#include <algorithm>
#include <exception>
#include <thread>

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr int kBackoffFirstMs = 4;
constexpr int kBackoffMaxMs = 500;
/// Runs of one unit within its transaction, each reading what others committed in between.
constexpr int kStaleRunsMax = 4;

/// What the exception in flight means. Only call inside a catch block.
struct Failure {
    hubsdk::Error error;
    std::optional<StorageErrorCode> code;
    bool stale = false;
};
Failure currentFailure() {
    try {
        throw;
    } catch (const StaleRow& stale) {
        return {stale.error(), std::nullopt, true};
    } catch (const UnitRefused& refused) {
        return {refused.error(), std::nullopt};
    } catch (const StorageError& error) {
        return {toError(error), error.code()};
    } catch (const std::exception&) {
        // The text of a foreign exception may hold a value of the unit's inputs.
        return {
            makeError(ErrorCode::kInternal, "a unit of work failed with an unexpected exception"),
            std::nullopt};
    } catch (...) {
        return {makeError(ErrorCode::kInternal, "a unit of work threw something unknown"),
                std::nullopt};
    }
}

bool passes(StorageErrorCode code) {
    return code == StorageErrorCode::kBusy || code == StorageErrorCode::kUnavailable;
}

std::int64_t nowMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t steadyMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

/// Parallel writers that met once would meet again: each waits another time.
std::chrono::milliseconds backoff(int attempt) {
    const int most = std::min(kBackoffFirstMs << std::min(attempt, 10), kBackoffMaxMs);
    const auto random = static_cast<unsigned char>(security::randomBytes(1).front());
    return std::chrono::milliseconds(most / 2 + most * random / 512);
}

void settleAll(std::span<PendingUnit> units, const hubsdk::Error& error) {
    for (auto& pending : units) pending.outcome = error;
}

}  // namespace

bool ServerState::mayTry() { return !away_ || !asking_.exchange(true); }

void ServerState::report(bool reached) {
    away_ = !reached;
    asking_ = false;
}

BatchRunner::BatchRunner(Driver& driver, ServerState& server,
                         std::unique_ptr<Connection> connection)
    : driver_(driver),
      server_(server),
      connection_(std::move(connection)),
      parallel_(driver.writesInParallel()),
      marker_id_(security::uuid7(nowMs())) {}

void BatchRunner::run(std::span<PendingUnit> batch) {
    if (!server_.mayTry()) {
        settleAll(batch, makeError(ErrorCode::kUnavailable, "the database is away"));
        count(batch);
        return;
    }
    give_up_at_ = Clock::now();
    if (!server_.away()) give_up_at_ += std::chrono::milliseconds(kRetryBudgetMs);
    last_error_.reset();
    Verdict verdict =
        runRepeatedly(batch, batch.size() == 1 ? kAloneAttemptsMax : kBatchAttemptsMax);
    if (verdict == Verdict::kSplit) ++server_.counters.batches_split;
    // Each alone, so that only the guilty one is told of a failure.
    for (std::size_t i = 0; verdict != Verdict::kSettled && i < batch.size(); ++i) {
        const auto one = batch.subspan(i, 1);
        if (runRepeatedly(one, kAloneAttemptsMax) != Verdict::kSettled) {
            settleAll(one, last_error_.value_or(
                               makeError(ErrorCode::kUnavailable, "the database is away")));
        }
    }
    server_.report(connection_ != nullptr && connection_->usable());
    count(batch);
}

void BatchRunner::count(std::span<const PendingUnit> batch) {
    const auto good = std::ranges::count_if(
        batch, [](const PendingUnit& pending) { return pending.outcome.ok(); });
    server_.counters.units_committed += static_cast<std::uint64_t>(good);
    server_.counters.units_failed += batch.size() - static_cast<std::uint64_t>(good);
}

void BatchRunner::note(StorageErrorCode code) {
    if (code == StorageErrorCode::kFull) server_.counters.full_at_ms = steadyMs();
}

BatchRunner::Verdict BatchRunner::runRepeatedly(std::span<PendingUnit> units, int attempts_max) {
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        const Verdict verdict = runOnce(units);
        if (verdict != Verdict::kRepeat) return verdict;
        if (Clock::now() >= give_up_at_) break;
        ++server_.counters.batches_repeated;
        std::this_thread::sleep_for(backoff(attempt));
    }
    // A batch of many that the server cannot take is not worth a try for each of its units.
    if (!connection_ || Clock::now() >= give_up_at_) {
        settleAll(units,
                  last_error_.value_or(makeError(ErrorCode::kUnavailable, "the database is away")));
        return Verdict::kSettled;
    }
    return Verdict::kRepeat;
}

/// Opens a transaction, on a new connection if there is none or the idle one turns out to be lost.
void BatchRunner::begin() {
    if (connection_) {
        try {
            connection_->beginWrite();
            return;
        } catch (const StorageError&) {
            if (connection_->usable()) throw;
        }
        connection_.reset();
    }
    connection_ = driver_.open(Access::kWrite);
    marker_exists_ = false;
    connection_->beginWrite();
}

void BatchRunner::undo() noexcept {
    if (!connection_) return;
    connection_->rollback();
    if (!connection_->usable()) connection_.reset();
}

BatchRunner::Verdict BatchRunner::runOnce(std::span<PendingUnit> units) {
    try {
        begin();
    } catch (const StorageError& error) {
        // Nobody's unit is guilty, and trying each alone would wait for the lock once for each.
        last_error_ = toError(error);
        note(error.code());
        undo();
        if (parallel_ && passes(error.code())) return Verdict::kRepeat;
        settleAll(units, *last_error_);
        return Verdict::kSettled;
    }
    const Verdict verdict = runUnits(units);
    if (verdict != Verdict::kSettled) undo();
    return verdict;
}

BatchRunner::Verdict BatchRunner::runUnits(std::span<PendingUnit> units) {
    const bool alone = units.size() == 1;
    try {
        for (std::size_t i = 0; i < units.size(); ++i) {
            const Verdict verdict = runUnit(units[i], alone, i == 0);
            if (verdict != Verdict::kSettled) return verdict;
        }
        if (alone && !units.front().outcome.ok()) {
            connection_->rollback();
            return Verdict::kSettled;
        }
        return commit(units);
    } catch (const StorageError& error) {
        last_error_ = toError(error);
        note(error.code());
        if (parallel_ && passes(error.code())) return Verdict::kRepeat;
        if (!alone) return Verdict::kSplit;
        units.front().outcome = *last_error_;
        undo();
        return Verdict::kSettled;
    }
}

/// Takes back the unit that failed. Before the first one of a transaction there is nothing to keep,
/// so that no savepoint was set.
void BatchRunner::takeBack(bool first) {
    if (!first) return connection_->rollbackToSavepoint();
    connection_->rollback();
    connection_->beginWrite();
}

BatchRunner::Verdict BatchRunner::runUnit(PendingUnit& pending, bool alone, bool first) {
    for (int run = 1;; ++run) {
        if (!first) connection_->savepoint();
        try {
            pending.unit(*connection_);
            pending.outcome = {};
            // A unit may have swallowed the failure that ended the transaction.
            if (!connection_->inTransaction())
                throw StorageError(StorageErrorCode::kBusy, "the database ended the transaction");
            if (!first) connection_->releaseSavepoint();
            return Verdict::kSettled;
        } catch (...) {
            const Failure failure = currentFailure();
            pending.outcome = failure.error;
            if (failure.code) note(*failure.code);
            if (!connection_->inTransaction()) {
                last_error_ = failure.error;
                if (parallel_ && (!failure.code || passes(*failure.code))) return Verdict::kRepeat;
                return alone ? Verdict::kSettled : Verdict::kSplit;
            }
            takeBack(first);
            if (!failure.stale || !parallel_ || run >= kStaleRunsMax) return Verdict::kSettled;
            ++server_.counters.units_repeated;
        }
    }
}

void BatchRunner::writeMarker() {
    ++batch_;
    const std::string now = timeText(nowMs());
    if (marker_exists_ &&
        connection_->run("UPDATE commit_marker SET batch = ?, updated_at = ? WHERE id = ?",
                         {batch_, now, marker_id_}) == 1)
        return;
    connection_->run("INSERT INTO commit_marker (id, batch, updated_at) VALUES (?,?,?)" +
                         connection_->dialect().onConflict("id", "batch = VALUES(batch)"),
                     {marker_id_, batch_, now});
}

BatchRunner::Verdict BatchRunner::commit(std::span<PendingUnit> units) {
    if (!parallel_) {
        connection_->commit();
        ++server_.counters.commits;
        return Verdict::kSettled;
    }
    writeMarker();
    try {
        connection_->commit();
        marker_exists_ = true;
        ++server_.counters.commits;
        return Verdict::kSettled;
    } catch (const CommitUnknown& unknown) {
        last_error_ = toError(unknown);
    }
    undo();
    return learnOutcome(units);
}

/// The commit may have taken place, may be under way, or may never have arrived: the marker's row
/// tells, and its lock waits for a commit that is still under way.
BatchRunner::Verdict BatchRunner::learnOutcome(std::span<PendingUnit> units) {
    for (int attempt = 0; attempt < kBatchAttemptsMax; ++attempt) {
        try {
            begin();
            const bool committed = isCommitted();
            connection_->rollback();
            return committed ? Verdict::kSettled : Verdict::kRepeat;
        } catch (const StorageError&) {
            undo();
        }
        if (Clock::now() >= give_up_at_) break;
        std::this_thread::sleep_for(backoff(attempt));
    }
    settleAll(units, makeError(ErrorCode::kUnavailable,
                               "the database was lost during the commit; it may have taken place"));
    // A later batch must not be taken for this one.
    marker_id_ = security::uuid7(nowMs());
    return Verdict::kSettled;
}

bool BatchRunner::isCommitted() {
    std::int64_t batch = 0;
    connection_->query("SELECT batch FROM commit_marker WHERE id = ? FOR UPDATE", {marker_id_},
                       [&](const Row& row) { batch = row.integer(0); });
    return batch == batch_;
}

}  // namespace hub::storage
