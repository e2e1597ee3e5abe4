#include "hub/domain/transition.hpp"

#include <set>
#include <string>
#include <tuple>

#include <gmock/gmock.h>

namespace hub::domain {
namespace {

using Words = std::vector<std::string_view>;
using Pairs = std::set<std::pair<std::string, std::string>>;

const Words kOrderWords{
    "draft",           "submitted", "awaiting_applicant_info", "data_verification", "in_progress",
    "requires_action", "on_hold",   "pending_review",          "completed",         "cancelled",
    "failed"};
const Words kCheckWords{"not_started", "pending", "in_progress", "awaiting_info",
                        "completed",   "error",   "cancelled",   "not_applicable"};
const Words kVendorOrderWords{"queued",
                              "submitted",
                              "awaiting_applicant_info",
                              "data_verification",
                              "in_progress",
                              "requires_action",
                              "completed",
                              "cancelled",
                              "failed"};

Pairs product(const Words& from, const Words& to) {
    Pairs pairs;
    for (const auto a : from) {
        for (const auto b : to) pairs.emplace(a, b);
    }
    return pairs;
}

Pairs unionOf(const std::vector<Pairs>& parts) {
    Pairs all;
    for (const Pairs& part : parts) all.insert(part.begin(), part.end());
    return all;
}

// Every pair that is not written down is refused.
void expectExactly(const Words& words, FindTransition find, Actor actor, const Pairs& allowed) {
    for (const auto from : words) {
        for (const auto to : words) {
            const bool wanted = allowed.contains({std::string(from), std::string(to)});
            EXPECT_EQ(find(from, to, actor) != nullptr, wanted) << from << " -> " << to;
        }
    }
}

// canonical-model.md section 5.1, row by row.
TEST(OrderTable, LetsVendorsDoExactlyWhatTheSpecificationLists) {
    expectExactly(
        kOrderWords, &orderTransition, Actor::kVendor,
        unionOf({product({"in_progress", "requires_action"}, {"awaiting_applicant_info"}),
                 product({"awaiting_applicant_info"}, {"data_verification"}),
                 product({"awaiting_applicant_info", "data_verification"}, {"in_progress"}),
                 product({"requires_action"}, {"in_progress", "data_verification"}),
                 product({"in_progress"}, {"requires_action"}),
                 product({"completed"}, {"pending_review", "in_progress"}),
                 product({"draft", "submitted", "awaiting_applicant_info", "data_verification",
                          "in_progress", "requires_action", "on_hold", "pending_review", "failed"},
                         {"cancelled"})}));
}

TEST(OrderTable, LetsTheSystemDoExactlyWhatTheSpecificationLists) {
    expectExactly(
        kOrderWords, &orderTransition, Actor::kSystem,
        unionOf({product({"submitted", "data_verification"}, {"on_hold"}),
                 product({"submitted"},
                         {"data_verification", "in_progress", "awaiting_applicant_info"}),
                 product({"awaiting_applicant_info"}, {"submitted", "requires_action"}),
                 product({"data_verification"}, {"in_progress", "requires_action"}),
                 product({"in_progress"}, {"completed", "pending_review"}),
                 product({"in_progress", "requires_action"}, {"failed"}),
                 product({"submitted", "data_verification", "in_progress"}, {"requires_action"}),
                 product({"requires_action"}, {"completed", "pending_review"}),
                 product({"on_hold"},
                         {"requires_action", "submitted", "data_verification", "in_progress"}),
                 product({"pending_review"}, {"completed"}),
                 product({"failed"}, {"submitted", "in_progress"})}));
}

// Section 5.3.
TEST(CheckTable, ListsExactlyTheRowsOfVendorAndSystem) {
    const Words open{"not_started", "pending", "in_progress", "awaiting_info"};
    expectExactly(kCheckWords, &checkTransition, Actor::kVendor,
                  unionOf({product({"not_started", "pending"}, {"in_progress"}),
                           product(open, {"completed"}), product({"error"}, {"completed"}),
                           product({"in_progress"}, {"awaiting_info"}), product(open, {"error"}),
                           product(open, {"cancelled"}), product({"error"}, {"cancelled"}),
                           product({"completed"}, {"in_progress", "completed"})}));
    expectExactly(kCheckWords, &checkTransition, Actor::kSystem,
                  unionOf({product({"not_started"}, {"pending"}), product(open, {"error"}),
                           product({"error"}, {"pending"}),
                           product({"not_started", "pending"}, {"not_applicable"})}));
}

// Section 5.4.
TEST(VendorOrderTable, ListsExactlyTheRowsOfVendorAndSystem) {
    const Words open{"submitted", "awaiting_applicant_info", "data_verification", "in_progress",
                     "requires_action"};
    Pairs vendor = product(open, {"awaiting_applicant_info", "data_verification", "in_progress",
                                  "requires_action", "completed", "cancelled", "failed"});
    for (const auto word : open) vendor.erase({std::string(word), std::string(word)});
    vendor.insert({"queued", "submitted"});
    vendor.insert({"queued", "cancelled"});
    vendor.insert({"completed", "in_progress"});
    expectExactly(kVendorOrderWords, &vendorOrderTransition, Actor::kVendor, vendor);
    Pairs system = product(open, {"failed"});
    system.insert({"queued", "submitted"});
    system.insert({"queued", "failed"});
    system.insert({"queued", "cancelled"});
    system.insert({"failed", "queued"});
    expectExactly(kVendorOrderWords, &vendorOrderTransition, Actor::kSystem, system);
}

TEST(Tables, HoldNoRowTwice) {
    for (const auto rows : {orderTransitions(), checkTransitions(), vendorOrderTransitions()}) {
        std::set<std::tuple<std::string_view, std::string_view, Actor>> seen;
        for (const Transition& row : rows) {
            EXPECT_TRUE(seen.emplace(row.from, row.to, row.actor).second)
                << row.from << " -> " << row.to;
        }
    }
}

TEST(Ways, GoOverOneStatusAndOnlyByRowsThatAVendorMayCause) {
    const Way sent = wayFor(&orderTransition, "submitted", "awaiting_applicant_info", "in_progress",
                            Actor::kVendor);
    ASSERT_EQ(sent.count, 2U) << "not by the system's own row for missing data";
    EXPECT_EQ(sent.steps[0]->event, "dispatch");
    EXPECT_EQ(sent.steps[1]->actor, Actor::kVendor);
    EXPECT_EQ(
        wayFor(&orderTransition, "in_progress", "completed", "in_progress", Actor::kVendor).count,
        1U);
    EXPECT_EQ(
        wayFor(&orderTransition, "on_hold", "in_progress", "in_progress", Actor::kVendor).count, 0U)
        << "a vendor resumes nothing";
    EXPECT_EQ(
        wayFor(&orderTransition, "cancelled", "completed", "in_progress", Actor::kVendor).count,
        0U);
}

TEST(Words, OfAVendorBecomeStoredOnes) {
    using hubsdk::OrderStatus;
    EXPECT_EQ(vendorOrderStatusOf(OrderStatus::kDraft), "queued");
    EXPECT_EQ(vendorOrderStatusOf(OrderStatus::kPendingReview), "completed");
    EXPECT_EQ(vendorOrderStatusOf(OrderStatus::kCancelled), "cancelled");
    EXPECT_LT(vendorOrderRung("submitted"), vendorOrderRung("in_progress"));
    EXPECT_LT(vendorOrderRung("requires_action"), vendorOrderRung("completed"));
    const Words two{"in_progress", "awaiting_applicant_info"};
    EXPECT_EQ(followedWord(two), "awaiting_applicant_info");
    const Words none{"submitted", "queued"};
    EXPECT_EQ(followedWord(none), "");
}

TEST(Outcomes, BecomeStatusResultAndVerdict) {
    using hubsdk::CheckOutcome;
    const auto state = [](std::optional<CheckOutcome> outcome) { return checkStateOf(outcome); };
    EXPECT_EQ(state(std::nullopt).status, "in_progress");
    EXPECT_EQ(state(CheckOutcome::kAdverseAction).result, "consider") << "never fail (5.2)";
    EXPECT_EQ(state(CheckOutcome::kError).status, "error");
    EXPECT_FALSE(state(CheckOutcome::kError).result.has_value());
    // Section 5.11.
    EXPECT_EQ(defaultVerdict(state(CheckOutcome::kClear)), "approved");
    EXPECT_EQ(defaultVerdict(state(CheckOutcome::kConsider)), "review");
    EXPECT_EQ(defaultVerdict({"completed", "fail"}), "rejected");
    EXPECT_FALSE(defaultVerdict(state(std::nullopt)).has_value());
}

}  // namespace
}  // namespace hub::domain
