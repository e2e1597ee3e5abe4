#include "hub/security/proof.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "hub/security/digest.hpp"
#include "hub/security/signature.hpp"

namespace hub::security {
namespace {

using hubsdk::Claim;
using hubsdk::Delivery;
using hubsdk::Pieces;
using hubsdk::Proof;
namespace piece = hubsdk::piece;

constexpr std::int64_t kNowMs = 1'767'225'600'000;

Claim claimOf(Proof proof) {
    Claim claim;
    claim.proofs.push_back(std::move(proof));
    return claim;
}

Proof proofOf(std::string algorithm, Pieces message, Pieces presented, std::string encoding,
              std::vector<std::string> secrets = {"webhook_secret"}) {
    Proof proof;
    proof.algorithm = std::move(algorithm);
    proof.message = std::move(message);
    proof.presented = std::move(presented);
    proof.encoding = std::move(encoding);
    proof.secrets = std::move(secrets);
    return proof;
}

/// The vendor's published vector: HMAC-SHA256 of the raw body, hex in X-Checkr-Signature.
class CheckrVector : public ::testing::Test {
protected:
    CheckrVector() {
        std::ifstream file(HUB_SHARED_DIR "/vendors/checkr/samples/signature_vector_vendor.json");
        std::stringstream text;
        text << file.rdbuf();
        const auto document = hubsdk::JsonDocument::parse(text.str());
        if (!document) return;
        const auto vector = document->root()["vectors"].at(0);
        body_ = vector["payload_text"].text();
        signature_ = vector["header"].text();
        header_ = vector["header_name"].text();
        secrets_["webhook_secret"] = {std::string(vector["secrets"].at(0).text())};
    }
    std::string_view reasonOf(std::string_view body, std::vector<hubsdk::Header> headers) {
        Delivery delivery;
        delivery.body.bytes = body;
        delivery.headers = std::move(headers);
        return verifyClaim(claim(), delivery, secrets_, kNowMs).reason();
    }
    Claim claim() const {
        return claimOf(proofOf("hmac-sha256", {piece::body()}, {piece::header(header_)}, "hex"));
    }

    std::string body_;
    std::string signature_;
    std::string header_;
    SecretValues secrets_;
};

// TM-IN-1
TEST_F(CheckrVector, HoldsForTheVendorsOwnVectorInEitherCase) {
    Delivery delivery;
    delivery.body.bytes = body_;
    delivery.headers = {{header_, signature_}};
    const ClaimVerdict verdict = verifyClaim(claim(), delivery, secrets_, kNowMs);
    EXPECT_TRUE(verdict.authentic());
    EXPECT_FALSE(verdict.isHint());
    EXPECT_EQ(verdict.reason(), "");
    std::string upper = signature_;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(reasonOf(body_, {{"x-checkr-SIGNATURE", upper}}), "");
}

// TM-IN-1
TEST_F(CheckrVector, RefusesEveryFlippedBitOfTheBody) {
    for (std::size_t bit = 0; bit < body_.size() * 8; ++bit) {
        std::string flipped = body_;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_EQ(reasonOf(flipped, {{header_, signature_}}), reason::kBadSignature) << bit;
    }
}

// TM-IN-1
TEST_F(CheckrVector, RefusesEveryFlippedBitOfTheSignature) {
    const std::string bytes = hexDecode(signature_).value();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_EQ(reasonOf(body_, {{header_, hexEncode(flipped)}}), reason::kBadSignature) << bit;
    }
    for (std::size_t bit = 0; bit < signature_.size() * 8; ++bit) {
        std::string flipped = signature_;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        // Bit 5 of a letter is its case, which hex does not care about.
        const bool same_value = hexDecode(flipped).ok() && *hexDecode(flipped) == bytes;
        EXPECT_EQ(reasonOf(body_, {{header_, flipped}}).empty(), same_value) << bit;
    }
}

// TM-IN-1
TEST_F(CheckrVector, RefusesMissingDoubledEmptyAndMisshapenHeaders) {
    EXPECT_EQ(reasonOf(body_, {}), reason::kMissingHeader);
    EXPECT_EQ(reasonOf(body_, {{header_, ""}}), reason::kMissingHeader);
    EXPECT_EQ(reasonOf(body_, {{header_, signature_}, {header_, signature_}}),
              reason::kBadEncoding);
    EXPECT_EQ(reasonOf(body_, {{header_, signature_}, {header_, ""}}), reason::kBadEncoding);
    EXPECT_EQ(reasonOf(body_, {{header_, signature_.substr(2)}}), reason::kBadEncoding);
    EXPECT_EQ(reasonOf(body_, {{header_, signature_ + "00"}}), reason::kBadEncoding);
    EXPECT_EQ(reasonOf(body_, {{header_, " " + signature_}}), reason::kBadEncoding);
    EXPECT_EQ(reasonOf(body_, {{header_, "sha256=" + signature_}}), reason::kBadEncoding);
}

// TM-IN-1
TEST_F(CheckrVector, WrongNoAndRotatedSecrets) {
    secrets_["webhook_secret"] = {"test-secret2"};
    EXPECT_EQ(reasonOf(body_, {{header_, signature_}}), reason::kBadSignature);
    secrets_["webhook_secret"] = {"new", "test-secret"};
    EXPECT_EQ(reasonOf(body_, {{header_, signature_}}), "");
    secrets_["webhook_secret"] = {""};
    EXPECT_EQ(reasonOf(body_, {{header_, signature_}}), reason::kNoSecret);
    secrets_.clear();
    EXPECT_EQ(reasonOf(body_, {{header_, signature_}}), reason::kNoSecret);
}

// TM-IN-1
TEST(Claims, AnEmptySecretProvesNothing) {
    const std::string forged = hexEncode(hmac(HashAlg::kSha256, "", "body"));
    Delivery delivery;
    delivery.body.bytes = "body";
    delivery.headers = {{"X-Sig", forged}};
    const Claim claim =
        claimOf(proofOf("hmac-sha256", {piece::body()}, {piece::header("X-Sig")}, "hex"));
    EXPECT_EQ(verifyClaim(claim, delivery, {{"webhook_secret", {"", ""}}}, kNowMs).reason(),
              reason::kNoSecret);
}

// TM-IN-1
TEST(Claims, WithoutProofOrWithAForeignAlgorithmAreRefused) {
    const SecretValues secrets{{"webhook_secret", {"s"}}};
    EXPECT_EQ(verifyClaim(Claim(), Delivery(), secrets, kNowMs).reason(), reason::kNoProof);
    const Claim none = claimOf(proofOf("none", {}, {piece::text("s")}, "none"));
    EXPECT_EQ(verifyClaim(none, Delivery(), secrets, kNowMs).reason(), reason::kUnknownAlgorithm);
    const Claim odd = claimOf(proofOf("equals", {}, {piece::text("s")}, "rot13"));
    EXPECT_EQ(verifyClaim(odd, Delivery(), secrets, kNowMs).reason(), reason::kBadEncoding);
    EXPECT_EQ(ClaimVerdict().authentic(), false);
}

TEST(Claims, AllProofsMustHold) {
    const SecretValues secrets{{"webhook_secret", {"s"}}};
    Claim claim = claimOf(proofOf("equals", {}, {piece::text("s")}, "none"));
    EXPECT_TRUE(verifyClaim(claim, Delivery(), secrets, kNowMs).authentic());
    claim.proofs.push_back(proofOf("equals", {}, {piece::text("t")}, "none"));
    EXPECT_EQ(verifyClaim(claim, Delivery(), secrets, kNowMs).reason(), reason::kBadSignature);
}

/// The form of Stripe: header "t=…,v1=…", message "<t>.<body>"; the plugin takes the header apart.
class SignedTime : public ::testing::Test {
protected:
    std::string_view reasonAt(const std::string& time, std::int64_t now_ms,
                              std::int64_t tolerance_s = 300) {
        Delivery delivery;
        delivery.body.bytes = body_;
        const std::string signature = hexEncode(hmac(HashAlg::kSha256, "s", time + "." + body_));
        Proof proof = proofOf("hmac-sha256", {piece::text(time + "."), piece::body()},
                              {piece::text(std::string(64, '0')), piece::text(signature)}, "hex");
        proof.signed_at.emplace().value = {piece::text(time)};
        proof.signed_at->unit = unit_;
        proof.signed_at->tolerance_s = tolerance_s;
        return verifyClaim(claimOf(proof), delivery, {{"webhook_secret", {"s"}}}, now_ms).reason();
    }
    std::string body_ = R"({"type":"payment_intent.succeeded"})";
    std::string unit_ = "s";
};

// TM-IN-3
TEST_F(SignedTime, MustLieInTheWindow) {
    const std::string time = std::to_string(kNowMs / 1000);
    EXPECT_EQ(reasonAt(time, kNowMs), "");
    EXPECT_EQ(reasonAt(time, kNowMs + 300'000), "");
    EXPECT_EQ(reasonAt(time, kNowMs - 300'000), "");
    EXPECT_EQ(reasonAt(time, kNowMs + 300'001), reason::kStale);
    EXPECT_EQ(reasonAt(time, kNowMs - 300'001), reason::kStale);
    EXPECT_EQ(reasonAt(time, kNowMs + kToleranceMaxS * 1000 + 1, 1'000'000'000), reason::kStale);
    EXPECT_EQ(reasonAt(time, kNowMs + 1, -5), reason::kStale);
}

TEST_F(SignedTime, IsReadInItsUnit) {
    EXPECT_EQ(reasonAt("", kNowMs), reason::kMissingHeader);
    EXPECT_EQ(reasonAt("12x", kNowMs), reason::kBadEncoding);
    EXPECT_EQ(reasonAt("-5", kNowMs), reason::kBadEncoding);
    EXPECT_EQ(reasonAt("9999999999999999", kNowMs), reason::kBadEncoding);
    unit_ = "ms";
    EXPECT_EQ(reasonAt(std::to_string(kNowMs), kNowMs), "");
    unit_ = "iso8601";
    EXPECT_EQ(reasonAt("2026-01-01T00:00:00Z", kNowMs), "");
    EXPECT_EQ(reasonAt("yesterday", kNowMs), reason::kBadEncoding);
    unit_ = "days";
    EXPECT_EQ(reasonAt("1", kNowMs), reason::kBadEncoding);
}

// TM-IN-2
TEST(BasicProof, ComparesPairsNeverTwoLists) {
    const SecretValues secrets{{"webhook_user", {"new", "old"}},
                               {"webhook_password", {"new-pass", "old-pass"}}};
    const auto verdictOf = [&](const std::string& value) {
        Delivery delivery;
        delivery.headers = {{"Authorization", value}};
        return verifyClaim(claimOf(proofOf("basic", {}, {piece::header("Authorization")}, "hex",
                                           {"webhook_user", "webhook_password"})),
                           delivery, secrets, kNowMs);
    };
    EXPECT_TRUE(verdictOf("Basic " + base64Encode("new:new-pass")).authentic());
    EXPECT_TRUE(verdictOf("basic " + base64Encode("old:old-pass")).authentic());
    EXPECT_TRUE(verdictOf(base64Encode("old:old-pass")).isHint()) << "a password covers no body";
    EXPECT_EQ(verdictOf("Basic " + base64Encode("new:old-pass")).reason(), reason::kBadSignature);
    EXPECT_EQ(verdictOf("Basic " + base64Encode("new:")).reason(), reason::kBadSignature);
    EXPECT_EQ(verdictOf("Basic n:p").reason(), reason::kBadEncoding);
    EXPECT_EQ(verdictOf("").reason(), reason::kMissingHeader);
}

TEST(BasicProof, HalfAPairIsNoSecret) {
    Delivery delivery;
    delivery.headers = {{"Authorization", base64Encode("user:")}};
    const auto reasonFor = [&](SecretValues secrets, std::vector<std::string> names) {
        return verifyClaim(
                   claimOf(proofOf("basic", {}, {piece::header("Authorization")}, "none", names)),
                   delivery, secrets, kNowMs)
            .reason();
    };
    EXPECT_EQ(reasonFor({{"u", {"user"}}}, {"u", "p"}), reason::kNoSecret);
    EXPECT_EQ(reasonFor({{"u", {"user"}}, {"p", {""}}}, {"u", "p"}), reason::kNoSecret);
    EXPECT_EQ(reasonFor({{"u", {"user"}}}, {"u"}), reason::kNoSecret);
}

TEST(PublicKeyProofs, HoldForEverySchemeAndForm) {
    struct Row {
        std::string algorithm;
        SignatureScheme scheme;
    };
    const std::vector<Row> table{{"ed25519", SignatureScheme::kEd25519},
                                 {"rsa-sha256", SignatureScheme::kRsaSha256},
                                 {"ecdsa-p256", SignatureScheme::kEcdsaP256Sha256Der},
                                 {"ecdsa-p256", SignatureScheme::kEcdsaP256Sha256Raw}};
    for (const Row& row : table) {
        const Key key = Key::generate(row.scheme).value();
        const std::string signature = sign(row.scheme, key, "body").value();
        Delivery delivery;
        delivery.headers = {{"X-Sig", base64Encode(signature)}};
        delivery.body.bytes = "body";
        const Claim claim =
            claimOf(proofOf(row.algorithm, {piece::body()}, {piece::header("X-Sig")}, "base64"));
        const SecretValues secrets{{"webhook_secret", {"no key", key.publicPem()}}};
        EXPECT_TRUE(verifyClaim(claim, delivery, secrets, kNowMs).authentic()) << row.algorithm;
        delivery.body.bytes = "Body";
        EXPECT_EQ(verifyClaim(claim, delivery, secrets, kNowMs).reason(), reason::kBadSignature);
    }
}

// ---- coverage: which bytes a proof speaks for

struct CoverageRow {
    std::string name;
    std::string body;
    Pieces message;
    bool is_hint;
};

// TM-IN-2
TEST(CoverageRule, WhatTheMessageLeavesOutMakesAHint) {
    const std::string body(100, 'b');
    const std::vector<CoverageRow> table{
        {"whole", body, {piece::body()}, false},
        {"hash of the whole", body, {piece::hash("sha256", {piece::body()})}, false},
        {"all but 32", body, {piece::bodySlice(32, 68)}, false},
        {"all but 33", body, {piece::bodySlice(33, 67)}, true},
        {"two halves", body, {piece::bodySlice(50, 50), piece::bodySlice(0, 50)}, false},
        {"one half twice", body, {piece::bodySlice(0, 50), piece::bodySlice(0, 50)}, true},
        {"not at all", body, {piece::text("constant")}, true},
        {"a copy of the plugin", body, {piece::text(body)}, true},
        {"beyond the end", body, {piece::bodySlice(100, 100)}, true},
        {"empty body", "", {piece::body()}, false},
    };
    for (const CoverageRow& row : table) {
        Delivery delivery;
        delivery.body.bytes = row.body;
        PieceContext context;
        context.delivery = &delivery;
        const std::string signature =
            hexEncode(hmac(HashAlg::kSha256, "s", assemble(row.message, context).value()));
        const ClaimVerdict verdict = verifyClaim(
            claimOf(proofOf("hmac-sha256", row.message, {piece::text(signature)}, "hex")), delivery,
            {{"webhook_secret", {"s"}}}, kNowMs);
        ASSERT_TRUE(verdict.authentic()) << row.name;
        EXPECT_EQ(verdict.isHint(), row.is_hint) << row.name;
    }
}

// A signature that stands in the body cannot sign itself; it and 32 bytes beside it may be left
// out.
TEST(CoverageRule, ThePresentedValueInTheBodyCountsOnce) {
    const std::string signed_part(40, 'b');
    const std::string signature = hexEncode(hmac(HashAlg::kSha256, "s", signed_part));
    const auto verdictOf = [&](const std::string& tail, const hubsdk::Piece& presented) {
        const std::string body = signed_part + tail;
        Delivery delivery;
        delivery.body.bytes = body;
        return verifyClaim(
            claimOf(proofOf("hmac-sha256", {piece::bodySlice(0, 40)}, {presented}, "hex")),
            delivery, {{"webhook_secret", {"s"}}}, kNowMs);
    };
    const std::string end = R"(","signature":")" + signature + "\"}";
    const auto cut_by_plugin = piece::text(signature);
    EXPECT_FALSE(verdictOf(end, cut_by_plugin).isHint());
    EXPECT_FALSE(verdictOf(end, piece::bodySlice(55, 64)).isHint());
    EXPECT_TRUE(verdictOf(end + std::string(20, ' '), cut_by_plugin).isHint());
    EXPECT_TRUE(verdictOf(end + signature, cut_by_plugin).isHint())
        << "a repeated value hides none";
}

TEST(Proofs, AreTakenOutBeforeInterpret) {
    Delivery delivery;
    delivery.headers = {
        {"Authorization", "Basic dTpw"}, {"X-Sig", "t=5,v1=abcdef"}, {"X-Event", "e"}};
    Claim claim = claimOf(proofOf("basic", {}, {piece::header("authorization")}, "none"));
    claim.proofs.push_back(proofOf("hmac-sha256", {}, {piece::text("abcdef")}, "hex"));
    const Delivery rest = withoutProofs(delivery, claim);
    ASSERT_EQ(rest.headers.size(), 1U);
    EXPECT_EQ(rest.headers[0].name, "X-Event");
}

}  // namespace
}  // namespace hub::security
