#include "hub/ingress/knock_rate.hpp"

#include <algorithm>

#include "hub/http/address_policy.hpp"

namespace hub::ingress {
namespace {

constexpr std::int64_t kBurstUs = kKnockBurstS * 1'000'000;
constexpr std::int64_t kSweepUs = 100'000;
constexpr const char* kOthers = "";

}  // namespace

std::int64_t KnockRate::take(std::string_view vendor, std::string_view sender,
                             std::int64_t now_ms) {
    const std::int64_t now_us = now_ms * 1000;
    std::string key(vendor);
    key.append("\n").append(http::senderNetwork(sender));
    const std::lock_guard lock(mutex_);
    std::int64_t& used_until = budgetOf(std::move(key), now_us);
    // A clock that was set back must not lock anybody out for longer than a burst.
    used_until = std::clamp(used_until, now_us, now_us + kBurstUs);
    const std::int64_t over_us = used_until + interval_us_ - (now_us + kBurstUs);
    if (over_us > 0) return over_us / 1000 + 1;
    used_until += interval_us_;
    return 0;
}

std::int64_t& KnockRate::budgetOf(std::string key, std::int64_t now_us) {
    const auto known = used_until_.find(key);
    if (known != used_until_.end()) return known->second;
    const bool full = used_until_.size() >= kKnockSendersMax;
    // Looking for quiet senders takes time by their number, so not with every knock of a flood.
    if (full && (now_us >= swept_us_ + kSweepUs || now_us < swept_us_)) {
        swept_us_ = now_us;
        std::erase_if(used_until_, [&](const auto& entry) { return entry.second <= now_us; });
    }
    return used_until_[used_until_.size() < kKnockSendersMax ? std::move(key) : kOthers];
}

}  // namespace hub::ingress
