#include "hub/app/key_watch.hpp"

#include <chrono>

#include "hub/domain/trail.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"

namespace hub::app {
namespace {

using observe::Level;
using storage::Connection;

storage::Alert wornAlert(const storage::WornKey& worn) {
    storage::Alert alert;
    alert.alert_type = "key_worn";
    alert.severity = "high";
    alert.subject_type = "data_key";
    alert.subject_id = worn.key_id;
    alert.dedupe_key = security::sha256Hex("key_worn\n" + worn.tenant_id + "\n" + worn.key_id +
                                           "\n" + std::to_string(worn.limit));
    alert.description = "A data key has sealed as much as one should: rotate the master key.";
    return alert;
}

}  // namespace

KeyWatch::KeyWatch(storage::Database& database, const storage::Repositories& repositories,
                   const security::Vault& vault, std::function<std::int64_t()> now_ms,
                   std::int64_t uses_max)
    : database_(database),
      repositories_(repositories),
      vault_(vault),
      now_ms_(std::move(now_ms)),
      uses_max_(uses_max) {}

KeyWatch::~KeyWatch() { stop(); }

void KeyWatch::start() {
    thread_ = std::thread([this] { loop(); });
}

void KeyWatch::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    noteNow();
}

void KeyWatch::loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        changed_.wait_for(lock, std::chrono::milliseconds(kNoteKeysEveryMs),
                          [this] { return stopping_; });
        if (stopping_) return;
        lock.unlock();
        noteNow();
        lock.lock();
    }
}

void KeyWatch::noteNow() {
    const auto uses = vault_.takeUses();
    if (uses.empty()) return;
    const std::int64_t now = now_ms_();
    const auto done = database_.write(storage::WriteQueue::kSystem, [&](Connection& connection) {
        const auto worn = storage::noteKeyUses(connection, storage::SystemScope::forWorker(), uses,
                                               now, uses_max_);
        for (const storage::WornKey& key : worn) {
            const auto scope = storage::TenantScope::fromLeasedRow(key.tenant_id);
            domain::raiseAlert({connection, repositories_, scope, now},
                               {domain::Actor::kSystem, "hub", std::nullopt}, wornAlert(key));
        }
    });
    if (done.ok()) return;
    vault_.giveBack(uses);
    observe::log(Level::kWarning, "keys.not_noted", {{"why", done.error().text()}});
}

}  // namespace hub::app
