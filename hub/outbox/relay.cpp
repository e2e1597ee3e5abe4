#include "hub/outbox/relay.hpp"

#include <chrono>

#include "hub/observe/log.hpp"

namespace hub::outbox {
namespace {

using observe::Level;
using storage::Connection;
using storage::SystemScope;
using storage::WriteQueue;

}  // namespace

Relay::Relay(RelayServices services, std::string owner)
    : services_(std::move(services)), owner_(std::move(owner)) {}

Relay::~Relay() { stop(); }

void Relay::start() {
    thread_ = std::thread([this] { loop(); });
}

void Relay::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Relay::loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        const RelayPass pass = runOnce();
        lock.lock();
        if (pass.more) continue;
        changed_.wait_for(lock, std::chrono::milliseconds(kRelayPollMs), [&] { return stopping_; });
    }
    lock.unlock();
    // What was committed before the stop gets its number now, not at the next start.
    for (int i = 0; i < kFlushPassesMax && runOnce().more; ++i) {
    }
    release();
}

// The lease is committed before the work that it allows (architecture.md section 8).
bool Relay::holdLease() {
    const std::int64_t now = services_.now_ms();
    if (lease_ && now < lease_->until_ms - kRelayLeaseMs / 2) return true;
    auto taken = services_.database.writeFor(WriteQueue::kSystem, [&](Connection& connection) {
        return services_.repositories.relay_leases.take(
            connection, SystemScope::forRelay(), kRelayLeaseName, owner_, now, kRelayLeaseMs);
    });
    if (!taken) {
        observe::log(Level::kError, "relay.lease_failed", {{"why", taken.error().text()}});
        lease_.reset();
        return false;
    }
    lease_ = std::move(*taken);
    return lease_.has_value();
}

std::int64_t Relay::numberTenant(const std::string& tenant_id) {
    const std::int64_t now = services_.now_ms();
    auto numbered = services_.database.writeFor(WriteQueue::kSystem, [&](Connection& connection) {
        const auto system = SystemScope::forRelay();
        services_.repositories.relay_leases.prove(connection, system, *lease_, now);
        return services_.repositories.audit.numberEntries(connection, system, tenant_id,
                                                          kRelayRowsMax, now);
    });
    if (numbered) return *numbered;
    observe::log(Level::kError, "relay.chain_failed",
                 {{"tenant", tenant_id}, {"why", numbered.error().text()}});
    return -1;
}

bool Relay::numberEvents(RelayPass& pass) {
    auto numbered = services_.database.writeFor(WriteQueue::kSystem, [&](Connection& connection) {
        const auto system = SystemScope::forRelay();
        services_.repositories.relay_leases.prove(connection, system, *lease_, services_.now_ms());
        return services_.repositories.audit.numberEvents(connection, system, kRelayRowsMax);
    });
    if (!numbered) {
        observe::log(Level::kError, "relay.events_failed", {{"why", numbered.error().text()}});
        return false;
    }
    pass.events = *numbered;
    pass.more = pass.more || *numbered == kRelayRowsMax;
    return true;
}

void Relay::anchor(const std::string& tenant_id) {
    const std::int64_t now = services_.now_ms();
    const auto last = anchored_at_ms_.find(tenant_id);
    if (last != anchored_at_ms_.end() && now < last->second + kAnchorEveryMs) return;
    anchored_at_ms_[tenant_id] = now;
    const auto head = services_.database.read([&](Connection& connection) {
        return services_.repositories.audit.head(connection, tenant_id);
    });
    if (!head) return;
    observe::log(Level::kInfo, "audit.anchor",
                 {{"tenant", tenant_id}, {"seq", head->seq}, {"hash", head->hash}});
}

RelayPass Relay::runOnce() {
    RelayPass pass;
    try {
        if (!holdLease()) return pass;
        pass.is_leader = true;
        const auto tenants = services_.database.read([&](Connection& connection) {
            return services_.repositories.audit.tenantsToNumber(connection, SystemScope::forRelay(),
                                                                kRelayTenantsMax);
        });
        for (const std::string& tenant : tenants) {
            const std::int64_t numbered = numberTenant(tenant);
            if (numbered < 0) {
                ++pass.failed_tenants;
                continue;
            }
            pass.entries += numbered;
            pass.more = pass.more || numbered == kRelayRowsMax;
            anchor(tenant);
        }
        // A lease that was lost is taken anew before anything else is tried.
        if (!numberEvents(pass) || pass.failed_tenants > 0) lease_.reset();
    } catch (const storage::StorageError& error) {
        observe::log(Level::kError, "relay.failed", {{"why", error.what()}});
        lease_.reset();
    }
    return pass;
}

void Relay::release() {
    if (!lease_) return;
    auto released = services_.database.write(WriteQueue::kSystem, [&](Connection& connection) {
        services_.repositories.relay_leases.release(connection, SystemScope::forRelay(), *lease_,
                                                    services_.now_ms());
    });
    if (!released.ok())
        observe::log(Level::kWarning, "relay.release_failed", {{"why", released.error().text()}});
    lease_.reset();
}

}  // namespace hub::outbox
