/// The vendor's objects as the twin keeps them, and how they are written
/// (vendors/checkr.md, Response members).
#pragma once

#include <hubsdk/cpp/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr::simulator {

using OptionalText = std::optional<std::string>;

struct Candidate {
    std::string id;
    std::string created_at;
    std::map<std::string, std::string, std::less<>> texts;  ///< by the names of candidateTexts()
    bool no_middle_name = false;
    bool copy_requested = false;
    bool works_abroad = false;  ///< lists omit such candidates
    std::string geo_ids = "[]";
    std::string metadata = "{}";
    std::vector<std::string> report_ids;

    /// The text member, or empty.
    [[nodiscard]] std::string_view text(std::string_view name) const;
};

/// The members of a candidate that are texts, in the order in which they are written.
[[nodiscard]] std::span<const std::string_view> candidateTexts();

struct Invitation {
    std::string id;
    std::string created_at;
    std::string expires_at;
    std::string status = "pending";
    OptionalText completed_at;
    OptionalText deleted_at;
    std::string package;
    std::string candidate_id;
    OptionalText report_id;
    std::string tags = "[]";
};

/// One kind of screening and how a report names it.
struct ScreeningKind {
    std::string_view type;
    std::string_view collection;
    bool many = false;  ///< a report has a list of them
};

[[nodiscard]] std::span<const ScreeningKind> screeningKinds();
/// Null if the vendor has no such kind.
[[nodiscard]] const ScreeningKind* screeningKind(std::string_view type);

struct Screening {
    const ScreeningKind* kind = nullptr;
    std::string id;
    std::string created_at;
    std::string status = "pending";
    OptionalText result;
    OptionalText completed_at;
    OptionalText cancellation_reason;
    std::string details = "{}";  ///< the members of its own kind, as a JSON object
    std::string final_details;   ///< what `details` and `result` become when it finishes
    OptionalText final_result;
};

struct Report {
    std::string id;
    std::string created_at;
    std::int64_t created_at_ms = 0;
    std::string status = "pending";
    OptionalText result;
    OptionalText adjudication;
    OptionalText completed_at;
    OptionalText revised_at;
    std::optional<std::int64_t> turnaround_s;
    OptionalText estimated_completion_time;
    std::string package;
    std::string candidate_id;
    bool includes_canceled = false;
    bool finds = false;  ///< its searches end with findings
    std::string tags = "[]";
    std::vector<Screening> screenings;
    std::vector<std::string> document_ids;
};

struct Document {
    std::string id;
    std::string created_at;
    std::string report_id;
    std::string body;
};

struct Webhook {
    std::string id;
    std::string created_at;
    std::string url;
    bool include_object = true;
    OptionalText deleted_at;
};

/// A key and string, or a key and null.
void writeOptional(hubsdk::JsonWriter& out, std::string_view key, const OptionalText& text);
/// id, object, uri and created_at, which every object begins with.
void writeHead(hubsdk::JsonWriter& out, std::string_view id, std::string_view object,
               std::string_view collection, std::string_view created_at);

void write(hubsdk::JsonWriter& out, const Candidate& candidate);
void write(hubsdk::JsonWriter& out, const Invitation& invitation);
void write(hubsdk::JsonWriter& out, const Screening& screening);

/// Writes a report. `include` is the comma list of the request; `candidate` is embedded if asked
/// for and not null.
void write(hubsdk::JsonWriter& out, const Report& report, const Candidate* candidate,
           std::string_view include);

/// The object as a compact JSON text.
template <class T>
[[nodiscard]] std::string textOf(const T& object) {
    std::string text;
    hubsdk::JsonWriter out(text);
    write(out, object);
    return text;
}

/// The report without embedded resources, as events carry it.
[[nodiscard]] std::string textOf(const Report& report);

}  // namespace vendor::checkr::simulator
