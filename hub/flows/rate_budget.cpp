#include "hub/flows/rate_budget.hpp"

#include <algorithm>

namespace hub::flows {
namespace {

bool covers(const hubsdk::RateBucket& bucket, std::string_view path) {
    return !bucket.path_prefix || path.starts_with(*bucket.path_prefix);
}

}  // namespace

RateBudget::Credential& RateBudget::of(std::string_view credential, std::int64_t now_ms) {
    const auto found = credentials_.find(credential);
    if (found != credentials_.end()) return found->second;
    if (credentials_.size() >= kBudgetCredentialsMax) {
        std::erase_if(credentials_, [&](const auto& entry) {
            return entry.second.paused_until_ms <= now_ms &&
                   std::ranges::all_of(entry.second.windows,
                                       [](const auto& window) { return window.empty(); });
        });
    }
    return credentials_[std::string(credential)];
}

BudgetGrant RateBudget::take(std::string_view credential,
                             const std::vector<std::string_view>& paths,
                             const std::vector<hubsdk::RateBucket>& buckets, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Credential& known = of(credential, now_ms);
    if (known.paused_until_ms > now_ms) return {0, known.paused_until_ms - now_ms};
    if (known.windows.size() < buckets.size()) known.windows.resize(buckets.size());
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        auto& window = known.windows[i];
        while (!window.empty() && window.front() <= now_ms - buckets[i].per_ms) window.pop_front();
    }
    BudgetGrant grant;
    for (const std::string_view path : paths) {
        std::int64_t wait_ms = 0;
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            const auto& window = known.windows[i];
            if (!covers(buckets[i], path) || std::ssize(window) < buckets[i].max) continue;
            const std::int64_t first = window.empty() ? now_ms : window.front();
            wait_ms = std::max(wait_ms, first + buckets[i].per_ms - now_ms);
        }
        if (wait_ms > 0) {
            if (grant.calls == 0) grant.wait_ms = wait_ms;
            return grant;
        }
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            if (covers(buckets[i], path)) known.windows[i].push_back(now_ms);
        }
        ++grant.calls;
    }
    return grant;
}

void RateBudget::pause(std::string_view credential, std::int64_t until_ms, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Credential& known = of(credential, now_ms);
    known.paused_until_ms =
        std::max(known.paused_until_ms, std::min(until_ms, now_ms + kBudgetPauseMaxMs));
}

}  // namespace hub::flows
