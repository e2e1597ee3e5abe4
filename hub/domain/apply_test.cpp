#include "hub/domain/testing/domain_fixture.hpp"

#include <gmock/gmock.h>

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::OrderStatus;

class ApplyTest : public DomainTest {};

TEST_F(ApplyTest, IsDoneOncePerSourceAndOrdinal) {
    // TM-IN-3
    const Placed placed = place();
    const ApplyContext context = fetched(placed.row_id);
    const auto news = said(OrderStatus::kInProgress);
    EXPECT_EQ(apply(news, context).outcome, ApplyOutcome::kApplied);
    const auto version = order(placed).row_version;
    const auto trail = count("SELECT COUNT(*) FROM audit_entry");
    EXPECT_EQ(apply(news, context).outcome, ApplyOutcome::kRepeated);
    EXPECT_EQ(order(placed).row_version, version);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry"), trail);
    ApplyContext next = context;
    next.ordinal = 1;
    EXPECT_EQ(apply(news, next).outcome, ApplyOutcome::kApplied);
}

// Told news moves forward only, and nothing that was fetched.
TEST_F(ApplyTest, ToldMovesUpTheLadderAndAsksForAFetchOtherwise) {
    const Placed placed = place();
    auto news = said(OrderStatus::kAwaitingApplicantInfo);
    news.client_reference = "ref-1";
    EXPECT_EQ(apply(news, told()).outcome, ApplyOutcome::kApplied);
    EXPECT_EQ(vendorOrder(placed.row_id).status, "awaiting_applicant_info");
    EXPECT_EQ(order(placed).status, "awaiting_applicant_info");
    EXPECT_EQ(apply(news, told()).outcome, ApplyOutcome::kFetch) << "the same place again";
    news.order_status = OrderStatus::kInProgress;
    EXPECT_EQ(apply(news, told()).outcome, ApplyOutcome::kApplied);
    news.order_status = OrderStatus::kDataVerification;
    EXPECT_EQ(apply(news, told()).outcome, ApplyOutcome::kFetch) << "backwards";
    EXPECT_EQ(vendorOrder(placed.row_id).status, "in_progress");
    news.order_status.reset();
    EXPECT_EQ(apply(news, told()).outcome, ApplyOutcome::kFetch) << "no word to compare";
    fetch(placed, said(OrderStatus::kInProgress));
    news.order_status = OrderStatus::kCompleted;
    EXPECT_EQ(apply(news, told()).outcome, ApplyOutcome::kFetch) << "fetched state is stored";
    EXPECT_EQ(vendorOrder(placed.row_id).status, "in_progress");
    EXPECT_EQ(vendorOrder(placed.row_id).fetch_wanted, 4);
}

TEST_F(ApplyTest, WhatNeedsAFetchChangesNoStateButKeepsItsLinks) {
    const Placed placed = place();
    auto news = said(OrderStatus::kCompleted, CheckOutcome::kClear);
    news.needs_fetch = true;
    news.client_reference = "ref-1";
    news.links = {linkOf("report", "r1")};
    const auto before = order(placed).row_version;
    EXPECT_EQ(apply(news, told()).outcome, ApplyOutcome::kFetch);
    EXPECT_EQ(order(placed).row_version, before);
    EXPECT_EQ(vendorOrder(placed.row_id).status, "submitted");
    EXPECT_EQ(count("SELECT COUNT(*) FROM external_link"), 1);
}

TEST_F(ApplyTest, AHintLeavesNothingButAWishToFetch) {
    // TM-IN-2
    const Placed placed = place();
    auto forged = said(OrderStatus::kCompleted, CheckOutcome::kClear);
    forged.client_reference = "ref-1";
    forged.links = {linkOf("report", "attacker")};
    forged.alert = true;
    forged.unmapped = {"status:anything a stranger likes"};
    forged.checks = {checkSaid("c", hubsdk::CheckType::kSsnTrace, CheckOutcome::kClear)};
    ApplyContext hint = told();
    hint.is_hint = true;
    EXPECT_EQ(apply(forged, hint).outcome, ApplyOutcome::kFetch);
    EXPECT_EQ(order(placed).status, "in_progress");
    EXPECT_EQ(vendorOrder(placed.row_id).fetch_wanted, 1);
    for (const char* table : {"external_link", "alert", "screening_check", "finding"}) {
        EXPECT_EQ(count(std::string("SELECT COUNT(*) FROM ") + table), 0) << table;
    }
    hubsdk::Observation disconnect;
    disconnect.kind = hubsdk::ObservationKind::kAccount;
    disconnect.disconnect = true;
    ApplyContext other = told();
    other.is_hint = true;
    EXPECT_EQ(apply(disconnect, other).outcome, ApplyOutcome::kParked);
    EXPECT_EQ(count("SELECT COUNT(*) FROM provider_config WHERE account_state = 'enabled'"), 1);
}

TEST_F(ApplyTest, DisconnectPausesTheAccountAndAlerts) {
    hubsdk::Observation disconnect;
    disconnect.kind = hubsdk::ObservationKind::kAccount;
    disconnect.disconnect = true;
    EXPECT_EQ(apply(disconnect, told()).outcome, ApplyOutcome::kApplied);
    EXPECT_EQ(count("SELECT COUNT(*) FROM provider_config WHERE account_state = 'paused'"), 1);
    EXPECT_EQ(alerts("account_disconnected"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'account_disconnected'"), 1);
    apply(disconnect, told());
    EXPECT_EQ(alerts("account_disconnected"), 2) << "it was connected anew";
}

TEST_F(ApplyTest, OlderVersionsAreDroppedAndEqualOnesGoByTheStartOfTheFetch) {
    // TM-IN-4
    const Placed placed = place();
    struct Row {
        const char* version;
        std::int64_t started_ms;
        OrderStatus status;
        ApplyOutcome outcome;
    };
    using enum OrderStatus;
    const Row rows[] = {
        {"2024-02", kNow + 100, kInProgress, ApplyOutcome::kApplied},
        {"2024-01", kNow + 900, kAwaitingApplicantInfo, ApplyOutcome::kDropped},
        {"2024-02", kNow + 50, kAwaitingApplicantInfo, ApplyOutcome::kDropped},
        {"2024-02", kNow + 100, kDataVerification, ApplyOutcome::kApplied},
        {"2024-03", kNow + 10, kRequiresAction, ApplyOutcome::kApplied},
        {nullptr, kNow + 5, kInProgress, ApplyOutcome::kDropped},
        {nullptr, kNow + 200, kInProgress, ApplyOutcome::kApplied},
    };
    std::string expected = "submitted";
    for (const Row& row : rows) {
        SCOPED_TRACE(&row - rows);
        auto news = said(row.status);
        news.links = {linkOf("report", "r1")};
        if (row.version != nullptr) news.version = row.version;
        EXPECT_EQ(apply(news, fetched(placed.row_id, row.started_ms)).outcome, row.outcome);
        if (row.outcome == ApplyOutcome::kApplied) expected = vendorOrderStatusOf(row.status);
        EXPECT_EQ(vendorOrder(placed.row_id).status, expected);
    }
}

TEST_F(ApplyTest, VersionsOfDifferentObjectsAreNotCompared) {
    const Placed placed = place();
    auto invitation = said(OrderStatus::kAwaitingApplicantInfo);
    invitation.links = {linkOf("invitation", "i1")};
    invitation.version = "9";
    apply(invitation, fetched(placed.row_id, kNow + 1));
    auto report = said(OrderStatus::kInProgress);
    report.links = {linkOf("report", "r1")};
    report.version = "1";
    EXPECT_EQ(apply(report, fetched(placed.row_id, kNow + 2)).outcome, ApplyOutcome::kApplied);
}

TEST_F(ApplyTest, KnownAsOfIsTheStartOfTheFetch) {
    const Placed placed = place();
    apply(said(OrderStatus::kInProgress), fetched(placed.row_id, kNow - 5000));
    EXPECT_EQ(vendorOrder(placed.row_id).as_of_ms, kNow - 5000);
}

TEST_F(ApplyTest, ClearCompletesAndAnythingElseAsksAPerson) {
    struct Row {
        OrderStatus status;
        std::optional<CheckOutcome> overall;
        const char* order_status;
        const char* result;
    };
    using enum OrderStatus;
    const Row rows[] = {
        {kCompleted, CheckOutcome::kClear, "completed", "clear"},
        {kPendingReview, CheckOutcome::kConsider, "pending_review", "consider"},
        {kPendingReview, CheckOutcome::kClear, "pending_review", "clear"},
        {kPendingReview, CheckOutcome::kDataNotFound, "pending_review", "data_not_found"},
        {kPendingReview, std::nullopt, "pending_review", "pending_review"},
        {kCompleted, std::nullopt, "pending_review", "pending_review"},
        {kCompleted, CheckOutcome::kConsider, "pending_review", "consider"},
        {kCompleted, CheckOutcome::kAdverseAction, "pending_review", "consider"},
        {kPendingReview, CheckOutcome::kError, "pending_review", "pending_review"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(&row - rows);
        const Placed placed = place("ref-" + std::to_string(&row - rows));
        fetch(placed, said(row.status, row.overall));
        EXPECT_EQ(order(placed).status, row.order_status);
        EXPECT_EQ(order(placed).result, row.result);
        EXPECT_EQ(vendorOrder(placed.row_id).status, "completed");
    }
}

// Section 5.3: the vendor's word decides nothing, and section 5.1: only a changed result undoes a
// decision.
TEST_F(ApplyTest, ADecidedOrderComesBackWhenItsResultChangesAndNotWhenItIsReadAgain) {
    const Placed placed = place();
    auto report = said(OrderStatus::kCompleted, CheckOutcome::kConsider);
    report.checks = {checkSaid("a", hubsdk::CheckType::kMvr, CheckOutcome::kConsider),
                     checkSaid("b", hubsdk::CheckType::kSsnTrace, CheckOutcome::kClear)};
    fetch(placed, report);
    ASSERT_EQ(order(placed).status, "pending_review");
    const auto decide = [&] {
        write([&](storage::Connection& c) {
            auto row = *repositories_.orders.find(c, scope_, placed.order_id);
            EXPECT_TRUE(moveOrder(unitOn(c), row, "completed", Actor::kSystem, "test"));
            return 0;
        });
    };
    decide();
    const auto trail = count("SELECT COUNT(*) FROM audit_entry");
    fetch(placed, report);
    EXPECT_EQ(order(placed).status, "completed");
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry"), trail);
    EXPECT_EQ(order(placed).completion_percentage, 100);
    report.checks.back().outcome = CheckOutcome::kConsider;
    fetch(placed, report);
    EXPECT_EQ(order(placed).result, "consider") << "as before, but for another reason";
    EXPECT_EQ(order(placed).status, "pending_review");
    EXPECT_EQ(alerts("result_amended"), 1);
    decide();
    report.overall_outcome = CheckOutcome::kDataNotFound;
    fetch(placed, report);
    EXPECT_EQ(order(placed).status, "pending_review");
    EXPECT_EQ(alerts("result_amended"), 2) << "every time";
}

TEST_F(ApplyTest, AnAmendedOrReopenedOrderComesBackWithAnAlert) {
    const Placed placed = place();
    fetch(placed, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    fetch(placed, said(OrderStatus::kCompleted, CheckOutcome::kConsider));
    EXPECT_EQ(order(placed).status, "pending_review");
    EXPECT_EQ(alerts("result_amended"), 1);
    fetch(placed, said(OrderStatus::kInProgress));
    EXPECT_EQ(order(placed).status, "pending_review") << "a person has it";
    const Placed other = place("ref-2");
    for (const int reopened : {1, 2}) {
        fetch(other, said(OrderStatus::kCompleted, CheckOutcome::kClear));
        fetch(other, said(OrderStatus::kInProgress));
        EXPECT_EQ(order(other).status, "in_progress");
        EXPECT_EQ(vendorOrder(other.row_id).status, "in_progress");
        EXPECT_EQ(alerts("search_reopened"), reopened);
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'alert_raised'"), 3);
}

// plugin-contract.md section 8: absent is not said.
TEST_F(ApplyTest, AReplyThatSpeaksOfNoStateLeavesItAsItIs) {
    hubsdk::Observation pdf;
    pdf.vendor_order_id = "rep-1";
    pdf.links = {linkOf("report", "rep-1")};
    hubsdk::ObservedDocument document;
    document.kind = "report_pdf";
    document.blob_id = "blob-1";
    pdf.documents = {document};
    for (const CheckOutcome outcome : {CheckOutcome::kClear, CheckOutcome::kConsider}) {
        const Placed placed = place("ref-" + std::string(hubsdk::nameOf(outcome)));
        fetch(placed, said(OrderStatus::kCompleted, outcome));
        const auto before = order(placed);
        const auto row = vendorOrder(placed.row_id);
        auto context = fetched(placed.row_id, kNow - 1000);
        pdf.vendor_order_id = placed.row_id;
        pdf.links.front().id = placed.row_id;
        EXPECT_EQ(apply(pdf, context).outcome, ApplyOutcome::kApplied);
        const auto after = vendorOrder(placed.row_id);
        EXPECT_EQ(after.report_blob_id, "blob-1");
        EXPECT_EQ(after.vendor_order_id, placed.row_id);
        EXPECT_EQ(after.overall_outcome, hubsdk::nameOf(outcome));
        EXPECT_EQ(after.as_of_ms, row.as_of_ms) << "no state was read";
        EXPECT_EQ(order(placed).row_version, before.row_version);
    }
    EXPECT_EQ(alerts("result_amended"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM external_link"), 2);
}

TEST_F(ApplyTest, AlertsOfTheVendorChangeNoState) {
    const Placed placed = place();
    fetch(placed, said(OrderStatus::kInProgress, CheckOutcome::kConsider));
    hubsdk::Observation notice;
    notice.client_reference = "ref-1";
    notice.alert = true;
    notice.alert_kind = "notice_not_delivered";
    EXPECT_EQ(apply(notice, told()).outcome, ApplyOutcome::kApplied);
    EXPECT_EQ(alerts("notice_not_delivered"), 1);
    EXPECT_EQ(vendorOrder(placed.row_id).overall_outcome, "consider");
}

TEST_F(ApplyTest, AnErrorOfTheVendorIsParkedWithAnAlert) {
    hubsdk::Observation failed;
    failed.error = hubsdk::VendorError{};
    EXPECT_EQ(apply(failed, told()).outcome, ApplyOutcome::kParked);
    EXPECT_EQ(alerts("vendor_error"), 1);
}

TEST_F(ApplyTest, UnknownWordsAreCountedAndShownOnce) {
    const Placed placed = place();
    auto news = said(std::nullopt);
    news.unmapped = {"status:weird", std::string(400, 'x')};
    EXPECT_EQ(fetch(placed, news).unmapped, 2U);
    EXPECT_EQ(fetch(placed, news).unmapped, 2U);
    EXPECT_EQ(alerts("unmapped_vendor_word"), 2);
    write([&](storage::Connection& c) {
        return c.run("UPDATE alert SET status = 'actioned' WHERE description <> ''");
    });
    fetch(placed, news);
    fetch(placed, news);
    EXPECT_EQ(alerts("unmapped_vendor_word"), 4) << "once more after a person closed them";
    EXPECT_EQ(vendorOrder(placed.row_id).status, "submitted") << "left as it was";
}

TEST_F(ApplyTest, PersonalLinksAndEstimatesEndWithWhatTheyAreFor) {
    const Placed placed = place();
    auto waiting = said(OrderStatus::kAwaitingApplicantInfo);
    waiting.applicant_url = hubsdk::ApplicantUrl{"https://apply.example/x", std::nullopt};
    waiting.estimated_at = "2025-11-01T00:00:00Z";
    fetch(placed, waiting);
    EXPECT_TRUE(vendorOrder(placed.row_id).applicant_url.has_value());
    EXPECT_TRUE(vendorOrder(placed.row_id).estimated_at_ms.has_value());
    EXPECT_TRUE(order(placed).estimated_completion_at_ms.has_value());
    fetch(placed, said(OrderStatus::kAwaitingApplicantInfo));
    EXPECT_TRUE(vendorOrder(placed.row_id).estimated_at_ms.has_value()) << "not mentioned";
    waiting.estimated_at = nullptr;
    fetch(placed, waiting);
    EXPECT_FALSE(vendorOrder(placed.row_id).estimated_at_ms.has_value()) << "taken back";
    EXPECT_FALSE(order(placed).estimated_completion_at_ms.has_value());
    waiting.estimated_at = "2025-11-02T00:00:00Z";
    fetch(placed, waiting);
    fetch(placed, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    EXPECT_FALSE(vendorOrder(placed.row_id).applicant_url.has_value());
    EXPECT_FALSE(vendorOrder(placed.row_id).estimated_at_ms.has_value());
}

// TM-IN-6: what no delivery tells is found by its age.
TEST_F(ApplyTest, AnOpenVendorOrderHasADeadlineAndAFinalOneHasNone) {
    account_.freshness_minutes = 30;
    const Placed placed = place();
    EXPECT_EQ(vendorOrder(placed.row_id).next_poll_at_ms,
              kNow + storage::kFreshnessMinutesDefault * 60'000);
    fetch(placed, said(OrderStatus::kInProgress));
    EXPECT_EQ(vendorOrder(placed.row_id).next_poll_at_ms, kNow + 30 * 60'000);
    fetch(placed, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    EXPECT_FALSE(vendorOrder(placed.row_id).next_poll_at_ms.has_value());
}

TEST_F(ApplyTest, ADraftIsNoNews) {
    const Placed placed = place();
    fetch(placed, said(OrderStatus::kInProgress));
    fetch(placed, said(OrderStatus::kDraft));
    EXPECT_EQ(vendorOrder(placed.row_id).status, "in_progress");
    EXPECT_EQ(order(placed).status, "in_progress");
}

}  // namespace
}  // namespace hub::domain
