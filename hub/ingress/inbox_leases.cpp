// The part of InboxWorker that takes deliveries in hand, keeps their leases, and gives back what
// could not be stored.
#include "hub/ingress/inbox_worker.hpp"
#include "hub/observe/log.hpp"

#include <chrono>

namespace hub::ingress {
namespace {

using observe::Level;
using storage::Connection;
using storage::WriteQueue;

}  // namespace

// What stood aside while its account was not enabled, a portion at a time.
void InboxWorker::releaseAside(std::int64_t now) {
    std::int64_t due = release_at_ms_;
    if (now < due || !release_at_ms_.compare_exchange_strong(due, now + kInboxPollMs)) return;
    const auto released =
        services_.database.writeFor(WriteQueue::kApply, [&](Connection& connection) {
            return services_.repositories.inbox.releaseAside(
                connection, storage::SystemScope::forWorker(), now);
        });
    if (released && *released > 0) release_at_ms_ = now;  // there may be more
}

// Until every worker has come to its end: one that still interprets must not lose its row.
void InboxWorker::keepLeases() {
    std::unique_lock lock(mutex_);
    while (!ended_) {
        changed_.wait_for(lock, std::chrono::milliseconds(kInboxLeaseMs / 5),
                          [this] { return ended_; });
        lock.unlock();
        renewHeld();
        lock.lock();
    }
}

void InboxWorker::renewHeld() {
    const std::int64_t now = services_.now_ms();
    const HeldLeases::Leases ending =
        held_.endingBefore(now + kInboxLeaseMs / 2, now - kInboxHeldMaxMs);
    if (ending.empty()) return;
    const std::int64_t until = now + kInboxLeaseMs;
    const auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        services_.repositories.inbox.renewLeases(connection, ending, until);
    });
    if (done.ok()) return held_.extend(ending, until);
    observe::log(Level::kWarning, "inbox.renew_failed", {{"why", done.error().text()}});
}

// Gives back what the database's absence stranded, and takes what is due.
std::vector<storage::DeliveryLease> InboxWorker::claim(std::int64_t now, bool suspects) {
    const HeldLeases::Leases stranded = held_.takeStranded();
    auto leases = services_.database.writeFor(WriteQueue::kApply, [&](Connection& connection) {
        const auto& inbox = services_.repositories.inbox;
        inbox.giveBack(connection, stranded, now + kStrandedPauseMs, now);
        return inbox.claimBatch(connection, storage::SystemScope::forWorker(), owner_, now,
                                {kInboxLeaseMs, kInboxBatch, suspects});
    });
    if (leases) {
        held_.hold(*leases, now, now + kInboxLeaseMs);
        return std::move(*leases);
    }
    held_.strand(stranded);
    observe::log(Level::kError, "inbox.claim_failed", {{"why", leases.error().text()}});
    return {};
}

std::size_t InboxWorker::runOnce() {
    const std::int64_t now = services_.now_ms();
    releaseAside(now);
    // Of all threads one may have a suspect: if it ends the process, only it is counted.
    const bool suspects = !suspect_runs_.exchange(true);
    const auto release = std::shared_ptr<void>(nullptr, [&](void*) {
        if (suspects) suspect_runs_ = false;
    });
    const HeldLeases::Leases leases = claim(now, suspects);
    const bool counts = services_.stats != nullptr && !leases.empty();
    if (counts) ++services_.stats->busy;
    for (const storage::DeliveryLease& lease : leases) {
        processOne(lease);
        held_.letGo(lease);
    }
    if (counts) --services_.stats->busy;
    return leases.size();
}

void InboxWorker::processOne(const storage::DeliveryLease& lease) {
    if (lease.abandoned >= storage::kAbandonedMax)
        return buryUnread(lease, "every process that interpreted it ended");
    try {
        process(lease);
    } catch (const storage::StorageError& error) {
        if (error.code() == storage::StorageErrorCode::kCorrupt)
            return buryUnread(lease, "what is stored cannot be read");
        const bool away = error.code() == storage::StorageErrorCode::kUnavailable ||
                          error.code() == storage::StorageErrorCode::kBusy ||
                          error.code() == storage::StorageErrorCode::kTimeout;
        if (away) held_.strand({lease});  // else the lease runs out, and the row is taken again
        observe::log(Level::kError, "inbox.storage_failed",
                     {{"delivery", lease.id}, {"why", error.what()}});
    }
}

// Whether what became of a delivery is stored. While the database is away the row waits for its
// return, not for the end of the lease (TM-DB-2).
bool InboxWorker::stored(const storage::DeliveryLease& lease, const hubsdk::Result<void>& done) {
    const bool away = !done.ok() && (done.error().code == hubsdk::ErrorCode::kUnavailable ||
                                     done.error().code == hubsdk::ErrorCode::kTimeout);
    if (away) held_.strand({lease});
    return done.ok();
}

}  // namespace hub::ingress
