#include "hub/flows/testing/flow_fixture.hpp"

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using storage::StepState;
using testing::answer;
using testing::Behaviour;
using ::testing::HasSubstr;
using testing::loseReply;

class DurabilityTest : public testing::FlowEngineTest {
protected:
    /// Another worker leases the flow: what this one still does must not count.
    void stealLease(const std::string& id) {
        sql("UPDATE flow SET fence = fence + 1 WHERE id = ?", {id});
    }
    /// The lease of a dead worker has run out.
    void expireLease(const std::string& id) {
        sql("UPDATE flow SET wake_at = ? WHERE id = ?", {storage::timeText(now_.load()), id});
    }
    static Behaviour during(std::function<void()> hook, Behaviour behaviour) {
        behaviour.before = std::move(hook);
        return behaviour;
    }
};

TEST_F(DurabilityTest, RunsStepsInOrderAndKeepsTheResult) {
    vendor_.on("/a", {answer(201, R"({"x":1})")});
    const std::string id = start(
        R"([{"label":"a","path":"/a","body":"{\"p\":1}"},{"label":"b","method":"GET","path":"/b"}])");
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(result(id), R"("a=201 b=200 at 0")");
    const auto seen = vendor_.seen();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].body, R"({"p":1})");
    EXPECT_EQ(seen[1].method, "GET");
    EXPECT_EQ(steps(id)[1].state, StepState::kApplied);
}

// TM-OUT-7: what is not on disk is not sent.
TEST_F(DurabilityTest, CommitsTheIntentBeforeItSends) {
    std::string id;
    std::vector<storage::FlowStep> then;
    vendor_.on("/a", {during([&] { then = steps(id); }, answer(200))});
    id = start(R"([{"label":"a","path":"/a"}])");
    run();
    ASSERT_EQ(then.size(), 1U);
    EXPECT_EQ(then[0].state, StepState::kIntent);
    EXPECT_EQ(then[0].intent.label, "a");
    EXPECT_EQ(then[0].intent.repeat_rule, "never");
}

TEST_F(DurabilityTest, CommitsTheReplyBeforeThePluginSeesIt) {
    std::string id;
    const auto unload = [&] {
        sql("UPDATE flow SET plugin_key = 'gone', plugin_sha256 = 'gone' WHERE id = ?", {id});
    };
    vendor_.on("/a", {during(unload, answer(200, R"({"kept":true})"))});
    id = start(R"([{"label":"a","path":"/a"}])");
    run();
    EXPECT_EQ(state(id), "parked");
    EXPECT_EQ(error(id), "no plugin gone");
    EXPECT_EQ(steps(id)[0].state, StepState::kReplied);
    EXPECT_EQ(steps(id)[0].reply->body, R"({"kept":true})");
}

// A crash after the reply repeats only the pure call.
TEST_F(DurabilityTest, AStoredReplyIsNotAskedForAgain) {
    std::string id;
    const auto unload = [&] {
        sql("UPDATE flow SET plugin_key = 'gone', plugin_sha256 = 'gone' WHERE id = ?", {id});
    };
    vendor_.on("/a", {during(unload, answer(200)), answer(500)});
    id = start(R"([{"label":"a","path":"/a"}])");
    run();
    sql("UPDATE flow SET plugin_key = 'flow_trial', state = 'running' WHERE id = ?", {id});
    expireLease(id);
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(vendor_.seen("/a").size(), 1U);
}

// TM-DB-3
TEST_F(DurabilityTest, AWorkerWithoutItsLeaseCommitsNothing) {
    std::string id;
    vendor_.on("/a", {during([&] { stealLease(id); }, answer(200))});
    id = start(R"([{"label":"a","path":"/a","repeat":"keyed"},{"label":"b","path":"/b"}])");
    run();
    EXPECT_EQ(state(id), "running");
    ASSERT_EQ(steps(id).size(), 1U);
    EXPECT_EQ(steps(id)[0].state, StepState::kIntent);
    EXPECT_TRUE(vendor_.seen("/b").empty());
}

// TM-OUT-7: also when the plugin is not there to be asked.
TEST_F(DurabilityTest, AnInterruptedStepIsLostAlsoWithoutItsPlugin) {
    std::string id;
    vendor_.on("/a", {during([&] { stealLease(id); }, answer(200))});
    id = start(R"([{"label":"a","path":"/a"}])");
    run();
    sql("UPDATE flow SET plugin_key = 'gone', plugin_sha256 = 'gone' WHERE id = ?", {id});
    expireLease(id);
    run();
    EXPECT_EQ(state(id), "uncertain") << "parked, it could be abandoned as if nothing was sent";
}

// TM-DB-2: the lease is remembered, to be given back when the database answers.
TEST_F(DurabilityTest, ALeaseWhoseWorkCannotBeCommittedIsRemembered) {
    vendor_.on("/a", {during([&] { database_->stop(); }, answer(200))});
    start(R"([{"label":"a","path":"/a"}])");
    const auto held = lease();
    runLease(held);
    const auto stuck = control_.stuck.takeAll();
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_EQ(stuck[0].flow_id, held.flow_id);
    EXPECT_EQ(stuck[0].fence, held.fence);
}

// TM-OUT-7: an intent without a reply is lost, never unsent.
TEST_F(DurabilityTest, TheNextLeaseFindsAnInterruptedStepLost) {
    std::string id;
    vendor_.on("/a", {during([&] { stealLease(id); }, answer(200)), answer(200)});
    id = start(R"([{"label":"a","path":"/a"}])");
    run();
    expireLease(id);
    run();
    EXPECT_EQ(state(id), "uncertain");
    EXPECT_THAT(error(id), HasSubstr("the answer to a was lost"));
    EXPECT_EQ(steps(id)[0].state, StepState::kLost);
    EXPECT_EQ(vendor_.seen("/a").size(), 1U) << "it may have been executed";
}

TEST_F(DurabilityTest, TheNextLeaseRepeatsWhatIsKeyedWithTheSameKey) {
    std::string id;
    vendor_.on("/a", {during([&] { stealLease(id); }, answer(200)), answer(201)});
    id = start(R"([{"label":"a","path":"/a","repeat":"keyed"}])");
    run();
    expireLease(id);
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    const auto seen = vendor_.seen("/a");
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_FALSE(headerOf(seen[0], "Idempotency-Key").empty());
    EXPECT_EQ(headerOf(seen[0], "Idempotency-Key"), headerOf(seen[1], "Idempotency-Key"));
}

TEST_F(DurabilityTest, InputsAreFrozenWhenTheFlowStarts) {
    const auto change = [&] {
        sql(R"(UPDATE provider_config SET vendor_options = '{"order.submit":[{"label":"x","path":"/x"}]}')");
    };
    vendor_.on("/a", {during(change, answer(200))});
    const auto order =
        startOrder(R"({"order.submit":[{"label":"a","path":"/a"},{"label":"b","path":"/b"}]})");
    run();
    EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    EXPECT_EQ(vendor_.seen("/b").size(), 1U);
    EXPECT_TRUE(vendor_.seen("/x").empty());
}

TEST_F(DurabilityTest, AWaitFreesTheWorkerUntilItsTime) {
    const std::string id = start(R"([{"do":"wait","ms":5000},{"label":"b","path":"/b"}])");
    run();
    EXPECT_EQ(state(id), "waiting");
    EXPECT_EQ(flow(id).wake_at_ms, now_ + 5000);
    now_ += 4999;
    run();
    EXPECT_EQ(state(id), "waiting");
    now_ += 1;
    run();
    EXPECT_EQ(result(id), R"("waited b=200 at 5000")");
}

TEST_F(DurabilityTest, AnswersQuestionsFromTheAccount) {
    sql(R"(UPDATE provider_config SET vendor_options = '{"packages":{"basic":"b1"}}')");
    const std::string id = start(R"([{"do":"ask","what":"packages"}])");
    run();
    EXPECT_THAT(result(id), HasSubstr(R"([{\"code\":\"basic\",\"vendor_package\":\"b1\"}])"));
}

TEST_F(DurabilityTest, ALegStartsWithAnEmptyJournal) {
    const std::string id = start(R"([{"label":"a","path":"/a"},{"do":"leg","legs":3}])");
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(flow(id).leg, 3);
    EXPECT_EQ(steps(id).size(), 1U);
    EXPECT_EQ(vendor_.seen("/a").size(), 4U);
}

TEST_F(DurabilityTest, EachLegSaysSomethingBeforeItsFirstCall) {
    const std::string id =
        start(R"([{"do":"observe"},{"label":"a","path":"/a"},{"do":"leg","legs":2}])");
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(count("SELECT COUNT(*) FROM observation"), 3);
}

TEST_F(DurabilityTest, ALegOverItsEntriesFails) {
    std::string all;
    for (int i = 0; i < storage::kLegEntriesMax; ++i) all += R"({"do":"ask","what":"packages"},)";
    const std::string fits = start("[" + all.substr(0, all.size() - 1) + "]");
    run();
    EXPECT_EQ(state(fits), "done") << error(fits);
    const std::string over = start("[" + all + R"({"do":"ask","what":"packages"}])");
    run();
    EXPECT_EQ(state(over), "failed");
    EXPECT_THAT(error(over), HasSubstr("at most 64 entries"));
}

TEST_F(DurabilityTest, UnreadableInputsParkTheFlow) {
    const std::string id = start("no json");
    run();
    EXPECT_EQ(state(id), "parked");
    EXPECT_THAT(error(id), HasSubstr("cannot be read"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert WHERE alert_type = 'flow_parked'"), 1);
}

// Contract section 6: replay compares label, method, host and path.
TEST_F(DurabilityTest, ADivergedReplayFailsAndNamesTheStep) {
    std::string id;
    const auto other = [&] { sql("UPDATE flow_step SET host = 'other.example'"); };
    vendor_.on("/a", {during(other, answer(200))});
    id = start(R"([{"label":"a","path":"/a"}])");
    run();
    EXPECT_EQ(state(id), "failed");
    EXPECT_THAT(error(id), HasSubstr("diverged at a"));
}

// A key stands for one body: with another one the vendor would refuse it, or do the wrong thing.
TEST_F(DurabilityTest, ARepeatWithAnotherBodyFailsAsDiverged) {
    std::string id;
    const auto other = [&] { sql("UPDATE flow_step SET body_hash = 'other'"); };
    vendor_.on("/a", {during(other, loseReply()), answer(200)});
    id = start(R"([{"label":"a","path":"/a","body":"{}","repeat":"keyed"}])");
    runToEnd();
    EXPECT_EQ(state(id), "uncertain");
    EXPECT_THAT(error(id), HasSubstr("diverged at a"));
    EXPECT_EQ(vendor_.seen("/a").size(), 1U);
}

TEST_F(DurabilityTest, AnAnsweredStepWhoseBodyWouldDifferIsReported) {
    const auto other = [&] { sql("UPDATE flow_step SET body_hash = 'other' WHERE label = 'a'"); };
    vendor_.on("/b", {during(other, answer(200))});
    ::testing::internal::CaptureStderr();
    const std::string id = start(
        R"([{"label":"a","path":"/a","body":"{}"},{"label":"b","method":"GET","path":"/b"}])");
    run();
    const std::string log = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_THAT(log, HasSubstr("flow.body_changed"));
    EXPECT_THAT(log, HasSubstr(R"("label":"a")"));
}

TEST_F(DurabilityTest, SendsUpToSixteenRequestsAtOnce) {
    std::string calls;
    for (int i = 0; i < 16; ++i) {
        const std::string n = std::to_string(i);
        calls.append(R"({"label":"c)").append(n).append(R"(","method":"GET","path":"/c)");
        calls.append(n).append(R"("},)");
    }
    const std::string id =
        start(R"([{"do":"all","calls":[)" + calls.substr(0, calls.size() - 1) + R"(]}])");
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(vendor_.seen().size(), 16U);
    EXPECT_EQ(steps(id).size(), 16U);
}

}  // namespace
}  // namespace hub::flows
