#include "hub/flows/circuit_breaker.hpp"

#include <algorithm>

#include <hubsdk/cpp/text.hpp>

namespace hub::flows {
namespace {

// Half of the time is spread by a value that is fixed for the account and the turn, so that many
// accounts of one vendor do not knock at the same moment.
std::int64_t openTime(std::string_view account_id, std::int64_t opened) {
    const auto doublings = static_cast<int>(std::clamp<std::int64_t>(opened, 0, 10));
    const std::int64_t ceiling = std::min(kBreakerOpenFirstMs << doublings, kBreakerOpenMaxMs);
    const std::string spread = hubsdk::fnv1a(std::string(account_id) + std::to_string(opened));
    const std::int64_t part = std::stoll(spread.substr(0, 4), nullptr, 16);
    return ceiling / 2 + ceiling / 2 * part / 0xFFFF;
}

}  // namespace

std::string_view nameOf(BreakerState state) {
    constexpr std::string_view kNames[] = {"closed", "open", "half_open"};
    return kNames[static_cast<std::size_t>(state)];
}

std::int64_t CircuitBreaker::waitOf(const Breaker& breaker, std::int64_t now_ms) {
    if (breaker.failures < kBreakerFailuresMax) return 0;
    const std::int64_t wait = std::max(breaker.open_until_ms, breaker.probe_until_ms) - now_ms;
    // A probe may end at any time: asked again soon.
    return std::clamp<std::int64_t>(wait, 0, kBreakerOpenFirstMs);
}

std::int64_t CircuitBreaker::waitMs(std::string_view vendor, std::string_view account_id,
                                    std::int64_t now_ms) const {
    const std::lock_guard lock(mutex_);
    const auto found = breakers_.find(Key(vendor, account_id));
    return found == breakers_.end() ? 0 : waitOf(found->second, now_ms);
}

bool CircuitBreaker::probes(std::string_view vendor, std::string_view account_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = breakers_.find(Key(vendor, account_id));
    return found != breakers_.end() && found->second.failures >= kBreakerFailuresMax;
}

std::int64_t CircuitBreaker::admit(std::string_view vendor, std::string_view account_id,
                                   std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const auto found = breakers_.find(Key(vendor, account_id));
    if (found == breakers_.end()) return 0;
    Breaker& breaker = found->second;
    const std::int64_t wait = waitOf(breaker, now_ms);
    if (wait == 0 && breaker.failures >= kBreakerFailuresMax)
        breaker.probe_until_ms = now_ms + kBreakerProbeMs;
    return wait;
}

void CircuitBreaker::succeeded(std::string_view vendor, std::string_view account_id) {
    const std::lock_guard lock(mutex_);
    breakers_.erase(Key(vendor, account_id));
}

void CircuitBreaker::failed(std::string_view vendor, std::string_view account_id,
                            std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Breaker& breaker = breakers_[Key(vendor, account_id)];
    ++breaker.failures;
    if (breaker.failures < kBreakerFailuresMax) return;
    const bool probed = breaker.probe_until_ms > 0;
    // What was under way when it opened says nothing new.
    if (!probed && breaker.opened > 0) return;
    breaker.open_until_ms = now_ms + openTime(account_id, breaker.opened);
    breaker.probe_until_ms = 0;
    ++breaker.opened;
}

std::vector<BreakerView> CircuitBreaker::list(std::int64_t now_ms) const {
    const std::lock_guard lock(mutex_);
    std::vector<BreakerView> all;
    for (const auto& [key, breaker] : breakers_) {
        BreakerView view{key.first, key.second, BreakerState::kClosed, breaker.failures,
                         breaker.open_until_ms};
        if (breaker.failures >= kBreakerFailuresMax) {
            view.state =
                breaker.open_until_ms > now_ms ? BreakerState::kOpen : BreakerState::kHalfOpen;
        }
        all.push_back(std::move(view));
    }
    return all;
}

}  // namespace hub::flows
