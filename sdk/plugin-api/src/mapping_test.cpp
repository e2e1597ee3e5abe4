// Rules that every vendor's mapping follows: how words compare, and what an unknown one means.
#include <hubsdk/cpp/mapping.hpp>

#include <gmock/gmock.h>

namespace hubsdk {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<Word<OrderStatus>, 2> kStates{{
    {"in_progress", OrderStatus::kInProgress},
    {"cancelled", OrderStatus::kCancelled},
}};
constexpr std::array<Word<CheckOutcome>, 2> kResults{{
    {"clear", CheckOutcome::kClear},
    {"needs_review", CheckOutcome::kConsider},
}};

TEST(Mapping, AWordIsFoundHoweverItIsWritten) {
    Unmapped unmapped;
    for (const char* word : {"in_progress", "In Progress", " IN-PROGRESS\n", "in progress"})
        EXPECT_EQ(mapped(kStates, word, unmapped), OrderStatus::kInProgress) << word;
    for (const char* word : {"cancelled", "Canceled", "CANCELED "})
        EXPECT_EQ(mapped(kStates, word, unmapped), OrderStatus::kCancelled) << word;
    EXPECT_THAT(unmapped.take(), IsEmpty());
    EXPECT_EQ(findWord(kStates, "inprogress"), nullptr);
}

TEST(Mapping, AnUnknownWordIsNamedOnceAndNeverGuessed) {
    Unmapped unmapped;
    EXPECT_EQ(mapped(kStates, " Paused ", unmapped), std::nullopt);
    EXPECT_EQ(mapped(kStates, "Paused", unmapped), std::nullopt);
    EXPECT_EQ(mapped(kStates, "", unmapped), std::nullopt);
    EXPECT_THAT(unmapped.take(), ElementsAre("Paused"));
}

TEST(Mapping, AnUnknownWordIsCutBetweenLetters) {
    Unmapped unmapped;
    unmapped.add(std::string(kUnmappedBytesMax - 1, 'x') + "\xC3\xA4");
    EXPECT_THAT(unmapped.take(), ElementsAre(std::string(kUnmappedBytesMax - 1, 'x')));
}

TEST(Mapping, AnUnknownResultIsUndecidedAndThenForAPerson) {
    Unmapped unmapped;
    EXPECT_EQ(mappedOutcome(kResults, "Clear", Progress::kFinished, unmapped),
              CheckOutcome::kClear);
    EXPECT_EQ(mappedOutcome(kResults, "odd", Progress::kRunning, unmapped), std::nullopt);
    EXPECT_EQ(mappedOutcome(kResults, "odd", Progress::kFinished, unmapped),
              CheckOutcome::kPendingReview);
    EXPECT_EQ(mappedOutcome(kResults, "", Progress::kRunning, unmapped), std::nullopt);
    EXPECT_EQ(mappedOutcome(kResults, "", Progress::kFinished, unmapped),
              CheckOutcome::kPendingReview);
    EXPECT_THAT(unmapped.take(), ElementsAre("odd"));
}

TEST(Mapping, OnlyAClearResultCompletesAFinishedOrder) {
    EXPECT_EQ(finishedStatus(kResults, "CLEAR"), OrderStatus::kCompleted);
    EXPECT_EQ(finishedStatus(kResults, "needs review"), OrderStatus::kPendingReview);
    EXPECT_EQ(finishedStatus(kResults, ""), OrderStatus::kPendingReview);
    EXPECT_EQ(finishedStatus(kResults, "odd"), std::nullopt) << "the stored status stays";
}

TEST(Mapping, ATimeIsSaidTakenBackOrNotMentioned) {
    const auto document = JsonDocument::parse(
        R"({"time": "2026-01-05T10:00:00.5+01:00", "null": null, "odd": "soon"})");
    ASSERT_TRUE(document);
    const Json root = document->root();
    EXPECT_EQ(timeSaid(root["time"]), "2026-01-05T09:00:00Z");
    EXPECT_EQ(timeSaid(root["null"]), nullptr);
    EXPECT_TRUE(timeSaid(root["odd"]).absent());
    EXPECT_TRUE(timeSaid(root["missing"]).absent());
}

}  // namespace
}  // namespace hubsdk
