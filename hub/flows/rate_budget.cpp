#include "hub/flows/rate_budget.hpp"

#include <algorithm>

namespace hub::flows {

std::int64_t RateBudget::take(std::string_view account_id, std::string_view path,
                              const std::vector<hubsdk::RateBucket>& buckets, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    std::int64_t wait_ms = 0;
    std::vector<std::deque<std::int64_t>*> taken;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        const hubsdk::RateBucket& bucket = buckets[i];
        if (bucket.path_prefix && !path.starts_with(*bucket.path_prefix)) continue;
        auto& window = windows_[std::string(account_id) + "#" + std::to_string(i)];
        while (!window.empty() && window.front() <= now_ms - bucket.per_ms) window.pop_front();
        if (std::ssize(window) >= bucket.max) {
            wait_ms = std::max(wait_ms, window.front() + bucket.per_ms - now_ms);
        }
        taken.push_back(&window);
    }
    if (wait_ms > 0) return wait_ms;
    for (auto* window : taken) window->push_back(now_ms);
    return 0;
}

}  // namespace hub::flows
