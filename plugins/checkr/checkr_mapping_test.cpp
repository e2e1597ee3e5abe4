#include "plugins/checkr/checkr_mapping.hpp"

#include <gtest/gtest.h>

#include "plugins/checkr/checkr_test_support.hpp"

namespace vendor::checkr {
namespace {

using namespace testing;
using enum hubsdk::OrderStatus;
using hubsdk::CheckType;
using hubsdk::Severity;
using Status = std::optional<hubsdk::OrderStatus>;
using Outcome = std::optional<hubsdk::CheckOutcome>;
using Words = std::vector<std::string>;

constexpr auto kClear = hubsdk::CheckOutcome::kClear;
constexpr auto kConsider = hubsdk::CheckOutcome::kConsider;
constexpr auto kAdverseAction = hubsdk::CheckOutcome::kAdverseAction;
constexpr auto kReview = hubsdk::CheckOutcome::kPendingReview;
constexpr auto kDataNotFound = hubsdk::CheckOutcome::kDataNotFound;
constexpr auto kError = hubsdk::CheckOutcome::kError;

std::string report(const std::string& members) {
    return R"({"id":"r1","object":"report","candidate_id":"c1")" +
           std::string(members.empty() ? "" : ",") + members + "}";
}

struct ReportCase {
    std::string members;
    Status status;
    Outcome outcome;
    Words unmapped;
};

TEST(CheckrReport, StatusAndOutcomeFollowTheSheet) {
    const std::vector<ReportCase> cases{
        {R"("status":"pending")", kInProgress, {}, {}},
        {R"("status":"pending","result":"clear")", kInProgress, {}, {}},
        {R"("status":"suspended")", kAwaitingApplicantInfo, {}, {}},
        {R"("status":"paused")", kRequiresAction, {}, {}},
        {R"("status":"dispute","result":"consider")", kPendingReview, kReview, {}},
        {R"("status":" Canceled ")", kCancelled, {}, {}},
        {R"("status":"complete","result":"clear")", kCompleted, kClear, {}},
        {R"("status":"complete","result":"Clear","includes_canceled":true)",
         kPendingReview,
         kReview,
         {}},
        {R"("status":"complete","result":"clear","sex_offender_search":{"id":"s1",)"
         R"("status":"canceled"})",
         kPendingReview,
         kReview,
         {}},
        {R"("status":"complete","result":"consider")", kPendingReview, kConsider, {}},
        {R"("status":"complete","result":"consider","assessment":"eligible")",
         kCompleted,
         kConsider,
         {}},
        {R"("status":"complete","result":"consider","assessment":"escalated")",
         kPendingReview,
         kConsider,
         {}},
        {R"("status":"complete","result":"consider","assessment":"odd")",
         kPendingReview,
         kConsider,
         {"odd"}},
        {R"("status":"complete","result":null)", kPendingReview, kReview, {}},
        {R"("status":"complete","result":"consider","adjudication":"engaged")",
         kCompleted,
         kConsider,
         {}},
        {R"("status":"complete","result":"consider","adjudication":"pre_adverse_action")",
         kPendingReview,
         kConsider,
         {}},
        {R"("status":"complete","result":"consider","adjudication":"post-adverse action")",
         kCompleted,
         kAdverseAction,
         {}},
        {R"("status":"complete","result":"consider","adjudication":"odd")", {}, kConsider, {"odd"}},
        {R"("status":"complete","result":"odd")", {}, kReview, {"odd"}},
        {R"("status":"odd")", {}, {}, {"odd"}},
        {R"("status":"odd","completed_at":"2024-01-19T09:15:30Z")", {}, kReview, {"odd"}},
        {"", {}, {}, {}},
    };
    for (const ReportCase& row : cases) {
        SCOPED_TRACE(row.members);
        const Observation seen = refreshed(report(row.members));
        EXPECT_EQ(seen.order_status, row.status);
        EXPECT_EQ(seen.overall_outcome, row.outcome);
        EXPECT_EQ(seen.unmapped, row.unmapped);
        EXPECT_FALSE(seen.needs_fetch);
    }
}

struct CheckCase {
    std::string member;
    std::string screening;
    Outcome outcome;
    Words unmapped;
};

Check onlyCheck(const std::string& member, const std::string& screening,
                Words* unmapped = nullptr) {
    const Observation seen = refreshed(
        report(R"("status":"pending",")" + member + R"(":{"id":"s1",)" + screening + "}"));
    if (unmapped != nullptr) *unmapped = seen.unmapped;
    if (seen.checks.size() != 1) {
        ADD_FAILURE() << "not one check";
        return {};
    }
    return seen.checks.front();
}

// checkr.md, "Mapping: check outcome".
const std::vector<CheckCase> kCheckCases{
    {"sex_offender_search", R"("status":"clear")", kClear, {}},
    {"sex_offender_search", R"("status":"Consider")", kConsider, {}},
    {"sex_offender_search", R"("status":"pending")", {}, {}},
    {"sex_offender_search", R"("status":"suspended")", {}, {}},
    {"sex_offender_search",
     R"("status":"canceled","cancellation_reason":"candidate_unresponsive")",
     kError,
     {}},
    {"sex_offender_search",
     R"("status":"cancelled","cancellation_reason":"no_history_required_information")",
     kDataNotFound,
     {}},
    {"motor_vehicle_report",
     R"("status":"canceled","cancellation_reason":"Unable To Fulfill MVR")",
     kDataNotFound,
     {}},
    {"sex_offender_search", R"("status":"complete","result":"clear")", kClear, {}},
    {"sex_offender_search", R"("status":"complete","result":"consider")", kConsider, {}},
    {"sex_offender_search", R"("status":"complete","result":"odd")", kReview, {"odd"}},
    {"sex_offender_search", R"("status":"odd")", {}, {"odd"}},
    {"sex_offender_search",
     R"("status":"odd","completed_at":"2024-01-19T09:15:30Z")",
     kReview,
     {"odd"}},
    {"national_criminal_search", R"("status":"complete","result":null,"records":[])", kClear, {}},
    {"national_criminal_search",
     R"("status":"complete","result":null,"records":[{"case_number":"1"}])",
     kReview,
     {}},
    {"national_criminal_search", R"("status":"complete","result":null)", kReview, {}},
    {"ssn_trace", R"("status":"complete","result":null)", kClear, {}},
    {"ssn_trace", R"("status":"complete","no_data":true,"death_index":true)", kDataNotFound, {}},
    {"ssn_trace", R"("status":"complete","thin_file":true)", kDataNotFound, {}},
    {"ssn_trace", R"("status":"complete","death_index":true)", kConsider, {}},
    {"ssn_trace", R"("status":"complete","data_mismatch":true)", kConsider, {}},
    {"ssn_trace", R"("status":"complete","name_mismatch":true)", kConsider, {}},
    {"ssn_trace", R"("status":"complete","dob_mismatch":true)", kConsider, {}},
    {"ssn_trace", R"("status":"complete","invalid_issuance_year":true)", kConsider, {}},
    {"ssn_trace", R"("status":"complete","ssn_already_taken":true)", kConsider, {}},
    {"ssn_trace", R"("status":"pending","ssn_already_taken":true)", {}, {}},
    {"drug_screening", R"("status":"complete","disposition":"negative")", kClear, {}},
    {"drug_screening", R"("status":"complete","disposition":"positive")", kConsider, {}},
    {"drug_screening", R"("status":"complete","disposition":"canceled")", kError, {}},
    {"drug_screening", R"("status":"complete","disposition":"odd")", kReview, {"odd"}},
    {"drug_screening",
     R"("status":"complete","result":"clear","disposition":"positive")",
     kClear,
     {}},
    {"motor_vehicle_report",
     R"("status":"complete","license_status":"not_found")",
     kDataNotFound,
     {}},
    {"motor_vehicle_report",
     R"("status":"complete","license_reports":[{"status":"not found"}])",
     kDataNotFound,
     {}},
    {"motor_vehicle_report",
     R"("status":"complete","license_reports":[{"status":"valid"}])",
     kClear,
     {}},
    {"motor_vehicle_report",
     R"("status":"complete","violations":[{"description":"x"}])",
     kReview,
     {}},
    {"motor_vehicle_report", R"("status":"complete")", kReview, {}},
};

TEST(CheckrCheck, OutcomeFollowsTheSheet) {
    for (const CheckCase& row : kCheckCases) {
        SCOPED_TRACE(row.member + " " + row.screening);
        Words unmapped;
        EXPECT_EQ(onlyCheck(row.member, row.screening, &unmapped).outcome, row.outcome);
        EXPECT_EQ(unmapped, row.unmapped);
    }
}

struct TypeCase {
    std::string member;
    std::string raw_type;
    std::optional<CheckType> type;
    std::string scope;
};

TEST(CheckrCheck, TypeFollowsTheSheet) {
    const std::vector<TypeCase> cases{
        {"municipal_criminal_search", "municipal_criminal_search", CheckType::kCriminalCounty,
         "municipal"},
        {"facis_search", "facis_search", CheckType::kGlobalWatchlist, "facis"},
        {"national_criminal_search", "national_criminal_search", CheckType::kCriminalState,
         "national_database"},
        {"federal_district_criminal_searches", "federal_district_criminal_search",
         CheckType::kCriminalFederal, ""},
        {"international_adverse_media_searches", "international_adverse_media_search",
         CheckType::kSocialMedia, "adverse_media"},
        {"professional_license_verifications", "professional_license_verification",
         CheckType::kProfessionalLicense, ""},
        {"professional_reference_verifications", "professional_reference_verification",
         CheckType::kReference, ""},
        {"drug_alcohol_clearinghouse_search", "drug_alcohol_clearinghouse_search",
         CheckType::kDrugTest, ""},
        {"credit_report", "credit_report", CheckType::kCredit, ""},
        {"identity_verification", "identity_verification", CheckType::kIdentity, ""},
        {"county_civil_searches", "county_civil_search", std::nullopt, ""},
        {"occupational_health_screening", "occupational_health_screening", std::nullopt, ""},
    };
    for (const TypeCase& row : cases) {
        SCOPED_TRACE(row.member);
        const Check check = onlyCheck(row.member, R"("status":"pending")");
        EXPECT_EQ(check.type, row.type);
        EXPECT_EQ(check.raw_type, row.raw_type);
        EXPECT_EQ(check.scope.value_or(""), row.scope);
    }
    Words unmapped;
    EXPECT_EQ(onlyCheck("lunar_search", R"("status":"pending")", &unmapped).raw_type,
              "lunar_search");
    EXPECT_EQ(unmapped, Words{"lunar_search"});
}

TEST(CheckrChecks, AreCompleteOnlyIfEveryIdIsEmbedded) {
    const std::string trace = R"("status":"pending","ssn_trace_id":"s1","ssn_trace":{"id":"s1"})";
    EXPECT_TRUE(refreshed(report(trace)).checks_complete);
    for (const std::string more :
         {R"(,"county_criminal_search_ids":["s2"])", R"(,"state_criminal_searches":["s2"])",
          R"(,"lunar_search_id":"s2")", R"(,"drug_screening_id":"s2")"}) {
        EXPECT_FALSE(refreshed(report(trace + more)).checks_complete) << more;
    }
    EXPECT_TRUE(refreshed(report(trace + R"(,"county_criminal_search_ids":[],"program_id":"p1",)"
                                         R"("document_ids":["d1"],"lunar_search_id":null)"))
                    .checks_complete);
    // Nothing named: nothing may be withdrawn because of it.
    EXPECT_FALSE(refreshed(report(R"("status":"pending")")).checks_complete);
}

TEST(CheckrReport, VersionIsTheGreatestTime) {
    EXPECT_EQ(
        refreshed(
            report(R"("created_at":"2024-01-01T00:00:00Z","completed_at":"2024-01-19T09:15:30Z",)"
                   R"("revised_at":"2024-03-01T10:00:00+01:00","upgraded_at":null)"))
            .version,
        "2024-03-01T09:00:00Z");
    EXPECT_EQ(refreshed(report(R"("created_at":"2024-01-01T00:00:00.5Z")")).version,
              "2024-01-01T00:00:00Z");
}

TEST(CheckrFindings, FilteredRecordsAreNeverRead) {
    const Check check =
        onlyCheck("county_criminal_searches",
                  R"("status":"complete","result":"clear","records":[],)"
                  R"("filtered_by_positive_adjudication_records":[{"case_number":"9",)"
                  R"("charges":[{"charge":"x"}]}])");
    EXPECT_TRUE(check.findings.empty());
}

TEST(CheckrFindings, JurisdictionComesFromRecordThenSearchThenCourt) {
    const Check check =
        onlyCheck("county_criminal_searches",
                  R"("status":"complete","state":"CA","records":[{"county":"Kern",)"
                  R"("court_jurisdiction":"z"},{},)"
                  R"({"county":"Kern","state":"CA","charges":[{"charge":" A "},)"
                  R"({"deposition_date":"2019-01","offense_date":"XXXX-04-01"}]}])");
    ASSERT_EQ(check.findings.size(), 4U);
    EXPECT_EQ(check.findings[0].jurisdiction, "Kern");
    EXPECT_EQ(check.findings[0].offense, std::nullopt);
    EXPECT_EQ(check.findings[1].jurisdiction, "CA");
    EXPECT_EQ(check.findings[2].jurisdiction, "Kern, CA");
    EXPECT_EQ(check.findings[2].offense, "A");
    EXPECT_EQ(check.findings[3].disposition_date, std::nullopt);
    EXPECT_EQ(check.findings[3].offense_date, std::nullopt);
    const Check court =
        onlyCheck("federal_criminal_search",
                  R"("status":"complete","records":[{"court_jurisdiction":"ND Cal"}])");
    ASSERT_EQ(court.findings.size(), 1U);
    EXPECT_EQ(court.findings[0].jurisdiction, "ND Cal");
}

TEST(CheckrFindings, DrivingRecordsReadOneShapeOnly) {
    const Check check =
        onlyCheck("motor_vehicle_report",
                  R"("status":"complete","result":"consider","license_status":"expired",)"
                  R"("violations":[{"description":"old"}],)"
                  R"("license_reports":[{"status":"suspended","state":"CA",)"
                  R"("violations":[{"description":"v","issued_date":"2020-01-02",)"
                  R"("conviction_date":"2020-02-03","county":"K","state":"CA"}],)"
                  R"("accidents":[{"description":"a","accident_date":"2020-03-04"}],)"
                  R"("suspensions":[{"description":"s","start_date":"2020-05-06"}]}])");
    ASSERT_EQ(check.findings.size(), 4U);
    EXPECT_EQ(check.findings[0].kind, FindingKind::kOther);
    EXPECT_EQ(check.findings[0].offense, "license status suspended");
    EXPECT_EQ(check.findings[0].jurisdiction, "CA");
    EXPECT_EQ(check.findings[1].kind, FindingKind::kViolation);
    EXPECT_EQ(check.findings[1].offense_date, "2020-01-02");
    EXPECT_EQ(check.findings[1].disposition_date, "2020-02-03");
    EXPECT_EQ(check.findings[1].jurisdiction, "K, CA");
    EXPECT_EQ(check.findings[2].kind, FindingKind::kAccident);
    EXPECT_EQ(check.findings[2].offense_date, "2020-03-04");
    EXPECT_EQ(check.findings[3].kind, FindingKind::kSuspension);
    EXPECT_EQ(check.findings[3].offense_date, "2020-05-06");
}

TEST(CheckrFindings, PositiveAnalytesAndUnverifiedMembers) {
    const Check drug =
        onlyCheck("drug_screening",
                  R"("status":"complete","analytes":[{"name":"THC","disposition":"Positive"},)"
                  R"({"name":"PCP","disposition":"negative"}])");
    ASSERT_EQ(drug.findings.size(), 1U);
    EXPECT_EQ(drug.findings[0].kind, FindingKind::kDrug);
    EXPECT_EQ(drug.findings[0].offense, "THC");
    EXPECT_EQ(drug.findings[0].disposition, "positive");
    const Check job =
        onlyCheck("employment_verification",
                  R"("status":"complete","result":"consider",)"
                  R"("records":[{"result":{"position":{"verified":true},)"
                  R"("salary":{"verified":false},"start_date":{"verified":false,"ignored":true}},)"
                  R"("status":"complete"}])");
    ASSERT_EQ(job.findings.size(), 1U);
    EXPECT_EQ(job.findings[0].kind, FindingKind::kVerificationDiscrepancy);
    EXPECT_EQ(job.findings[0].offense, "salary");
}

TEST(CheckrFindings, SeverityReadsTheClassification) {
    const std::vector<std::pair<std::string, std::optional<Severity>>> cases{
        {"Felony", Severity::kFelony},
        {"Class B FELONY", Severity::kFelony},
        {"felony reduced to misdemeanor", Severity::kMisdemeanor},
        {"Misd. 2", Severity::kMisdemeanor},
        {"petty misdemeanor", Severity::kMisdemeanor},
        {"Infraction", Severity::kInfraction},
        {"ordinance violation", Severity::kInfraction},
        {"Summary offense", Severity::kInfraction},
        {"Traffic", Severity::kInfraction},
        {"Criminal/Traffic", std::nullopt},
        {"unknown", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& [text, severity] : cases) EXPECT_EQ(severityOf(text), severity) << text;
}

TEST(CheckrFields, ClippingNeverCutsACharacter) {
    EXPECT_EQ(clipped("abc", 3), "abc");
    EXPECT_EQ(clipped("ab\xC3\xA9", 3), "ab");
    EXPECT_EQ(clipped("ab\xC3\xA9", 4), "ab\xC3\xA9");
    const std::string word(200, 'x');
    EXPECT_EQ(refreshed(report(R"("status":")" + word + "\"")).unmapped,
              Words{std::string(50, 'x')});
    EXPECT_EQ(refreshed(R"({"id":")" + word + R"("})").vendor_order_id, std::nullopt);
}

TEST(CheckrInvitation, CarriesTheApplicantsLinkOnlyWhileItIsOpen) {
    const auto read = [](const std::string& body) {
        const Played played = play(commandOf("order.refresh", "", {{"invitation", "i1"}}),
                                   {{"GET", "/v1/invitations/i1", body}});
        return played.observations.empty() ? Observation{} : played.observations.front();
    };
    const Observation open = read(sample("invitation_created.json"));
    ASSERT_TRUE(open.applicant_url);
    EXPECT_EQ(open.applicant_url->expires_at, "2024-01-25T12:34:00Z");
    EXPECT_FALSE(read(sample("invitation_cancelled.json")).applicant_url);
    const Observation odd = read(R"({"id":"i1","status":"odd"})");
    EXPECT_EQ(odd.order_status, std::nullopt);
    EXPECT_EQ(odd.unmapped, Words{"odd"});
    EXPECT_EQ(read(R"({"id":"i1","status":"expired"})").order_status, kRequiresAction);
}

}  // namespace
}  // namespace vendor::checkr
