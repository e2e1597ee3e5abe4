// What becomes of an order when news of its vendor orders is applied (canonical-model.md
// section 5.1).
#include "hub/domain/testing/domain_fixture.hpp"

#include <gmock/gmock.h>

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::OrderStatus;

class OrderFollowsTest : public DomainTest {};

TEST_F(OrderFollowsTest, AnOrderOnHoldKeepsItsStatusButLearnsTheResult) {
    const Placed placed = place();
    write([&](storage::Connection& c) {
        return c.run("UPDATE screening_order SET status = 'on_hold' WHERE id = ?",
                     {placed.order_id});
    });
    fetch(placed, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    EXPECT_EQ(order(placed).status, "on_hold");
    EXPECT_EQ(order(placed).result, "clear");
}

TEST_F(OrderFollowsTest, RequiresActionForConsentIsNotTheVendorsToEnd) {
    using enum OrderStatus;
    for (const OrderStatus word :
         {kAwaitingApplicantInfo, kDataVerification, kInProgress, kCompleted, kPendingReview}) {
        SCOPED_TRACE(hubsdk::nameOf(word));
        const Placed placed = place("ref-" + std::string(hubsdk::nameOf(word)));
        write([&](storage::Connection& c) {
            return c.run(
                "UPDATE screening_order SET status = 'requires_action', action_reason = "
                "'consent_declined' WHERE id = ?",
                {placed.order_id});
        });
        fetch(placed, said(word));
        EXPECT_EQ(order(placed).status, "requires_action");
        fetch(placed, said(kCompleted, CheckOutcome::kClear));
        EXPECT_EQ(order(placed).status, "requires_action");
        EXPECT_EQ(order(placed).action_reason, "consent_declined");
    }
}

// Each guard of section 5.1, once met and once not.
TEST_F(OrderFollowsTest, GuardsAreAskedOfTheOrderItself) {
    struct Row {
        const char* set;
        const char* target;
        Actor actor;
        bool moves;
    };
    const Row rows[] = {
        {"status = 'in_progress', dispatched_at = NULL", "awaiting_applicant_info", Actor::kVendor,
         false},
        {"status = 'in_progress'", "awaiting_applicant_info", Actor::kVendor, true},
        {"status = 'awaiting_applicant_info', dispatched_at = NULL", "data_verification",
         Actor::kVendor, false},
        {"status = 'awaiting_applicant_info'", "data_verification", Actor::kVendor, true},
        {"status = 'awaiting_applicant_info', dispatched_at = NULL", "in_progress", Actor::kVendor,
         false},
        {"status = 'awaiting_applicant_info'", "in_progress", Actor::kVendor, true},
        {"status = 'completed', closed_at = created_at", "pending_review", Actor::kVendor, false},
        {"status = 'completed'", "pending_review", Actor::kVendor, true},
        {"status = 'completed', closed_at = created_at", "in_progress", Actor::kVendor, false},
        {"status = 'completed'", "in_progress", Actor::kVendor, true},
        {"status = 'requires_action', action_reason = 'overdue'", "in_progress", Actor::kVendor,
         false},
        {"status = 'requires_action', action_reason = 'vendor_message'", "in_progress",
         Actor::kVendor, true},
        {"status = 'on_hold', held_from = 'submitted'", "in_progress", Actor::kSystem, false},
        {"status = 'on_hold', held_from = 'in_progress'", "in_progress", Actor::kSystem, true},
        {"status = 'on_hold', held_from = 'in_progress', action_reason = 'overdue'", "in_progress",
         Actor::kSystem, false},
        {"status = 'on_hold', action_reason = 'overdue'", "requires_action", Actor::kSystem, true},
        {"status = 'on_hold'", "requires_action", Actor::kSystem, false},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(std::string(row.set) + " -> " + row.target);
        const Placed placed = place("ref-" + std::to_string(&row - rows));
        const bool moved = write([&](storage::Connection& c) {
            c.run(std::string("UPDATE screening_order SET ") + row.set + " WHERE id = ?",
                  {placed.order_id});
            auto stored = *repositories_.orders.find(c, scope_, placed.order_id);
            return moveOrder(unitOn(c), stored, row.target, row.actor, "test");
        });
        EXPECT_EQ(moved, row.moves);
        EXPECT_EQ(order(placed).status == row.target, row.moves);
    }
}

TEST_F(OrderFollowsTest, AClosedOrderIsTouchedByNothing) {
    const Placed placed = place("ref-1", {{"mvr", {}, {}}});
    auto report = said(OrderStatus::kCompleted, CheckOutcome::kClear);
    report.checks = {checkSaid("a", hubsdk::CheckType::kMvr, CheckOutcome::kClear)};
    fetch(placed, report);
    write([&](storage::Connection& c) {
        return c.run("UPDATE screening_order SET closed_at = created_at WHERE id = ?",
                     {placed.order_id});
    });
    const auto before = order(placed).row_version;
    report.overall_outcome = CheckOutcome::kConsider;
    report.checks.front().outcome = CheckOutcome::kConsider;
    for (int poll = 0; poll < 2; ++poll) {
        fetch(placed, report);
        EXPECT_EQ(alerts("result_after_end"), 1) << "the same again is no news";
    }
    report.overall_outcome = CheckOutcome::kAdverseAction;
    fetch(placed, report);
    EXPECT_EQ(alerts("result_after_end"), 2) << "every late result";
    fetch(placed, said(OrderStatus::kInProgress));
    EXPECT_EQ(alerts("result_after_end"), 2) << "no result";
    EXPECT_EQ(order(placed).row_version, before);
    EXPECT_EQ(checks(placed).at(0).result, "clear");
}

TEST_F(OrderFollowsTest, ReasonsOfTheVendorComeAndGo) {
    const Placed placed = place();
    fetch(placed, said(OrderStatus::kRequiresAction));
    EXPECT_EQ(order(placed).action_reason, "vendor_message");
    EXPECT_EQ(order(placed).held_from, "in_progress");
    fetch(placed, said(OrderStatus::kInProgress));
    EXPECT_FALSE(order(placed).action_reason.has_value());
    EXPECT_FALSE(order(placed).held_from.has_value());
}

TEST_F(OrderFollowsTest, SeveralVendorOrdersAreFollowedTogether) {
    const Placed placed = place();
    const std::string second = placeAlso(placed, "ref-2");
    fetch(placed, said(OrderStatus::kInProgress));
    apply(said(OrderStatus::kRequiresAction), fetched(second));
    EXPECT_EQ(order(placed).status, "requires_action") << "any of them";
    fetch(placed, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    EXPECT_EQ(order(placed).status, "requires_action");
    apply(said(OrderStatus::kPendingReview, CheckOutcome::kConsider), fetched(second));
    EXPECT_EQ(order(placed).status, "pending_review");
}

TEST_F(OrderFollowsTest, AVerdictOfOneOfSeveralVendorsOnlyMakesTheResultWorse) {
    const Placed placed = place();
    const std::string second = placeAlso(placed, "ref-2");
    auto first = said(OrderStatus::kCompleted, CheckOutcome::kClear);
    first.checks = {checkSaid("a", hubsdk::CheckType::kSsnTrace, CheckOutcome::kClear)};
    fetch(placed, first);
    auto other = said(OrderStatus::kPendingReview, CheckOutcome::kConsider);
    other.checks = {checkSaid("b", hubsdk::CheckType::kMvr, CheckOutcome::kClear)};
    apply(other, fetched(second));
    EXPECT_EQ(order(placed).result, "consider");
}

TEST_F(OrderFollowsTest, AFailedSubmitFailsTheOrderOnlyIfNobodyElseHasIt) {
    const Placed placed = place();
    const std::string second = placeAlso(placed, "ref-2");
    const auto fail = [&](const std::string& row_id) {
        write([&](storage::Connection& c) {
            auto row = *repositories_.vendor_orders.find(c, scope_, row_id);
            submitEnded(unitOn(c), row, SubmitEnd::kFailed);
            return 0;
        });
    };
    fail(second);
    EXPECT_EQ(order(placed).status, "in_progress");
    fail(placed.row_id);
    EXPECT_EQ(order(placed).status, "failed");
    EXPECT_EQ(alerts("order_failed"), 1);
}

TEST_F(OrderFollowsTest, WhatIsDoneByHandNeitherFailsNorEndsTheOrder) {
    const Placed placed = place("ref-1", {{"mvr", {}, {}}, {"ssn_trace", {}, {}}});
    const auto by_hand = write([&](storage::Connection& c) {
        auto row = repositories_.vendor_orders.create(
            c, scope_, {placed.order_id, account_.id, "checkr", "ref-2", {}}, now_);
        submitEnded(unitOn(c), row, SubmitEnd::kByHand);
        openTask(unitOn(c), {}, manualFallback("screening_order", placed.order_id));
        return row.id;
    });
    auto report = said(OrderStatus::kCompleted, CheckOutcome::kClear);
    report.checks = {checkSaid("a", hubsdk::CheckType::kMvr, CheckOutcome::kClear)};
    fetch(placed, report);
    EXPECT_EQ(vendorOrder(by_hand).status, "failed");
    EXPECT_EQ(order(placed).status, "in_progress") << "one check is still to be done by hand";
    EXPECT_EQ(order(placed).result, "pending");

    const Placed other = place("ref-3", {{"mvr", {}, {}}});
    write([&](storage::Connection& c) {
        openTask(unitOn(c), {}, manualFallback("screening_order", other.order_id));
        auto row = *repositories_.vendor_orders.find(c, scope_, other.row_id);
        submitEnded(unitOn(c), row, SubmitEnd::kFailed);
        return 0;
    });
    EXPECT_EQ(order(other).status, "in_progress");
    EXPECT_EQ(alerts("order_failed"), 0);
}

TEST_F(OrderFollowsTest, ACancelWithAnOpenCheckAsksAPerson) {
    const Placed placed = place("ref-1", {{"mvr", {}, {}}, {"ssn_trace", {}, {}}});
    const std::string second = placeAlso(placed, "ref-2");
    auto running = said(OrderStatus::kInProgress);
    running.checks = {checkSaid("a", hubsdk::CheckType::kMvr, std::nullopt)};
    apply(running, fetched(second));
    write([&](storage::Connection& c) {
        auto row = *repositories_.vendor_orders.find(c, scope_, second);
        submitEnded(unitOn(c), row, SubmitEnd::kFailed);
        return 0;
    });
    fetch(placed, said(OrderStatus::kCancelled));
    EXPECT_EQ(checks(placed).at(0).status, "in_progress") << "the failed vendor's";
    EXPECT_EQ(order(placed).status, "pending_review");

    const Placed both = place("ref-3", {{"mvr", {}, {}}});
    const std::string last = placeAlso(both, "ref-4");
    fetch(both, said(OrderStatus::kCancelled));
    EXPECT_EQ(checks(both).at(0).status, "not_started") << "the other may still run it";
    apply(said(OrderStatus::kCancelled), fetched(last));
    EXPECT_EQ(checks(both).at(0).status, "cancelled");
    EXPECT_EQ(order(both).status, "cancelled");
}

TEST_F(OrderFollowsTest, TheVendorsCancelEndsOnlyWhatHasNoResult) {
    const Placed empty = place("ref-1", {{"ssn_trace", {}, {}}});
    fetch(empty, said(OrderStatus::kCancelled));
    EXPECT_EQ(order(empty).status, "cancelled");
    EXPECT_EQ(checks(empty).at(0).status, "cancelled");

    const Placed partial = place("ref-2", {{"ssn_trace", {}, {}}, {"mvr", {}, {}}});
    auto running = said(OrderStatus::kInProgress);
    running.checks = {checkSaid("a", hubsdk::CheckType::kSsnTrace, CheckOutcome::kClear)};
    fetch(partial, running);
    fetch(partial, said(OrderStatus::kCancelled));
    EXPECT_EQ(order(partial).status, "pending_review") << "a finished check is kept";
    EXPECT_EQ(order(partial).result, "pending_review");
    EXPECT_EQ(checks(partial).at(0).status, "completed");
    EXPECT_EQ(checks(partial).at(1).status, "cancelled");

    const Placed shared = place("ref-3");
    const std::string second = placeAlso(shared, "ref-4");
    apply(said(OrderStatus::kCancelled), fetched(second));
    EXPECT_EQ(order(shared).status, "in_progress") << "another vendor order is open";
}

TEST_F(OrderFollowsTest, AResultAfterTheEndIsKeptWithAnAlertAndChangesNothing) {
    const Placed placed = place("ref-1", {{"ssn_trace", {}, {}}});
    write([&](storage::Connection& c) {
        auto row = *repositories_.orders.find(c, scope_, placed.order_id);
        return moveOrder(unitOn(c), row, "cancelled", Actor::kUser, "key");
    });
    const auto before = order(placed).row_version;
    fetch(placed, said(OrderStatus::kCancelled));
    EXPECT_EQ(alerts("result_after_end"), 0) << "the vendor confirms our cancel";
    auto late = said(OrderStatus::kCompleted, CheckOutcome::kConsider);
    late.checks = {checkSaid("a", hubsdk::CheckType::kSsnTrace, CheckOutcome::kConsider)};
    EXPECT_EQ(fetch(placed, late).outcome, ApplyOutcome::kDropped);
    EXPECT_EQ(alerts("result_after_end"), 1);
    EXPECT_EQ(order(placed).row_version, before);
    EXPECT_EQ(checks(placed).at(0).status, "not_started");
    EXPECT_EQ(count("SELECT COUNT(*) FROM observation"), 2) << "kept as it came";
    EXPECT_EQ(vendorOrder(placed.row_id).status, "cancelled");
}

}  // namespace
}  // namespace hub::domain
