// How fast a flow goes: budgets, Retry-After, back-off, breakers, and giving up.
#include "hub/flows/testing/flow_fixture.hpp"

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using testing::answer;
using ::testing::HasSubstr;
using testing::loseReply;

class PaceTest : public testing::FlowEngineTest {
protected:
    /// A submit with a key, from its start until its time is over.
    StartedOrder orderUntilGivenUp() {
        auto order = startOrder(R"({"order.submit":[{"label":"a","path":"/a","repeat":"keyed"}]})");
        for (int i = 0; i < 5; ++i) {
            now_ += 3'600'000;
            run();
        }
        EXPECT_EQ(state(order.flow_id), "waiting");
        now_ = storage::kNow + kGiveUpAfterMs + 6 * 3'600'000;
        runToEnd();
        return order;
    }
    std::string waitsFor(const std::string& id) { return flow(id).waits_for.value_or(""); }
    BreakerView breaker() { return control_.breaker.list(now_).at(0); }
};

TEST_F(PaceTest, KeepsTheManifestsBudget) {
    const std::string id = start(
        R"([{"label":"a","path":"/limited/1"},{"label":"b","path":"/limited/2"},
            {"label":"c","path":"/limited/3"},{"label":"d","path":"/free"}])");
    run();
    EXPECT_EQ(vendor_.seen().size(), 2U);
    EXPECT_EQ(state(id), "waiting");
    EXPECT_EQ(waitsFor(id), "rate");
    EXPECT_EQ(flow(id).wake_at_ms, now_ + 60'000);
    EXPECT_EQ(steps(id).size(), 2U) << "no intent for what may not be sent yet";
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
}

TEST_F(PaceTest, OfSeveralCallsThoseWithRoomGoFirst) {
    const std::string id = start(
        R"([{"do":"all","calls":[{"label":"a","path":"/limited/1"},
             {"label":"b","path":"/limited/2"},{"label":"c","path":"/limited/3"}]}])");
    run();
    EXPECT_EQ(vendor_.seen().size(), 2U);
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(vendor_.seen().size(), 3U);
}

TEST_F(PaceTest, RepeatsKeepTheBudgetToo) {
    vendor_.on("/limited/1", {loseReply(), loseReply(), answer(200)});
    const std::string id = start(R"([{"label":"a","path":"/limited/1","repeat":"keyed"}])");
    const std::int64_t began = now_;
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_GE(now_, began + 60'000);
}

TEST_F(PaceTest, WaitsAsLongAsRetryAfterSays) {
    vendor_.on("/a", {answer(429, "{}", "Retry-After: 90\r\n"), answer(200)});
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    const std::string other = start(R"([{"label":"b","path":"/b"}])", "feed.sync");
    run();
    EXPECT_EQ(flow(id).wake_at_ms, now_ + 90'000);
    EXPECT_EQ(waitsFor(other), "rate") << "the limit belongs to the credential";
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(vendor_.seen("/a").size(), 2U);
}

TEST_F(PaceTest, ReadsTheDateFormOfRetryAfter) {
    vendor_.on("/a",
               {answer(503, "{}", "Retry-After: Thu, 09 Oct 2025 08:55:20 GMT\r\n"), answer(200)});
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    run();
    EXPECT_EQ(flow(id).wake_at_ms, storage::kNow + 120'000);
}

TEST_F(PaceTest, BacksOffWithoutCountingAgainstTheLimit) {
    vendor_.on("/a", {answer(500), answer(502), answer(503), answer(504), answer(500), answer(500),
                      answer(500), answer(500), answer(200)});
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(steps(id)[0].attempt, 9);
    EXPECT_EQ(flow(id).retries, 0);
}

// R-VEN-08
TEST_F(PaceTest, AnswersThatBlameTheRequestAreRepeatedToTheLimit) {
    sql("UPDATE provider_config SET max_retry_attempts = 2");
    vendor_.on("/a", {answer(500), answer(418)});
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    runToEnd();
    EXPECT_EQ(state(id), "failed");
    EXPECT_THAT(error(id), HasSubstr("conflict"));
    EXPECT_EQ(vendor_.seen("/a").size(), 4U) << "one free repeat, two counted ones";
    EXPECT_EQ(flow(id).retries, 2);
}

TEST_F(PaceTest, AnAnswerThatIsFinalIsNotRepeated) {
    vendor_.on("/a", {answer(422)});
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    runToEnd();
    EXPECT_EQ(state(id), "failed");
    EXPECT_EQ(error(id), "validation 422 at a");
    EXPECT_EQ(vendor_.seen("/a").size(), 1U);
}

// TM-OUT-5
TEST_F(PaceTest, FlowsSleepBehindAnOpenBreakerAndOneProbes) {
    takeVendorAway();
    std::vector<std::string> ids;
    ids.push_back(start(R"([{"label":"a","path":"/a"}])"));
    for (int i = 0; i < 20 && control_.breaker.list(now_).empty(); ++i) run();
    for (int i = 0; i < 20 && breaker().state != BreakerState::kOpen; ++i) {
        now_ = flow(ids[0]).wake_at_ms;
        run();
    }
    ASSERT_EQ(breaker().state, BreakerState::kOpen);
    ids.push_back(start(R"([{"label":"b","path":"/b"}])", "feed.sync"));
    run();
    EXPECT_EQ(waitsFor(ids[1]), "breaker");
    EXPECT_TRUE(steps(ids[1]).empty()) << "nothing was intended, so a crash loses nothing";
    bringVendorBack();
    runToEnd();
    for (const std::string& id : ids) EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_TRUE(control_.breaker.list(now_).empty());
    EXPECT_EQ(control_.stats.calls.of("flow_trial", "not_sent"), 5U);
}

TEST_F(PaceTest, OfSeveralCallsOneProbes) {
    constexpr std::int64_t kFailures = kBreakerFailuresMax;
    for (int i = 0; i < kFailures; ++i) control_.breaker.failed("flow_trial", account().id, now_);
    now_ = breaker().until_ms;
    vendor_.on("/a", {answer(500), answer(200)});
    start(R"([{"do":"all","calls":[{"label":"a","path":"/a"},{"label":"b","path":"/b"},
              {"label":"c","path":"/c"}]}])");
    run();
    EXPECT_EQ(vendor_.seen().size(), 1U);
    EXPECT_EQ(breaker().state, BreakerState::kOpen);
}

// R-VEN-16
TEST_F(PaceTest, GivesUpAfterThreeDaysAndHandsTheOrderToAPerson) {
    vendor_.on("/a", {answer(500)});
    const auto order = orderUntilGivenUp();
    EXPECT_EQ(state(order.flow_id), "failed");
    EXPECT_THAT(error(order.flow_id), HasSubstr("gave up"));
    EXPECT_EQ(vendorOrder(order.vendor_order_id).status, "failed");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).last_error, "vendor_unavailable");
    EXPECT_EQ(orderStatus(order.order_id), "in_progress") << "by hand, not failed";
    EXPECT_EQ(count("SELECT COUNT(*) FROM task WHERE kind = 'manual_fallback'"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert WHERE alert_type = 'flow_gave_up'"), 1);
}

// By hand it would be done twice: the vendor may have taken what got no answer.
class LostPaceTest : public PaceTest, public ::testing::WithParamInterface<int> {};

// None of these says what became of the request whose answer was lost.
INSTANTIATE_TEST_SUITE_P(By, LostPaceTest, ::testing::Values(500, 429));

TEST_P(LostPaceTest, GivingUpAfterALostAnswerIsUncertain) {
    vendor_.on("/a", {testing::loseReply(), answer(GetParam())});
    const auto order = orderUntilGivenUp();
    EXPECT_EQ(state(order.flow_id), "uncertain") << error(order.flow_id);
    EXPECT_EQ(count("SELECT COUNT(*) FROM task WHERE kind = 'manual_fallback'"), 0);
    EXPECT_NE(vendorOrder(order.vendor_order_id).status, "failed");
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert WHERE alert_type = 'flow_uncertain'"), 1);
}

TEST_F(PaceTest, ALongWaitIsNoReasonToGiveUp) {
    vendor_.on("/b", {answer(500), answer(200)});
    const std::string id = start(R"([{"do":"wait","ms":864000000},{"label":"b","path":"/b"}])");
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
}

TEST_F(PaceTest, APausedAccountsFlowIsTriedBeforeItGivesUp) {
    sql("UPDATE provider_config SET account_state = 'paused'");
    const std::string id = start(R"([{"label":"a","path":"/a"}])");
    now_ += 2 * kGiveUpAfterMs;
    sql("UPDATE provider_config SET account_state = 'enabled'");
    run();
    EXPECT_EQ(state(id), "done") << error(id);
}

TEST_F(PaceTest, CountsWhatItDoes) {
    vendor_.on("/a", {answer(500), answer(200)});
    vendor_.on("/b", {loseReply()});
    start(R"([{"label":"a","path":"/a"},{"label":"b","path":"/b"}])");
    runToEnd();
    FlowStats& stats = control_.stats;
    EXPECT_EQ(stats.started.of("account.test", "flow_trial"), 1U);
    EXPECT_EQ(stats.ended.of("account.test", "uncertain"), 1U);
    EXPECT_EQ(stats.calls.of("flow_trial", "5xx"), 1U);
    EXPECT_EQ(stats.calls.of("flow_trial", "2xx"), 1U);
    EXPECT_EQ(stats.calls.of("flow_trial", "lost"), 1U);
    EXPECT_EQ(stats.lost, 1U);
    EXPECT_EQ(stats.uncertain, 1U);
    EXPECT_EQ(stats.steps_repeated, 1U);
}

}  // namespace
}  // namespace hub::flows
