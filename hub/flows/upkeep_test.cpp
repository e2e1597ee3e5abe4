// Feeds, blobs, leases, and what is deleted when.
#include "hub/flows/flow_engine.hpp"
#include "hub/flows/flow_sweep.hpp"
#include "hub/flows/old_orders.hpp"
#include "hub/flows/testing/flow_fixture.hpp"
#include "hub/storage/time_text.hpp"

#include <future>

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using testing::answer;
using ::testing::HasSubstr;
using testing::loseReply;

class UpkeepTest : public testing::FlowEngineTest {
protected:
    std::int64_t sweep() { return sweepFlows(*database_, repositories_->flows, now_); }
};

TEST_F(UpkeepTest, DeliversPartsOfAReplyIntoTheInboxOnce) {
    vendor_.on("/feed", {answer(200, R"([{"e":1},{"e":2}])")});
    const char* steps =
        R"([{"label":"feed","method":"GET","path":"/feed","deliver":{"key":"e-1","from":1,"size":7}}])";
    const std::string id = start(steps, "feed.sync");
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(
        count("SELECT COUNT(*) FROM inbound_event WHERE provider_config_id = ?", {account_id_}), 1);
    start(steps, "feed.sync");
    run();
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event"), 1) << "the same event is one event";
    const auto found = database_->read([&](storage::Connection& connection) {
        std::string event;
        connection.query("SELECT id FROM inbound_event", {},
                         [&](const storage::Row& row) { event = row.string(0); });
        return repositories_->inbox.find(connection, scope_, event);
    });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->body, R"({"e":1})");
    EXPECT_FALSE(found->is_hint);
}

TEST_F(UpkeepTest, StreamsABigReplyIntoABlob) {
    const std::string big(2'000'000, 'x');
    vendor_.on("/file", {answer(200, big)});
    const std::string id =
        start(R"([{"label":"f","method":"GET","path":"/file","to_blob":3000000}])");
    run();
    EXPECT_THAT(result(id), HasSubstr("blob 2000000"));
    EXPECT_EQ(steps(id)[0].reply->body, "");
}

// TM-OUT-5
TEST_F(UpkeepTest, AReplyOverItsLimitEndsTheFlow) {
    vendor_.on("/file", {answer(200, std::string(kReplyBytesMax + 1, 'x'))});
    vendor_.on("/fits", {answer(200, std::string(kReplyBytesMax, 'x'))});
    const std::string fits = start(R"([{"label":"f","method":"GET","path":"/fits"}])");
    run();
    EXPECT_EQ(state(fits), "done") << error(fits);
    const std::string safe = start(R"([{"label":"f","method":"GET","path":"/file"}])");
    run();
    EXPECT_EQ(state(safe), "failed");
    EXPECT_THAT(error(safe), HasSubstr("over its limit"));
    const std::string posted = start(R"([{"label":"f","path":"/file"}])");
    run();
    EXPECT_EQ(state(posted), "uncertain") << "it was carried out";
    const std::string blob =
        start(R"([{"label":"f","method":"GET","path":"/fits","to_blob":1000}])", "feed.sync");
    run();
    EXPECT_EQ(state(blob), "failed");
}

TEST_F(UpkeepTest, ALegHoldsAtMostFourMebibytes) {
    const std::string big(1'000'000, 'x');
    vendor_.on("/a", {answer(200, big)});
    std::string all;
    for (int i = 0; i < 6; ++i)
        all += R"({"label":"a)" + std::to_string(i) + R"(","method":"GET","path":"/a"},)";
    const std::string id = start("[" + all.substr(0, all.size() - 1) + "]");
    run();
    EXPECT_EQ(state(id), "failed");
    EXPECT_THAT(error(id), HasSubstr("at most 4 MiB"));
}

TEST_F(UpkeepTest, ALeaseOutlivesTheDeadlineOfItsCall) {
    std::string id;
    std::int64_t until = 0;
    testing::Behaviour looking = answer(200);
    looking.before = [&] { until = flow(id).wake_at_ms; };
    vendor_.on("/a", {looking});
    id = start(R"([{"label":"a","path":"/a","timeout_ms":90000}])");
    run();
    EXPECT_EQ(until, now_ + 90'000 + kLeaseMarginMs);
}

TEST_F(UpkeepTest, AHeldLeaseIsExtendedAndALostOneIsNot) {
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    LeaseKeeper keeper(*database_, repositories_->flows);
    const auto held = lease();
    {
        const LeaseKeeper::Held holds(keeper, held);
        now_ += kLeaseMs - 1;
        keeper.extendAll(now_ + kLeaseMs);
        now_ += kLeaseMs - 1;
        EXPECT_THROW(lease(), std::runtime_error) << "nothing is due";
        keeper.extendAll(now_ - 1);
        EXPECT_EQ(flow(id).wake_at_ms, now_ + 1) << "never shortened";
    }
    keeper.extendAll(now_ + 10 * kLeaseMs);
    now_ += 1;
    EXPECT_NO_THROW(lease()) << "given back, so no longer extended";
    const LeaseKeeper::Held stale(keeper, held);
    keeper.extendAll(now_ + 10 * kLeaseMs);
    EXPECT_EQ(flow(id).wake_at_ms, now_ + kLeaseMs) << "the newer lease is another's";
}

TEST_F(UpkeepTest, DeletesEntriesThirtyDaysAfterTheFlowEnds) {
    vendor_.on("/a", {loseReply(), answer(200, "vendor words")});
    const std::string id = start(R"([{"label":"a","method":"GET","path":"/a"}])");
    runToEnd();
    ASSERT_EQ(count("SELECT COUNT(*) FROM flow_attempt"), 1);
    const std::int64_t ended = now_;
    now_ = ended + kEntriesKeptMs;
    EXPECT_EQ(sweep(), 0);
    now_ = ended + kEntriesKeptMs + 1;
    EXPECT_EQ(sweep(), 2) << "an entry and the inputs";
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow_step"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow_attempt"), 0);
    EXPECT_EQ(flow(id).inputs, "{}");
    EXPECT_EQ(flow(id).result, std::nullopt);
    EXPECT_EQ(state(id), "done") << "that it ran stays known";
    EXPECT_EQ(sweep(), 0);
}

TEST_F(UpkeepTest, KeepsRecordingsAsLongAsTheAccountSays) {
    constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;
    sql("UPDATE provider_config SET recording_days = 90");
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    run();
    const std::int64_t ended = now_;
    now_ = ended + 90 * kDayMs;
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(steps(id).size(), 1U);
    EXPECT_NE(result(id), "") << "a comparison needs it";
    now_ = ended + 90 * kDayMs + 1;
    EXPECT_EQ(sweep(), 2);
    EXPECT_EQ(steps(id).size(), 0U);
}

TEST_F(UpkeepTest, DeletesOldLegsOfAFlowThatStillRuns) {
    const std::string id =
        start(R"([{"label":"a","path":"/a"},{"do":"leg","legs":1},{"do":"wait","ms":7776000000}])");
    run();
    ASSERT_EQ(flow(id).leg, 1);
    ASSERT_EQ(count("SELECT COUNT(*) FROM flow_step"), 3);
    now_ += kEntriesKeptMs + 1;
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(steps(id).size(), 2U);
}

TEST_F(UpkeepTest, ASweepIsBounded) {
    const std::string id = start("[]");
    run();
    for (int i = 0; i < kSweepRowsMax + 3; ++i) {
        sql("INSERT INTO flow_step (id, tenant_id, flow_id, leg, seq, kind, label, occurrence, "
            "method, host, path_enc, body_hash, repeat_rule, state, intent_at, deadline_at, "
            "created_at, updated_at) SELECT ?, tenant_id, id, 0, ?, 'ask', 'x', 0, '', '', '', '', "
            "'safe', 'applied', created_at, created_at, created_at, created_at FROM flow "
            "WHERE id = ?",
            {std::to_string(i), i, id});
    }
    const auto swept =
        database_->writeFor(storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
            return repositories_->flows.deleteEntries(connection, storage::SystemScope::forWorker(),
                                                      now_ + 2, kSweepRowsMax);
        });
    EXPECT_EQ(swept.value(), kSweepRowsMax);
    now_ += kEntriesKeptMs + 1;
    EXPECT_EQ(sweep(), 3 + 1);
}

TEST_F(UpkeepTest, ListsOpenFlowsPageByPage) {
    std::vector<std::string> ids;
    for (const char* command : {"account.test", "account.connect", "feed.sync"}) {
        ids.push_back(start(R"([{"do":"wait","ms":60000}])", command));
        now_ += 1;
    }
    const auto list = [&](const storage::FlowFilter& filter,
                          std::optional<storage::TenantScope> scope = std::nullopt) {
        return database_->read([&](storage::Connection& connection) {
            return repositories_->flows.list(connection, scope.value_or(scope_), filter);
        });
    };
    storage::FlowFilter two;
    two.rows_max = 2;
    ASSERT_EQ(list(two).size(), 2U);
    EXPECT_EQ(list(two)[0].id, ids[0]);
    two.after_id = ids[1];
    ASSERT_EQ(list(two).size(), 1U);
    EXPECT_EQ(list(two)[0].id, ids[2]);
    storage::FlowFilter uncertain;
    uncertain.state = storage::FlowState::kUncertain;
    EXPECT_TRUE(list(uncertain).empty());
    EXPECT_TRUE(list({}, tenant("other")).empty());
    storage::FlowFilter many;
    many.rows_max = 1'000'000;
    EXPECT_EQ(list(many).size(), 3U);
}

// Of many threads one leases for all, and every flow is run once, also those found when stopping.
TEST_F(UpkeepTest, ManyThreadsRunEveryFlowOnce) {
    constexpr std::size_t kFlows = 40;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < kFlows; ++i) {
        ids.push_back(start(R"([{"label":"z","path":"/z"}])"));
        sql("UPDATE flow SET dedupe_key = NULL");  // else an equal command is the same flow
    }
    FlowEngine engine(services(), "engine", 8);
    engine.start();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (vendor_.seen("/z").size() < kFlows / 2 && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    engine.stop();
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE owner IS NOT NULL"), 0)
        << "a lease without a thread would keep its flow for its whole time";
    FlowEngine next(services(), "next", 8);
    next.start();
    while (count("SELECT COUNT(*) FROM flow WHERE state = 'done'") <
               static_cast<std::int64_t>(kFlows) &&
           std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    next.stop();
    EXPECT_EQ(vendor_.seen("/z").size(), kFlows);
    for (const std::string& id : ids) EXPECT_EQ(state(id), "done") << error(id);
}

// TM-DB-2: not only when the lease ends.
TEST_F(UpkeepTest, WhatCouldNotBeCommittedGoesOnWhenTheDatabaseAnswers) {
    const std::string id = start(R"([{"label":"z","path":"/z"}])");
    const auto held = lease();
    control_.stuck.add({held});
    FlowEngine engine(services(), "engine", 2);
    engine.start();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto waitFor = [&](const auto& reached) {
        while (!reached() && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    };
    waitFor([&] { return count("SELECT COUNT(*) FROM flow WHERE owner IS NOT NULL") == 0; });
    now_ += kStuckPauseMs;
    engine.wake();
    waitFor([&] { return state(id) == "done"; });
    engine.stop();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_LT(now_, storage::kNow + kLeaseMs);
}

TEST_F(UpkeepTest, AnEngineRunsWhatIsStartedAndStops) {
    std::promise<void> seen;
    testing::Behaviour last = answer(200);
    last.before = [&] { seen.set_value(); };
    vendor_.on("/z", {last});
    FlowEngine engine(services(), "engine", 2);
    engine.start();
    const std::string id = start(R"([{"label":"z","path":"/z"}])");
    engine.wake();
    ASSERT_EQ(seen.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    engine.stop();
    EXPECT_EQ(state(id), "done") << error(id);
}

// canonical-model.md section 5.1: 30 days, once per order.
TEST_F(UpkeepTest, OldOrdersAreToldOfOnceAndStopWhereTheyRan) {
    struct Row {
        const char* status;
        const char* then;
        bool told;
    };
    const Row rows[] = {
        {"submitted", "requires_action", true},
        {"awaiting_applicant_info", "requires_action", true},
        {"data_verification", "requires_action", true},
        {"in_progress", "requires_action", true},
        {"requires_action", "requires_action", true},
        {"on_hold", "on_hold", true},
        {"pending_review", "pending_review", true},
        {"draft", "draft", false},
        {"failed", "failed", false},
        {"completed", "completed", false},
        {"cancelled", "cancelled", false},
    };
    std::vector<std::string> ids;
    std::int64_t all = 0;
    for (const Row& row : rows) {
        ids.push_back(startOrder("{}").order_id);
        sql("UPDATE screening_order SET status = ? WHERE id = ?", {row.status, ids.back()});
        all += row.told ? 1 : 0;
    }
    const auto pass = [&] { return tellOldOrders(*database_, *repositories_, now_); };
    now_ += kOrderAgeMaxMs - 1;
    EXPECT_EQ(pass(), 0) << "not yet";
    now_ += 1;
    EXPECT_EQ(pass(), all);
    for (const Row& row : rows) {
        const std::string& id = ids.at(static_cast<std::size_t>(&row - rows));
        SCOPED_TRACE(row.status);
        EXPECT_EQ(orderStatus(id), row.then);
        EXPECT_EQ(
            count("SELECT COUNT(*) FROM alert WHERE kind = 'stale_order' AND subject_id = ?", {id}),
            row.told ? 1 : 0);
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order WHERE action_reason = 'order_too_old'"),
              4);
    sql("UPDATE screening_order SET status = 'in_progress'");
    EXPECT_EQ(pass(), 0) << "once per order";
    now_ += kOrderAgeMaxMs;
    EXPECT_EQ(pass(), 2) << "what was no case then is one now";
}

TEST_F(UpkeepTest, AnOrderAgesFromItsSubmission) {
    const auto order = startOrder("{}");
    sql("UPDATE screening_order SET status = 'draft', submitted_at = NULL WHERE id = ?",
        {order.order_id});
    now_ += kOrderAgeMaxMs / 2;
    sql("UPDATE screening_order SET status = 'submitted', submitted_at = ? WHERE id = ?",
        {storage::timeText(now_.load()), order.order_id});
    const auto pass = [&] { return tellOldOrders(*database_, *repositories_, now_); };
    now_ += kOrderAgeMaxMs / 2;
    EXPECT_EQ(pass(), 0);
    now_ += kOrderAgeMaxMs / 2;
    EXPECT_EQ(pass(), 1);
}

}  // namespace
}  // namespace hub::flows
