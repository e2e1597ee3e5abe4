/// Puts deliveries into the inbox: those that come at the same time share one statement and one
/// commit (architecture section 5).
#pragma once

#include "hub/storage/database.hpp"
#include "hub/storage/inbox_repository.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace hub::ingress {

/// What one commit holds at most, and how many of them may be under way.
inline constexpr std::size_t kBatchRowsMax = 64;
inline constexpr std::size_t kBatchBytesMax = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t kBatchesMax = 2;
/// Deliveries that wait for a batch; their bytes are bounded by the edge's budget of bodies.
inline constexpr std::size_t kDeliveriesWaitingMax = 4096;

/// What a writer is doing at this moment.
struct InboxWriterView {
    std::size_t waiting = 0;  ///< deliveries that wait for a batch
    std::size_t batches = 0;  ///< under way
};

/// Any thread.
class InboxWriter {
public:
    using Inserted = hubsdk::Result<storage::InsertedDelivery>;
    /// Told once, after the commit or the failure, on a writer's thread (or at once when the bound
    /// is reached). Must not throw and must not block.
    using Done = std::function<void(const Inserted&)>;

    /// Both outlive the writer, and so does every batch: stop the database first.
    InboxWriter(storage::Database& database, const storage::InboxRepository& inbox);

    /// Inserts, or counts a duplicate. One row that cannot be stored fails alone. kUnavailable if
    /// the bound is reached or the database is away.
    void insert(storage::SealedDelivery delivery, Done done);

    [[nodiscard]] InboxWriterView view();

private:
    struct Waiting {
        storage::SealedDelivery delivery;
        Done done;
    };
    struct Batch {
        std::vector<Waiting> rows;
        std::vector<storage::InsertedDelivery> inserted;
    };
    using Queues = std::map<std::string, std::deque<Waiting>, std::less<>>;  ///< by account

    void startBatches();
    [[nodiscard]] std::unique_ptr<Batch> takeBatch();
    void submit(std::unique_ptr<Batch> rows);
    void settle(Batch& batch, const hubsdk::Result<void>& done);
    void split(Batch& batch);

    storage::Database& database_;
    const storage::InboxRepository& inbox_;
    std::mutex mutex_;
    Queues queues_;            ///< guarded by mutex_
    std::string turn_;         ///< guarded by mutex_; the account served last
    std::size_t waiting_ = 0;  ///< guarded by mutex_
    std::size_t batches_ = 0;  ///< guarded by mutex_; under way
};

}  // namespace hub::ingress
