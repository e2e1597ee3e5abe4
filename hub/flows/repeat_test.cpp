// TM-OUT-7: what a lost answer means, for every repeat rule.
#include "hub/flows/testing/flow_fixture.hpp"

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using testing::answer;
using ::testing::HasSubstr;
using testing::loseReply;

class RepeatTest : public testing::FlowEngineTest {};

TEST_F(RepeatTest, SafeIsSentAgain) {
    vendor_.on("/a", {loseReply(), loseReply(), answer(200)});
    const std::string id = start(R"([{"label":"a","method":"GET","path":"/a"}])");
    EXPECT_GT(runToEnd(), 0);
    EXPECT_EQ(result(id).substr(0, 6), R"("a=200)");
    EXPECT_EQ(vendor_.seen("/a").size(), 3U);
    EXPECT_EQ(steps(id)[0].attempt, 3);
}

TEST_F(RepeatTest, KeyedIsSentAgainWithTheSameKey) {
    vendor_.on("/a", {loseReply(), answer(200)});
    const std::string id = start(
        R"([{"label":"a","path":"/a","repeat":"keyed"},{"label":"b","path":"/b","repeat":"keyed"}])");
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    const auto seen = vendor_.seen();
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(headerOf(seen[0], "Idempotency-Key"), headerOf(seen[1], "Idempotency-Key"));
    EXPECT_NE(headerOf(seen[0], "Idempotency-Key"), headerOf(seen[2], "Idempotency-Key"));
}

TEST_F(RepeatTest, AKeyThatTheVendorHasForgottenIsNotSentAgain) {
    vendor_.on("/a", {loseReply(), answer(200)});
    const std::string id = start(R"([{"label":"a","path":"/a","repeat":"keyed"}])");
    run();
    now_ += 86'400'000;  // the manifest's key_lifetime_ms
    runToEnd();
    EXPECT_EQ(state(id), "uncertain");
    EXPECT_THAT(error(id), HasSubstr("no longer knows its key"));
    EXPECT_EQ(vendor_.seen().size(), 1U);
}

TEST_F(RepeatTest, AKeyThatWasNeverTakenMayBeSentWhenEver) {
    vendor_.on("/a", {answer(503), answer(200)});
    const std::string id = start(R"([{"label":"a","path":"/a","repeat":"keyed"}])");
    run();
    now_ += 86'400'000;
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
}

// 504 is a gateway's word: what stands behind it may have done it.
TEST_F(RepeatTest, AKeyThatMayHaveBeenTakenIsForgottenToo) {
    vendor_.on("/a", {answer(504), answer(503), answer(200)});
    const std::string id = start(R"([{"label":"a","path":"/a","repeat":"keyed"}])");
    run();
    now_ += 3'600'000;
    run();
    now_ += 86'400'000;
    runToEnd();
    EXPECT_EQ(state(id), "uncertain");
    EXPECT_EQ(vendor_.seen().size(), 2U);
}

TEST_F(RepeatTest, ALostKeyBesideASafeReadStaysInDoubt) {
    vendor_.on("/a", {loseReply(), answer(500)});
    const std::string id = start(
        R"([{"do":"all","calls":[{"label":"a","path":"/a","repeat":"keyed"},
             {"label":"b","method":"GET","path":"/b"}]}])");
    run();
    now_ += 86'400'000;
    runToEnd();
    EXPECT_EQ(state(id), "uncertain") << error(id);
    EXPECT_EQ(vendor_.seen("/a").size(), 1U);
}

TEST_F(RepeatTest, NeverEndsUncertainWithAnAlert) {
    vendor_.on("/a", {loseReply()});
    const std::string id = start(R"([{"label":"a","path":"/a"},{"label":"b","path":"/b"}])");
    runToEnd();
    EXPECT_EQ(state(id), "uncertain");
    EXPECT_EQ(vendor_.seen().size(), 1U);
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert WHERE alert_type = 'flow_uncertain'"), 1);
}

constexpr const char* kLookUp =
    R"([{"label":"a","path":"/a","repeat":"look_up","after_ms":7000,"search":"/find"}])";

TEST_F(RepeatTest, LookUpFindsWhatTheVendorHasDone) {
    vendor_.on("/a", {loseReply()});
    vendor_.on("/find", {answer(200, R"({"found":true})")});
    const std::string id = start(kLookUp);
    run();
    EXPECT_EQ(state(id), "waiting");
    EXPECT_TRUE(vendor_.seen("/find").empty());
    EXPECT_EQ(flow(id).wake_at_ms, now_ + 7000) << "no search before look_up_after";
    runToEnd();
    EXPECT_THAT(result(id), HasSubstr("lost found"));
    EXPECT_EQ(vendor_.seen("/a").size(), 1U) << "never twice";
}

TEST_F(RepeatTest, LookUpSearchesTwiceBeforeItSendsAgain) {
    vendor_.on("/a", {loseReply(), answer(200)});
    vendor_.on("/find", {answer(200, R"({"found":false})")});
    const std::string id = start(kLookUp);
    const std::int64_t began = now_;
    runToEnd();
    EXPECT_THAT(result(id), HasSubstr("lost a=200"));
    EXPECT_EQ(vendor_.seen("/find").size(), 2U);
    EXPECT_EQ(vendor_.seen("/a").size(), 2U);
    EXPECT_GE(now_, began + 14'000) << "each search waits look_up_after";
}

// A search that failed says nothing about what is there.
TEST_F(RepeatTest, LookUpCountsOnlySearchesThatWereAnswered) {
    vendor_.on("/a", {loseReply(), answer(200)});
    vendor_.on("/find", {loseReply(), answer(500), answer(200, R"({"found":false})"),
                         answer(200, R"({"found":true})")});
    const std::string id = start(kLookUp);
    const std::int64_t began = now_;
    runToEnd();
    EXPECT_THAT(result(id), HasSubstr("lost found"));
    EXPECT_EQ(vendor_.seen("/a").size(), 1U) << "what the second answered search found is not sent";
    EXPECT_EQ(vendor_.seen("/find").size(), 4U);
    EXPECT_GE(now_, began + 14'000) << "each search waits look_up_after";
}

TEST_F(RepeatTest, LookUpFindsItOnTheSecondSearch) {
    vendor_.on("/a", {loseReply()});
    vendor_.on("/find", {answer(200, R"({"found":false})"), answer(200, R"({"found":true})")});
    const std::string id = start(kLookUp);
    runToEnd();
    EXPECT_THAT(result(id), HasSubstr("lost found"));
    EXPECT_EQ(vendor_.seen("/a").size(), 1U);
}

TEST_F(RepeatTest, NotSentIsSentLaterWhateverTheRule) {
    for (const char* rule : {"never", "safe", "keyed", "look_up"}) {
        SCOPED_TRACE(rule);
        takeVendorAway();
        const std::string id =
            start(R"([{"label":"a","path":"/once","repeat":")" + std::string(rule) + R"("}])");
        run();
        EXPECT_EQ(state(id), "waiting");
        bringVendorBack();
        const std::size_t before = vendor_.seen("/once").size();
        runToEnd();
        EXPECT_EQ(state(id), "done") << error(id);
        EXPECT_EQ(vendor_.seen("/once").size(), before + 1);
    }
}

TEST_F(RepeatTest, OnlyTheLostOfSeveralIsSentAgain) {
    vendor_.on("/a", {answer(200)});
    vendor_.on("/b", {loseReply(), answer(200)});
    const std::string id = start(
        R"([{"do":"all","calls":[{"label":"a","method":"GET","path":"/a"},{"label":"b","method":"GET","path":"/b"}]}])");
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(vendor_.seen("/a").size(), 1U);
    EXPECT_EQ(vendor_.seen("/b").size(), 2U);
}

// TM-IN-10, TM-DATA-2
TEST_F(RepeatTest, WhatCannotBeReadOrEndsProcessesIsParkedWithAnAlert) {
    const std::string unread = start(R"([{"label":"a","path":"/a"}])");
    sql("UPDATE flow SET dedupe_key = NULL, inputs_enc = 'not sealed'");
    const std::string deadly = start(R"([{"label":"a","path":"/a"}])");
    sql("UPDATE flow SET owner = 'a process that ended', abandoned = 9 WHERE id = ?", {deadly});
    run();
    EXPECT_TRUE(vendor_.seen().empty());
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE state = 'parked'"), 2);
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert WHERE alert_type = 'flow_parked'"), 2);
    EXPECT_EQ(
        count("SELECT COUNT(*) FROM flow WHERE id = ? AND error LIKE '%cannot be read'", {unread}),
        1);
}

// TM-OUT-4
TEST_F(RepeatTest, WhatTheManifestDoesNotAllowIsRefusedCountedAndNeverSent) {
    for (const char* step : {R"([{"label":"a","path":"/a","host":"other.example"}])",
                             R"([{"label":"a","path":"/a b"}])"}) {
        const std::string id = start(step);
        run();
        EXPECT_EQ(state(id), "failed");
        EXPECT_EQ(error(id), "validation 400 at a");
    }
    EXPECT_TRUE(vendor_.seen().empty());
    EXPECT_EQ(control_.stats.calls.of("flow_trial", "refused"), 2U);
}

}  // namespace
}  // namespace hub::flows
