#include "hub/ingress/inbox_writer.hpp"

#include <algorithm>
#include <iterator>

namespace hub::ingress {
namespace {

using hubsdk::ErrorCode;
using storage::SealedDelivery;

std::size_t sizeOf(const SealedDelivery& delivery) {
    const storage::NewDelivery& row = delivery.row;
    return row.request.size() + row.headers.size() + row.body.size();
}

}  // namespace

InboxWriter::InboxWriter(storage::Database& database, const storage::InboxRepository& inbox)
    : database_(database), inbox_(inbox) {}

void InboxWriter::insert(SealedDelivery delivery, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_ < kDeliveriesWaitingMax) {
            auto& queue = queues_[delivery.row.dedupe_scope];
            queue.push_back(Waiting{std::move(delivery), std::move(done)});
            ++waiting_;
            done = nullptr;
        }
    }
    if (done) {
        return done(hubsdk::makeError(ErrorCode::kUnavailable, "too many deliveries wait"));
    }
    startBatches();
}

InboxWriterView InboxWriter::view() {
    const std::lock_guard lock(mutex_);
    return {waiting_, batches_};
}

// What comes while the batches are under way gathers for the next one; a lone delivery waits for
// nobody.
void InboxWriter::startBatches() {
    while (auto batch = takeBatch()) submit(std::move(batch));
}

// One of each account in turn, so that a flood of one account does not fill every commit.
std::unique_ptr<InboxWriter::Batch> InboxWriter::takeBatch() {
    const std::lock_guard lock(mutex_);
    if (waiting_ == 0 || batches_ >= kBatchesMax) return nullptr;
    auto batch = std::make_unique<Batch>();
    std::size_t bytes = 0;
    while (waiting_ > 0 && batch->rows.size() < kBatchRowsMax) {
        auto next = queues_.upper_bound(turn_);
        if (next == queues_.end()) next = queues_.begin();
        auto& queue = next->second;
        const std::size_t size = sizeOf(queue.front().delivery);
        if (!batch->rows.empty() && bytes + size > kBatchBytesMax) break;
        bytes += size;
        batch->rows.push_back(std::move(queue.front()));
        queue.pop_front();
        --waiting_;
        turn_ = next->first;
        if (queue.empty()) queues_.erase(next);
    }
    ++batches_;
    return batch;
}

void InboxWriter::submit(std::unique_ptr<Batch> rows) {
    const std::shared_ptr<Batch> batch(std::move(rows));
    database_.submit(
        storage::WriteQueue::kIngress,
        [this, batch](storage::Connection& connection) {
            std::vector<const SealedDelivery*> deliveries;
            deliveries.reserve(batch->rows.size());
            for (const Waiting& row : batch->rows) deliveries.push_back(&row.delivery);
            batch->inserted = inbox_.insertDeliveries(connection, deliveries);
        },
        [this, batch](const hubsdk::Result<void>& done) { settle(*batch, done); });
}

void InboxWriter::settle(Batch& batch, const hubsdk::Result<void>& done) {
    const bool passes = !done.ok() && done.error().code == ErrorCode::kUnavailable;
    if (!done.ok() && !passes && batch.rows.size() > 1) return split(batch);
    {
        const std::lock_guard lock(mutex_);
        --batches_;
    }
    // Before the senders are told: the next commit need not wait for that.
    startBatches();
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        batch.rows[i].done(done.ok() ? Inserted(batch.inserted[i]) : Inserted(done.error()));
    }
}

// A row of the batch is to blame: halves find it, and it alone is told.
void InboxWriter::split(Batch& batch) {
    auto upper = std::make_unique<Batch>();
    const auto half = batch.rows.begin() + static_cast<std::ptrdiff_t>(batch.rows.size() / 2);
    std::move(half, batch.rows.end(), std::back_inserter(upper->rows));
    batch.rows.erase(half, batch.rows.end());
    auto lower = std::make_unique<Batch>();
    lower->rows = std::move(batch.rows);
    {
        const std::lock_guard lock(mutex_);
        ++batches_;
    }
    submit(std::move(lower));
    submit(std::move(upper));
}

}  // namespace hub::ingress
