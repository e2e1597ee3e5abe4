// A flow that no longer asks what its journal answers.
#include "sdk/plugin-api/src/flow_fixture.hpp"

namespace hubsdk::testing {
namespace {

using ::testing::ElementsAre;

TEST_F(FlowTest, ADifferentLabelDiverges) {
    const AdvanceInput input = answeredOnce();
    other_label = "renamed";
    auto action = advance(input);
    ASSERT_EQ(action->action, ActionKind::kFailed);
    EXPECT_EQ(action->error->error_class, ErrorClass::kDiverged);
    EXPECT_EQ(action->error->label, "first");
    EXPECT_EQ(action->error->was, "first POST vendor.example/v1/first");
    EXPECT_EQ(action->error->is, "renamed POST vendor.example/v1/first");
}

TEST_F(FlowTest, ADifferentPathDiverges) {
    const AdvanceInput input = answeredOnce();
    other_path = "/second";
    auto action = advance(input);
    ASSERT_EQ(action->action, ActionKind::kFailed);
    EXPECT_EQ(action->error->error_class, ErrorClass::kDiverged);
    EXPECT_EQ(action->error->is, "first POST vendor.example/v1/second");
}

TEST_F(FlowTest, ADifferentMethodOrHostDiverges) {
    AdvanceInput input = answeredOnce();
    input.journal[0].method = "PUT";
    EXPECT_EQ(advance(input)->error->error_class, ErrorClass::kDiverged);
    input = answeredOnce();
    input.inputs.account.settings.json = R"({"host":"eu.vendor.example"})";
    EXPECT_EQ(advance(input)->error->error_class, ErrorClass::kDiverged);
}

TEST_F(FlowTest, AnAnsweredStepThatNothingAsksForDiverges) {
    AdvanceInput input = answeredOnce();
    Entry stray = input.journal[0];
    stray.label = "stray";
    input.journal.push_back(stray);
    auto action = advance(input);
    ASSERT_EQ(action->action, ActionKind::kFailed);
    EXPECT_EQ(action->error->error_class, ErrorClass::kDiverged);
    EXPECT_EQ(action->error->label, "stray");
    EXPECT_EQ(action->error->is, "second GET vendor.example/v1/second");

    AdvanceInput ended;
    ended.inputs = command("order.submit");
    ended.inputs.order.emplace();
    ended.journal.push_back(stray);
    EXPECT_EQ(advance(ended)->error->is, "done");
}

TEST_F(FlowTest, AChangedBodyIsOnlyReported) {
    const AdvanceInput input = answeredOnce();
    EXPECT_TRUE(advance(input)->changed_bodies.empty());
    other_body = R"({"a":2})";
    auto action = advance(input);
    EXPECT_EQ(action->action, ActionKind::kCall);
    EXPECT_THAT(action->changed_bodies, ElementsAre("first"));
}

}  // namespace
}  // namespace hubsdk::testing
