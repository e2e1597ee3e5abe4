#include "plugins/checkr/simulator/screenings.hpp"

#include <algorithm>
#include <array>

namespace vendor::checkr::simulator {

namespace {

constexpr std::array kCriminalPro = {
    PackageScreening{"ssn_trace", ""},
    PackageScreening{"county_criminal_search", "7years"},
};
constexpr std::array kDriverPro = {
    PackageScreening{"ssn_trace", ""},
    PackageScreening{"national_criminal_search", "standard"},
    PackageScreening{"sex_offender_search", ""},
    PackageScreening{"global_watchlist_search", ""},
    PackageScreening{"county_criminal_search", "7years"},
    PackageScreening{"motor_vehicle_report", ""},
};
constexpr std::array kBasicPlus = {
    PackageScreening{"ssn_trace", ""},
    PackageScreening{"sex_offender_search", ""},
    PackageScreening{"global_watchlist_search", ""},
    PackageScreening{"national_criminal_search", "standard"},
};
constexpr std::array kPackages = {
    Package{"criminal_pro", "Criminal Pro", 6500, false, kCriminalPro},
    Package{"driver_pro", "Driver Pro", 8000, true, kDriverPro},
    Package{"basic_plus", "Basic+", 2999, false, kBasicPlus},
};

constexpr std::array<std::string_view, 4> kAdverseTexts = {
    "Sell Cocaine",
    "Disorderly conduct",
    "Sexual Assault Statute: 948.02(2)",
    "RICO murder",
};

// Marks $NAME, $DOB and $SSN stand for the candidate's. Members and values follow the samples
// report_complete_clear.json and report_complete_consider.json, which go back to the vendor's
// published fixtures.
constexpr std::string_view kTrace =
    R"({"ssn":"$SSN","no_data":false,"thin_file":false,"dob_mismatch":false,)"
    R"("name_mismatch":false,"data_mismatch":false,"invalid_issuance_year":false,)"
    R"("death_index":false,"ssn_already_taken":false,"issued_year":1984,"issued_state":"CA",)"
    R"("addresses":[]})";

constexpr std::string_view kNoRecords = R"({"records":[]})";

constexpr std::string_view kSanFranciscoClear =
    R"({"county":"SAN FRANCISCO","state":"CA","records":[],)"
    R"("filtered_by_positive_adjudication_records":[]})";
constexpr std::string_view kLosAngelesClear =
    R"({"county":"LOS ANGELES","state":"CA","records":[],)"
    R"("filtered_by_positive_adjudication_records":[]})";
constexpr std::string_view kSanFranciscoFinds =
    R"({"county":"SAN FRANCISCO","state":"CA","records":[{"case_number":"24323-DA",)"
    R"("file_date":"2011-05-18","arresting_agency":"San Francisco Police Department",)"
    R"("court_jurisdiction":"San Francisco","court_of_record":null,"dob":"$DOB",)"
    R"("full_name":"$NAME","charges":[{"charge":"Sell Cocaine","charge_type":null,)"
    R"("charge_id":null,"classification":"Felony","deposition":null,"defendant":"$NAME",)"
    R"("plaintiff":null,"sentence":"Active Punishment Minimum: 10M","disposition":"Guilty",)"
    R"("probation_status":null,"offense_date":"2011-04-22","deposition_date":"2014-05-27",)"
    R"("arrest_date":"2011-04-22","charge_date":null,"sentence_date":"2011-06-02",)"
    R"("disposition_date":"2011-06-02"},{"charge":"Disorderly conduct","charge_type":null,)"
    R"~("charge_id":null,"classification":"Misdemeanor (3rd degree)","deposition":null,)~"
    R"("defendant":null,"plaintiff":null,"sentence":null,"disposition":"Nolle Prosequi",)"
    R"("probation_status":null,"offense_date":"2011-04-22","deposition_date":"2011-06-02",)"
    R"("arrest_date":null,"charge_date":null,"sentence_date":null,"disposition_date":null}]}],)"
    R"("filtered_by_positive_adjudication_records":[]})";

constexpr std::string_view kRegistryFinds =
    R"({"records":[{"registry":"California","full_name":"$NAME","age":44,)"
    R"("address":{"street":"123 S Folsom St","city":"San Francisco","state":"CA",)"
    R"("zipcode":"94110"},"race":"white","gender":"male","eye_color":"brown",)"
    R"("hair_color":"brown","height":70,"weight":175,"registration_start":"2011-02-12",)"
    R"("registration_end":"life registration","photo":null,)"
    R"~("charges":[{"charge":"Sexual Assault Statute: 948.02(2)","victim":"Child",)~"
    R"("classification":null,"disposition":"Guilty","deposition_date":"2010-12-22"}]}]})";

constexpr std::string_view kWatchlistFinds =
    R"({"records":[{"case_number":"24323-DA","file_date":null,)"
    R"("arresting_agency":"DEA Boston Division","court_jurisdiction":null,)"
    R"("court_of_record":null,"dob":"$DOB","full_name":"$NAME","charges":[)"
    R"({"charge":"RICO murder","charge_type":null,"charge_id":null,"classification":"Felony",)"
    R"("deposition":null,"defendant":null,"plaintiff":null,)"
    R"("sentence":"Active Punishment Minimum: 10Y","disposition":"Guilty",)"
    R"("probation_status":null,"offense_date":"2011-04-22","deposition_date":"2014-05-27",)"
    R"("arrest_date":null,"charge_date":null,"sentence_date":null,)"
    R"("disposition_date":"2011-06-02"}]}]})";

constexpr std::string_view kLicenceOpen =
    R"({"license_number":"F2111132","license_state":"CA","violations":[],"accidents":[]})";
constexpr std::string_view kLicenceClear =
    R"({"license_number":"F2111132","license_state":"CA","license_status":"valid",)"
    R"("license_type":"personal","license_class":"C","license_reports":[{"number":"F2111132",)"
    R"("dob":"$DOB","state":"CA","status":"valid","type":"personal","class":"C",)"
    R"("expiration_date":"2026-07-24","issued_date":"2006-12-03",)"
    R"("first_issued_date":"2000-01-14","restrictions":[],"current_license":true,)"
    R"("privilege_to_drive":"valid","violations":[],"accidents":[],"suspensions":[],)"
    R"("endorsements":[],"medical_certificates":[]}],"violations":[],"accidents":[],)"
    R"("suspensions":[]})";
// The older shape, without license_reports.
constexpr std::string_view kLicenceFinds =
    R"({"full_name":"$NAME","license_number":"F2111132","license_state":"CA",)"
    R"("license_status":"valid","license_type":"non-commercial","license_class":"C",)"
    R"("expiration_date":"2026-07-24","issued_date":"2006-12-03",)"
    R"("first_issued_date":"2000-01-14","inferred_issued_date":null,"restrictions":null,)"
    R"("accidents":[{"accident_date":"2009-04-12","description":"property damage",)"
    R"("city":null,"county":"SAN FRANCISCO","state":null,"order_number":"33-435932",)"
    R"("action_taken":"police report filed","enforcing_agency":"San Francisco PD",)"
    R"("license_plate":"6UM6938","injury_accident":false,"fatality_accident":false,)"
    R"("fatality_count":0,"injury_count":0,"vehicles_involved_count":1}],)"
    R"("violations":[{"type":"conviction","issued_date":"2011-11-14",)"
    R"("conviction_date":"2012-04-11","description":"speeding 15-19 mph","points":0,)"
    R"("city":null,"county":"SANTA CLARA","state":"California","ticket_number":"2D55555",)"
    R"("disposition":null,"category":null,"court_name":null}]})";

/// One search of a kind: what it shows while it runs and how it can end.
struct Search {
    std::string_view type;
    std::string_view open;
    std::string_view clear;
    std::string_view finds;  ///< empty: this search never finds anything
    bool only_with_findings = false;
    bool has_result = true;  ///< ssn_trace has none since April 2021
};

constexpr std::array kSearches = {
    Search{"ssn_trace", kTrace, kTrace, "", false, false},
    Search{"sex_offender_search", kNoRecords, kNoRecords, kRegistryFinds, false, true},
    Search{"national_criminal_search", kNoRecords, kNoRecords, "", false, true},
    Search{"global_watchlist_search", kNoRecords, kNoRecords, kWatchlistFinds, false, true},
    Search{"county_criminal_search", kSanFranciscoClear, kSanFranciscoClear, kSanFranciscoFinds,
           false, true},
    Search{"county_criminal_search", kLosAngelesClear, kLosAngelesClear, "", true, true},
    Search{"motor_vehicle_report", kLicenceOpen, kLicenceClear, kLicenceFinds, false, true},
};

void replaceAll(std::string& text, std::string_view mark, std::string_view value) {
    for (std::size_t at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size())) {
        text.replace(at, mark.size(), value);
    }
}

std::string toldOf(std::string_view details, const Candidate& candidate) {
    std::string text(details);
    std::string name(candidate.text("first_name"));
    for (const std::string_view part :
         {candidate.text("middle_name"), candidate.text("last_name")}) {
        if (!part.empty()) name.append(name.empty() ? "" : " ").append(part);
    }
    const std::string_view ssn = candidate.text("ssn");
    const std::string tail(ssn.substr(ssn.size() - std::min<std::size_t>(ssn.size(), 4)));
    const auto inside = [](std::string_view value) {  // as part of a JSON string
        const std::string quoted = hubsdk::quoted(value);
        return quoted.substr(1, quoted.size() - 2);
    };
    replaceAll(text, "$SSN", inside("XXX-XX-" + tail));
    replaceAll(text, "$DOB", inside(candidate.text("dob")));
    replaceAll(text, "$NAME", inside(name));
    return text;
}

}  // namespace

std::span<const Package> packages() { return kPackages; }

const Package* packageBySlug(std::string_view slug) {
    const auto* found = std::find_if(kPackages.begin(), kPackages.end(),
                                     [slug](const Package& own) { return own.slug == slug; });
    return found == kPackages.end() ? nullptr : found;
}

bool packageNeeds(const Package& package, std::string_view screening_type) {
    return std::any_of(package.screenings.begin(), package.screenings.end(),
                       [&](const PackageScreening& own) { return own.type == screening_type; });
}

std::vector<Screening> openScreenings(const Package& package, const Candidate& candidate,
                                      bool finds, std::string_view created_at,
                                      const std::function<std::string()>& next_id) {
    std::vector<Screening> screenings;
    for (const Search& search : kSearches) {
        if (!packageNeeds(package, search.type) || (search.only_with_findings && !finds)) continue;
        const bool found = finds && !search.finds.empty();
        Screening screening;
        screening.kind = screeningKind(search.type);
        screening.id = next_id();
        screening.created_at = created_at;
        screening.details = toldOf(search.open, candidate);
        screening.final_details = toldOf(found ? search.finds : search.clear, candidate);
        if (search.has_result) screening.final_result = found ? "consider" : "clear";
        screenings.push_back(std::move(screening));
    }
    return screenings;
}

void finish(Screening& screening, std::string_view completed_at) {
    screening.status = "complete";
    screening.result = screening.final_result;
    screening.details = screening.final_details;
    screening.completed_at = completed_at;
}

std::span<const std::string_view> adverseTexts() { return kAdverseTexts; }

}  // namespace vendor::checkr::simulator
