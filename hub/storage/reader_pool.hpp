/// A bounded pool of read connections.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "hub/storage/connection.hpp"

namespace hub::storage {

inline constexpr std::size_t kReadersMax = 8;
inline constexpr int kPoolWaitMs = 2000;

/// What a pool holds at this moment.
struct ReaderView {
    std::size_t max = 0;
    std::size_t lent = 0;
    std::size_t idle = 0;
    std::uint64_t timed_out = 0;  ///< waits that ended without a connection, since the start
};

/// Lends read connections. Any thread. Must outlive its leases.
class ReaderPool {
public:
    /// A lent connection inside a read transaction: one snapshot for all its queries. Gives it back
    /// when it goes; a connection that failed is closed instead (TM-DB-2).
    class [[nodiscard]] Lease {
    public:
        Lease(ReaderPool& pool, std::unique_ptr<Connection> connection);
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();
        [[nodiscard]] Connection& connection() { return *connection_; }
        /// The connection is not lent again.
        void discard() { discarded_ = true; }

    private:
        ReaderPool* pool_;
        std::unique_ptr<Connection> connection_;
        bool discarded_ = false;
    };

    ReaderPool(Driver& driver, std::size_t readers_max, int wait_ms);

    /// Waits at most `wait_ms`, then throws StorageError (kBusy). Connects outside the lock.
    Lease lease();

    [[nodiscard]] ReaderView view();

private:
    std::unique_ptr<Connection> takeIdle();
    std::unique_ptr<Connection> begun(std::unique_ptr<Connection> idle);
    void closeIdle();
    void giveBack(std::unique_ptr<Connection> connection) noexcept;

    Driver& driver_;
    std::size_t readers_max_;
    int wait_ms_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Connection>> idle_;  ///< guarded by mutex_
    std::size_t lent_ = 0;                           ///< guarded by mutex_
    std::uint64_t timed_out_ = 0;                    ///< guarded by mutex_
};

}  // namespace hub::storage
