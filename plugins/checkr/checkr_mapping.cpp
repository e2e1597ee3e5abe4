#include "plugins/checkr/checkr_mapping.hpp"

#include <algorithm>
#include <array>

namespace vendor::checkr {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::OrderStatus;
using Status = std::optional<OrderStatus>;

using StatusRow = hubsdk::Word<Status>;

// checkr.md, "Mapping: order status". A complete report is decided by result and adjudication.
constexpr std::array<StatusRow, 6> kReportStatuses{{
    {"pending", OrderStatus::kInProgress},
    {"suspended", OrderStatus::kAwaitingApplicantInfo},
    {"paused", OrderStatus::kRequiresAction},
    {"dispute", OrderStatus::kPendingReview},
    {"canceled", OrderStatus::kCancelled},
    {"complete", std::nullopt},
}};
constexpr std::array<StatusRow, 3> kAdjudications{{
    {"engaged", OrderStatus::kCompleted},
    {"pre_adverse_action", OrderStatus::kPendingReview},
    {"post_adverse_action", OrderStatus::kCompleted},
}};
constexpr std::array<StatusRow, 3> kInvitationStatuses{{
    {"pending", OrderStatus::kAwaitingApplicantInfo},
    {"completed", OrderStatus::kDataVerification},
    {"expired", OrderStatus::kRequiresAction},
}};

struct WordRow {
    std::string_view word;
};
constexpr std::array<WordRow, 3> kAssessments{{{"eligible"}, {"review"}, {"escalated"}}};
constexpr std::array<WordRow, 2> kResults{{{"clear"}, {"consider"}}};
// Reports that monitoring made, not an order of ours.
constexpr std::array<WordRow, 3> kMonitoringPackages{
    {{"continuous_check"}, {"continuous_mvr"}, {"continuous_mvr_enrollment"}}};

// The words that decide about a complete report.
struct Verdict {
    std::string_view result;
    std::string_view adjudication;
    std::string_view assessment;
    bool incomplete;  ///< something that was ordered did not run
};

Verdict verdictOf(Json report, bool some_not_run) {
    return {report["result"].text(), report["adjudication"].text(), report["assessment"].text(),
            some_not_run || report["includes_canceled"].asBool().value_or(false)};
}

CheckOutcome finishedOutcome(const Verdict& verdict) {
    if (hubsdk::sameWord(verdict.adjudication, "post_adverse_action")) {
        return CheckOutcome::kAdverseAction;
    }
    if (hubsdk::sameWord(verdict.result, "consider")) return CheckOutcome::kConsider;
    // An incomplete report is never cleared (outcome rule 4).
    const bool clear = hubsdk::sameWord(verdict.result, "clear") && !verdict.incomplete;
    return clear ? CheckOutcome::kClear : CheckOutcome::kPendingReview;
}

Status finishedStatus(const Verdict& verdict, CheckOutcome outcome, Unmapped& unmapped) {
    const auto known = [&](const auto& table, std::string_view word) {
        if (hubsdk::trimmed(word).empty() || findWord(table, word) != nullptr) return true;
        unmapped.add(word);
        return false;
    };
    // All three are looked at, so that every unknown word is counted.
    const bool result_known = known(kResults, verdict.result);
    const bool adjudication_known = known(kAdjudications, verdict.adjudication);
    known(kAssessments, verdict.assessment);
    if (!result_known || !adjudication_known) return std::nullopt;
    if (const StatusRow* row = findWord(kAdjudications, verdict.adjudication)) return row->value;
    const bool done =
        outcome == CheckOutcome::kClear ||
        (outcome == CheckOutcome::kConsider && hubsdk::sameWord(verdict.assessment, "eligible"));
    return done ? OrderStatus::kCompleted : OrderStatus::kPendingReview;
}

void setStatus(Observation& observation, Json report, bool some_not_run, Unmapped& unmapped) {
    const std::string_view word = report["status"].text();
    const StatusRow* row = findWord(kReportStatuses, word);
    if (row == nullptr) {
        unmapped.add(word);
        // Unknown and yet finished: a person has to look (outcome rule 7).
        if (!report["completed_at"].empty()) {
            observation.overall_outcome = CheckOutcome::kPendingReview;
        }
        return;
    }
    observation.order_status = row->value;
    if (row->value == OrderStatus::kPendingReview) {
        observation.overall_outcome = CheckOutcome::kPendingReview;
    }
    if (row->value) return;
    const Verdict verdict = verdictOf(report, some_not_run);
    observation.overall_outcome = finishedOutcome(verdict);
    observation.order_status = finishedStatus(verdict, *observation.overall_outcome, unmapped);
}

bool isMonitoring(Json report) {
    return findWord(kMonitoringPackages, report["package"].text()) != nullptr ||
           hubsdk::sameWord(report["source"].text(), "continuous_check");
}

// A report of monitoring is news about a person, never the answer to an order of ours.
void markMonitoring(Observation& observation) {
    observation.origin = "monitoring";
    observation.alert = true;
    observation.alert_kind = "monitoring_hit";
}

// The greatest time that moves a report on; its creation stands for "none of them", the oldest.
std::optional<std::string> versionOf(Json report) {
    std::optional<std::string> version;
    for (const auto* member : {"created_at", "completed_at", "revised_at", "upgraded_at"}) {
        version = std::max(version, timeOf(report[member]));
    }
    return version;
}

}  // namespace

void addLink(Observation& observation, std::string_view type,
             const std::optional<std::string>& id) {
    if (!id) return;
    hubsdk::Link link{std::string(type), *id};
    auto& links = observation.links;
    if (std::ranges::find(links, link) == links.end()) links.push_back(std::move(link));
}

Observation observationOfReport(Json report, Origin origin) {
    Observation observation;
    Unmapped unmapped;
    Screenings screenings = screeningsOf(report, unmapped);
    const Json candidate = report["candidate"];
    observation.vendor_order_id = idOf(report["id"]);
    observation.client_reference = idOf(candidate["custom_id"]);
    addLink(observation, "report", observation.vendor_order_id);
    addLink(observation, "invitation", idOf(report["invitation_id"]));
    auto candidate_id = idOf(report["candidate_id"]);
    addLink(observation, "candidate", candidate_id ? candidate_id : idOf(candidate["id"]));
    setStatus(observation, report, screenings.some_not_run, unmapped);
    observation.completed_at = hubsdk::timeSaid(report["completed_at"]);
    observation.version = versionOf(report);
    observation.vendor_status = wordOf(report["status"]);
    observation.raw_result = wordOf(report["result"]);
    observation.estimated_at = hubsdk::timeSaid(report["estimated_completion_time"]);
    observation.checks = std::move(screenings.checks);
    observation.checks_complete = screenings.complete;
    observation.needs_fetch =
        origin == Origin::kTold || (origin == Origin::kAnswered && !screenings.complete);
    observation.unmapped = unmapped.take();
    if (isMonitoring(report)) markMonitoring(observation);
    return observation;
}

Observation observationOfInvitation(Json invitation) {
    Observation observation;
    Unmapped unmapped;
    const auto report_id = idOf(invitation["report_id"]);
    observation.vendor_order_id = report_id ? report_id : idOf(invitation["id"]);
    addLink(observation, "report", report_id);
    addLink(observation, "invitation", idOf(invitation["id"]));
    addLink(observation, "candidate", idOf(invitation["candidate_id"]));
    observation.vendor_status = wordOf(invitation["status"]);
    const std::string_view word = invitation["status"].text();
    if (!invitation["deleted_at"].empty()) {
        // The status stays as it was: only this member tells of a cancellation.
        observation.order_status = OrderStatus::kCancelled;
    } else if (const StatusRow* row = findWord(kInvitationStatuses, word)) {
        observation.order_status = row->value;
    } else {
        unmapped.add(word);
    }
    const auto url = textOf(invitation["invitation_url"]);
    if (url && observation.order_status == OrderStatus::kAwaitingApplicantInfo) {
        observation.applicant_url = hubsdk::ApplicantUrl{*url, timeOf(invitation["expires_at"])};
    }
    observation.unmapped = unmapped.take();
    return observation;
}

}  // namespace vendor::checkr
