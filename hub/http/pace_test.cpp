// TM-HTTP-6: what a transfer may take, by its bytes.
#include "hub/http/pace.hpp"

#include <gtest/gtest.h>

namespace hub::http {
namespace {

using std::chrono::milliseconds;

constexpr PaceLimits kBody{5'000, 1024, 5'000};
constexpr Pace::Moment kStart{};

std::int64_t leftMs(const Pace& pace, Pace::Moment now) {
    return std::chrono::duration_cast<milliseconds>(pace.deadline() - now).count();
}

TEST(Pace, HoldsForEverAtItsRate) {
    Pace pace(kBody, kStart);
    Pace::Moment now = kStart;
    for (int second = 0; second < 3'600; ++second) {
        now += milliseconds(1'000);
        pace.moved(1024, now);
    }
    EXPECT_EQ(leftMs(pace, now), 5'000);
}

TEST(Pace, EndsBelowItsRate) {
    Pace pace(kBody, kStart);
    Pace::Moment now = kStart;
    while (now < pace.deadline() && now < kStart + milliseconds(60'000)) {
        now += milliseconds(1'000);
        pace.moved(512, now);
    }
    EXPECT_EQ(now, kStart + milliseconds(10'000));
}

TEST(Pace, ABurstPaysForNoLongSilence) {
    Pace pace(kBody, kStart);
    pace.moved(2 * 1024 * 1024 - 1, kStart + milliseconds(1'000));
    EXPECT_EQ(leftMs(pace, kStart), 6'000);
}

TEST(Pace, ABurstPaysForNoDrip) {
    Pace pace(kBody, kStart);
    pace.moved(2 * 1024 * 1024 - 100, kStart);
    for (int i = 1; i <= 4; ++i) pace.moved(1, kStart + milliseconds(i * 1'000));
    EXPECT_LE(leftMs(pace, kStart), 5'010);
}

// A credit that is smaller than the grace takes nothing away from it.
TEST(Pace, NeverComesNearerWithAByte) {
    Pace pace({10'000, 1024, 0}, kStart);
    pace.moved(1024, kStart);
    EXPECT_EQ(leftMs(pace, kStart), 10'000);
}

}  // namespace
}  // namespace hub::http
