/// The thread that keeps the record of how often each data key has sealed (TM-DATA-3).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "hub/security/vault.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"
#include "hub/storage/sealed_columns.hpp"

namespace hub::app {

inline constexpr std::int64_t kNoteKeysEveryMs = 60'000;

/// What it works with outlives it. start and stop belong to the owner, noteNow: any thread.
class KeyWatch {
public:
    KeyWatch(storage::Database& database, const storage::Repositories& repositories,
             const security::Vault& vault, std::function<std::int64_t()> now_ms,
             std::int64_t uses_max = storage::kKeyUsesMax);
    /// Like stop().
    ~KeyWatch();
    KeyWatch(const KeyWatch&) = delete;
    KeyWatch& operator=(const KeyWatch&) = delete;

    void start();
    /// Notes once more and ends the thread. Idempotent.
    void stop();

    /// Adds what was sealed since the last note to the record, and raises the alert `key_worn` for
    /// a key that came to its limit with it. What cannot be noted is noted the next time.
    void noteNow();

private:
    void loop();

    storage::Database& database_;
    const storage::Repositories& repositories_;
    const security::Vault& vault_;
    std::function<std::int64_t()> now_ms_;
    std::int64_t uses_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;  ///< guarded by mutex_
    std::thread thread_;
};

}  // namespace hub::app
