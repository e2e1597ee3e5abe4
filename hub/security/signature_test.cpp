#include "hub/security/signature.hpp"

#include <array>

#include <gtest/gtest.h>

#include "hub/security/digest.hpp"

namespace hub::security {
namespace {

using hubsdk::ErrorCode;

constexpr std::array kSchemes{
    SignatureScheme::kEd25519,
    SignatureScheme::kEcdsaP256Sha256Der,
    SignatureScheme::kEcdsaP256Sha256Raw,
    SignatureScheme::kEcdsaP384Sha384Raw,
    SignatureScheme::kEcdsaP521Sha512Raw,
    SignatureScheme::kRsaSha256,
    SignatureScheme::kRsaSha384,
    SignatureScheme::kRsaSha512,
    SignatureScheme::kRsaPssSha256,
    SignatureScheme::kRsaPssSha384,
    SignatureScheme::kRsaPssSha512,
};

TEST(Signature, EverySchemeSignsAndVerifiesThroughPem) {
    for (const auto scheme : kSchemes) {
        const Key key = Key::generate(scheme).value();
        const std::string signature = sign(scheme, key, "message").value();
        const Key published = Key::publicFromPem(key.publicPem()).value();
        EXPECT_TRUE(verify(scheme, published, "message", signature).ok());
        EXPECT_EQ(verify(scheme, published, "massage", signature).error().code,
                  ErrorCode::kUnauthorized);
        EXPECT_FALSE(sign(scheme, published, "message").ok()) << "a public key cannot sign";
    }
}

// TM-IN-1
TEST(Signature, RefusesEveryFlippedBitAndLength) {
    for (const auto scheme : {SignatureScheme::kEd25519, SignatureScheme::kEcdsaP256Sha256Raw}) {
        const Key key = Key::generate(scheme).value();
        const std::string signature = sign(scheme, key, "message").value();
        for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
            std::string flipped = signature;
            flipped[bit / 8] =
                static_cast<char>(static_cast<unsigned char>(flipped[bit / 8]) ^ (1U << (bit % 8)));
            EXPECT_FALSE(verify(scheme, key, "message", flipped).ok()) << bit;
        }
        EXPECT_FALSE(verify(scheme, key, "message", "").ok());
        EXPECT_FALSE(verify(scheme, key, "message", signature + '\0').ok());
        EXPECT_FALSE(verify(scheme, key, "message", signature.substr(1)).ok());
    }
}

TEST(Signature, RefusesAKeyOfAnotherKind) {
    const Key ed = Key::generate(SignatureScheme::kEd25519).value();
    const Key p384 = Key::generate(SignatureScheme::kEcdsaP384Sha384Raw).value();
    EXPECT_EQ(sign(SignatureScheme::kRsaSha256, ed, "m").error().code, ErrorCode::kInvalid);
    EXPECT_FALSE(sign(SignatureScheme::kEcdsaP256Sha256Raw, p384, "m").ok());
    const std::string signature = sign(SignatureScheme::kEcdsaP384Sha384Raw, p384, "m").value();
    EXPECT_FALSE(verify(SignatureScheme::kEcdsaP256Sha256Raw, p384, "m", signature).ok());
}

TEST(Signature, Ed25519MatchesRfc8032) {
    // RFC 8032 section 7.1, test 2.
    const Key seed =
        Key::ed25519Private(
            hexDecode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value())
            .value();
    const Key point =
        Key::ed25519Public(
            hexDecode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").value())
            .value();
    const std::string signature = sign(SignatureScheme::kEd25519, seed, "\x72").value();
    EXPECT_EQ(hexEncode(signature),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    EXPECT_TRUE(verify(SignatureScheme::kEd25519, point, "\x72", signature).ok());
}

TEST(Signature, RefusesWhatIsNoKey) {
    EXPECT_EQ(Key::publicFromPem("nonsense").error().code, ErrorCode::kInvalid);
    EXPECT_FALSE(Key::privateFromPem("").ok());
    EXPECT_FALSE(Key::ed25519Public("short").ok());
    EXPECT_FALSE(Key::ed25519Private("short").ok());
    EXPECT_FALSE(Key::ecPublic(Curve::kP256, std::string(32, '\1'), std::string(32, '\2')).ok());
    EXPECT_FALSE(Key::ecPublic(Curve::kP256, "x", "y").ok());
    EXPECT_FALSE(Key::rsaPublic(std::string(128, '\x7f'), "\x01\x01").ok()) << "1,023 bits";
}

}  // namespace
}  // namespace hub::security
