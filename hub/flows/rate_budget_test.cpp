#include "hub/flows/rate_budget.hpp"

#include "hub/flows/retry_after.hpp"

#include <gtest/gtest.h>

namespace hub::flows {
namespace {

constexpr std::int64_t kNow = 1'760'000'000'000;

hubsdk::RateBucket bucket(std::int64_t max, std::int64_t per_ms, const char* prefix = nullptr) {
    hubsdk::RateBucket made;
    made.max = max;
    made.per_ms = per_ms;
    if (prefix != nullptr) made.path_prefix = prefix;
    return made;
}

TEST(RateBudget, GivesAsManyAsTheWindowHolds) {
    RateBudget budget;
    const std::vector<hubsdk::RateBucket> buckets{bucket(2, 1000)};
    EXPECT_EQ(budget.take("k", {"/a"}, buckets, kNow).calls, 1U);
    EXPECT_EQ(budget.take("k", {"/a", "/b"}, buckets, kNow + 100).calls, 1U) << "one had room";
    const BudgetGrant none = budget.take("k", {"/a"}, buckets, kNow + 200);
    EXPECT_EQ(none.calls, 0U);
    EXPECT_EQ(none.wait_ms, 800) << "until the first leaves the window";
    EXPECT_EQ(budget.take("other", {"/a"}, buckets, kNow + 200).calls, 1U);
    EXPECT_EQ(budget.take("k", {"/a"}, buckets, kNow + 1000).calls, 1U);
}

TEST(RateBudget, ARefusedCallTakesNothingFromOtherBuckets) {
    RateBudget budget;
    const std::vector<hubsdk::RateBucket> buckets{bucket(3, 1000), bucket(1, 1000, "/orders")};
    EXPECT_EQ(budget.take("k", {"/orders"}, buckets, kNow).calls, 1U);
    EXPECT_EQ(budget.take("k", {"/orders"}, buckets, kNow).calls, 0U);
    EXPECT_EQ(budget.take("k", {"/x", "/x", "/x"}, buckets, kNow).calls, 2U);
}

TEST(RateBudget, APauseHoldsTheWholeCredentialButIsBounded) {
    RateBudget budget;
    const std::vector<hubsdk::RateBucket> buckets{bucket(9, 1000)};
    budget.pause("k", kNow + 5000, kNow);
    EXPECT_EQ(budget.take("k", {"/a"}, buckets, kNow).wait_ms, 5000);
    EXPECT_EQ(budget.take("k", {"/a"}, buckets, kNow + 5000).calls, 1U);
    budget.pause("k", kNow + 10 * kBudgetPauseMaxMs, kNow);
    EXPECT_EQ(budget.take("k", {"/a"}, buckets, kNow).wait_ms, kBudgetPauseMaxMs);
}

TEST(RateBudget, ForgetsCredentialsThatAreAtRest) {
    RateBudget budget;
    const std::vector<hubsdk::RateBucket> buckets{bucket(1, 1000)};
    budget.pause("kept", kNow + 5000, kNow);
    for (std::size_t i = 0; i < kBudgetCredentialsMax + 10; ++i)
        (void)budget.take("k" + std::to_string(i), {}, buckets, kNow);
    EXPECT_EQ(budget.take("kept", {"/a"}, buckets, kNow).wait_ms, 5000);
}

TEST(RetryAfter, ReadsSecondsAndDatesAndNothingElse) {
    EXPECT_EQ(retryAfterMs("0", kNow), 0);
    EXPECT_EQ(retryAfterMs(" 120 ", kNow), 120'000);
    EXPECT_EQ(retryAfterMs("999999999999999999999999", kNow), kRetryAfterMaxMs);
    EXPECT_EQ(retryAfterMs("864000", kNow), kRetryAfterMaxMs);
    // kNow is Thu, 09 Oct 2025 08:53:20 GMT.
    EXPECT_EQ(retryAfterMs("Thu, 09 Oct 2025 08:54:20 GMT", kNow), 60'000);
    EXPECT_EQ(retryAfterMs("Thu, 09 Oct 2025 08:00:00 GMT", kNow), 0);
    for (const char* wrong :
         {"", "-1", "1.5", "soon", "Thu, 09 Xxx 2025 08:54:20 GMT", "Thu, 99 Oct 2025 08:54:20 GMT",
          "Thursday, 09-Oct-25 08:54:20 GMT"}) {
        EXPECT_EQ(retryAfterMs(wrong, kNow), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace hub::flows
