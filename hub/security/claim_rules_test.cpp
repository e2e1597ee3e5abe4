// TM-PLG-4, TM-IN-1: what a plugin may ask the host to compare, and with what.
#include <gmock/gmock.h>

#include "hub/security/digest.hpp"
#include "hub/security/jws.hpp"
#include "hub/security/proof.hpp"
#include "hub/security/signature.hpp"

namespace hub::security {
namespace {

using hubsdk::Claim;
using hubsdk::Delivery;
using hubsdk::Pieces;
using hubsdk::Proof;

constexpr std::string_view kBody =
    R"({"id":1,"status":"clear","note":"longer than what may stay uncovered"})";
const SecretValues kSecrets{{"api_key", {"key-of-ours"}}, {"webhook_secret", {"whsec"}}};

Delivery unsignedDelivery() {
    Delivery delivery;
    delivery.method = "POST";
    delivery.body = hubsdk::Body{kBody};
    return delivery;
}

Proof proof(std::string algorithm, Pieces message, Pieces presented) {
    Proof made;
    made.algorithm = std::move(algorithm);
    made.message = std::move(message);
    made.presented = std::move(presented);
    made.encoding = "none";
    made.secrets = {"api_key"};
    return made;
}

ClaimVerdict check(const Proof& one, const Delivery& delivery = unsignedDelivery()) {
    Claim claim;
    claim.proofs = {one};
    return verifyClaim(claim, delivery, kSecrets, 1'760'000'000'000);
}

TEST(ClaimRules, NothingThatTheHostMadeIsPresented) {
    const Pieces body{hubsdk::piece::body()};
    const Pieces key{hubsdk::piece::secret("api_key")};
    const auto self_signed = hubsdk::piece::sign("hmac-sha256", key, body);
    EXPECT_FALSE(check(proof("hmac-sha256", body, {self_signed})).authentic());
    EXPECT_FALSE(check(proof("equals", {}, key)).authentic());
    EXPECT_FALSE(check(proof("equals", {}, {hubsdk::piece::join(key)})).authentic());
    const auto encoded = hubsdk::piece::escaped(hubsdk::piece::join(key), "base64");
    Proof base64 = proof("equals", {}, {encoded});
    base64.encoding = "base64";
    EXPECT_FALSE(check(base64).authentic());
}

TEST(ClaimRules, TheSignedTimeIsWhatWasSent) {
    Delivery delivery = unsignedDelivery();
    delivery.headers.push_back({"X-Key", "key-of-ours"});
    Proof timed = proof("equals", {}, {hubsdk::piece::header("X-Key")});
    EXPECT_TRUE(check(timed, delivery).authentic());
    timed.signed_at.emplace().value = {hubsdk::piece::stamp("unix")};
    EXPECT_FALSE(check(timed, delivery).authentic()) << "our own clock proves nothing";
}

hubsdk::Manifest manifest() {
    hubsdk::Manifest made;
    hubsdk::SecretRule& key = made.secrets.emplace_back();
    key.name = "api_key";
    key.places = {"header"};
    hubsdk::SecretRule& webhook = made.secrets.emplace_back();
    webhook.name = "webhook_secret";
    webhook.places = {"proof"};
    return made;
}

TEST(ClaimRules, ASecretIsCheckedWithOnlyWhereTheManifestSaysSo) {
    Claim claim;
    claim.proofs = {proof("equals", {}, {hubsdk::piece::header("X-Key")})};
    const auto refused = checkClaim(claim, manifest());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().path, testing::StartsWith("proofs[0].secrets"));
    claim.proofs[0].secrets = {"webhook_secret"};
    EXPECT_TRUE(checkClaim(claim, manifest()));
    claim.proofs[0].message = {hubsdk::piece::secret("api_key")};
    EXPECT_FALSE(checkClaim(claim, manifest()));
    claim.proofs[0].secrets = {"nobody_knows"};
    claim.proofs[0].message.clear();
    EXPECT_FALSE(checkClaim(claim, manifest()));
}

TEST(ClaimRules, NoSecretStandsBareInTheAcknowledgement) {
    Claim claim;
    claim.ack = {hubsdk::piece::secret("webhook_secret")};
    const auto refused = checkClaim(claim, manifest());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().path, testing::StartsWith("ack"));
}

// A compact JWS by HMAC, as RFC 7515 appendix A.1 makes it.
std::string jws(std::string_view key_id, std::string_view payload, std::string_view secret) {
    const std::string head = R"({"alg":"HS256","kid":")" + std::string(key_id) + "\"}";
    const std::string text = base64UrlEncode(head) + "." + base64UrlEncode(payload);
    return text + "." + base64UrlEncode(hmac(HashAlg::kSha256, secret, text));
}

class JwsProof : public testing::Test {
protected:
    const std::string secret_ = "a secret of thirty-two bytes, yes";
    const std::string key_ =
        R"({"kty":"oct","kid":"k1","alg":"HS256","k":")" + base64UrlEncode(secret_) + "\"}";

    bool holds(const std::string& token, const Pieces& message, const std::string& key) {
        Claim claim;
        Proof& one = claim.proofs.emplace_back();
        one.algorithm = "jws";
        one.message = message;
        one.presented = {hubsdk::piece::header("X-Jws")};
        one.secrets = {"keys"};
        Delivery delivery = unsignedDelivery();
        delivery.headers.push_back({"X-Jws", token});
        const SecretValues secrets{{"keys", {key}}};
        const auto verdict = verifyClaim(claim, delivery, secrets, 0);
        EXPECT_TRUE(!verdict.authentic() || verdict.isHint() == message.empty());
        return verdict.authentic();
    }
};

TEST_F(JwsProof, HoldsForTheMessageThatIsItsPayload) {
    const Pieces body{hubsdk::piece::body()};
    const std::string good = jws("k1", kBody, secret_);
    EXPECT_TRUE(holds(good, body, key_));
    EXPECT_TRUE(holds(good, body, R"({"keys":[)" + key_ + "]}"));
    EXPECT_FALSE(holds(jws("k1", R"({"id":2})", secret_), body, key_)) << "another payload";
    EXPECT_FALSE(holds(jws("k2", kBody, secret_), body, key_)) << "another key id";
    EXPECT_FALSE(holds(jws("k1", kBody, "another secret of thirty-two byte"), body, key_));
    EXPECT_FALSE(holds(good, body, "no key"));
    EXPECT_FALSE(holds(good.substr(0, good.size() - 2), body, key_));
}

TEST_F(JwsProof, IsAHintIfItCoversNothingOfTheBody) {
    EXPECT_TRUE(holds(jws("k1", R"({"sub":"x"})", secret_), {}, key_));
}

}  // namespace
}  // namespace hub::security
