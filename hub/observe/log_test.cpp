#include "hub/observe/log.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include <hubsdk/cpp/json.hpp>

namespace hub::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

// TM-LOG: no line break, number of a person or credential gets into a line.
TEST(Log, EscapesLineBreaksAndMasksWhatLooksPersonal) {
    EXPECT_EQ(formatFields("a", {{"why", "x\r\ny"}}), R"({"event":"a","why":"x\r\ny"})");
    EXPECT_THAT(formatFields("a", {{"why", "ssn 543-43-4645."}}), Not(HasSubstr("4645")));
    EXPECT_THAT(formatFields("a", {{"why", "543434645"}}), Not(HasSubstr("543434645")));
    EXPECT_THAT(formatFields("a", {{"why", "card 4111 1111 1111 1111"}}), Not(HasSubstr("1111")));
    EXPECT_THAT(formatFields("a", {{"why", "Authorization: Basic a2V5Og== end"}}),
                HasSubstr("Basic *** end"));
}

TEST(Log, KeepsIdsCountsAndTimes) {
    EXPECT_EQ(masked("order 4722c07dd9a10c3985ae432a"), "order 4722c07dd9a10c3985ae432a");
    EXPECT_EQ(masked("0192f0c1-2345-7abc-8def-0123456789ab"),
              "0192f0c1-2345-7abc-8def-0123456789ab");
    EXPECT_EQ(masked("took 1234567 ms"), "took 1234567 ms");
}

// TM-LOG: personal data and secrets have no field; tests/lint compiles one that must not compile.
TEST(Log, HasNoFieldForPersonalDataAndSecrets) {
    for (const char* name : {"name", "first_name", "email", "phone", "ssn", "date_of_birth", "dob",
                             "address", "body", "document", "payload", "headers", "api_key",
                             "secret", "token", "password", "authorization", "applicant"})
        EXPECT_EQ(logFieldOf(name), std::size(kLogFields)) << name;
    ASSERT_LT(logFieldOf("why"), std::size(kLogFields));
    EXPECT_EQ(kLogFields[logFieldOf("why")].log_class, LogClass::kText);
}

TEST(Log, MasksAddressesOfEmail) {
    EXPECT_EQ(masked("to john.smith+x@example.com, twice"), "to ***, twice");
    EXPECT_EQ(masked("<a@b>"), "<***>");
    EXPECT_EQ(masked("5 @ 3 and @home"), "5 @ 3 and @home");
}

// TM-LOG: a flood of one event leaves the log readable, and says what it left out.
TEST(Log, CutsAFloodOfOneEvent) {
    ::testing::internal::CaptureStderr();
    const std::uint64_t lines = kLinesPerEventMax * 20;
    for (std::uint64_t i = 0; i < lines; ++i) log(Level::kError, "trial.flood", {{"seq", 1}});
    log(Level::kError, "trial.other", {});
    const std::string text = ::testing::internal::GetCapturedStderr();
    // The second may turn while the lines are written, and does so a few times at most.
    EXPECT_LT(std::ranges::count(text, '\n'), 10 * static_cast<std::int64_t>(kLinesPerEventMax));
    EXPECT_THAT(text, HasSubstr("trial.other"));
}

// TM-LOG: an anchor that the log's level swallows proves nothing.
TEST(Log, WritesAnchorsWhateverTheLevelIs) {
    setLevel(Level::kError);
    ::testing::internal::CaptureStderr();
    log(Level::kInfo, "audit.anchor", {{"seq", 7}});
    log(Level::kInfo, "trial.quiet", {});
    log(Level::kWarning, "trial.quiet", {});
    log(Level::kError, "trial.loud", {});
    const std::string text = ::testing::internal::GetCapturedStderr();
    setLevel(Level::kInfo);
    EXPECT_THAT(text, HasSubstr("audit.anchor"));
    EXPECT_THAT(text, HasSubstr("trial.loud"));
    EXPECT_THAT(text, Not(HasSubstr("trial.quiet")));
}

TEST(Log, WritesLinesOfJson) {
    ::testing::internal::CaptureStderr();
    log(Level::kError, "trial.line", {{"why", "a \"b\"\n"}, {"count", 3}});
    std::string text = ::testing::internal::GetCapturedStderr();
    ASSERT_TRUE(text.ends_with("\n"));
    text.pop_back();
    const auto read = hubsdk::JsonDocument::parse(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(read->root()["event"].text(), "trial.line");
    EXPECT_EQ(read->root()["why"].text(), "a \"b\"\n");
    EXPECT_EQ(read->root()["count"].text(), "3");
}

TEST(Log, CutsLongValues) {
    const std::string line = formatFields("a", {{"why", std::string(5000, 'x')}});
    EXPECT_LT(line.size(), kFieldBytesMax + 40);
}

}  // namespace
}  // namespace hub::observe
