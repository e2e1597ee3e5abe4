#include "hub/app/work_pool.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

namespace hub::app {
namespace {

using testing::ElementsAre;

// Holds the one thread of a pool until it is opened, so that a test knows what is queued.
class Gate {
public:
    WorkPool::Job wait() {
        return [opened = opened_.get_future().share()] { opened.wait(); };
    }
    void open() { opened_.set_value(); }

private:
    std::promise<void> opened_;
};

TEST(WorkPool, ServesLanesInTurn) {
    // TM-IN-7: a flood of one vendor delays another by one job.
    std::vector<std::string> order;
    {
        WorkPool pool(1, 10);
        Gate gate;
        ASSERT_TRUE(pool.post("gate", gate.wait()));
        const auto note = [&](std::string name) {
            return [&order, name = std::move(name)] { order.push_back(name); };
        };
        for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.post("flood", note("flood")));
        ASSERT_TRUE(pool.post("calm", note("calm")));
        ASSERT_TRUE(pool.post("other", note("other")));
        gate.open();
        pool.stop();
    }
    const auto calm = std::ranges::find(order, "calm");
    const auto other = std::ranges::find(order, "other");
    EXPECT_EQ(order.size(), 6U);
    EXPECT_LE(calm - order.begin(), 2);
    EXPECT_LE(other - order.begin(), 2);
}

TEST(WorkPool, RefusesWhatALaneCannotHoldAndTakesAnother) {
    // TM-IN-7
    WorkPool pool(1, 2);
    Gate gate;
    std::atomic<bool> running{false};
    ASSERT_TRUE(pool.post("gate", [&running, wait = gate.wait()] {
        running = true;
        wait();
    }));
    while (!running) std::this_thread::yield();
    EXPECT_TRUE(pool.post("flood", [] {}));
    EXPECT_TRUE(pool.post("flood", [] {}));
    EXPECT_FALSE(pool.post("flood", [] {}));
    EXPECT_TRUE(pool.post("calm", [] {}));
    gate.open();
}

TEST(WorkPool, ALaneThatBlocksAllItGetsLeavesAnotherServed) {
    // TM-IN-7: the slow claims of one vendor.
    WorkPool pool(3, 10);
    std::promise<void> opened;
    const auto held = opened.get_future().share();
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(pool.post("slow", [held] { held.wait(); }));
    for (int i = 0; i < 3; ++i) {
        std::promise<void> served;
        ASSERT_TRUE(pool.post("calm", [&served] { served.set_value(); }));
        const auto waited = served.get_future().wait_for(std::chrono::seconds(20));
        if (waited != std::future_status::ready) opened.set_value();  // else nothing ever ends
        ASSERT_EQ(waited, std::future_status::ready);
    }
    const WorkPoolView view = pool.view();
    EXPECT_LE(view.busy, 3U);
    EXPECT_EQ(view.queued.at("slow"), 4U);
    opened.set_value();
    pool.stop();
    EXPECT_TRUE(pool.view().queued.empty());
}

TEST(WorkPool, FinishesWhatIsQueuedWhenItStopsAndTakesNothingMore) {
    std::atomic<int> done{0};
    WorkPool pool(2, 100);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.post("a", [&done] { ++done; }));
    pool.stop();
    EXPECT_EQ(done, 50);
    EXPECT_FALSE(pool.post("a", [] {}));
}

}  // namespace
}  // namespace hub::app
