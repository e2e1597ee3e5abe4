/// Budgets of calls per credential: a vendor's limit is kept before the vendor has to say so.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/model/manifest.hpp>

namespace hub::flows {

/// Sliding windows in memory. Any thread.
class RateBudget {
public:
    /// Takes one call from every bucket that the path falls into. 0 if it may be sent now, else the
    /// milliseconds until the first bucket has room again; then nothing was taken.
    [[nodiscard]] std::int64_t take(std::string_view account_id, std::string_view path,
                                    const std::vector<hubsdk::RateBucket>& buckets,
                                    std::int64_t now_ms);

private:
    std::mutex mutex_;
    std::map<std::string, std::deque<std::int64_t>, std::less<>> windows_;  ///< guarded by mutex_
};

}  // namespace hub::flows
