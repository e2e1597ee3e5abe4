#include "hub/ingress/ingress.hpp"

#include <gmock/gmock.h>

#include "hub/ingress/testing/ingress_fixture.hpp"

namespace hub::ingress {
namespace {

using storage::AccountState;
using storage::kNow;
using ::testing::HasSubstr;
using testing::IngressTest;
using testing::Sent;

std::string words(const http::Response& response) {
    std::string all = std::to_string(response.status) + "\n";
    for (const auto& field : response.headers) all += field.name + ": " + field.value + "\n";
    return all + "\n" + response.body;
}

TEST_F(IngressTest, StoresAProvenDeliveryBeforeItAnswers) {
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    const auto response = knock(sent);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"received":true})");
    EXPECT_EQ(deliveries(), 1);
    EXPECT_EQ(text("SELECT provider_config_id FROM inbound_event"), made.id);
    EXPECT_EQ(text("SELECT proof FROM inbound_event"), "signature");
    EXPECT_EQ(count("SELECT is_hint FROM inbound_event"), 0);
    EXPECT_EQ(text("SELECT vendor_event_id FROM inbound_event"), "evt_1");
}

TEST_F(IngressTest, KeepsTheProofOutOfTheStoredHeaders) {
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    ASSERT_EQ(knock(sent).status, 200);
    const auto id = text("SELECT id FROM inbound_event");
    database_->read([&](storage::Connection& connection) {
        const auto row = repositories_->inbox.find(connection, scope_, id);
        EXPECT_THAT(row->headers, HasSubstr("Content-Type"));
        EXPECT_THAT(row->headers, ::testing::Not(HasSubstr("X-Signature")));
        EXPECT_EQ(row->body, sent.body);
        return 0;
    });
}

TEST_F(IngressTest, AnswersEveryRefusalWithTheSameWords) {
    // TM-IN-1, TM-IN-8
    const auto made = account(scope_, "one");
    const auto retired = account(scope_, "old");
    setState(retired.id, AccountState::kRetired);
    (void)account(scope_, "another");
    Sent good;
    good.token = made.token;

    std::vector<std::pair<std::string, Sent>> cases;
    const auto add = [&](const std::string& name, auto change) {
        Sent sent = good;
        change(sent);
        cases.emplace_back(name, sent);
    };
    add("unknown vendor", [](Sent& sent) { sent.vendor = "nobody"; });
    add("other vendor", [](Sent& sent) { sent.vendor = "shape_inbound_answer"; });
    add("unknown endpoint", [](Sent& sent) { sent.token = std::string(43, 'a'); });
    add("no endpoint, two to choose from", [](Sent& sent) { sent.token.clear(); });
    add("retired", [&](Sent& sent) { sent.token = retired.token; });
    add("unknown tail", [](Sent& sent) { sent.tail = "/else"; });
    add("wrong secret", [](Sent& sent) { sent.secret = "whsec-of-the-connectioN"; });
    add("no signature", [](Sent& sent) { sent.is_signed = false; });
    add("empty signature", [](Sent& sent) {
        sent.is_signed = false;
        sent.more_headers = {{"X-Timestamp", std::to_string(kNow / 1000)}, {"X-Signature", ""}};
    });
    add("doubled signature", [&](Sent& sent) {
        for (const auto& field : request(sent).headers) {
            if (field.name == "X-Signature") sent.more_headers.push_back(field);
        }
    });
    add("too old", [](Sent& sent) { sent.signed_at_s -= 301; });
    add("too new", [](Sent& sent) { sent.signed_at_s += 301; });
    add("bad JSON without a proof", [](Sent& sent) {
        sent.body = "{";
        sent.secret = "wrong";
    });

    Sent wrong = good;
    wrong.secret = "wrong";
    const std::string expected = words(knock(wrong));
    EXPECT_THAT(expected, HasSubstr("401"));
    for (const auto& [name, sent] : cases) EXPECT_EQ(words(knock(sent)), expected) << name;
    EXPECT_EQ(deliveries(), 0);
    EXPECT_EQ(knock(good).status, 200) << "what all the others were made from";
}

TEST_F(IngressTest, RefusesEveryFlippedBitOfBodyAndSignature) {
    // TM-IN-1
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    const http::Request good = request(sent);
    const auto refused = [&](const http::Request& request) {
        std::promise<int> status;
        ingress_->handle(
            request, [&](const http::Response& response) { status.set_value(response.status); });
        return status.get_future().get() == 401;
    };
    for (std::size_t bit = 0; bit < good.body.size() * 8; bit += 7) {
        http::Request changed = good;
        changed.body[bit / 8] = static_cast<char>(changed.body[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_TRUE(refused(changed)) << "body bit " << bit;
    }
    for (std::size_t bit = 0; bit < 64 * 8; ++bit) {
        http::Request changed = good;
        std::string& value = changed.headers.back().value;
        value[bit / 8] = static_cast<char>(value[bit / 8] ^ (1 << (bit % 8)));
        // Hex is read in either case, and that is the only freedom there is.
        const bool same = http::equalsIgnoreCase(value, good.headers.back().value);
        EXPECT_NE(refused(changed), same) << "signature bit " << bit;
    }
}

TEST_F(IngressTest, TakesTheTimeWindowToItsEdge) {
    // TM-IN-3
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    sent.signed_at_s -= 300;
    EXPECT_EQ(knock(sent).status, 200);
    sent.signed_at_s += 600;
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(deliveries(), 1);
}

TEST_F(IngressTest, KeepsOneOfAThousandParallelCopies) {
    // TM-IN-3
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    std::vector<std::future<http::Response>> answers;
    for (int i = 0; i < 1000; ++i) answers.push_back(knockLater(sent));
    for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200);
    EXPECT_EQ(deliveries(), 1);
    EXPECT_EQ(count("SELECT duplicates FROM inbound_event"), 999);
}

TEST_F(IngressTest, KnowsACopyAfterTwentyNineDays) {
    // TM-IN-3
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    ASSERT_EQ(knock(sent).status, 200);
    now_ += std::int64_t{29} * 24 * 3600 * 1000;
    sent.signed_at_s = now_ / 1000;
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(deliveries(), 1);
}

TEST_F(IngressTest, TellsTheSameEventOfTwoAccountsApart) {
    const auto one = account(scope_, "one");
    const auto two = account(scope_, "two");
    Sent sent;
    sent.token = one.token;
    EXPECT_EQ(knock(sent).status, 200);
    sent.token = two.token;
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(deliveries(), 2);
}

TEST_F(IngressTest, VerifiesAndStoresForAnAccountThatIsNotEnabled) {
    for (const AccountState state : {AccountState::kSetup, AccountState::kPaused}) {
        const auto made = account(scope_, std::string(nameOf(state)));
        setState(made.id, state);
        Sent sent;
        sent.token = made.token;
        EXPECT_EQ(knock(sent).status, 200) << nameOf(state);
        sent.secret = "wrong";
        EXPECT_EQ(knock(sent).status, 401) << nameOf(state);
    }
    EXPECT_EQ(deliveries(), 2);
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event WHERE status = 'verified'"), 2);
}

TEST_F(IngressTest, TakesTheOldEndpointUntilItsTimeIsOver) {
    const auto made = account(scope_, "one");
    const auto fresh =
        database_->writeFor(storage::WriteQueue::kPortal, [&](storage::Connection& connection) {
            return repositories_->accounts.rotateEndpoint(connection, scope_, made.id,
                                                          kNow + 60'000, kNow);
        });
    Sent sent;
    sent.token = *fresh;
    EXPECT_EQ(knock(sent).status, 200);
    sent.token = made.token;
    EXPECT_EQ(knock(sent).status, 200);
    now_ += 60'000;
    EXPECT_EQ(knock(sent).status, 401);
}

TEST_F(IngressTest, WithoutAnEndpointNothingIsTakenUnlessAskedFor) {
    without_endpoint_.clear();
    openDoor();
    (void)account(scope_, "one");
    Sent sent;
    sent.token.clear();
    EXPECT_EQ(knock(sent).status, 401);
    EXPECT_EQ(deliveries(), 0);
}

// R-WHI-01: a path without endpoint means the vendor's one connection, and proves no less.
TEST_F(IngressTest, WithoutAnEndpointTheOnlyConnectionOfTheVendorAnswers) {
    Sent sent;
    EXPECT_EQ(knock(sent).status, 401) << "there is none";
    (void)account(scope_, "one");
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(deliveries(), 1);
    Sent forged;
    forged.secret = "wrong";
    EXPECT_EQ(knock(forged).status, 401);
    const auto other = account(scope_, "two");
    now_ += kEndpointKeptMs;
    EXPECT_EQ(knock(sent).status, 401) << "which of both is meant?";
    setState(other.id, storage::AccountState::kRetired);
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(deliveries(), 1) << "a copy of the first";
}

// TM-IN-8: the vendor sees no difference, the log and the metrics do.
TEST_F(IngressTest, SaysOfAnUnknownEndpointThatItIsUnknown) {
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = "nobody-has-this-token";
    sent.is_signed = false;
    ::testing::internal::CaptureStderr();
    const auto unknown = knock(sent);
    const std::string log = ::testing::internal::GetCapturedStderr();
    sent.token = made.token;
    const auto unproven = knock(sent);
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(unknown.status, unproven.status);
    EXPECT_EQ(unknown.body, unproven.body);
    EXPECT_NE(log.find("unknown_endpoint"), std::string::npos) << log;
    EXPECT_EQ(log.find("no_proof"), std::string::npos) << log;
}

// TM-IN-8: the time of an answer is the time of its claims, so their number must tell nothing.
TEST_F(IngressTest, AsksThePluginOnceForEveryKnockThatProvesNothing) {
    const auto made = account(scope_, "one");
    Sent proven;
    proven.token = made.token;
    Sent forged = proven;
    forged.secret = "wrong";
    Sent unknown = forged;
    unknown.token = std::string(43, 'a');
    const auto claims = [this](const Sent& sent, int status) {
        const auto before = claimsMade();
        EXPECT_EQ(knock(sent).status, status);
        return claimsMade() - before;
    };
    EXPECT_EQ(claims(unknown, 401), 1U);
    EXPECT_EQ(claims(forged, 401), 1U);
    EXPECT_EQ(claims(forged, 401), 1U) << "the first one leaves no trace";
    EXPECT_EQ(claims(proven, 200), 1U);
    EXPECT_EQ(claims(forged, 401), 1U) << "nor does the proof of another";
    EXPECT_EQ(claims(proven, 200), 1U);
}

// threat-model section 21
TEST_F(IngressTest, TakesTwoMiBUnlessThePluginAsksForMoreOrLess) {
    constexpr std::size_t kMiB = std::size_t{1024} * 1024;
    const auto path = [](std::string_view vendor) {
        return std::string(kWebhookPrefix).append(vendor).append("/token");
    };
    EXPECT_EQ(ingress_->bodyBytesMax(path("shape_many_accounts")), 2 * kMiB);
    EXPECT_EQ(ingress_->bodyBytesMax(path("nobody")), 2 * kMiB);
    EXPECT_EQ(ingress_->bodyBytesMax("/api/webhooks/"), 2 * kMiB);
    hubsdk::Manifest manifest;
    EXPECT_EQ(webhookBodyBytesMax(manifest), 2 * kMiB);
    manifest.body_bytes_max = 1000;
    EXPECT_EQ(webhookBodyBytesMax(manifest), 1000U);
    manifest.body_bytes_max = 8 * kMiB;
    EXPECT_EQ(webhookBodyBytesMax(manifest), 8 * kMiB);
    manifest.body_bytes_max = 8 * kMiB + 1;
    EXPECT_EQ(webhookBodyBytesMax(manifest), 8 * kMiB);
    manifest.body_bytes_max = -1;
    EXPECT_EQ(webhookBodyBytesMax(manifest), 0U);
}

TEST_F(IngressTest, AnswersAPingWithoutStoringIt) {
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    sent.body = R"({"id":"evt_1","type":"ping"})";
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(deliveries(), 0);
}

TEST_F(IngressTest, RefusesWhatThePluginRefusesOnceItIsProven) {
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    sent.body = "no JSON";
    EXPECT_EQ(knock(sent).status, 400);
    sent.secret = "wrong";
    EXPECT_EQ(knock(sent).status, 401);
    EXPECT_EQ(deliveries(), 0);
}

TEST_F(IngressTest, Answers503WhenTheDatabaseIsAway) {
    // TM-IN-5
    const auto made = account(scope_, "one");
    database_->stop();
    Sent sent;
    sent.token = made.token;
    const auto response = knock(sent);
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(http::find(response.headers, "Retry-After"));
}

// TM-IN-7: before the database or a plugin is asked, and for this sender alone.
TEST_F(IngressTest, Answers429WhenASenderBringsTooMany) {
    const auto made = account(scope_, "one");
    openDoor(kAnswerDeadlineMs, 1);
    Sent forged;
    forged.token = made.token;
    forged.secret = "wrong";
    forged.from = "192.0.2.66";
    for (int i = 0; i < kKnockBurstS; ++i) EXPECT_EQ(knock(forged).status, 401);
    work_->stop();
    const auto refused = knock(forged);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(http::find(refused.headers, "Retry-After"), "2");
    forged.from = "192.0.2.1";
    EXPECT_EQ(knock(forged).status, 503) << "this one goes on to the pool, which is stopped";
}

TEST_F(IngressTest, Answers503WhenItsLaneIsFull) {
    // TM-IN-7
    const auto made = account(scope_, "one");
    work_->stop();
    work_ = std::make_unique<app::WorkPool>(1, 1);
    openDoor();
    std::promise<void> gate;
    ASSERT_TRUE(work_->post("gate", [opened = gate.get_future().share()] { opened.wait(); }));
    Sent sent;
    sent.token = made.token;
    auto first = knockLater(sent);
    const auto second = knock(sent);
    EXPECT_EQ(second.status, 503);
    EXPECT_TRUE(http::find(second.headers, "Retry-After"));
    gate.set_value();
    EXPECT_EQ(first.get().status, 200);
}

TEST(WebhookPath, HasVendorTokenAndTail) {
    const auto path = webhookPath("/api/webhooks/acme/tok/a/b");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->vendor, "acme");
    EXPECT_EQ(path->token, "tok");
    EXPECT_EQ(path->tail, "/a/b");
    EXPECT_EQ(webhookPath("/api/webhooks/acme/tok/")->tail, "");
    for (const char* without : {"/api/webhooks/acme", "/api/webhooks/acme/"}) {
        ASSERT_TRUE(webhookPath(without)) << without;
        EXPECT_EQ(webhookPath(without)->vendor, "acme");
        EXPECT_EQ(webhookPath(without)->token, "");
    }
    for (const char* bad :
         {"/api/webhooks/", "/api/webhooks//tok", "/api/webhooks/acme//tail", "/api/v1/orders"}) {
        EXPECT_FALSE(webhookPath(bad)) << bad;
    }
}

}  // namespace
}  // namespace hub::ingress
