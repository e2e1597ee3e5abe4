// Feeds: their clock, their cursor, and what a crash leaves (plugin-contract section 7).
#include "hub/flows/feeds.hpp"

#include <gmock/gmock.h>

#include "hub/flows/testing/flow_fixture.hpp"

namespace hub::flows {
namespace {

using testing::answer;
using testing::Behaviour;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::int64_t kIntervalMs = 600'000;
constexpr const char* kReads =
    R"({"feed.sync":[{"label":"page","method":"GET","path":"/feed","with_cursor":true,
        "deliver":{"key":"e-1","from":0,"size":2}},{"do":"move_cursor"}]})";

class FeedTest : public testing::FlowEngineTest {
protected:
    FeedTest() { sql("UPDATE provider_config SET vendor_options = ?", {std::string(kReads)}); }

    storage::FeedState feed() {
        const auto made =
            database_->writeFor(storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
                return repositories_->feeds.of(connection, scope_, account_id_, "results",
                                               kIntervalMs, now_);
            });
        return made.value();
    }
    void sync() {
        syncDueFeeds(services());
        run();
    }
    std::int64_t flows() { return count("SELECT COUNT(*) FROM flow WHERE command = 'feed.sync'"); }
    std::int64_t deliveries() { return count("SELECT COUNT(*) FROM inbound_event"); }
    std::int64_t alerts() {
        return count("SELECT COUNT(*) FROM alert WHERE alert_type = 'feed_failed'");
    }
    std::string newestFlow() {
        return database_->read([&](storage::Connection& connection) {
            std::string id;
            connection.query("SELECT id FROM flow ORDER BY id DESC LIMIT 1", {},
                             [&](const storage::Row& row) { id = row.string(0); });
            return id;
        });
    }
    static Behaviour during(std::function<void()> hook, Behaviour behaviour) {
        behaviour.before = std::move(hook);
        return behaviour;
    }
    void expireLease() {
        sql("UPDATE flow SET wake_at = ? WHERE state = 'running'",
            {storage::timeText(now_.load())});
    }
};

TEST_F(FeedTest, IsReadAtItsIntervalFromTheStoredCursor) {
    sync();
    EXPECT_EQ(state(newestFlow()), "done") << error(newestFlow());
    EXPECT_THAT(vendor_.seen("/feed").at(0).target, EndsWith("since=start"));
    EXPECT_EQ(feed().cursor, "+1");
    EXPECT_EQ(feed().next_at_ms, now_ + kIntervalMs);
    EXPECT_EQ(deliveries(), 1);
    now_ += kIntervalMs - 1;
    EXPECT_EQ(syncDueFeeds(services()), 0);
    now_ += 1;
    sync();
    ASSERT_EQ(vendor_.seen("/feed").size(), 2U);
    EXPECT_THAT(vendor_.seen("/feed").at(1).target, EndsWith("since=%2B1"));
    EXPECT_EQ(feed().cursor, "+1+1");
    EXPECT_EQ(deliveries(), 1) << "the same event";
}

TEST_F(FeedTest, OneRunAtATime) {
    takeVendorAway();
    sync();
    for (int i = 0; i < 3; ++i) {
        now_ += kIntervalMs;
        sync();
    }
    EXPECT_EQ(flows(), 1);
    bringVendorBack();
    runToEnd();
    EXPECT_EQ(vendor_.seen("/feed").size(), 1U);
    EXPECT_EQ(feed().cursor, "+1");
}

TEST_F(FeedTest, PausedAccountsAreNotRead) {
    sql("UPDATE provider_config SET account_state = 'paused'");
    sync();
    EXPECT_EQ(flows(), 0);
    sql("UPDATE provider_config SET account_state = 'enabled'");
    sync();
    sql("UPDATE provider_config SET account_state = 'paused'");
    now_ += kIntervalMs;
    sync();
    EXPECT_EQ(flows(), 1);
}

TEST_F(FeedTest, AFailingFeedBacksOffAndRaisesOneAlert) {
    vendor_.on("/feed", {answer(404), answer(404), answer(200), answer(404)});
    sync();
    EXPECT_EQ(feed().failures, 1);
    EXPECT_EQ(feed().last_error, "not_found");
    EXPECT_EQ(feed().cursor, std::nullopt);
    EXPECT_EQ(feed().next_at_ms, now_ + kIntervalMs);
    EXPECT_EQ(alerts(), 1);
    now_ += kIntervalMs;
    sync();
    EXPECT_EQ(feed().next_at_ms, now_ + 2 * kIntervalMs);
    EXPECT_EQ(alerts(), 1) << "the same trouble";
    now_ += 2 * kIntervalMs;
    sync();
    EXPECT_EQ(feed().failures, 0);
    EXPECT_EQ(feed().last_error, std::nullopt);
    now_ += kIntervalMs;
    sync();
    EXPECT_EQ(alerts(), 2) << "new trouble";
}

TEST_F(FeedTest, BacksOffAtMostADay) {
    storage::FeedState state = feed();
    state.failures = 60;
    ASSERT_TRUE(database_
                    ->write(storage::WriteQueue::kFlow,
                            [&](storage::Connection& connection) {
                                repositories_->feeds.save(connection, scope_, state, now_);
                            })
                    .ok());
    vendor_.on("/feed", {answer(404)});
    sync();
    EXPECT_EQ(feed().next_at_ms, now_ + kFeedBackoffMaxMs);
}

// Killed while the vendor answers: nothing is stored, and the next lease reads again.
TEST_F(FeedTest, AWorkerWithoutItsLeaseMovesNoCursor) {
    const auto steal = [&] { sql("UPDATE flow SET fence = fence + 1"); };
    vendor_.on("/feed", {during(steal, answer(200)), answer(200)});
    sync();
    EXPECT_EQ(feed().cursor, std::nullopt);
    EXPECT_EQ(deliveries(), 0);
    expireLease();
    runToEnd();
    EXPECT_EQ(feed().cursor, "+1");
    EXPECT_EQ(deliveries(), 1);
}

// Killed between the reply and the end: what was read is not asked for again.
TEST_F(FeedTest, AStoredReplyIsDeliveredAfterTheCrash) {
    const auto unload = [&] { sql("UPDATE flow SET plugin_key = 'gone', plugin_sha256 = 'gone'"); };
    vendor_.on("/feed", {during(unload, answer(200)), answer(500)});
    sync();
    EXPECT_EQ(feed().cursor, std::nullopt);
    EXPECT_EQ(deliveries(), 0);
    sql("UPDATE flow SET plugin_key = 'flow_trial', state = 'running'");
    expireLease();
    run();
    EXPECT_EQ(feed().cursor, "+1");
    EXPECT_EQ(deliveries(), 1);
    EXPECT_EQ(vendor_.seen("/feed").size(), 1U);
}

// Cursor and deliveries are one unit: a unit that fails leaves neither.
TEST_F(FeedTest, ACursorThatDoesNotFitLeavesNoDeliveryBehind) {
    storage::FeedState state = feed();
    state.cursor = std::string(storage::kCursorBytesMax - 1, 'c');
    ASSERT_TRUE(database_
                    ->write(storage::WriteQueue::kFlow,
                            [&](storage::Connection& connection) {
                                repositories_->feeds.save(connection, scope_, state, now_);
                            })
                    .ok());
    sync();
    EXPECT_EQ(deliveries(), 0);
    EXPECT_EQ(feed().cursor, state.cursor);
}

TEST_F(FeedTest, AnUnknownFeedIsNamedWithTheOnesThereAre) {
    const auto plugin = plugins_->find("flow_trial");
    const auto feed = feedOf(plugin->manifest(), "else", "parameters.feed");
    ASSERT_FALSE(feed);
    EXPECT_EQ(feed.error().path, "parameters.feed");
    EXPECT_THAT(feed.error().message, HasSubstr("it has results"));
}

}  // namespace
}  // namespace hub::flows
