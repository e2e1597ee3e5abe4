#include "sdk/plugin-api/src/flow_fixture.hpp"

namespace hubsdk::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(FlowTest, ReplaysFromTheBeginningAtEveryStep) {
    ScriptedTransport transport(advance, {reply("POST", "/v1/first", R"({"id":"17"})"),
                                          reply("GET", "/v1/second", R"({"id":"x"})")});
    auto played = transport.play(command("order.refresh"));
    ASSERT_TRUE(played) << played.error().text();
    EXPECT_EQ(begun, 3);
    ASSERT_EQ(played->actions.size(), 3U);
    EXPECT_EQ(played->actions[1].calls[0].query, "id=17");
    EXPECT_EQ(played->last().action, ActionKind::kDone);
}

TEST_F(FlowTest, CallsCarryDefaultsAndFingerprints) {
    AdvanceInput input;
    input.inputs = command("order.refresh");
    auto action = advance(input);
    ASSERT_TRUE(action);
    const Call& call = action->calls.at(0);
    EXPECT_EQ(call.host, "vendor.example");
    EXPECT_EQ(call.path, "/v1/first");
    EXPECT_EQ(call.headers.at(0).name, "X-Key");
    EXPECT_EQ(call.repeat, Repeat::kKeyed);
    EXPECT_EQ(call.key_header, "Idempotency-Key");
    EXPECT_FALSE(call.body_hash.empty());
}

TEST_F(FlowTest, ObservationsGoOutOnceWithTheActionThatFollows) {
    const Played played = play("order.refresh", {reply("POST", "/first", R"({"id":"17"})"),
                                                 reply("GET", "/second", R"({"id":"end"})")});
    std::vector<std::string> ids;
    for (const Observation& each : played.observations) ids.push_back(*each.vendor_order_id);
    EXPECT_THAT(ids, ElementsAre("before", "between", "end"));
    EXPECT_EQ(played.actions[1].observations.size(), 1U);
}

TEST_F(FlowTest, WhatWentOutIsNotSaidAgainWhenItsStepFails) {
    const Played played = play("order.refresh", {reply("POST", "/first", "", 400)});
    EXPECT_EQ(played.last().action, ActionKind::kFailed);
    EXPECT_EQ(played.actions.front().observations.size(), 1U);
    EXPECT_TRUE(played.last().observations.empty());
}

TEST_F(FlowTest, ManyRequestsAtOnceAreOneAction) {
    const Played played = play("catalog.list", {reply("GET", "/a", "{}"), reply("GET", "/b", "{}"),
                                                reply("GET", "/c", "{}", 204)});
    ASSERT_EQ(played.actions.size(), 2U);
    EXPECT_EQ(played.actions[0].calls.size(), 3U);
    EXPECT_EQ(played.last().result.json, R"("a200b200c204")");
}

TEST_F(FlowTest, OnlyTheMissingRequestsAreAskedAgain) {
    AdvanceInput input;
    input.inputs = command("catalog.list");
    Entry& entry = input.journal.emplace_back();
    entry.label = "b";
    entry.method = "GET";
    entry.host = "vendor.example";
    entry.path = "/v1/b";
    entry.reply.emplace().status = 200;
    auto action = advance(input);
    ASSERT_TRUE(action);
    ASSERT_EQ(action->calls.size(), 2U);
    EXPECT_EQ(action->calls[0].label, "a");
    EXPECT_EQ(action->calls[1].label, "c");
    EXPECT_TRUE(action->observations.empty()) << "they went out with the one that was sent";
}

TEST_F(FlowTest, AsksTheHostAndWaits) {
    PlayOptions options;
    options.started_at_ms = 1'000'000;
    options.answer = [](const Ask& ask) { return hubsdk::quoted(ask.what); };
    const Played played = play("inbound.request", {}, std::move(options));
    ASSERT_EQ(played.actions.size(), 3U);
    EXPECT_EQ(played.actions[0].action, ActionKind::kAsk);
    EXPECT_EQ(played.actions[1].action, ActionKind::kWait);
    EXPECT_EQ(played.actions[1].wait->until_ms, 1'061'000);
    EXPECT_EQ(played.last().result.json, R"(["packages",60000])");
}

TEST_F(FlowTest, ALostStepIsLookedUp) {
    const Played found =
        play("order.cancel", {lostReply("POST", "/orders"), reply("GET", "/orders", "[1]")});
    EXPECT_EQ(found.last().result.json, R"("found")");
    EXPECT_EQ(found.actions[0].calls[0].look_up_after_ms, 5000);
    const Played again =
        play("order.cancel", {lostReply("POST", "/orders"), reply("GET", "/orders", "[]"),
                              reply("POST", "/orders", "{}")});
    EXPECT_EQ(again.last().result.json, R"("placed again")");
}

TEST_F(FlowTest, ALostStepThatCannotBeLookedUpIsUncertain) {
    const Played played = play("order.refresh", {lostReply("POST", "/first")});
    ASSERT_EQ(played.last().action, ActionKind::kFailed);
    EXPECT_EQ(played.last().error->error_class, ErrorClass::kUncertain);
    EXPECT_EQ(played.last().error->label, "first");
}

TEST_F(FlowTest, LegsStartWithAnEmptyJournalAndTheCursor) {
    const Played played = play(
        "feed.sync", {reply("GET", "/pages", R"({"next":"2"})"),
                      reply("GET", "/pages", R"({"next":"3"})"), reply("GET", "/pages", R"({})")});
    ASSERT_EQ(played.actions.size(), 6U);
    EXPECT_EQ(played.actions[1].action, ActionKind::kContinue);
    EXPECT_EQ(played.actions[1].next->cursor, "2");
    EXPECT_EQ(played.actions[1].next->leg, 1);
    EXPECT_EQ(played.actions[4].calls[0].query, "cursor=3");
    EXPECT_EQ(played.observations.size(), 3U);
    EXPECT_EQ(played.last().action, ActionKind::kDone);
}

TEST_F(FlowTest, ANewLegHoldsNoBytesOfTheFirst) {
    Command inputs = command("feed.sync");
    inputs.delivery.emplace().body = Body{"x"};
    EXPECT_FALSE(nextLeg(inputs, "1").take().next->delivery.has_value());
}

TEST_F(FlowTest, ARetryableAnswerRepeatsTheStepAndCommitsNothingElse) {
    ScriptedReply busy = reply("POST", "/first", "", 429);
    busy.headers.push_back({"retry-after", "7"});
    const Played played = play("order.refresh", {busy});
    ASSERT_EQ(played.last().action, ActionKind::kAgain);
    EXPECT_EQ(played.last().again->label, "first");
    EXPECT_EQ(played.last().again->after_ms, 7000);
    EXPECT_EQ(played.last().again->error_class, ErrorClass::kRateLimited);
    EXPECT_TRUE(played.last().observations.empty());
}

TEST_F(FlowTest, AnErrorInsideAGoodReplyMayRepeatTheStep) {
    const Played played = play("account.test", {reply("GET", "/one", "busy")});
    ASSERT_EQ(played.last().action, ActionKind::kAgain);
    EXPECT_EQ(played.last().again->label, "one");
    EXPECT_EQ(played.last().again->error_class, ErrorClass::kVendorUnavailable);
}

TEST_F(FlowTest, AllowedStatusesAreReplies) {
    EXPECT_EQ(play("account.test", {reply("GET", "/one", "", 404)}).last().result.json, "404");
    EXPECT_EQ(play("account.test", {reply("GET", "/one", "", 201)}).last().result.json, "201");
    const Played refused = play("account.test", {reply("GET", "/one", "", 401)});
    EXPECT_EQ(refused.last().error->error_class, ErrorClass::kAuth);
    EXPECT_EQ(refused.last().error->label, "one");
    EXPECT_EQ(refused.last().error->vendor_code, "401");
}

TEST_F(FlowTest, SubFlowsAreReplayedInside) {
    const std::vector<ScriptedReply> script{reply("GET", "/left", R"({"id":"L"})"),
                                            reply("GET", "/right", R"({"id":"R"})")};
    const Played played = play("payment.refresh", script);
    ASSERT_EQ(played.actions.size(), 3U) << "suspended twice inside a sub-flow of a sub-flow";
    EXPECT_EQ(played.last().result.json, R"("LR")");
    EXPECT_EQ(play("identity.refresh", script).last().result.json, R"("LR")");
}

TEST_F(FlowTest, ExceptionsEndTheFlowAsFailed) {
    const Played deep = play("payment.cancel", {reply("GET", "/t", "{}")});
    ASSERT_EQ(deep.last().action, ActionKind::kFailed);
    EXPECT_EQ(deep.last().error->error_class, ErrorClass::kInternal);
    EXPECT_THAT(deep.last().error->message, HasSubstr("deep inside"));
    EXPECT_THAT(play("auth.revoke", {reply("GET", "/one", "")}).last().error->message,
                HasSubstr("the flow threw: index"));
    EXPECT_EQ(play("auth.exchange", {}).last().error->error_class, ErrorClass::kInternal);
}

TEST_F(FlowTest, AFlowMayEndBeforeItsFirstStep) {
    const Played played = play("auth.token", {});
    ASSERT_EQ(played.actions.size(), 1U);
    EXPECT_EQ(played.last().error->error_class, ErrorClass::kValidation);
    EXPECT_EQ(played.last().error->message, "no e-mail");
}

TEST_F(FlowTest, AFlowThatNeverEndsIsStoppedByTheLimit) {
    PlayOptions options;
    options.actions_max = 30;
    ScriptedTransport transport(advance, {reply("GET", "/turn", "")}, options);
    auto played = transport.play(command("person.monitor"));
    ASSERT_FALSE(played);
    EXPECT_EQ(played.error().code, ErrorCode::kTooLarge);
    ScriptedTransport restoring(advance, {reply("GET", "/turn", "")});
    auto limited = restoring.playTwice(command("person.monitor"));
    ASSERT_FALSE(limited);
    EXPECT_THAT(limited.error().text(), HasSubstr("journal: has more than 64 items"));
}

TEST_F(FlowTest, AFlowThatNeitherEndsNorAsksFails) {
    AdvanceInput input;
    FlowRun run(input, {}, &classifyByStatus);
    EXPECT_EQ(run.take().error->error_class, ErrorClass::kInternal);
}

TEST_F(FlowTest, OrderAccountAndCommandAreHandedOver) {
    AdvanceInput input;
    input.inputs = command("order.submit");
    input.inputs.flow_id = "f1";
    EXPECT_EQ(advance(input)->error->message, "order: is required for this command");
    input.inputs.order.emplace().number = "A-7";
    input.inputs.order->package = "basic";
    input.inputs.account.settings.json = R"({"region":"eu","packages":{"basic":"tasker_pro"}})";
    auto once = advance(input);
    EXPECT_THAT(once->result.json, HasSubstr("A-7 eu tasker_pro order.submit "));
    EXPECT_EQ(advance(input)->result.json, once->result.json) << "id() is stable";
    input.inputs.flow_id = "f2";
    EXPECT_NE(advance(input)->result.json, once->result.json) << "and differs between flows";
    input.inputs.account.settings.json = "{";
    EXPECT_THAT(advance(input)->error->message, HasSubstr("account.settings"));
}

TEST_F(FlowTest, AnUnknownCommandIsUnsupported) {
    EXPECT_EQ(play("adverse.start", {}).last().error->error_class, ErrorClass::kUnsupported);
}

TEST_F(FlowTest, ARepliesMissingMemberIsASchemaError) {
    const Played missing = play("order.refresh", {reply("POST", "/first", R"({"ID":"17"})")});
    EXPECT_EQ(missing.last().error->error_class, ErrorClass::kSchema);
    EXPECT_EQ(missing.last().error->label, "first");
    const Played broken = play("order.refresh", {reply("POST", "/first", "<html>")});
    EXPECT_EQ(broken.last().error->error_class, ErrorClass::kSchema);
}

TEST_F(FlowTest, DownloadsAreBareAndGoToABlob) {
    const std::string url = R"({"url":"https://files.example/r/1.pdf?sig=a%2Fb"})";
    const Played played =
        play("order.report", {reply("GET", "/link", url), reply("GET", "/r/1.pdf", "%PDF")});
    const Call& call = played.actions.at(1).calls.at(0);
    EXPECT_EQ(call.host, "files.example");
    EXPECT_EQ(call.path, "/r/1.pdf") << "no base path";
    EXPECT_EQ(call.query, "sig=a%2Fb");
    EXPECT_TRUE(call.download);
    EXPECT_EQ(call.credentials, "none");
    EXPECT_TRUE(call.headers.empty());
    EXPECT_EQ(call.blob_bytes_max, 1000);
    EXPECT_EQ(played.last().result.json, R"("blob-file")");
}

TEST_F(FlowTest, DownloadsNeedAPlainHttpsAddress) {
    for (const char* url : {"http://files.example/x", "https://u:p@files.example/x", "https://",
                            "file:///x", "https://files.example:444/x"}) {
        const Played played =
            play("order.report", {reply("GET", "/link", R"({"url":)" + hubsdk::quoted(url) + "}")});
        EXPECT_EQ(played.last().error->error_class, ErrorClass::kSchema) << url;
    }
}

}  // namespace
}  // namespace hubsdk::testing
