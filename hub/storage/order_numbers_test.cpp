#include "hub/storage/order_numbers.hpp"

#include <array>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "hub/storage/storage_fixture.hpp"

namespace hub::storage {
namespace {

constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;

class OrderNumbersTest : public StorageTest {
protected:
    OrderNumbersTest() { open(); }

    /// From a unit of its own, as an order takes it.
    std::string take(const OrderNumbers& numbers, std::int64_t now_ms = kNow) {
        return database_
            ->writeFor(WriteQueue::kPortal,
                       [&](Connection& connection) { return numbers.next(connection, now_ms); })
            .value();
    }
    std::int64_t counted() {
        return count("SELECT COALESCE(MAX(value), 0) FROM counter WHERE scope = 'order:20251009'");
    }
};

TEST_F(OrderNumbersTest, TwoProcessesNeverGiveOneNumberTwice) {
    constexpr int kThreadsOfEach = 3;
    constexpr int kOfEachThread = 150;
    std::array<OrderNumbers, 2> processes;
    std::mutex mutex;
    std::multiset<std::string> given;
    std::vector<std::thread> threads;
    for (const OrderNumbers& numbers : processes) {
        numbers.fillFrom(*database_);
        for (int i = 0; i < kThreadsOfEach; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < kOfEachThread; ++k) {
                    std::string number = take(numbers);
                    const std::lock_guard lock(mutex);
                    given.insert(std::move(number));
                }
            });
        }
    }
    for (auto& thread : threads) thread.join();
    const std::set<std::string> different(given.begin(), given.end());
    EXPECT_EQ(given.size(), std::size_t{2 * kThreadsOfEach * kOfEachThread});
    EXPECT_EQ(different.size(), given.size());
}

TEST_F(OrderNumbersTest, ComeFromMemoryAfterTheFirst) {
    const OrderNumbers numbers;
    numbers.fillFrom(*database_);
    EXPECT_EQ(take(numbers), "CHX-20251009-0001");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::int64_t last = 0;
    // The first range comes from another unit; once it is there numbers no longer move the counter.
    do {
        last = std::stoll(take(numbers).substr(13));
    } while (counted() == last && std::chrono::steady_clock::now() < end);
    EXPECT_GT(counted(), last);
}

// Orders are refused, and units run twice.
TEST_F(OrderNumbersTest, UndoneUnitsDoubleNothing) {
    for (const bool fills : {false, true}) {
        const OrderNumbers numbers;
        if (fills) numbers.fillFrom(*database_);
        std::set<std::string> kept;
        for (int i = 0; i < 120; ++i) {
            const auto refused = database_->write(WriteQueue::kPortal, [&](Connection& connection) {
                (void)numbers.next(connection, kNow + (fills ? kDayMs : 0));
                throw UnitRefused(hubsdk::makeError(hubsdk::ErrorCode::kInvalid, "no"));
            });
            EXPECT_FALSE(refused.ok());
            EXPECT_TRUE(kept.insert(take(numbers, kNow + (fills ? kDayMs : 0))).second) << i;
        }
    }
}

TEST_F(OrderNumbersTest, CountEachDayFromOne) {
    const OrderNumbers numbers;
    numbers.fillFrom(*database_);
    std::set<std::string> given;
    for (const std::int64_t now_ms : {kNow, kNow + kDayMs, kNow, kNow + kDayMs, kNow})
        EXPECT_TRUE(given.insert(take(numbers, now_ms)).second) << "also around midnight";
    EXPECT_TRUE(given.contains("CHX-20251009-0001"));
    EXPECT_TRUE(given.contains("CHX-20251010-0001"));
}

}  // namespace
}  // namespace hub::storage
