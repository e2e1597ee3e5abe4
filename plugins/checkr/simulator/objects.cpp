#include "plugins/checkr/simulator/objects.hpp"

#include <algorithm>
#include <array>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::Json;
using hubsdk::JsonWriter;

constexpr std::array<std::string_view, 14> kCandidateTexts = {
    "first_name",
    "middle_name",
    "last_name",
    "mother_maiden_name",
    "email",
    "phone",
    "zipcode",
    "dob",
    "ssn",
    "driver_license_number",
    "driver_license_state",
    "previous_driver_license_number",
    "previous_driver_license_state",
    "custom_id",
};

// The names follow vendors/checkr.md, Endpoints; federal_criminal_search stays one per report.
constexpr std::array kKinds = {
    ScreeningKind{"ssn_trace", "ssn_traces", false},
    ScreeningKind{"sex_offender_search", "sex_offender_searches", false},
    ScreeningKind{"national_criminal_search", "national_criminal_searches", false},
    ScreeningKind{"global_watchlist_search", "global_watchlist_searches", false},
    ScreeningKind{"federal_criminal_search", "federal_criminal_searches", false},
    ScreeningKind{"county_criminal_search", "county_criminal_searches", true},
    ScreeningKind{"state_criminal_search", "state_criminal_searches", true},
    ScreeningKind{"motor_vehicle_report", "motor_vehicle_reports", false},
};

constexpr std::size_t kSsnShown = 4;

/// The vendor never sends an SSN back whole.
std::string masked(std::string_view ssn) {
    const std::size_t shown = std::min(ssn.size(), kSsnShown);
    return "XXX-XX-" + std::string(ssn.substr(ssn.size() - shown));
}

bool listed(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (list.substr(0, comma) == name) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

void writeTexts(JsonWriter& out, std::string_view key, const std::vector<std::string>& texts) {
    out.key(key);
    out.beginArray();
    for (const std::string& text : texts) out.string(text);
    out.endArray();
}

void writeNumber(JsonWriter& out, std::string_view key, const std::optional<std::int64_t>& value) {
    out.key(key);
    if (value) {
        out.number(*value);
    } else {
        out.null();
    }
}

void writeScreeningIds(JsonWriter& out, const Report& report, const ScreeningKind& kind) {
    std::vector<std::string> ids;
    for (const Screening& screening : report.screenings) {
        if (screening.kind == &kind) ids.push_back(screening.id);
    }
    if (kind.many) {
        writeTexts(out, std::string(kind.type) + "_ids", ids);
    } else {
        writeOptional(out, std::string(kind.type) + "_id",
                      ids.empty() ? OptionalText() : OptionalText(ids.front()));
    }
}

void writeScreenings(JsonWriter& out, const Report& report, const ScreeningKind& kind,
                     std::string_view include) {
    const std::string_view name = kind.many ? kind.collection : kind.type;
    if (!listed(include, name)) return;
    const auto is_of_kind = [&](const Screening& own) { return own.kind == &kind; };
    const auto first = std::find_if(report.screenings.begin(), report.screenings.end(), is_of_kind);
    if (!kind.many && first == report.screenings.end()) return;
    out.key(name);
    if (!kind.many) return write(out, *first);
    out.beginArray();
    for (const Screening& screening : report.screenings) {
        if (is_of_kind(screening)) write(out, screening);
    }
    out.endArray();
}

void writeReportState(JsonWriter& out, const Report& report) {
    out.member("status", report.status);
    writeOptional(out, "result", report.result);
    writeOptional(out, "completed_at", report.completed_at);
    writeOptional(out, "revised_at", report.revised_at);
    writeOptional(out, "upgraded_at", std::nullopt);
    writeNumber(out, "turnaround_time", report.turnaround_s);
    writeOptional(out, "adjudication", report.adjudication);
    writeOptional(out, "assessment", std::nullopt);
    out.member("package", report.package);
    out.member("source", "api");
    out.member("candidate_id", report.candidate_id);
    out.member("includes_canceled", report.includes_canceled);
    writeOptional(out, "estimated_completion_time", report.estimated_completion_time);
}

}  // namespace

std::string_view Candidate::text(std::string_view name) const {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string_view() : std::string_view(found->second);
}

std::span<const std::string_view> candidateTexts() { return kCandidateTexts; }

std::span<const ScreeningKind> screeningKinds() { return kKinds; }

const ScreeningKind* screeningKind(std::string_view type) {
    const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                     [type](const auto& kind) { return kind.type == type; });
    return found == kKinds.end() ? nullptr : found;
}

void writeOptional(JsonWriter& out, std::string_view key, const OptionalText& text) {
    out.key(key);
    if (text) {
        out.string(*text);
    } else {
        out.null();
    }
}

void writeHead(JsonWriter& out, std::string_view id, std::string_view object,
               std::string_view collection, std::string_view created_at) {
    out.member("id", id);
    out.member("object", object);
    out.member("uri", "/v1/" + std::string(collection) + "/" + std::string(id));
    out.member("created_at", created_at);
}

void write(JsonWriter& out, const Candidate& candidate) {
    out.beginObject();
    writeHead(out, candidate.id, "candidate", "candidates", candidate.created_at);
    for (const std::string_view name : kCandidateTexts) {
        const std::string_view text = candidate.text(name);
        if (text.empty()) {
            writeOptional(out, name, std::nullopt);
        } else {
            out.member(name, name == "ssn" ? masked(text) : std::string(text));
        }
    }
    out.member("no_middle_name", candidate.no_middle_name);
    out.member("copy_requested", candidate.copy_requested);
    writeTexts(out, "report_ids", candidate.report_ids);
    out.key("geo_ids");
    out.raw(candidate.geo_ids);
    writeOptional(out, "adjudication", std::nullopt);
    out.key("metadata");
    out.raw(candidate.metadata);
    out.endObject();
}

void write(JsonWriter& out, const Invitation& invitation) {
    out.beginObject();
    writeHead(out, invitation.id, "invitation", "invitations", invitation.created_at);
    out.member("status", invitation.status);
    out.member("expires_at", invitation.expires_at);
    writeOptional(out, "completed_at", invitation.completed_at);
    writeOptional(out, "deleted_at", invitation.deleted_at);
    out.member("archived", false);
    out.member("invitation_url", "https://apply.checkr.com/invite/twin/" + invitation.id);
    out.member("package", invitation.package);
    out.member("candidate_id", invitation.candidate_id);
    writeOptional(out, "report_id", invitation.report_id);
    out.key("tags");
    out.raw(invitation.tags);
    out.endObject();
}

void write(JsonWriter& out, const Screening& screening) {
    out.beginObject();
    writeHead(out, screening.id, screening.kind->type, screening.kind->collection,
              screening.created_at);
    out.member("status", screening.status);
    writeOptional(out, "result", screening.result);
    writeOptional(out, "completed_at", screening.completed_at);
    writeNumber(out, "turnaround_time",
                screening.completed_at ? std::optional<std::int64_t>(90) : std::nullopt);
    writeOptional(out, "estimated_completion_time", std::nullopt);
    if (screening.cancellation_reason) {
        writeOptional(out, "cancellation_reason", screening.cancellation_reason);
        writeOptional(out, "cancellation_reason_description", screening.cancellation_reason);
    }
    const auto details = hubsdk::JsonDocument::parse(screening.details);
    if (details) {
        for (const auto& member : details->root().members()) {
            out.key(member.name);
            out.value(Json(&member.value));
        }
    }
    out.endObject();
}

void write(JsonWriter& out, const Report& report, const Candidate* candidate,
           std::string_view include) {
    out.beginObject();
    writeHead(out, report.id, "report", "reports", report.created_at);
    writeReportState(out, report);
    out.key("tags");
    out.raw(report.tags);
    for (const ScreeningKind& kind : kKinds) writeScreeningIds(out, report, kind);
    writeOptional(out, "drug_screening_id", std::nullopt);
    writeTexts(out, "document_ids", report.document_ids);
    writeTexts(out, "geo_ids", {});
    writeOptional(out, "program_id", std::nullopt);
    if (candidate != nullptr && listed(include, "candidate")) {
        out.key("candidate");
        write(out, *candidate);
    }
    for (const ScreeningKind& kind : kKinds) writeScreenings(out, report, kind, include);
    out.endObject();
}

std::string textOf(const Report& report) {
    std::string text;
    JsonWriter out(text);
    write(out, report, nullptr, {});
    return text;
}

}  // namespace vendor::checkr::simulator
