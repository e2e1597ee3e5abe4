/// The database of a hub: reads on a pool, writes as units of work on threads of their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <hubsdk/cpp/result.hpp>

#include "hub/storage/connection.hpp"
#include "hub/storage/reader_pool.hpp"
#include "hub/storage/writer.hpp"

namespace hub::storage {

struct DatabaseLimits {
    std::size_t readers_max = kReadersMax;
    std::size_t writers_max = kWritersMax;         ///< one on SQLite, whatever is said here
    std::size_t queue_units_max = kQueueUnitsMax;  ///< for each WriteQueue
    int pool_wait_ms = kPoolWaitMs;
    int statement_deadline_ms = kStatementDeadlineMs;
};

/// Opened once at start. All functions: any thread, unless said otherwise.
class Database {
public:
    /// Opens `url` (see makeDriver), applies missing migrations, starts the writers.
    /// Throws StorageError if any of it fails: a hub without its database does not start.
    explicit Database(std::string_view url, const DatabaseLimits& limits = {});
    /// The same over a driver of the caller's.
    Database(std::unique_ptr<Driver> driver, const DatabaseLimits& limits);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Queues a unit; see Unit and UnitDone for what they may do. Never waits.
    void submit(WriteQueue queue, Unit unit, UnitDone done);

    /// Queues a unit and waits for its commit. Not from a unit or its `done` (kInternal there).
    hubsdk::Result<void> write(WriteQueue queue, Unit unit);

    /// Like write, for a unit that returns a value: the one of the run that was committed.
    template <class F>
    auto writeFor(WriteQueue queue, F&& unit)
        -> hubsdk::Result<std::invoke_result_t<F&, Connection&>> {
        std::optional<std::invoke_result_t<F&, Connection&>> value;
        auto outcome =
            write(queue, [&](Connection& connection) { value.emplace(unit(connection)); });
        if (!outcome.ok()) return std::move(outcome).error();
        return std::move(*value);
    }

    /// Calls `f(Connection&)` on a read connection in one snapshot and returns its value; what was
    /// committed before the call is seen. Throws StorageError: kBusy after `pool_wait_ms` without a
    /// free connection, and what the queries throw.
    template <class F>
    auto read(F&& f) -> std::invoke_result_t<F, Connection&> {
        auto lease = readers_.lease();
        try {
            return std::forward<F>(f)(lease.connection());
        } catch (const StorageError& error) {
            if (error.code() == StorageErrorCode::kUnavailable) lease.discard();
            throw;
        }
    }

    /// What writers and readers are doing, and what the writers have counted.
    [[nodiscard]] WriterView writerView() const { return writer_->view(); }
    [[nodiscard]] const WriterCounters& counters() const { return writer_->counters(); }
    [[nodiscard]] ReaderView readerView() { return readers_.view(); }

    /// Commits what is queued and ends the writers; later writes fail with kUnavailable.
    /// Idempotent.
    void stop();

private:
    std::unique_ptr<Driver> driver_;
    ReaderPool readers_;
    std::unique_ptr<Writer> writer_;
};

}  // namespace hub::storage
