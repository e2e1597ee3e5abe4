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

/// Credentials that are remembered; beyond, those with nothing in their windows are dropped.
inline constexpr std::size_t kBudgetCredentialsMax = 10'000;
/// The longest pause that a vendor's Retry-After puts on a whole credential.
inline constexpr std::int64_t kBudgetPauseMaxMs = 15 * 60'000;

/// How many of the calls asked for may go now.
struct BudgetGrant {
    std::size_t calls = 0;     ///< the first ones
    std::int64_t wait_ms = 0;  ///< if none: how long until it is worth asking again
};

/// Sliding windows in memory. Any thread.
class RateBudget {
public:
    /// Takes room for as many of the calls, from the front, as every bucket allows whose prefix
    /// their path has.
    [[nodiscard]] BudgetGrant take(std::string_view credential,
                                   const std::vector<std::string_view>& paths,
                                   const std::vector<hubsdk::RateBucket>& buckets,
                                   std::int64_t now_ms);

    /// The vendor asked for a pause: nothing of this credential goes before then (at most
    /// kBudgetPauseMaxMs from now).
    void pause(std::string_view credential, std::int64_t until_ms, std::int64_t now_ms);

private:
    struct Credential {
        std::vector<std::deque<std::int64_t>> windows;  ///< by bucket
        std::int64_t paused_until_ms = 0;
    };
    [[nodiscard]] Credential& of(std::string_view credential, std::int64_t now_ms);

    std::mutex mutex_;
    std::map<std::string, Credential, std::less<>> credentials_;  ///< guarded by mutex_
};

}  // namespace hub::flows
