#include "hub/domain/order_result.hpp"

#include <gtest/gtest.h>

namespace hub::domain {
namespace {

CheckResult done(std::string_view result) {
    CheckResult check;
    check.status = "completed";
    check.result = result;
    return check;
}
CheckResult in(std::string_view status) {
    CheckResult check;
    check.status = status;
    return check;
}
CheckResult withoutHope(std::string_view status) {
    CheckResult check = in(status);
    check.may_run = false;
    return check;
}
CheckResult withdrawn(bool ordered, bool may_run) {
    CheckResult check = done("clear");
    check.withdrawn = true;
    check.ordered = ordered;
    check.may_run = may_run;
    return check;
}

struct Row {
    std::vector<CheckResult> checks;
    std::optional<std::string_view> overall;
    std::string_view result;
};

// canonical-model.md section 8.2.
TEST(OrderResult, IsTheWorstOfItsChecks) {
    const Row rows[] = {
        {{}, std::nullopt, "pending"},
        {{done("clear"), done("clear")}, std::nullopt, "clear"},
        {{done("clear"), done("data_not_found")}, std::nullopt, "data_not_found"},
        {{done("data_not_found"), done("pending_review")}, std::nullopt, "pending_review"},
        {{done("pending_review"), done("discrepancy")}, std::nullopt, "discrepancy"},
        {{done("discrepancy"), done("consider")}, std::nullopt, "consider"},
        {{done("consider"), in("in_progress")}, std::nullopt, "pending"},
        {{done("fail"), in("in_progress")}, std::nullopt, "fail"},
        {{done("clear"), in("error")}, std::nullopt, "pending_review"},
        {{done("clear"), in("cancelled")}, std::nullopt, "pending_review"},
        {{done("clear"), in("not_applicable")}, std::nullopt, "clear"},
        {{done("clear"), in("not_started")}, std::nullopt, "pending"},
        {{done("clear"), withoutHope("not_started")}, std::nullopt, "pending_review"},
        {{done("clear"), withoutHope("in_progress")}, std::nullopt, "pending_review"},
        {{done("clear"), withdrawn(false, false)}, std::nullopt, "clear"},
        {{done("clear"), withdrawn(true, false)}, std::nullopt, "pending_review"},
        {{done("clear"), withdrawn(true, true)}, std::nullopt, "pending"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(&row - rows);
        EXPECT_EQ(orderResult(row.checks, row.overall), row.result);
    }
}

TEST(OrderResult, TakesTheVendorsVerdictButNeverClearsAnIncompleteReport) {
    const Row rows[] = {
        {{done("consider")}, "clear", "clear"},
        {{done("clear")}, "consider", "consider"},
        {{done("clear"), in("error")}, "clear", "pending_review"},
        {{done("clear"), in("not_started")}, "clear", "pending_review"},
        {{done("clear"), withdrawn(true, false)}, "clear", "pending_review"},
        {{}, "clear", "clear"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(&row - rows);
        EXPECT_EQ(orderResult(row.checks, row.overall), row.result);
    }
}

TEST(OrderResult, OfTwoIsTheWorse) {
    EXPECT_EQ(worseResult("clear", "consider"), "consider");
    EXPECT_EQ(worseResult("fail", "consider"), "fail");
    EXPECT_EQ(worseResult("pending", "consider"), "pending");
}

// Section 8.3.
TEST(Completion, CountsFinishedChecksAndKeepsTheLastPercentForTheOrder) {
    EXPECT_EQ(completionPercentage({}), 0);
    EXPECT_EQ(completionPercentage({done("clear"), in("pending")}), 50);
    EXPECT_EQ(completionPercentage({done("clear"), in("error"), in("pending")}), 66);
    EXPECT_EQ(completionPercentage({done("clear"), in("cancelled"), in("not_applicable")}), 99);
}

}  // namespace
}  // namespace hub::domain
