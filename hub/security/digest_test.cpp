#include "hub/security/digest.hpp"

#include <gtest/gtest.h>

namespace hub::security {
namespace {

using hubsdk::ErrorCode;

TEST(Digest, MatchesPublishedVectors) {
    EXPECT_EQ(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha1Hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(sha512Hex("abc").substr(0, 32), "ddaf35a193617abacc417349ae204131");
    EXPECT_EQ(sha256("").size(), 32U);
}

TEST(Digest, HmacMatchesRfc4231) {
    // RFC 4231 test case 2.
    EXPECT_EQ(hexEncode(hmac(HashAlg::kSha256, "Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(
        hexEncode(hmac(HashAlg::kSha384, "Jefe", "what do ya want for nothing?")).substr(0, 32),
        "af45d2e376484031617f78d2b58a6b1b");
}

TEST(Digest, EmptyHmacKeyIsNotTheKeyOfLastTime) {
    const std::string with_key = hmac(HashAlg::kSha256, "key", "m");
    EXPECT_NE(hmac(HashAlg::kSha256, "", "m"), with_key);
    EXPECT_EQ(hexEncode(hmac(HashAlg::kSha256, "", "")),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, ConstantTimeEqualsComparesWholeTexts) {
    EXPECT_TRUE(constantTimeEquals("abc", "abc"));
    EXPECT_TRUE(constantTimeEquals("", ""));
    EXPECT_FALSE(constantTimeEquals("abc", "abd"));
    EXPECT_FALSE(constantTimeEquals("abc", "abcd"));
}

TEST(Digest, TokensAreLongAndDiffer) {
    EXPECT_GE(base64UrlDecode(randomToken(1))->size(), kTokenBytesMin);
    EXPECT_NE(randomToken(), randomToken());
}

TEST(Digest, Uuid7CarriesTimeVersionAndVariant) {
    const std::string id = uuid7(0x0123456789abLL);
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id.substr(0, 15), "01234567-89ab-7");
    EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
    EXPECT_LT(uuid7(1000), uuid7(2000));
}

// Threads name rows by the times at which their work began: the order within each time stays.
TEST(Digest, Uuid7SortsAsMadeBesideIdsOfOtherTimes) {
    std::string last;
    for (int i = 0; i < 50; ++i) {
        const std::string next = uuid7(1'760'000'000'000);
        EXPECT_LT(last, next);
        last = next;
        (void)uuid7(1'760'000'000'001 + i % 3);
    }
}

TEST(Encoding, RoundTripsEveryLength) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(base64Decode(base64Encode(bytes)).value(), bytes);
        EXPECT_EQ(base64UrlDecode(base64UrlEncode(bytes)).value(), bytes);
        EXPECT_EQ(hexDecode(hexEncode(bytes)).value(), bytes);
        bytes.push_back(static_cast<char>(i * 7));
    }
    EXPECT_EQ(base64Encode("fo"), "Zm8=");
    EXPECT_EQ(base64UrlEncode("\xff\xfe"), "__4");
}

TEST(Encoding, RefusesEverythingButTheOneText) {
    for (const char* bad :
         {"Zm8", "Zm8==", "Zm9=", "Z===", "Zm 8", "Zm8=\n", "Zm8=Zm8=", "====", "Zg=v", "__4="})
        EXPECT_EQ(base64Decode(bad).error().code, ErrorCode::kInvalid) << bad;
    for (const char* bad : {"Zm8=", "Z", "Zm9", "Zm 8", "++4", "Zg\n"})
        EXPECT_FALSE(base64UrlDecode(bad).ok()) << bad;
    for (const char* bad : {"0", "0g", "0x", "G0"}) EXPECT_FALSE(hexDecode(bad).ok()) << bad;
    EXPECT_EQ(hexDecode("AbcD").value(), "\xab\xcd");
}

TEST(Encoding, WipeEmptiesTheBuffer) {
    std::string secret = "secret";
    wipe(secret);
    EXPECT_TRUE(secret.empty());
}

}  // namespace
}  // namespace hub::security
