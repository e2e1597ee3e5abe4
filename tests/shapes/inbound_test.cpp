#include <gmock/gmock.h>

#include <hubsdk/cpp/text.hpp>

#include "hub/security/digest.hpp"
#include "hub/security/pieces.hpp"
#include "tests/shapes/shape_fixture.hpp"

namespace shapes {
namespace {

using namespace hubsdk;
using hub::security::SecretValues;
using hub::security::verifyClaim;

constexpr std::int64_t kNowMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

// A signature made by the host's own evaluator, whose vectors its own tests hold.
std::string hmacOf(std::string_view message, std::string_view secret) {
    SecretValues secrets;
    secrets["key"] = {std::string(secret)};
    hub::security::PieceContext context;
    context.secrets = &secrets;
    Piece signature =
        piece::sign("hmac-sha256", {piece::secret("key")}, {piece::text(std::string(message))});
    return expected(
        hub::security::assemble({piece::escaped(std::move(signature), "hex")}, context));
}

class InboundShapes : public ShapeTest {
protected:
    InboundShapes() {
        secrets_["webhook_secret"] = {"sesame"};
        secrets_["webhook_user"] = {"hub"};
        secrets_["webhook_password"] = {"p\"ss"};
    }
    SecretValues secrets_;
};

constexpr std::string_view kJsonCallback =
    R"({"auth":{"user":"hub","password":"p\"ss"},"event_id":"e-1","type":"order.updated",)"
    R"("order_id":"o-9","status":"complete"})";

TEST_F(InboundShapes, CallbackCredentialsInJsonProveAHint) {
    load("json_credentials");
    const Delivery delivery = deliveryOf(kJsonCallback);
    const Claim offered = claim(delivery);
    EXPECT_EQ(offered.event_key, "e-1");
    const auto verdict = verifyClaim(offered, delivery, secrets_, kNowMs);
    EXPECT_TRUE(verdict.authentic()) << verdict.reason();
    EXPECT_TRUE(verdict.isHint()) << "nothing covers the rest of the body";
    const auto observations = interpret(delivery);
    ASSERT_EQ(observations.size(), 1U);
    EXPECT_TRUE(observations[0].needs_fetch);
    EXPECT_EQ(observations[0].links[0].id, "o-9");
}

TEST_F(InboundShapes, WrongOrMissingCredentialsInJsonAreRefused) {
    load("json_credentials");
    for (const std::string_view body :
         {R"({"auth":{"user":"hub","password":"other"}})",
          R"({"auth":{"user":"","password":"p\"ss"}})", R"({"event_id":"e-1"})", R"({"auth":[]})",
          "not json", ""}) {
        const Delivery delivery = deliveryOf(body);
        EXPECT_FALSE(verifyClaim(claim(delivery), delivery, secrets_, kNowMs).authentic()) << body;
    }
}

constexpr std::string_view kForm =
    "reference=A-7&search=s1&court=K%F6ln+S%FCd&result=record+found&note=caf%E9";

TEST_F(InboundShapes, AFormInLatin1BecomesUtf8) {
    load("latin1_form");
    const std::string credentials = "Basic " + base64Encoded("hub:p\"ss");
    const Delivery delivery = deliveryOf(kForm, {{"Authorization", credentials}});
    const Claim offered = claim(delivery);
    EXPECT_TRUE(verifyClaim(offered, delivery, secrets_, kNowMs).authentic());
    const Delivery shown = hub::security::withoutProofs(delivery, offered);
    EXPECT_EQ(findHeader(shown.headers, "Authorization"), nullptr);
    const auto observations = interpret(shown);
    ASSERT_EQ(observations.size(), 1U);
    EXPECT_EQ(observations[0].client_reference, "A-7");
    ASSERT_EQ(observations[0].checks.size(), 1U);
    EXPECT_EQ(observations[0].checks[0].jurisdiction,
              "K\xC3\xB6ln S\xC3\xBC"
              "d");
    EXPECT_EQ(observations[0].checks[0].outcome, CheckOutcome::kConsider);
    EXPECT_TRUE(observations[0].unmapped.empty());
}

TEST_F(InboundShapes, RawLatin1BytesAndUnknownWordsAreKept) {
    load("latin1_form");
    const auto observations = interpret(deliveryOf("search=s1&court=Ren\xE9&result=Gel\xF6scht"));
    ASSERT_EQ(observations.size(), 1U);
    EXPECT_EQ(observations[0].checks[0].jurisdiction, "Ren\xC3\xA9");
    EXPECT_EQ(observations[0].checks[0].outcome, CheckOutcome::kPendingReview);
    EXPECT_THAT(observations[0].unmapped, ::testing::ElementsAre("Gel\xC3\xB6scht"));
}

Command inboundRequest(const Delivery& delivery) {
    Command command = commandOf("inbound.request");
    command.delivery = delivery;
    return command;
}

hubsdk::testing::PlayOptions withPackages(std::string json) {
    hubsdk::testing::PlayOptions options;
    options.answer = [json = std::move(json)](const Ask& ask) {
        return ask.what == "packages" ? json : "null";
    };
    return options;
}

TEST_F(InboundShapes, AnInboundRequestIsAnsweredAndSigned) {
    load("inbound_answer");
    const std::string body = R"({"country":"DE"})";
    Delivery delivery = deliveryOf(body, {{"X-Signature", hmacOf(body, "sesame")}});
    delivery.path = "/packages";
    const auto verdict = verifyClaim(claim(delivery), delivery, secrets_, kNowMs);
    EXPECT_TRUE(verdict.authentic()) << verdict.reason();
    EXPECT_FALSE(verdict.isHint());
    const auto played = play(inboundRequest(delivery), {},
                             withPackages(R"([{"code":"plus","vendor_package":"\u00dcber"}])"));
    ASSERT_EQ(played.actions.size(), 2U);
    EXPECT_EQ(played.actions[0].action, ActionKind::kAsk);
    ASSERT_TRUE(played.last().answer.has_value());
    const Answer& answer = *played.last().answer;
    EXPECT_EQ(answer.status, 200);
    hub::security::PieceContext context;
    context.secrets = &secrets_;
    const std::string text = expected(hub::security::assemble(answer.body, context));
    EXPECT_EQ(text,
              "[{\"key\":\"plus\",\"label\":\"\xC3\x9C"
              "ber\"}]");
    const std::string header =
        expected(hub::security::assembleHeader(answer.headers.at(1).value, context));
    EXPECT_EQ(header, hmacOf(text, "sesame"));
    for (const PieceHeader& each : answer.headers) {
        EXPECT_TRUE(hub::security::checkPieces(each.value, plugin().manifest(),
                                               hub::security::Place::kAnswer));
    }
}

TEST_F(InboundShapes, AnInboundRequestThatIsNoJsonIsAnsweredWithoutAsking) {
    load("inbound_answer");
    const Delivery delivery = deliveryOf("<xml/>");
    const auto played = play(inboundRequest(delivery), {});
    ASSERT_EQ(played.actions.size(), 1U);
    EXPECT_EQ(played.last().answer->status, 400);
    const auto missing = play(commandOf("inbound.request"), {});
    EXPECT_EQ(missing.last().error->error_class, ErrorClass::kValidation);
}

std::vector<Header> signedAt(std::string_view body, std::string time) {
    return {{"X-Signature", hmacOf(time + "." + std::string(body), "sesame")},
            {"X-Timestamp", time}};
}

TEST_F(InboundShapes, ManyAccountsShareOneUrl) {
    load("many_accounts");
    for (const std::string account : {"acct_1", "acct_2"}) {
        std::string body = R"({"id":"evt-)";
        body += account + R"(","account":")" + account +
                R"(","type":"payment.paid","data":{"payment":"p1","status":"paid"}})";
        const Delivery delivery = deliveryOf(body, signedAt(body, "1767225600"));
        const Claim offered = claim(delivery);
        EXPECT_EQ(offered.account_ref, account);
        EXPECT_EQ(offered.event_key, "evt-" + account);
        const auto verdict = verifyClaim(offered, delivery, secrets_, kNowMs);
        EXPECT_TRUE(verdict.authentic()) << verdict.reason();
        EXPECT_FALSE(verdict.isHint());
        EXPECT_EQ(interpret(delivery).at(0).account_ref, account);
    }
}

TEST_F(InboundShapes, TheNamedAccountOnlySelectsAndTheProofDecides) {
    load("many_accounts");
    const std::string body = R"({"id":"evt","account":"acct_1","type":"payment.paid"})";
    const std::string forged = R"({"id":"evt","account":"acct_2","type":"payment.paid"})";
    const Delivery delivery = deliveryOf(forged, signedAt(body, "1767225600"));
    EXPECT_FALSE(verifyClaim(claim(delivery), delivery, secrets_, kNowMs).authentic());
    const Delivery stale = deliveryOf(body, signedAt(body, "1767220000"));
    EXPECT_FALSE(verifyClaim(claim(stale), stale, secrets_, kNowMs).authentic());
}

TEST_F(InboundShapes, APingIsNotStoredAndBrokenTextIsRefusedOnlyIfProven) {
    load("many_accounts");
    const std::string ping = R"({"id":"evt","type":"ping"})";
    const Claim offered = claim(deliveryOf(ping, signedAt(ping, "1767225600")));
    EXPECT_EQ(offered.store, Patch<bool>(false));
    const Claim broken = claim(deliveryOf("{", {}));
    ASSERT_TRUE(broken.refuse.has_value());
    EXPECT_EQ(broken.refuse->status, 400);
    EXPECT_EQ(broken.proofs.size(), 1U);
}

}  // namespace
}  // namespace shapes
