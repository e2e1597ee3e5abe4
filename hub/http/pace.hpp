/// The deadline of a transfer that must hold a rate. Internal.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hub::http {

struct PaceLimits {
    std::int64_t grace_ms;       ///< until the first byte
    std::int64_t rate_min;       ///< bytes a second
    std::int64_t credit_ms_max;  ///< what stands to the peer's credit at most
};

/// Every byte earns time. What comes faster than the rate earns no more than the credit, so that a
/// burst does not pay for a long silence, nor for a drip (TM-HTTP-6). One thread.
class Pace {
public:
    using Moment = std::chrono::steady_clock::time_point;

    Pace(const PaceLimits& limits, Moment now)
        : limits_(limits), deadline_(now + std::chrono::milliseconds(limits.grace_ms)) {}

    [[nodiscard]] Moment deadline() const { return deadline_; }

    void moved(std::size_t bytes, Moment now) {
        using std::chrono::nanoseconds;
        const auto rate = std::max<std::int64_t>(limits_.rate_min, 1);
        const nanoseconds earned(static_cast<std::int64_t>(bytes) * 1'000'000'000 / rate);
        const Moment furthest =
            std::max(deadline_, now + std::chrono::milliseconds(limits_.credit_ms_max));
        deadline_ = std::min(deadline_ + earned, furthest);
    }

private:
    PaceLimits limits_;
    Moment deadline_;
};

}  // namespace hub::http
