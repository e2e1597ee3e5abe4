/// Keeps calls from a vendor that is away, per vendor and account: flows sleep behind it instead of
/// adding to its trouble (architecture section 7, TM-OUT-5).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hub::flows {

/// Failures in a row that open a breaker.
inline constexpr std::int64_t kBreakerFailuresMax = 5;
/// How long it stays open at first; doubled at each failed probe.
inline constexpr std::int64_t kBreakerOpenFirstMs = 5'000;
inline constexpr std::int64_t kBreakerOpenMaxMs = 5 * 60'000;
/// A probe that nobody reports on for so long is forgotten; longer than any call.
inline constexpr std::int64_t kBreakerProbeMs = 150'000;

enum class BreakerState : std::uint8_t { kClosed, kOpen, kHalfOpen };
[[nodiscard]] std::string_view nameOf(BreakerState state);

/// One breaker that is not at rest.
struct BreakerView {
    std::string vendor;
    std::string account_id;
    BreakerState state = BreakerState::kClosed;
    std::int64_t failures = 0;  ///< in a row
    std::int64_t until_ms = 0;  ///< of an open one: when a probe may go
};

/// In memory; a breaker at rest takes none, so there are never more than accounts in trouble. Any
/// thread.
class CircuitBreaker {
public:
    /// 0 if `admit` would let a call go now, else the milliseconds to wait; changes nothing.
    [[nodiscard]] std::int64_t waitMs(std::string_view vendor, std::string_view account_id,
                                      std::int64_t now_ms) const;
    /// Whether what `admit` would let go now is a probe: one call, not several.
    [[nodiscard]] bool probes(std::string_view vendor, std::string_view account_id) const;
    /// 0 if a call may go now, else the milliseconds until it is worth asking again. When the time
    /// of an open breaker is over, one caller gets 0: its call is the probe.
    [[nodiscard]] std::int64_t admit(std::string_view vendor, std::string_view account_id,
                                     std::int64_t now_ms);
    /// The vendor answered, with whatever but a failure of its own.
    void succeeded(std::string_view vendor, std::string_view account_id);
    /// No connection, no answer, or a 5xx.
    void failed(std::string_view vendor, std::string_view account_id, std::int64_t now_ms);

    /// Those that are not at rest, by vendor and account.
    [[nodiscard]] std::vector<BreakerView> list(std::int64_t now_ms) const;

private:
    struct Breaker {
        std::int64_t failures = 0;
        std::int64_t opened = 0;  ///< times in a row
        std::int64_t open_until_ms = 0;
        std::int64_t probe_until_ms = 0;
    };
    using Key = std::pair<std::string, std::string>;
    [[nodiscard]] static std::int64_t waitOf(const Breaker& breaker, std::int64_t now_ms);

    mutable std::mutex mutex_;
    std::map<Key, Breaker> breakers_;  ///< guarded by mutex_
};

}  // namespace hub::flows
