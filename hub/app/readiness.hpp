/// What /health and /ready answer, from facts that were looked up before.
#pragma once

#include "hub/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hub::app {

/// A database that has not answered for so long is away. Longer than a look takes, and than the
/// pause between two.
inline constexpr std::int64_t kDatabaseSilentMs = 3'000;
/// A batch of the writer ends within its budget of retries and statements; one that takes longer
/// will not end.
inline constexpr std::int64_t kWriterStalledMs = 15'000;
/// How long a write that found no space is remembered.
inline constexpr std::int64_t kStorageFullShownMs = 10'000;

enum class Phase : std::uint8_t { kStarting, kRunning, kStopping };

struct HealthFacts {
    Phase phase = Phase::kStarting;
    std::size_t plugins = 0;
    std::int64_t database_silent_ms = 0;  ///< since its last answer
    std::int64_t longest_batch_ms = 0;
    std::size_t calls_stuck = 0;
    std::size_t calls_stuck_max = 1;  ///< so many leave a pool of threads without one
    bool storage_full = false;
};

/// Stable words for machines; docs/operations.md says what to do about each.
struct HealthReasons {
    std::vector<std::string_view> red;       ///< no work should be sent here
    std::vector<std::string_view> warnings;  ///< it still works
    bool restart = false;                    ///< only a restart mends it
};
[[nodiscard]] HealthReasons reasonsOf(const HealthFacts& facts);

/// 200, or 503 if there is anything red.
[[nodiscard]] http::Response readyAnswer(const HealthFacts& facts);
/// 200, or 503 if only a restart mends it.
[[nodiscard]] http::Response healthAnswer(const HealthFacts& facts);

}  // namespace hub::app
