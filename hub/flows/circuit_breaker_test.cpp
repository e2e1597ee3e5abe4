// TM-OUT-5: the breaker per vendor and account.
#include "hub/flows/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace hub::flows {
namespace {

constexpr std::int64_t kNow = 1'760'000'000'000;

class CircuitBreakerTest : public ::testing::Test {
protected:
    void failTimes(std::int64_t times, const char* account = "a") {
        for (std::int64_t i = 0; i < times; ++i) breaker_.failed("checkr", account, now_);
    }
    std::int64_t admit(const char* account = "a") {
        return breaker_.admit("checkr", account, now_);
    }
    BreakerView view() { return breaker_.list(now_).front(); }

    CircuitBreaker breaker_;
    std::int64_t now_ = kNow;
};

TEST_F(CircuitBreakerTest, OpensAfterItsNumberOfFailuresInARow) {
    failTimes(kBreakerFailuresMax - 1);
    EXPECT_EQ(admit(), 0);
    EXPECT_EQ(view().state, BreakerState::kClosed);
    breaker_.succeeded("checkr", "a");
    failTimes(kBreakerFailuresMax - 1);
    EXPECT_EQ(admit(), 0) << "a success starts the count anew";
    failTimes(1);
    EXPECT_GT(admit(), 0);
    EXPECT_EQ(view().state, BreakerState::kOpen);
    EXPECT_EQ(nameOf(view().state), "open");
}

TEST_F(CircuitBreakerTest, IsPerVendorAndAccount) {
    failTimes(kBreakerFailuresMax);
    EXPECT_EQ(admit("b"), 0);
    EXPECT_EQ(breaker_.admit("accurate", "a", now_), 0);
}

TEST_F(CircuitBreakerTest, LetsOneProbeThrough) {
    failTimes(kBreakerFailuresMax);
    now_ = view().until_ms;
    EXPECT_EQ(view().state, BreakerState::kHalfOpen);
    EXPECT_EQ(breaker_.waitMs("checkr", "a", now_), 0) << "asking takes nothing";
    EXPECT_EQ(admit(), 0);
    EXPECT_GT(admit(), 0) << "one probe at a time";
    breaker_.succeeded("checkr", "a");
    EXPECT_EQ(admit(), 0);
    EXPECT_TRUE(breaker_.list(now_).empty()) << "a breaker at rest takes no memory";
}

TEST_F(CircuitBreakerTest, SaysThatTheNextCallIsAProbe) {
    EXPECT_FALSE(breaker_.probes("checkr", "a"));
    failTimes(kBreakerFailuresMax);
    EXPECT_TRUE(breaker_.probes("checkr", "a"));
    EXPECT_FALSE(breaker_.probes("checkr", "b"));
    now_ = view().until_ms;
    ASSERT_EQ(admit(), 0);
    breaker_.succeeded("checkr", "a");
    EXPECT_FALSE(breaker_.probes("checkr", "a"));
}

TEST_F(CircuitBreakerTest, AFailedProbeOpensItForLonger) {
    failTimes(kBreakerFailuresMax);
    std::int64_t longest = view().until_ms - now_;
    EXPECT_GE(longest, kBreakerOpenFirstMs / 2);
    for (int i = 0; i < 12; ++i) {
        now_ = view().until_ms;
        ASSERT_EQ(admit(), 0);
        failTimes(1);
        longest = std::max(longest, view().until_ms - now_);
        EXPECT_LE(view().until_ms - now_, kBreakerOpenMaxMs);
    }
    EXPECT_GE(longest, kBreakerOpenMaxMs / 2);
}

TEST_F(CircuitBreakerTest, LateFailuresDoNotMoveItsTime) {
    failTimes(kBreakerFailuresMax);
    const std::int64_t until = view().until_ms;
    now_ += 100;
    failTimes(3);
    EXPECT_EQ(view().until_ms, until);
}

TEST_F(CircuitBreakerTest, AProbeThatNobodyReportsOnIsForgotten) {
    failTimes(kBreakerFailuresMax);
    now_ = view().until_ms;
    ASSERT_EQ(admit(), 0);
    now_ += kBreakerProbeMs;
    EXPECT_EQ(admit(), 0);
}

}  // namespace
}  // namespace hub::flows
