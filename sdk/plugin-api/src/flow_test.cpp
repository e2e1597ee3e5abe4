#include <hubsdk/cpp/plugin.hpp>

#include "sdk/plugin-api/testing/scripted_transport.hpp"

#include <gmock/gmock.h>

namespace hubsdk {
namespace {

using ::testing::ElementsAre;
using testing::FlowState;
using ::testing::HasSubstr;
using testing::Played;
using testing::PlayOptions;
using testing::ScriptedReply;
using testing::ScriptedTransport;

// How often each flow began: a replayed flow begins once per call of advance.
thread_local int begun = 0;
// What a flow of a newer version asks instead; empty: what the old one asked.
thread_local std::string other_label;
thread_local std::string other_path;
thread_local std::string other_body;

Observation observed(std::string id) {
    Observation observation;
    observation.vendor_order_id = std::move(id);
    return observation;
}

std::string orDefault(const std::string& text, const char* fallback) {
    return text.empty() ? fallback : text;
}

Flow twoSteps() {
    ++begun;
    observe(observed("before"));
    const std::string label = orDefault(other_label, "first");
    const std::string path = orDefault(other_path, "/first");
    const std::string body = orDefault(other_body, R"({"a":1})");
    Reply first = co_await post(label, path).json(body).keyed();
    observe(observed("between"));
    Reply second = co_await get("second", "/second").query("id", first.text("/id"));
    co_return done().observing(observed(std::string(second.text("/id"))));
}

Flow oneStep() {
    Reply reply = co_await get("one", "/one").allow(404);
    co_return done().result(std::to_string(reply.status()));
}

Flow threeAtOnce() {
    Request a = get("a", "/a");
    Request b = get("b", "/b");
    Request c = get("c", "/c");
    Replies replies = co_await all(std::move(a), std::move(b), std::move(c));
    std::string labels;
    for (const Reply& reply : replies) labels += reply.label() + std::to_string(reply.status());
    co_return done().result(hubsdk::quoted(labels));
}

Flow asks() {
    const std::string packages = co_await ask("packages", "packages");
    const std::int64_t before = now();
    co_await waitUntil("pause", before + 60'000);
    co_return done().result("[" + packages + "," + std::to_string(now() - before) + "]");
}

Flow looksUp() {
    Reply order = co_await post("order", "/orders").json("{}").lookUp(5000);
    if (!order.lost()) co_return done().result("\"placed\"");
    Reply found = co_await get("search", "/orders");
    if (found.json().size() > 0) co_return done().result("\"found\"");
    Reply again = co_await post("order", "/orders").json("{}").lookUp(5000);
    co_return done().result(again.lost() ? "\"lost\"" : "\"placed again\"");
}

Flow leg(const Command& inputs) {
    const std::string cursor = inputs.cursor.value_or("1");
    Reply page = co_await get("page", "/pages").query("cursor", cursor);
    std::optional<std::string> next;
    if (const auto text = page.json()["next"].asString()) next = std::string(*text);
    co_return pages(inputs, std::move(next)).observing(observed("page " + cursor));
}

Task<std::string> idOf(std::string label) {
    Reply reply = co_await get(label, "/" + label);
    co_return std::string(reply.text("/id"));
}
Task<std::string> both() {
    std::string left = co_await idOf("left");
    std::string right = co_await idOf("right");
    co_return left + right;
}
Flow usesTasks() {
    std::string ids = co_await both();
    co_return done().result(hubsdk::quoted(ids));
}
Task<int> throwing() {
    Reply reply = co_await get("t", "/t");
    throw std::runtime_error("deep inside");
    co_return reply.status();
}
Flow usesThrowing() {
    const int status = co_await throwing();
    co_return done().result(std::to_string(status));
}

Flow endsEarly() {
    throw FlowEnd(vendorError(ErrorClass::kValidation, "no e-mail"));
    co_return done();
}
Flow throwsStandard() {
    Reply reply = co_await get("one", "/one");
    throw std::out_of_range("index");
    co_return done().result(std::string(reply.body()));
}
Flow throwsAnything() {
    if (begun >= 0) throw 7;
    co_return done();
}
Flow neverEnds() {
    for (;;) co_await get("turn", "/turn");
}
Flow needsOrder(const Order& order, const Account& account, const Command& inputs) {
    std::string text = order.number + " " + std::string(account.text("region", "none")) + " " +
                       std::string(account.package(order.package)) + " " + inputs.command + " " +
                       id("key");
    co_return done().result(hubsdk::quoted(text));
}
Flow fetches() {
    Reply link = co_await get("link", "/link");
    Reply file = co_await download("file", link.text("/url")).toBlob(1000);
    co_return done().result(hubsdk::quoted(file.blob()->id));
}
Flow twoEagerTasks() {
    Task<std::string> left = idOf("left");
    Task<std::string> right = idOf("right");
    std::string ids = co_await std::move(left);
    ids += co_await std::move(right);
    co_return done().result(hubsdk::quoted(ids));
}

struct Sample {
    static Defaults defaults(const Account& account) {
        Defaults all;
        all.host = std::string(account.text("host", "vendor.example"));
        all.base_path = "/v1";
        Pieces key;
        key.push_back(piece::secret("api_key"));
        all.headers.push_back({"X-Key", std::move(key)});
        return all;
    }
    static constexpr auto kFlows = flowTable(
        flow<twoSteps>("order.refresh"), flow<oneStep>("account.test"),
        flow<threeAtOnce>("catalog.list"), flow<asks>("inbound.request"),
        flow<looksUp>("order.cancel"), flow<leg>("feed.sync"), flow<usesTasks>("payment.refresh"),
        flow<usesThrowing>("payment.cancel"), flow<endsEarly>("auth.token"),
        flow<throwsStandard>("auth.revoke"), flow<throwsAnything>("auth.exchange"),
        flow<neverEnds>("person.monitor"), flow<needsOrder>("order.submit"),
        flow<fetches>("order.report"), flow<twoEagerTasks>("identity.refresh"));
};

Result<Action> advance(const AdvanceInput& input) {
    return internal::runFlow(Sample::kFlows, input, &Sample::defaults, &classifyByStatus);
}

ScriptedReply reply(std::string method, std::string path, std::string body, int status = 200) {
    ScriptedReply row;
    row.method = std::move(method);
    row.path = std::move(path);
    row.body = std::move(body);
    row.status = status;
    return row;
}

ScriptedReply lostReply(std::string method, std::string path) {
    ScriptedReply row = reply(std::move(method), std::move(path), "");
    row.lost = true;
    return row;
}

Command command(std::string name) {
    Command all;
    all.command = std::move(name);
    return all;
}

Played play(std::string name, std::vector<ScriptedReply> script, PlayOptions options = {}) {
    ScriptedTransport transport(advance, std::move(script), std::move(options));
    auto played = transport.playTwice(command(std::move(name)));
    EXPECT_TRUE(played) << played.error().text();
    Played all = played ? std::move(played).value() : Played();
    if (all.actions.empty()) all.actions.emplace_back();
    return all;
}

// The journal of twoSteps after its first step.
AdvanceInput answeredOnce() {
    AdvanceInput input;
    input.inputs = command("order.refresh");
    auto first = advance(input);
    const Call& call = first->calls.at(0);
    Entry& entry = input.journal.emplace_back();
    entry.label = call.label;
    entry.method = call.method;
    entry.host = call.host;
    entry.path = call.path;
    entry.body_hash = call.body_hash;
    entry.reply.emplace().status = 200;
    entry.reply->body = Body{R"({"id":"17"})"};
    return input;
}

class FlowTest : public ::testing::Test {
protected:
    void SetUp() override {
        begun = 0;
        other_label.clear();
        other_path.clear();
        other_body.clear();
    }
};

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

TEST_F(FlowTest, ADifferentLabelDiverges) {
    const AdvanceInput input = answeredOnce();
    other_label = "renamed";
    auto action = advance(input);
    ASSERT_EQ(action->action, ActionKind::kFailed);
    EXPECT_EQ(action->error->error_class, ErrorClass::kDiverged);
    EXPECT_EQ(action->error->label, "first");
    EXPECT_EQ(action->error->was, "first POST vendor.example/v1/first");
    EXPECT_EQ(action->error->is, "renamed POST vendor.example/v1/first");
}

TEST_F(FlowTest, ADifferentPathDiverges) {
    const AdvanceInput input = answeredOnce();
    other_path = "/second";
    auto action = advance(input);
    ASSERT_EQ(action->action, ActionKind::kFailed);
    EXPECT_EQ(action->error->error_class, ErrorClass::kDiverged);
    EXPECT_EQ(action->error->is, "first POST vendor.example/v1/second");
}

TEST_F(FlowTest, ADifferentMethodOrHostDiverges) {
    AdvanceInput input = answeredOnce();
    input.journal[0].method = "PUT";
    EXPECT_EQ(advance(input)->error->error_class, ErrorClass::kDiverged);
    input = answeredOnce();
    input.inputs.account.settings.json = R"({"host":"eu.vendor.example"})";
    EXPECT_EQ(advance(input)->error->error_class, ErrorClass::kDiverged);
}

TEST_F(FlowTest, AnAnsweredStepThatNothingAsksForDiverges) {
    AdvanceInput input = answeredOnce();
    Entry stray = input.journal[0];
    stray.label = "stray";
    input.journal.push_back(stray);
    auto action = advance(input);
    ASSERT_EQ(action->action, ActionKind::kFailed);
    EXPECT_EQ(action->error->error_class, ErrorClass::kDiverged);
    EXPECT_EQ(action->error->label, "stray");
    EXPECT_EQ(action->error->is, "second GET vendor.example/v1/second");

    AdvanceInput ended;
    ended.inputs = command("order.submit");
    ended.inputs.order.emplace();
    ended.journal.push_back(stray);
    EXPECT_EQ(advance(ended)->error->is, "done");
}

TEST_F(FlowTest, AChangedBodyIsOnlyReported) {
    const AdvanceInput input = answeredOnce();
    EXPECT_TRUE(advance(input)->changed_bodies.empty());
    other_body = R"({"a":2})";
    auto action = advance(input);
    EXPECT_EQ(action->action, ActionKind::kCall);
    EXPECT_THAT(action->changed_bodies, ElementsAre("first"));
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

TEST_F(FlowTest, AllowedStatusesAreReplies) {
    EXPECT_EQ(play("account.test", {reply("GET", "/one", "", 404)}).last().result.json, "404");
    EXPECT_EQ(play("account.test", {reply("GET", "/one", "", 201)}).last().result.json, "201");
    const Played refused = play("account.test", {reply("GET", "/one", "", 401)});
    EXPECT_EQ(refused.last().error->error_class, ErrorClass::kAuth);
    EXPECT_EQ(refused.last().error->label, "one");
    EXPECT_EQ(refused.last().error->vendor_code, "401");
}

struct StatusCase {
    int status;
    ErrorClass error_class;
    bool retryable;
};

TEST_F(FlowTest, StatusesFollowTheRetryClasses) {
    // screening-canonical.md, "Retry classes (all vendors)".
    constexpr std::array<StatusCase, 18> kCases{{
        {408, ErrorClass::kVendorUnavailable, true},
        {425, ErrorClass::kVendorUnavailable, true},
        {429, ErrorClass::kRateLimited, true},
        {500, ErrorClass::kVendorUnavailable, true},
        {502, ErrorClass::kVendorUnavailable, true},
        {503, ErrorClass::kVendorUnavailable, true},
        {504, ErrorClass::kVendorUnavailable, true},
        {400, ErrorClass::kValidation, false},
        {401, ErrorClass::kAuth, false},
        {403, ErrorClass::kForbidden, false},
        {404, ErrorClass::kNotFound, false},
        {405, ErrorClass::kValidation, false},
        {409, ErrorClass::kConflict, false},
        {410, ErrorClass::kNotFound, false},
        {422, ErrorClass::kValidation, false},
        {451, ErrorClass::kForbidden, false},
        {418, ErrorClass::kValidation, false},
        {302, ErrorClass::kVendorUnavailable, false},
    }};
    for (const StatusCase& row : kCases) {
        Entry entry;
        entry.reply.emplace().status = row.status;
        const VendorError error = classifyByStatus(Reply(&entry, "x"));
        EXPECT_EQ(error.error_class, row.error_class) << row.status;
        EXPECT_EQ(error.retryable, row.retryable) << row.status;
        EXPECT_EQ(error.vendor_code, std::to_string(row.status));
    }
}

TEST_F(FlowTest, RetryAfterIsSecondsAndAtMostADay) {
    const auto after = [](std::string value) {
        Entry entry;
        entry.reply.emplace().status = 503;
        entry.reply->headers.push_back({"Retry-After", std::move(value)});
        return classifyByStatus(Reply(&entry, "x")).retry_after_ms;
    };
    EXPECT_EQ(after("0"), 0);
    EXPECT_EQ(after("120"), 120'000);
    EXPECT_EQ(after("999999999"), 86'400'000);
    EXPECT_EQ(after("-1"), std::nullopt);
    EXPECT_EQ(after("Wed, 21 Oct 2026 07:28:00 GMT"), std::nullopt);
    EXPECT_EQ(after("99999999999999999999"), std::nullopt);
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

TEST_F(FlowTest, ARequestMayGoWithoutDefaults) {
    Request request = get("label", "/path").withoutDefaults();
    EXPECT_FALSE(request.takesDefaults());
    EXPECT_EQ(request.call().credentials, "account") << "secrets it names itself are put in";
    EXPECT_FALSE(get("label", "/path").bare().takesDefaults());
    EXPECT_TRUE(get("label", "/path").takesDefaults());
}

TEST_F(FlowTest, ARequestMayBeAssignedFromItself) {
    Request request = get("label", "/path");
    request = std::move(request).query("a", "1");
    EXPECT_EQ(request.call().label, "label");
    EXPECT_EQ(request.call().query, "a=1");
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
}  // namespace hubsdk
