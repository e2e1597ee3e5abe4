#include "hub/ingress/knock_rate.hpp"

#include <gtest/gtest.h>

namespace hub::ingress {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

// TM-IN-7
TEST(KnockRateTest, GivesABurstAndThenItsRate) {
    KnockRate rate(100);
    for (int i = 0; i < 100 * kKnockBurstS; ++i) ASSERT_EQ(rate.take("v", "192.0.2.1", kNow), 0);
    const auto wait = rate.take("v", "192.0.2.1", kNow);
    EXPECT_EQ(wait, 11) << "one interval, rounded up";
    EXPECT_GT(rate.take("v", "192.0.2.1", kNow + 9), 0);
    EXPECT_EQ(rate.take("v", "192.0.2.1", kNow + 10), 0);
    EXPECT_GT(rate.take("v", "192.0.2.1", kNow + 10), 0);
}

TEST(KnockRateTest, KeepsSendersAndVendorsApart) {
    KnockRate rate(1);
    for (int i = 0; i < kKnockBurstS; ++i) ASSERT_EQ(rate.take("v", "192.0.2.1", kNow), 0);
    EXPECT_GT(rate.take("v", "192.0.2.1", kNow), 0);
    EXPECT_EQ(rate.take("v", "192.0.2.2", kNow), 0);
    EXPECT_EQ(rate.take("w", "192.0.2.1", kNow), 0);
}

TEST(KnockRateTest, AClockThatIsSetBackLocksNobodyOut) {
    KnockRate rate(1);
    for (int i = 0; i < kKnockBurstS; ++i) ASSERT_EQ(rate.take("v", "a", kNow), 0);
    EXPECT_LE(rate.take("v", "a", kNow - 3'600'000), 1001);
}

// The number of senders is a stranger's choice, the memory for them is not.
TEST(KnockRateTest, SendersWithoutNumberShareOneBudget) {
    KnockRate rate(1);
    for (std::size_t i = 0; i < kKnockSendersMax; ++i)
        ASSERT_EQ(rate.take("v", std::to_string(i), kNow), 0);
    for (int i = 0; i < kKnockBurstS; ++i)
        ASSERT_EQ(rate.take("v", "late" + std::to_string(i), kNow), 0);
    EXPECT_GT(rate.take("v", "one more", kNow), 0);
    EXPECT_EQ(rate.take("v", "7", kNow), 0) << "who was there before keeps its own";
    EXPECT_EQ(rate.take("v", "one more", kNow + 2000), 0) << "the others have been quiet since";
}

}  // namespace
}  // namespace hub::ingress
