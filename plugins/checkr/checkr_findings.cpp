#include "plugins/checkr/checkr_findings.hpp"

#include <algorithm>
#include <array>

namespace vendor::checkr {
namespace {

using hubsdk::containsNoCase;
using hubsdk::Severity;

// Levels of nesting in which a verification record is searched for verified:false.
constexpr int kRecordDepthMax = 4;

constexpr std::array<std::string_view, 6> kInfractionWords{"infraction", "violation", "petty",
                                                           "ordinance",  "summary",   "traffic"};

std::optional<std::string> firstOf(std::optional<std::string> first,
                                   std::optional<std::string> second) {
    return first ? std::move(first) : std::move(second);
}

// `place` is what the finding inherits from the record and the search around the charge.
struct Around {
    FindingKind kind;
    std::optional<std::string> jurisdiction;
    std::optional<std::string> case_number;
    std::optional<std::string> file_date;
};

Finding findingOf(Json charge, const Around& around) {
    Finding finding;
    finding.kind = around.kind;
    finding.offense = textOf(charge["charge"]);
    finding.severity = severityOf(charge["classification"].text());
    finding.disposition = textOf(charge["disposition"]);
    // The vendor misspells the second one; both occur, also side by side.
    finding.disposition_date =
        firstOf(dayOf(charge["disposition_date"]), dayOf(charge["deposition_date"]));
    finding.offense_date = dayOf(charge["offense_date"]);
    finding.file_date = around.file_date;
    finding.sentence = textOf(charge["sentence"]);
    finding.jurisdiction = around.jurisdiction;
    finding.case_number = around.case_number;
    return finding;
}

void addCharges(Json record, const Around& around, std::vector<Finding>& findings) {
    const Json charges = record["charges"];
    if (charges.items().empty()) findings.push_back(findingOf(Json(), around));
    for (const auto& charge : charges.items()) findings.push_back(findingOf(Json(&charge), around));
}

void addRecords(Json screening, FindingKind kind, std::vector<Finding>& findings) {
    for (const auto& node : screening["records"].items()) {
        const Json record(&node);
        Around around{kind, jurisdictionOf(record), textOf(record["case_number"]),
                      dayOf(record["file_date"])};
        if (!around.jurisdiction) around.jurisdiction = jurisdictionOf(screening);
        if (!around.jurisdiction) around.jurisdiction = textOf(record["court_jurisdiction"]);
        addCharges(record, around, findings);
    }
}

struct DrivingRow {
    std::string_view member;
    FindingKind kind;
    std::string_view offense_date;
    std::string_view disposition_date;
};
constexpr std::array<DrivingRow, 3> kDriving{{
    {"violations", FindingKind::kViolation, "issued_date", "conviction_date"},
    {"accidents", FindingKind::kAccident, "accident_date", ""},
    {"suspensions", FindingKind::kSuspension, "start_date", ""},
}};

void addDriving(Json licence, std::string_view status_member, std::string_view state_member,
                std::vector<Finding>& findings) {
    const auto status = textOf(licence[status_member]);
    if (status && !hubsdk::sameWord(*status, "valid")) {
        Finding finding;
        finding.offense = "license status " + *status;
        finding.jurisdiction = textOf(licence[state_member]);
        findings.push_back(std::move(finding));
    }
    for (const DrivingRow& row : kDriving) {
        for (const auto& node : licence[row.member].items()) {
            const Json entry(&node);
            Finding finding;
            finding.kind = row.kind;
            finding.offense = textOf(entry["description"]);
            finding.disposition = textOf(entry["disposition"]);
            finding.offense_date = dayOf(entry[row.offense_date]);
            finding.disposition_date = dayOf(entry[row.disposition_date]);
            finding.jurisdiction = jurisdictionOf(entry);
            findings.push_back(std::move(finding));
        }
    }
}

void addDiscrepancies(std::string_view name, Json value, int depth,
                      std::vector<Finding>& findings) {
    if (depth > kRecordDepthMax) return;
    if (value["verified"].asBool() == false && value["ignored"].asBool() != true) {
        Finding finding;
        finding.kind = FindingKind::kVerificationDiscrepancy;
        finding.offense = std::string(name);
        findings.push_back(std::move(finding));
    }
    for (const auto& item : value.items()) addDiscrepancies(name, Json(&item), depth + 1, findings);
    for (const auto& member : value.members()) {
        addDiscrepancies(member.name, Json(&member.value), depth + 1, findings);
    }
}

}  // namespace

std::optional<Severity> severityOf(std::string_view classification) {
    // "felony reduced to misdemeanor" is a misdemeanor, so that word is looked for first.
    if (containsNoCase(classification, "misd")) return Severity::kMisdemeanor;
    if (containsNoCase(classification, "felony")) return Severity::kFelony;
    // "traffic and criminal" says neither.
    if (containsNoCase(classification, "traffic") && containsNoCase(classification, "criminal")) {
        return std::nullopt;
    }
    const bool infraction = std::ranges::any_of(kInfractionWords, [&](std::string_view word) {
        return containsNoCase(classification, word);
    });
    return infraction ? std::optional(Severity::kInfraction) : std::nullopt;
}

std::optional<std::string> jurisdictionOf(Json place) {
    auto county = textOf(place["county"]);
    auto state = textOf(place["state"]);
    if (county && state) return clipped(*county + ", " + *state, kIdBytesMax);
    return firstOf(std::move(county), std::move(state));
}

void readCharges(Json screening, std::vector<Finding>& findings) {
    addRecords(screening, FindingKind::kCriminalCharge, findings);
}

void readWatchlist(Json screening, std::vector<Finding>& findings) {
    addRecords(screening, FindingKind::kWatchlist, findings);
}

void readOtherRecords(Json screening, std::vector<Finding>& findings) {
    addRecords(screening, FindingKind::kOther, findings);
}

void readRegistry(Json screening, std::vector<Finding>& findings) {
    for (const auto& node : screening["records"].items()) {
        const std::size_t first = findings.size();
        const Json record(&node);
        addCharges(record, Around{FindingKind::kRegistry, textOf(record["registry"]), {}, {}},
                   findings);
        for (std::size_t i = first; i < findings.size(); ++i) findings[i].offense_date.reset();
    }
}

void readDriving(Json screening, std::vector<Finding>& findings) {
    const Json licences = screening["license_reports"];
    if (licences.items().empty()) {
        addDriving(screening, "license_status", "license_state", findings);
    }
    for (const auto& licence : licences.items()) {
        addDriving(Json(&licence), "status", "state", findings);
    }
}

void readAnalytes(Json screening, std::vector<Finding>& findings) {
    for (const auto& node : screening["analytes"].items()) {
        const Json analyte(&node);
        if (!hubsdk::sameWord(analyte["disposition"].text(), "positive")) continue;
        Finding finding;
        finding.kind = FindingKind::kDrug;
        finding.offense = textOf(analyte["name"]);
        finding.disposition = "positive";
        findings.push_back(std::move(finding));
    }
}

void readDiscrepancies(Json screening, std::vector<Finding>& findings) {
    for (const auto& record : screening["records"].items()) {
        addDiscrepancies("record", Json(&record), 0, findings);
    }
}

void readNothing(Json, std::vector<Finding>&) {}

}  // namespace vendor::checkr
