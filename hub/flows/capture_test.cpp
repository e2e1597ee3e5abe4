// TM-OUT-11: a secret in a reply is taken, not seen.
#include "hub/flows/capture.hpp"

#include <gtest/gtest.h>

namespace hub::flows {
namespace {

constexpr std::int64_t kNow = 1'760'000'000'000;

hubsdk::Capture capture(const char* at, const char* mode = "replace",
                        const char* expires = nullptr) {
    hubsdk::Capture made;
    made.at = at;
    made.into = "token";
    made.mode = mode;
    if (expires != nullptr) made.expires = expires;
    return made;
}

TEST(Capture, TakesTheValueAndBlanksIt) {
    const auto taken = captureSecrets(R"({"a":{"t":"s3cret"},"b":[1,"x"],"n":60})",
                                      {capture("/a/t", "add", "/n")}, kNow);
    EXPECT_EQ(taken.body, R"({"a":{"t":"***"},"b":[1,"x"],"n":60})");
    ASSERT_EQ(taken.secrets.size(), 1U);
    EXPECT_EQ(taken.secrets[0].value.text, "s3cret");
    EXPECT_EQ(taken.secrets[0].value.expires_at_ms, kNow + 60'000);
    EXPECT_EQ(taken.secrets[0].mode, storage::CaptureMode::kAdd);
    EXPECT_FALSE(taken.secrets[0].transient);
}

TEST(Capture, KnowsTransientOnes) {
    const auto taken = captureSecrets(R"({"t":"x"})", {capture("/t", "transient")}, kNow);
    ASSERT_EQ(taken.secrets.size(), 1U);
    EXPECT_TRUE(taken.secrets[0].transient);
}

TEST(Capture, FindsNamesWithSlashesAndItemsOfLists) {
    const auto taken =
        captureSecrets(R"({"a/b":["x",{"c~d":"y"}]})", {capture("/a~1b/1/c~0d")}, kNow);
    EXPECT_EQ(taken.body, R"({"a/b":["x",{"c~d":"***"}]})");
}

TEST(Capture, LeavesNothingBehindHoweverThePointerIsWritten) {
    for (const char* at : {"/items/0/t", "/items/00/t", "/items/000/t"}) {
        const auto taken = captureSecrets(R"({"items":[{"t":"s3cret"}]})", {capture(at)}, kNow);
        const bool left = taken.body.find("s3cret") != std::string::npos;
        EXPECT_NE(left, taken.secrets.size() == 1) << at << ": " << taken.body;
    }
    for (const char* at : {"/a~0", "/a~"}) {
        const auto taken = captureSecrets(R"({"a~":"s3cret"})", {capture(at)}, kNow);
        const bool left = taken.body.find("s3cret") != std::string::npos;
        EXPECT_NE(left, taken.secrets.size() == 1) << at << ": " << taken.body;
    }
}

TEST(Capture, APointerThatLeadsNowhereTakesNothing) {
    const auto taken = captureSecrets(R"({"t":""})", {capture("/t"), capture("/x")}, kNow);
    EXPECT_TRUE(taken.secrets.empty());
    EXPECT_EQ(taken.body, R"({"t":""})");
}

TEST(Capture, KeepsBackABodyThatIsNoJson) {
    EXPECT_EQ(captureSecrets("token=s3cret", {capture("/t")}, kNow).body, "");
    EXPECT_EQ(captureSecrets("token=x", {}, kNow).body, "token=x");
}

TEST(Capture, ALifetimeCannotOverflow) {
    const auto taken = captureSecrets(R"({"t":"x","n":9223372036854775807})",
                                      {capture("/t", "replace", "/n")}, kNow);
    EXPECT_GT(taken.secrets.at(0).value.expires_at_ms.value_or(0), kNow);
}

}  // namespace
}  // namespace hub::flows
