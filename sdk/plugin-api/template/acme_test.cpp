// The template plugin through its C table: what its files say is what comes out.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sdk/plugin-api/testing/plugin_under_test.hpp"

namespace {

using namespace hubsdk;
using hubsdk::testing::PluginUnderTest;
using hubsdk::testing::ScriptedTransport;

std::string testdata(const std::string& name) {
    const std::string path = std::string(ACME_TESTDATA) + "/" + name;
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.is_open()) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

PluginUnderTest acme() { return PluginUnderTest(hub_plugin_entry()); }

::testing::AssertionResult playsTo(const std::string& script, const Command& command,
                                   hubsdk::testing::Played& played) {
    auto replies = hubsdk::testing::readScript(script);
    if (!replies) return ::testing::AssertionFailure() << replies.error().text();
    auto outcome = ScriptedTransport(acme().advancer(), *replies).playTwice(command);
    if (!outcome) return ::testing::AssertionFailure() << outcome.error().text();
    played = std::move(outcome).value();
    return ::testing::AssertionSuccess();
}

TEST(Acme, ManifestIsWhatTheFileSays) {
    const auto manifest = acme().manifest();
    ASSERT_TRUE(manifest.ok()) << manifest.error().text();
    EXPECT_EQ(manifest->vendor, "acme");
    EXPECT_EQ(manifest->commands.size(), 4U);
}

TEST(Acme, ClaimsTheSignatureOverTheWholeBody) {
    const auto file = hubsdk::testing::readDelivery(testdata("event_finished.delivery.json"));
    ASSERT_TRUE(file.ok()) << file.error().text();
    const auto claim = acme().claim((*file)->delivery);
    ASSERT_TRUE(claim.ok()) << claim.error().text();
    ASSERT_EQ(claim->proofs.size(), 1U);
    EXPECT_EQ(claim->proofs[0].algorithm, "hmac-sha256");
    EXPECT_EQ(claim->event_key, "ev_1");
}

TEST(Acme, OffersNoProofForWhatIsNoJson) {
    Delivery delivery;
    delivery.method = "POST";
    delivery.body.bytes = "{";
    const auto claim = acme().claim(delivery);
    ASSERT_TRUE(claim.ok()) << claim.error().text();
    EXPECT_TRUE(claim->proofs.empty());
    EXPECT_FALSE(acme().interpret(delivery).ok());
}

TEST(Acme, AsksForTheStateThatAnEventOnlyHintsAt) {
    const auto file = hubsdk::testing::readDelivery(testdata("event_finished.delivery.json"));
    ASSERT_TRUE(file.ok()) << file.error().text();
    const auto seen = acme().interpret((*file)->delivery);
    ASSERT_TRUE(seen.ok()) << seen.error().text();
    ASSERT_EQ(seen->size(), 1U);
    EXPECT_EQ(seen->front().vendor_order_id, "sc_1");
    EXPECT_EQ(seen->front().overall_outcome, CheckOutcome::kConsider);
    EXPECT_TRUE(seen->front().needs_fetch);
}

TEST(Acme, RefreshReadsEverySearchAndGuessesNone) {
    auto command = readShape<Command>(std::string_view(testdata("refresh.command.json")));
    ASSERT_TRUE(command.ok()) << command.error().text();
    hubsdk::testing::Played played;
    ASSERT_TRUE(playsTo(testdata("refresh.script.json"), *command, played));
    ASSERT_EQ(played.last().action, ActionKind::kDone);
    ASSERT_EQ(played.observations.size(), 1U);
    const Observation& seen = played.observations.front();
    ASSERT_EQ(seen.checks.size(), 3U);
    EXPECT_EQ(seen.checks[1].type, CheckType::kCriminalCounty);
    EXPECT_EQ(seen.checks[1].outcome, CheckOutcome::kConsider);
    EXPECT_EQ(seen.checks[2].type, std::nullopt);
    EXPECT_EQ(seen.unmapped, std::vector<std::string>{"palmistry"});
}

TEST(Acme, SubmitSendsTheVendorsPackageWithAKey) {
    Command command;
    command.command = "order.submit";
    command.account.settings.json = R"({"packages": {"basic": "acme_basic"}})";
    command.order.emplace();
    command.order->number = "ORD-1";
    command.order->package = "basic";
    command.order->applicant.email = "applicant@example.com";
    hubsdk::testing::Played played;
    ASSERT_TRUE(playsTo(R"([{"request": {"method": "POST", "path": "/v1/screenings"},
                             "reply": {"status": 201, "body": {"id": "sc_9", "state": "invited",
                                       "apply_url": "https://apply.acme.example/sc_9"}}}])",
                        command, played));
    ASSERT_EQ(played.last().action, ActionKind::kDone);
    const Call& call = played.actions.front().calls.at(0);
    EXPECT_EQ(call.repeat, Repeat::kKeyed);
    EXPECT_NE(call.body.at(0).text.value_or("").find(R"("package":"acme_basic")"),
              std::string::npos);
    EXPECT_EQ(played.observations.at(0).applicant_url->url, "https://apply.acme.example/sc_9");
}

TEST(Acme, CancelOfAnEndedScreeningReportsItsState) {
    auto command = readShape<Command>(std::string_view(testdata("refresh.command.json")));
    ASSERT_TRUE(command.ok()) << command.error().text();
    command->command = "order.cancel";
    std::string script = testdata("refresh.script.json");
    script.replace(script.find('['), 1,
                   R"([{"request": {"method": "DELETE", "path": "/v1/screenings/sc_1"},
                        "reply": {"status": 409}},)");
    hubsdk::testing::Played played;
    ASSERT_TRUE(playsTo(script, *command, played));
    EXPECT_EQ(played.observations.at(0).order_status, OrderStatus::kPendingReview);
}

// What a finished screening with this result is: the answer to order.refresh.
Observation finishedWith(const std::string& result) {
    auto command = readShape<Command>(std::string_view(testdata("refresh.command.json")));
    EXPECT_TRUE(command.ok()) << command.error().text();
    std::string script = testdata("refresh.script.json");
    const std::string_view review = R"("result": "review",
        "updated_at")";
    EXPECT_NE(script.find(review), std::string::npos);
    script.replace(script.find(review), review.size(),
                   R"("result": )" + result + R"(, "updated_at")");
    hubsdk::testing::Played played;
    EXPECT_TRUE(playsTo(script, *command, played));
    return played.observations.at(0);
}

TEST(Acme, OnlyAClearResultCompletesTheOrder) {
    EXPECT_EQ(finishedWith(R"("clear")").order_status, OrderStatus::kCompleted);
    EXPECT_EQ(finishedWith(R"("clear")").overall_outcome, CheckOutcome::kClear);
    EXPECT_EQ(finishedWith(R"("review")").order_status, OrderStatus::kPendingReview);
    EXPECT_EQ(finishedWith(R"("review")").overall_outcome, CheckOutcome::kConsider);
    EXPECT_EQ(finishedWith("null").order_status, OrderStatus::kPendingReview);
    const Observation odd = finishedWith(R"("vetted")");
    EXPECT_EQ(odd.order_status, std::nullopt) << "left as it was";
    EXPECT_EQ(odd.overall_outcome, CheckOutcome::kPendingReview);
    EXPECT_EQ(odd.unmapped.front(), "vetted");
}

TEST(Acme, AnUnknownScreeningEndsTheFlowAsNotFound) {
    auto command = readShape<Command>(std::string_view(testdata("refresh.command.json")));
    ASSERT_TRUE(command.ok()) << command.error().text();
    hubsdk::testing::Played played;
    ASSERT_TRUE(playsTo("[]", *command, played));
    ASSERT_EQ(played.last().action, ActionKind::kFailed);
    EXPECT_EQ(played.last().error->error_class, ErrorClass::kNotFound);
}

}  // namespace
