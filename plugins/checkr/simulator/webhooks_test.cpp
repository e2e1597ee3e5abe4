#include "plugins/checkr/simulator/twin_fixture.hpp"

#include "hub/security/digest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace vendor::checkr::simulator {
namespace {

using hub::http::Request;
using testing::ElementsAre;

std::string expectedSignature(std::string_view key, std::string_view body) {
    using hub::security::HashAlg;
    return hub::security::hexEncode(hub::security::hmac(HashAlg::kSha256, key, body));
}

TEST(Webhooks, ThePublishedVectorHolds) {
    std::ifstream file(std::string(HUB_SHARED_DIR) +
                       "/vendors/checkr/samples/signature_vector_vendor.json");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(signatureOf(at(text, "/vectors/0/secrets/0"), at(text, "/vectors/0/payload_text")),
              at(text, "/vectors/0/header"));
}

TEST(Webhooks, CarryEnvelopeAndSignature) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    (void)twin.invite("waiting@example.com");
    const Request delivery = receiver.waitFor(2)[1];
    EXPECT_EQ(delivery.path, "/in/checkr/7f3a");
    EXPECT_EQ(hub::http::find(delivery.headers, "User-Agent"), "Checkr-Webhook/1.0");
    EXPECT_EQ(hub::http::find(delivery.headers, "X-Checkr-Signature"),
              expectedSignature("checkr-test-key", delivery.body));
    EXPECT_EQ(at(delivery.body, "/object"), "event");
    EXPECT_EQ(at(delivery.body, "/type"), "invitation.created");
    EXPECT_EQ(at(delivery.body, "/webhook_url"), receiver.url());
    EXPECT_EQ(at(delivery.body, "/data/object/package"), "driver_pro");
    EXPECT_EQ(delivery.body.find(' '), std::string::npos);  // compact
}

TEST(Webhooks, ArePointersWithoutIncludeObject) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver, false);
    (void)twin.invite("waiting@example.com");
    const auto event = parsed(receiver.waitFor(1)[0].body);
    EXPECT_EQ(event.root()["data"]["object"].size(), 3U);
    EXPECT_EQ(event.root()["data"]["object"]["object"].text(), "candidate");
    twin.switchTo(R"({"include_object":true})");
    (void)twin.invite("waiting@example.com", "O-2");
    EXPECT_EQ(at(receiver.waitFor(3)[2].body, "/data/object/custom_id"), "O-2");
}

TEST(Webhooks, AreRepeatedUntilReceived) {
    RunningTwin twin;
    Receiver receiver;
    receiver.answerWith(503);
    twin.listenWith(receiver);
    (void)twin.post("/v1/candidates", R"({"email":"waiting@example.com"})");
    const auto refused = receiver.waitFor(2);
    receiver.answerWith(204);
    EXPECT_EQ(refused[0].body, refused[1].body);
    EXPECT_TRUE(twin.waitForLedger("/webhooks_open", 0));
    EXPECT_EQ(twin.ledger().root()["webhooks_acknowledged"].asInt64(), 1);
    EXPECT_EQ(twin.get("/_sim/acknowledged").body, "[\"" + at(refused[0].body, "/id") + "\"]");
    EXPECT_GE(twin.ledger().root()["webhooks_sent"].asInt64().value_or(0), 3);
}

TEST(Webhooks, EveryNthIsSentTwice) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    twin.switchTo(R"({"duplicate_every":2})");
    (void)twin.invite("waiting@example.com");
    const auto deliveries = receiver.waitFor(3);
    EXPECT_THAT(typesOf(deliveries),
                ElementsAre("candidate.created", "invitation.created", "invitation.created"));
    EXPECT_EQ(deliveries[1].body, deliveries[2].body);
}

TEST(Webhooks, AHeldOneComesAfterTheNext) {
    RunningTwin twin(R"({"pace_ms":1,"retry_ms":60000})");
    Receiver receiver;
    twin.listenWith(receiver);
    twin.switchTo(R"({"reorder":true})");
    (void)twin.invite("waiting@example.com");
    EXPECT_THAT(typesOf(receiver.waitFor(2)),
                ElementsAre("invitation.created", "candidate.created"));
    (void)twin.post("/v1/candidates", R"({"email":"waiting@example.com"})");
    twin.switchTo(R"({"reorder":false})");  // sends what is still held
    EXPECT_EQ(typesOf(receiver.waitFor(3))[2], "candidate.created");
}

TEST(Webhooks, AShareIsNeverSent) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    twin.switchTo(R"({"drop_percent":50})");
    (void)twin.invite("waiting@example.com");
    EXPECT_THAT(typesOf(receiver.waitFor(1)), ElementsAre("candidate.created"));
    EXPECT_EQ(twin.ledger().root()["webhooks_dropped"].asInt64(), 1);
}

TEST(Webhooks, AHostWithoutARouteIsNeverCalled) {
    RunningTwin twin(R"({"webhooks":[{"webhook_url":"https://hub.example.com/in"}]})");
    (void)twin.post("/v1/candidates", R"({"email":"waiting@example.com"})");
    EXPECT_TRUE(twin.waitForLedger("/webhooks_given_up", 1));
    EXPECT_EQ(twin.ledger().root()["webhooks_sent"].asInt64(), 0);
}

TEST(Webhooks, AnAccountHasTwoAtMost) {
    RunningTwin twin;
    const std::string body = R"({"webhook_url":"https://hub.example.com/in"})";
    const auto first = twin.post("/v1/webhooks", body);
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(twin.post("/v1/webhooks", body).status, 201);
    EXPECT_EQ(twin.post("/v1/webhooks", body).status, 400);
    Ask remove;
    remove.method = "DELETE";
    remove.target = "/v1/webhooks/" + at(first.body, "/id");
    EXPECT_EQ(twin.call(remove).status, 200);
    EXPECT_EQ(twin.post("/v1/webhooks", body).status, 201);
    EXPECT_EQ(at(twin.get("/v1/webhooks").body, "/count"), "2");
}

TEST(Webhooks, APartnersAreSignedWithTheClientSecret) {
    Receiver receiver;
    RunningTwin twin(R"({"application_webhook_url":")" + receiver.url() + "\"}");
    const auto token =
        twin.post("/oauth/tokens", R"({"client_id":"checkr-test-client","code":"c1",)"
                                   R"("client_secret":"checkr-test-client-secret"})")
            .body;
    Ask end;
    end.method = "POST";
    end.target = "/oauth/deauthorize";
    end.key = at(token, "/access_token");
    (void)twin.call(end);
    const Request delivery = receiver.waitFor(1)[0];
    EXPECT_EQ(at(delivery.body, "/type"), "token.deauthorized");
    EXPECT_EQ(at(delivery.body, "/data/object/access_code"), end.key);
    EXPECT_EQ(hub::http::find(delivery.headers, "X-Checkr-Signature"),
              expectedSignature("checkr-test-client-secret", delivery.body));
}

TEST(Webhooks, AGivenBodyIsDeliveredByteForByte) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    const std::string body = R"({ "type" : "report.complete", "name":"\u00e9\/" })";
    EXPECT_EQ(twin.post("/_sim/deliver", body).status, 202);
    EXPECT_EQ(twin.post("/_sim/deliver?key=other", body).status, 202);
    const auto deliveries = receiver.waitFor(2);
    EXPECT_EQ(deliveries[0].body, body);
    EXPECT_EQ(hub::http::find(deliveries[0].headers, "X-Checkr-Signature"),
              expectedSignature("checkr-test-key", body));
    EXPECT_EQ(hub::http::find(deliveries[1].headers, "X-Checkr-Signature"),
              expectedSignature("other", body));
}

}  // namespace
}  // namespace vendor::checkr::simulator
