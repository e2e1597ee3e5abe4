#include "hub/domain/check_change.hpp"

#include <gmock/gmock.h>

#include "hub/domain/testing/domain_fixture.hpp"

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::CheckType;
using hubsdk::OrderStatus;

class CheckChangeTest : public DomainTest {
protected:
    Applied say(const Placed& placed, std::vector<hubsdk::Check> list, bool complete = false,
                OrderStatus status = OrderStatus::kInProgress) {
        auto observation = said(status);
        observation.checks = std::move(list);
        observation.checks_complete = complete;
        return fetch(placed, observation);
    }
    std::vector<std::string> idsInOrder(const Placed& placed) {
        std::vector<std::string> ids;
        for (const auto& check : checks(placed)) ids.push_back(check.vendor_check_id.value_or("-"));
        return ids;
    }
};

hubsdk::Check county(const std::string& id, std::optional<std::string> jurisdiction) {
    auto check = checkSaid(id, CheckType::kCriminalCounty, std::nullopt);
    check.jurisdiction = std::move(jurisdiction);
    return check;
}

hubsdk::Finding charge(const std::string& number, const std::string& offense) {
    hubsdk::Finding finding;
    finding.kind = hubsdk::FindingKind::kCriminalCharge;
    finding.case_number = number;
    finding.offense = offense;
    finding.offense_date = "2020-01-02";
    return finding;
}

TEST_F(CheckChangeTest, MatchesByIdThenPlaceThenTypeThenAdds) {
    const Placed placed = place("ref-1", {{"criminal_county", {}, "DENVER, CO"},
                                          {"criminal_county", {}, "LARIMER, CO"},
                                          {"mvr", {}, {}}});
    say(placed, {county("a", std::nullopt), county("b", "DENVER, CO"),
                 checkSaid("c", CheckType::kMvr, std::nullopt),
                 checkSaid("d", CheckType::kSsnTrace, std::nullopt)});
    EXPECT_THAT(idsInOrder(placed), testing::ElementsAre("b", "a", "c", "d"))
        << "the named place first, though it was said later";
    EXPECT_FALSE(checks(placed).at(0).added_by_vendor);
    EXPECT_TRUE(checks(placed).at(3).added_by_vendor);
    say(placed, {county("a", "DENVER, CO")});
    EXPECT_THAT(idsInOrder(placed), testing::ElementsAre("b", "a", "c", "d"))
        << "the id stands before everything";
    say(placed, {county("e", "LARIMER, CO")});
    EXPECT_THAT(idsInOrder(placed), testing::ElementsAre("b", "a", "c", "d", "e"))
        << "a check that has an id is taken";
}

TEST_F(CheckChangeTest, ACheckThatIsSaidAgainIsNotWritten) {
    const Placed placed = place();
    auto said = county("a", "DENVER, CO");
    say(placed, {said});
    const auto written = [&] {
        std::string at;
        read([&](storage::Connection& c) {
            c.query("SELECT updated_at FROM screening_check", {},
                    [&](const storage::Row& row) { at = row.string(0); });
            return 0;
        });
        return at;
    };
    const std::string first = written();
    now_ += 60'000;
    say(placed, {said});
    EXPECT_EQ(written(), first);
    said.vendor_status = "running";
    say(placed, {said});
    EXPECT_NE(written(), first) << "any word of the vendor counts";
}

TEST_F(CheckChangeTest, StoresTheNationalDatabaseAsItsOwnType) {
    const Placed placed =
        place("ref-1", {{"criminal_state", {}, {}}, {"criminal_national", {}, {}}});
    auto national = checkSaid("n", CheckType::kCriminalState, CheckOutcome::kClear);
    national.scope = "national_database";
    say(placed, {national});
    EXPECT_THAT(idsInOrder(placed), testing::ElementsAre("-", "n"));
    EXPECT_EQ(checks(placed).at(1).result, "clear");
}

TEST_F(CheckChangeTest, KeepsATypeWithoutAFitAsOtherAndSaysSoOnce) {
    const Placed placed = place();
    auto civil = checkSaid("x", std::nullopt, CheckOutcome::kClear);
    civil.raw_type = std::string(255, 'y');
    say(placed, {civil});
    say(placed, {civil});
    EXPECT_EQ(checks(placed).at(0).check_type, "other");
    EXPECT_EQ(alerts("unmapped_check_type"), 1);
}

TEST_F(CheckChangeTest, LeavesTheChecksOfAnotherVendorAlone) {
    const Placed placed = place("ref-1", {{"mvr", {}, {}}});
    const std::string second = placeAlso(placed, "ref-2");
    say(placed, {checkSaid("", CheckType::kMvr, std::nullopt)});
    auto other = said(OrderStatus::kInProgress);
    other.checks = {checkSaid("z", CheckType::kMvr, CheckOutcome::kClear)};
    other.checks_complete = true;
    apply(other, fetched(second));
    ASSERT_EQ(checks(placed).size(), 2U);
    EXPECT_EQ(checks(placed).at(0).status, "in_progress");
    EXPECT_FALSE(checks(placed).at(0).withdrawn_at_ms.has_value());
}

TEST_F(CheckChangeTest, OnlyACompleteListWithdrawsAndTheVendorMayBringItBack) {
    const Placed placed = place();
    const auto a = checkSaid("a", CheckType::kMvr, CheckOutcome::kClear);
    const auto b = checkSaid("b", CheckType::kSsnTrace, CheckOutcome::kClear);
    say(placed, {a, b});
    say(placed, {a});
    EXPECT_FALSE(checks(placed).at(1).withdrawn_at_ms.has_value());
    say(placed, {a}, true);
    EXPECT_TRUE(checks(placed).at(1).withdrawn_at_ms.has_value());
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE new_status = 'withdrawn'"), 1);
    say(placed, {a}, true);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE new_status = 'withdrawn'"), 1);
    say(placed, {a, b}, true);
    EXPECT_FALSE(checks(placed).at(1).withdrawn_at_ms.has_value());
}

TEST_F(CheckChangeTest, AFinalVendorOrderLeavesUnmatchedChecksAsNotRun) {
    const Placed placed = place("ref-1", {{"mvr", {}, {}}, {"credit", {}, {}}});
    auto done = said(OrderStatus::kCompleted, CheckOutcome::kClear);
    done.checks = {checkSaid("a", CheckType::kMvr, CheckOutcome::kClear)};
    fetch(placed, done);
    EXPECT_EQ(order(placed).result, "pending_review") << "the credit check never ran";
    EXPECT_EQ(order(placed).status, "pending_review");
    const Placed without = place("ref-2", {{"mvr", {}, {}}, {"credit", {}, {}}});
    done.overall_outcome.reset();
    done.checks.front().vendor_check_id = "b";
    fetch(without, done);
    EXPECT_EQ(order(without).result, "pending_review") << "by the roll-up too";
}

TEST_F(CheckChangeTest, FollowsTheTableOfChecks) {
    struct Row {
        std::optional<CheckOutcome> first, then;
        const char* status;
        std::optional<std::string> result;
    };
    const Row rows[] = {
        {std::nullopt, CheckOutcome::kClear, "completed", "clear"},
        {CheckOutcome::kError, CheckOutcome::kClear, "completed", "clear"},
        {CheckOutcome::kError, std::nullopt, "in_progress", std::nullopt},
        {CheckOutcome::kClear, CheckOutcome::kConsider, "completed", "consider"},
        {CheckOutcome::kClear, std::nullopt, "in_progress", std::nullopt},
        {CheckOutcome::kClear, CheckOutcome::kError, "error", std::nullopt},
        {std::nullopt, CheckOutcome::kAdverseAction, "completed", "consider"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(&row - rows);
        const Placed placed = place("ref-" + std::to_string(&row - rows));
        say(placed, {checkSaid("a", CheckType::kMvr, row.first)});
        say(placed, {checkSaid("a", CheckType::kMvr, row.then)});
        const auto check = checks(placed).at(0);
        EXPECT_EQ(check.status, row.status);
        EXPECT_EQ(check.result, row.result);
        EXPECT_EQ(check.completed_at_ms.has_value(), check.status == "completed");
    }
}

// Section 5.1: the order goes on, and a person decides about the check.
TEST_F(CheckChangeTest, ACheckInErrorWhileOthersRunAsksAPersonOnce) {
    const Placed placed = place();
    const std::vector<hubsdk::Check> list = {checkSaid("a", CheckType::kMvr, CheckOutcome::kError),
                                             checkSaid("b", CheckType::kSsnTrace, std::nullopt)};
    say(placed, list);
    say(placed, list);
    EXPECT_EQ(order(placed).status, "in_progress");
    EXPECT_EQ(alerts("check_error"), 1);
    EXPECT_EQ(tasks("manual_fallback"), 1);
    say(placed, {checkSaid("a", CheckType::kMvr, std::nullopt)});
    say(placed, list);
    EXPECT_EQ(alerts("check_error"), 2) << "it failed again";
    EXPECT_EQ(tasks("manual_fallback"), 1) << "the first one is still open";
    const Placed over = place("ref-2");
    say(over, {checkSaid("c", CheckType::kMvr, CheckOutcome::kError)}, false,
        OrderStatus::kCompleted);
    EXPECT_EQ(order(over).status, "pending_review") << "a person has the whole order";
    EXPECT_EQ(alerts("check_error"), 2);
}

TEST_F(CheckChangeTest, ACheckThatHasEndedKeepsEverything) {
    const Placed placed = place("ref-1", {{"mvr", {}, {}}});
    write([&](storage::Connection& c) {
        return c.run("UPDATE screening_check SET status = 'cancelled' WHERE order_id = ?",
                     {placed.order_id});
    });
    say(placed, {checkSaid("a", CheckType::kMvr, CheckOutcome::kConsider)});
    EXPECT_EQ(checks(placed).at(0).status, "cancelled");
    EXPECT_FALSE(checks(placed).at(0).vendor_check_id.has_value());
    say(placed, {checkSaid("a", CheckType::kMvr, CheckOutcome::kConsider)});
    EXPECT_EQ(alerts("result_after_end"), 1) << "the same again is no news";
    say(placed, {checkSaid("a", CheckType::kMvr, CheckOutcome::kClear)});
    EXPECT_EQ(alerts("result_after_end"), 2);
}

TEST_F(CheckChangeTest, GivesIdentityChecksAVerdict) {
    const Placed placed = place();
    say(placed, {checkSaid("a", CheckType::kIdentity, std::nullopt),
                 checkSaid("b", CheckType::kMvr, CheckOutcome::kClear)});
    EXPECT_FALSE(checks(placed).at(0).verdict.has_value());
    EXPECT_FALSE(checks(placed).at(1).verdict.has_value()) << "only of type identity";
    say(placed, {checkSaid("a", CheckType::kIdentity, CheckOutcome::kConsider)});
    EXPECT_EQ(checks(placed).at(0).verdict, "review");
    EXPECT_EQ(tasks("id_review"), 1);
    say(placed, {checkSaid("a", CheckType::kIdentity, CheckOutcome::kClear)});
    EXPECT_EQ(checks(placed).at(0).verdict, "approved");
}

TEST_F(CheckChangeTest, KnowsFindingsByWhatTheyAreNotByTheirPlace) {
    const Placed placed = place();
    auto check = checkSaid("a", CheckType::kCriminalCounty, CheckOutcome::kConsider);
    check.findings = {charge("1", "theft"), charge("1", "theft"), charge("2", "fraud")};
    say(placed, {check});
    const auto first = findings(placed);
    ASSERT_EQ(first.size(), 3U) << "equals are told apart";
    check.findings = {charge("2", "fraud"), charge("1", "theft")};
    say(placed, {check});
    const auto second = findings(placed);
    ASSERT_EQ(second.size(), 3U) << "never deleted";
    EXPECT_EQ(std::ranges::count_if(second,
                                    [](const auto& row) { return row.removed_at_ms.has_value(); }),
              1);
    const auto trail = count("SELECT COUNT(*) FROM audit_entry");
    say(placed, {check});
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry"), trail) << "nothing new, nothing told";
    check.findings.front().disposition = "dismissed";
    say(placed, {check});
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry"), trail + 1) << "a result was amended";
    check.findings.push_back(charge("1", "theft"));
    say(placed, {check});
    for (const auto& row : findings(placed)) EXPECT_FALSE(row.removed_at_ms.has_value());
}

// Section 4.
TEST_F(CheckChangeTest, FindingsAndChecksHaveASeverity) {
    struct Row {
        hubsdk::FindingKind kind;
        std::optional<hubsdk::Severity> level;
        const char* severity;
    };
    using enum hubsdk::FindingKind;
    const Row rows[] = {
        {kVerificationDiscrepancy, std::nullopt, "low"},
        {kCriminalCharge, hubsdk::Severity::kInfraction, "low"},
        {kCriminalCharge, hubsdk::Severity::kMisdemeanor, "medium"},
        {kCriminalCharge, std::nullopt, "medium"},
        {kCriminalCharge, hubsdk::Severity::kFelony, "high"},
        {kWatchlist, std::nullopt, "critical"},
        {kRegistry, hubsdk::Severity::kFelony, "critical"},
    };
    const Placed placed = place();
    auto check = checkSaid("a", CheckType::kCriminalCounty, std::nullopt);
    say(placed, {check});
    EXPECT_FALSE(checks(placed).at(0).severity.has_value()) << "it still runs";
    check.outcome = CheckOutcome::kClear;
    say(placed, {check});
    EXPECT_EQ(checks(placed).at(0).severity, "none");
    check.outcome = CheckOutcome::kConsider;
    for (const Row& row : rows) {
        SCOPED_TRACE(&row - rows);
        auto finding = charge(std::to_string(&row - rows), "theft");
        finding.kind = row.kind;
        finding.severity = row.level;
        // The worst comes first, so that the order in the list does not matter.
        check.findings.insert(check.findings.begin(), finding);
        say(placed, {check});
        EXPECT_EQ(checks(placed).at(0).severity, row.severity);
        const auto stored = findings(placed);
        EXPECT_TRUE(std::ranges::any_of(stored, [&](const auto& one) {
            return one.case_number == finding.case_number && one.severity == row.severity;
        }));
    }
}

TEST(FindingKey, DiffersWithEveryPartAndNotWithOthers) {
    const auto base = charge("1", "theft");
    auto other = base;
    other.disposition = "guilty";
    other.jurisdiction = "DENVER, CO";
    EXPECT_EQ(findingKey(base, 0), findingKey(other, 0));
    EXPECT_NE(findingKey(base, 0), findingKey(base, 1));
    EXPECT_NE(findingKey(base, 0), findingKey(charge("1t", "heft"), 0));
    other = base;
    other.offense_date.reset();
    other.file_date = "2020-01-02";
    EXPECT_EQ(findingKey(base, 0), findingKey(other, 0)) << "the file date stands in";
    other.file_date.reset();
    EXPECT_NE(findingKey(base, 0), findingKey(other, 0));
}

}  // namespace
}  // namespace hub::domain
