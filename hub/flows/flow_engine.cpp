#include "hub/flows/flow_engine.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

#include "hub/flows/feeds.hpp"
#include "hub/flows/flow_sweep.hpp"
#include "hub/flows/freshness.hpp"
#include "hub/flows/old_orders.hpp"
#include "hub/flows/token_upkeep.hpp"
#include "hub/observe/log.hpp"

namespace hub::flows {

using hubsdk::Result;

FlowEngine::FlowEngine(FlowServices services, std::string owner, std::size_t threads)
    : services_(std::move(services)),
      owner_(std::move(owner)),
      thread_count_(threads),
      keeper_(services_.database, services_.repositories.flows) {
    lanes_.most = std::max<std::size_t>(threads / kLaneShare, 1);
    services_.flows_changed = [this, told = services_.flows_changed] {
        wake();
        if (told) told();
    };
}

FlowEngine::~FlowEngine() { stop(); }

void FlowEngine::start() {
    for (std::size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { loop(); });
    threads_.emplace_back([this] { keepHouse(); });
}

void FlowEngine::wake() {
    {
        const std::lock_guard lock(mutex_);
        ++changes_;
    }
    changed_.notify_all();
}

void FlowEngine::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    giveBackStuck();
    giveBackUnrun();
}

std::vector<storage::FlowLease> FlowEngine::lease(std::size_t flows_max,
                                                  const storage::LaneLimit& limit) {
    const std::int64_t now = services_.now_ms();
    auto leases = services_.database.writeFor(
        storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
            return services_.repositories.flows.leaseDue(
                connection, storage::SystemScope::forWorker(), owner_, now,
                {kLeaseMs, static_cast<int>(flows_max)}, limit);
        });
    if (leases) return std::move(leases).value();
    observe::log(observe::Level::kError, "flow.lease_failed", {{"why", leases.error().text()}});
    return {};
}

bool FlowEngine::shouldLease() const {
    return !leasing_ && (more_due_ || changes_ != changes_seen_ || Clock::now() >= poll_at_);
}

void FlowEngine::begin(const storage::FlowLease& lease) {
    ++lanes_.running[{lease.tenant_id, lease.plugin_key}];
    if (lease.abandoned >= storage::kSuspectAbandoned) lanes_.suspect_runs = true;
}

void FlowEngine::end(const storage::FlowLease& lease) {
    const auto lane = lanes_.running.find({lease.tenant_id, lease.plugin_key});
    // Whoever waited for this place may have it now.
    if (lane->second == lanes_.most) more_due_ = true;
    if (--lane->second == 0) lanes_.running.erase(lane);
    if (lease.abandoned < storage::kSuspectAbandoned) return;
    lanes_.suspect_runs = false;
    more_due_ = true;
}

void FlowEngine::leaseForIdle(std::unique_lock<std::mutex>& lock) {
    leasing_ = true;
    changes_seen_ = changes_;
    poll_at_ = Clock::now() + std::chrono::milliseconds(kFlowPollMs);
    const std::size_t wanted = idle_;
    const storage::LaneLimit limit = lanes_;
    more_due_ = false;
    lock.unlock();
    giveBackStuck();
    auto leases = lease(wanted, limit);
    lock.lock();
    leasing_ = false;
    for (storage::FlowLease& lease : leases) {
        begin(lease);
        leased_.push_back(std::move(lease));
    }
    // Flows of a lane that this look filled may have hidden others, which the next one will see.
    const bool filled = std::ranges::any_of(lanes_.running, [&](const auto& lane) {
        const auto before = limit.running.find(lane.first);
        return lane.second >= limit.most &&
               (before == limit.running.end() || before->second < limit.most);
    });
    more_due_ = more_due_ || leases.size() == wanted || filled;
    changed_.notify_all();
}

std::optional<storage::FlowLease> FlowEngine::take(std::unique_lock<std::mutex>& lock) {
    ++idle_;
    while (leased_.empty() && !stopping_) {
        if (shouldLease()) {
            leaseForIdle(lock);
        } else {
            changed_.wait_for(lock, std::chrono::milliseconds(kFlowPollMs),
                              [&] { return stopping_ || !leased_.empty() || shouldLease(); });
        }
    }
    --idle_;
    if (stopping_) return std::nullopt;
    storage::FlowLease lease = std::move(leased_.front());
    leased_.pop_front();
    return lease;
}

void FlowEngine::loop() {
    const FlowRunner runner(services_);
    std::unique_lock lock(mutex_);
    while (const auto lease = take(lock)) {
        lock.unlock();
        {
            const LeaseKeeper::Held held(keeper_, *lease);
            runner.run(*lease);
        }
        lock.lock();
        end(*lease);
    }
}

// Nobody else would run them before their leases end.
void FlowEngine::giveBackUnrun() {
    if (leased_.empty()) return;
    const std::vector<storage::FlowLease> leases(leased_.begin(), leased_.end());
    leased_.clear();
    if (auto done = giveBack(leases, 0); !done.ok())
        observe::log(observe::Level::kWarning, "flow.give_back_failed",
                     {{"why", done.error().text()}});
}

// The database answers again, or these wait for the next look; a failed lease says why.
void FlowEngine::giveBackStuck() {
    auto leases = services_.control.stuck.takeAll();
    if (leases.empty()) return;
    if (!giveBack(leases, kStuckPauseMs).ok()) services_.control.stuck.add(std::move(leases));
}

Result<void> FlowEngine::giveBack(const std::vector<storage::FlowLease>& leases,
                                  std::int64_t pause_ms) {
    const std::int64_t now = services_.now_ms();
    return services_.database.write(
        storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
            services_.repositories.flows.giveBack(connection, storage::SystemScope::forWorker(),
                                                  leases, now + pause_ms, now);
        });
}

void FlowEngine::keepHouse() {
    struct Chore {
        std::int64_t every_ms;
        std::function<void(std::int64_t now)> run;
        std::int64_t done_at_ms = 0;
    };
    Chore chores[] = {{kFeedsEveryMs, [this](std::int64_t) { syncDueFeeds(services_); }},
                      {kOverdueEveryMs, [this](std::int64_t) { fetchOverdue(services_); }},
                      {kTokenUpkeepEveryMs, [this](std::int64_t) { renewIdleTokens(services_); }},
                      {kOldOrdersEveryMs,
                       [this](std::int64_t now) {
                           tellOldOrders(services_.database, services_.repositories, now);
                       }},
                      {kSweepEveryMs, [this](std::int64_t now) {
                           services_.control.stats.rows_swept += static_cast<std::uint64_t>(
                               sweepFlows(services_.database, services_.repositories.flows, now));
                       }}};
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        const std::int64_t now = services_.now_ms();
        for (Chore& chore : chores) {
            // Before each: no chore may cost the leases.
            keeper_.extendAll(services_.now_ms() + kLeaseMs);
            if (now - chore.done_at_ms < chore.every_ms) continue;
            chore.done_at_ms = now;
            chore.run(now);
        }
        lock.lock();
        changed_.wait_for(lock, std::chrono::milliseconds(kExtendEveryMs),
                          [&] { return stopping_; });
    }
}

}  // namespace hub::flows
