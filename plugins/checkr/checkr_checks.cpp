#include "plugins/checkr/checkr_checks.hpp"

#include <algorithm>
#include <array>

namespace vendor::checkr {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::CheckType;
using hubsdk::mappedOutcome;
using hubsdk::Progress;
using Type = std::optional<CheckType>;

enum class Count : std::uint8_t { kOne, kMany };

// One kind of screening. In a report it stands under its word or, where there may be several, under
// the plural; its id under word + "_id" or "_ids".
struct CheckRow {
    std::string_view word;
    Count count;
    Type type;
    std::string_view scope;
    FindingReader findings;
};

// checkr.md, "Mapping: check types".
constexpr std::array<CheckRow, 34> kChecks{{
    {"ssn_trace", Count::kOne, CheckType::kSsnTrace, "", &readNothing},
    {"sex_offender_search", Count::kOne, CheckType::kSexOffender, "", &readRegistry},
    {"global_watchlist_search", Count::kOne, CheckType::kGlobalWatchlist, "", &readWatchlist},
    {"international_global_watchlist_search", Count::kMany, CheckType::kGlobalWatchlist, "",
     &readWatchlist},
    {"facis_search", Count::kOne, CheckType::kGlobalWatchlist, "facis", &readWatchlist},
    {"national_criminal_search", Count::kOne, CheckType::kCriminalState, "national_database",
     &readCharges},
    {"county_criminal_search", Count::kMany, CheckType::kCriminalCounty, "", &readCharges},
    {"municipal_criminal_search", Count::kMany, CheckType::kCriminalCounty, "municipal",
     &readCharges},
    {"state_criminal_search", Count::kMany, CheckType::kCriminalState, "", &readCharges},
    {"federal_criminal_search", Count::kOne, CheckType::kCriminalFederal, "", &readCharges},
    {"federal_district_criminal_search", Count::kMany, CheckType::kCriminalFederal, "",
     &readCharges},
    {"international_criminal_search", Count::kMany, CheckType::kCriminalInternational, "",
     &readCharges},
    {"motor_vehicle_report", Count::kOne, CheckType::kMvr, "", &readDriving},
    {"employment_verification", Count::kOne, CheckType::kEmploymentVerification, "",
     &readDiscrepancies},
    {"international_employment_verification", Count::kMany, CheckType::kEmploymentVerification, "",
     &readDiscrepancies},
    {"education_verification", Count::kOne, CheckType::kEducationVerification, "",
     &readDiscrepancies},
    {"international_education_verification", Count::kMany, CheckType::kEducationVerification, "",
     &readDiscrepancies},
    {"professional_license_verification", Count::kMany, CheckType::kProfessionalLicense, "",
     &readNothing},
    {"personal_reference_verification", Count::kMany, CheckType::kReference, "", &readNothing},
    {"professional_reference_verification", Count::kMany, CheckType::kReference, "", &readNothing},
    {"drug_screening", Count::kOne, CheckType::kDrugTest, "", &readAnalytes},
    {"drug_alcohol_clearinghouse", Count::kOne, CheckType::kDrugTest, "", &readAnalytes},
    {"drug_alcohol_clearinghouse_search", Count::kOne, CheckType::kDrugTest, "", &readAnalytes},
    {"credit_report", Count::kOne, CheckType::kCredit, "", &readNothing},
    {"international_identity_document_validation", Count::kOne, CheckType::kIdentity, "",
     &readNothing},
    {"identity_verification", Count::kOne, CheckType::kIdentity, "", &readNothing},
    {"international_adverse_media_search", Count::kMany, CheckType::kSocialMedia, "adverse_media",
     &readOtherRecords},
    {"county_civil_search", Count::kMany, Type(), "", &readOtherRecords},
    {"state_civil_search", Count::kMany, Type(), "", &readOtherRecords},
    {"federal_civil_search", Count::kOne, Type(), "", &readOtherRecords},
    {"federal_district_civil_search", Count::kMany, Type(), "", &readOtherRecords},
    {"eviction_search", Count::kOne, Type(), "", &readOtherRecords},
    {"occupational_health_screening", Count::kOne, Type(), "", &readNothing},
    {"arrest_search", Count::kOne, Type(), "", &readOtherRecords},
}};

// A member of a report with one of these in its name is a screening, even if the table lacks it.
constexpr std::array<std::string_view, 5> kScreeningMarks{"_search", "_trace", "_verification",
                                                          "_screening", "_validation"};

constexpr std::array<std::string_view, 2> kDataNotFoundFlags{"no_data", "thin_file"};
constexpr std::array<std::string_view, 6> kConsiderFlags{
    "death_index",  "data_mismatch",         "name_mismatch",
    "dob_mismatch", "invalid_issuance_year", "ssn_already_taken"};

using OutcomeRow = hubsdk::Word<CheckOutcome>;
constexpr std::array<OutcomeRow, 2> kResults{
    {{"clear", CheckOutcome::kClear}, {"consider", CheckOutcome::kConsider}}};
constexpr std::array<OutcomeRow, 2> kCancellations{
    {{"no_history_required_information", CheckOutcome::kDataNotFound},
     {"unable_to_fulfill_mvr", CheckOutcome::kDataNotFound}}};
constexpr std::array<OutcomeRow, 3> kDispositions{{{"negative", CheckOutcome::kClear},
                                                   {"positive", CheckOutcome::kConsider},
                                                   {"canceled", CheckOutcome::kError}}};

enum class Phase : std::uint8_t { kRunning, kFinished, kCancelled };
using PhaseRow = hubsdk::Word<Phase>;
constexpr std::array<PhaseRow, 6> kPhases{{{"pending", Phase::kRunning},
                                           {"suspended", Phase::kRunning},
                                           {"complete", Phase::kFinished},
                                           {"clear", Phase::kFinished},
                                           {"consider", Phase::kFinished},
                                           {"canceled", Phase::kCancelled}}};

std::string_view pluralEndingOf(std::string_view word) {
    return word.ends_with("search") ? "es" : "s";
}

const CheckRow* rowOf(std::string_view name) {
    const auto row = std::ranges::find_if(kChecks, [&](const CheckRow& each) {
        if (!name.starts_with(each.word)) return false;
        const std::string_view rest = name.substr(each.word.size());
        return rest.empty() || rest == pluralEndingOf(each.word);
    });
    return row == kChecks.end() ? nullptr : &*row;
}

bool anyTrue(Json screening, std::span<const std::string_view> flags) {
    return std::ranges::any_of(
        flags, [&](std::string_view flag) { return screening[flag].asBool().value_or(false); });
}

CheckOutcome traceOutcome(Json trace) {
    if (anyTrue(trace, kDataNotFoundFlags)) return CheckOutcome::kDataNotFound;
    return anyTrue(trace, kConsiderFlags) ? CheckOutcome::kConsider : CheckOutcome::kClear;
}

CheckOutcome drivingOutcome(Json report, const std::vector<Finding>& findings) {
    const auto notFound = [](Json status) { return hubsdk::sameWord(status.text(), "not_found"); };
    const Json licences = report["license_reports"];
    const bool none_found = licences.items().empty()
                                ? notFound(report["license_status"])
                                : std::ranges::all_of(licences.items(), [&](const auto& licence) {
                                      return notFound(Json(&licence)["status"]);
                                  });
    if (none_found) return CheckOutcome::kDataNotFound;
    const bool says = !licences.items().empty() || report["violations"].present();
    return says && findings.empty() ? CheckOutcome::kClear : CheckOutcome::kPendingReview;
}

// Complete without a result (sheet rules 5, 6 and the drug and MVR rules).
std::optional<CheckOutcome> outcomeWithoutResult(Type type, Json screening,
                                                 const std::vector<Finding>& findings,
                                                 Unmapped& unmapped) {
    if (type == CheckType::kSsnTrace) return traceOutcome(screening);
    if (type == CheckType::kMvr) return drivingOutcome(screening, findings);
    const auto disposition = textOf(screening["disposition"]);
    if (type == CheckType::kDrugTest && disposition)
        return mappedOutcome(kDispositions, *disposition, Progress::kFinished, unmapped);
    // An absent list is not an empty one: nothing is cleared by what was not said.
    const Json records = screening["records"];
    const bool empty = records.kind() == hubsdk::JsonKind::kArray && records.size() == 0;
    return empty ? CheckOutcome::kClear : CheckOutcome::kPendingReview;
}

std::optional<CheckOutcome> outcomeOf(Type type, Json screening,
                                      const std::vector<Finding>& findings, Unmapped& unmapped) {
    const std::string_view status = screening["status"].text();
    // Old payloads put the result into the status.
    if (const OutcomeRow* row = findWord(kResults, status)) return row->value;
    const PhaseRow* phase = findWord(kPhases, status);
    if (phase == nullptr) {
        unmapped.add(status);
        if (screening["completed_at"].empty()) return std::nullopt;
        return CheckOutcome::kPendingReview;
    }
    if (phase->value == Phase::kRunning) return std::nullopt;
    if (phase->value == Phase::kCancelled) {
        const OutcomeRow* row = findWord(kCancellations, screening["cancellation_reason"].text());
        return row != nullptr ? row->value : CheckOutcome::kError;
    }
    const auto result = textOf(screening["result"]);
    if (!result) return outcomeWithoutResult(type, screening, findings, unmapped);
    return mappedOutcome(kResults, *result, Progress::kFinished, unmapped);
}

Check checkOf(const CheckRow& row, Json screening, Unmapped& unmapped) {
    Check check;
    check.vendor_check_id = idOf(screening["id"]).value_or("");
    check.type = row.type;
    check.raw_type = clipped(row.word, kIdBytesMax);
    if (!row.scope.empty()) check.scope = row.scope;
    check.jurisdiction = jurisdictionOf(screening);
    check.completed_at = timeOf(screening["completed_at"]);
    check.estimated_at = hubsdk::timeSaid(screening["estimated_completion_time"]);
    check.vendor_status = wordOf(screening["status"]);
    row.findings(screening, check.findings);
    check.outcome = outcomeOf(row.type, screening, check.findings, unmapped);
    return check;
}

// Collects what one report says about its screenings, member by member.
class ScreeningReader {
public:
    explicit ScreeningReader(Unmapped& unmapped) : unmapped_(unmapped) {}

    void readMember(std::string_view name, Json value) {
        std::string_view word = name;
        bool is_id = false;
        for (const std::string_view suffix : {"_ids", "_id"}) {
            if (is_id || !word.ends_with(suffix)) continue;
            word.remove_suffix(suffix.size());
            is_id = true;
        }
        CheckRow unknown{word, Count::kOne, Type(), "", &readNothing};
        const CheckRow* row = rowOf(word);
        if (row == nullptr) {
            const bool marked = std::ranges::any_of(kScreeningMarks, [&](std::string_view mark) {
                return hubsdk::containsNoCase(word, mark);
            });
            if (!marked || value.empty()) return;
            if (value.kind() != hubsdk::JsonKind::kArray || value.size() > 0) unmapped_.add(word);
            row = &unknown;
        }
        readValue(*row, value);
    }

    [[nodiscard]] Screenings take() {
        all_.complete =
            !named_.empty() && std::ranges::all_of(named_, [this](const std::string& id) {
                return std::ranges::find(all_.checks, id, &Check::vendor_check_id) !=
                       all_.checks.end();
            });
        return std::move(all_);
    }

private:
    // An object is the screening, a text its id; lists hold either (state_criminal_searches of the
    // published schema holds ids).
    void readValue(const CheckRow& row, Json value) {
        for (const auto& item : value.items()) readValue(row, Json(&item));
        if (auto id = idOf(value)) named_.push_back(std::move(*id));
        if (!idOf(value["id"])) return;
        all_.checks.push_back(checkOf(row, value, unmapped_));
        named_.push_back(all_.checks.back().vendor_check_id);
        const auto& status = all_.checks.back().vendor_status;
        all_.some_not_run |= status && hubsdk::sameWord(*status, "canceled");
    }

    Unmapped& unmapped_;
    Screenings all_;
    std::vector<std::string> named_;
};

}  // namespace

Screenings screeningsOf(Json report, Unmapped& unmapped) {
    ScreeningReader reader(unmapped);
    for (const auto& member : report.members()) reader.readMember(member.name, Json(&member.value));
    return reader.take();
}

std::string checkTypeOf(std::string_view word) {
    const CheckRow* row = rowOf(hubsdk::normalisedWord(word));
    return std::string(row != nullptr && row->type ? hubsdk::nameOf(*row->type) : word);
}

std::string includeList() {
    std::string list = "candidate";
    for (const CheckRow& row : kChecks) {
        list.append(",").append(row.word);
        if (row.count == Count::kMany) list += pluralEndingOf(row.word);
    }
    return list;
}

}  // namespace vendor::checkr
