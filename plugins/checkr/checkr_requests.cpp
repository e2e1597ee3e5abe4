#include "plugins/checkr/checkr_requests.hpp"

#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <array>

namespace vendor::checkr {
namespace {

using hubsdk::Applicant;
using hubsdk::JsonWriter;
using hubsdk::Order;

[[noreturn]] void refuse(std::string_view field, std::string_view why) {
    throw hubsdk::FlowEnd(hubsdk::vendorError(hubsdk::ErrorClass::kValidation,
                                              std::string(field) + ": " + std::string(why)));
}

bool isAsciiNameCharacter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-'., ").find(c) != std::string_view::npos;
}

// The second byte of U+00C0 to U+00FF in UTF-8, without the signs × and ÷ between the letters.
bool isLatinLetter(char lead, char follow) {
    const auto second = static_cast<unsigned char>(follow);
    return lead == '\xC3' && second >= 0x80 && second <= 0xBF && second != 0x97 && second != 0xB7;
}

// checkr.md, "Name characters": others are answered with 400.
bool isName(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (isAsciiNameCharacter(text[i])) continue;
        if (i + 1 >= text.size() || !isLatinLetter(text[i], text[i + 1])) return false;
        ++i;
    }
    return !hubsdk::trimmed(text).empty();
}

// Every digit one above (step 1), equal to (0) or below (-1) the one before.
bool isRun(std::string_view digits, int step) {
    return std::ranges::adjacent_find(digits, [step](char left, char right) {
               return right - left != step;
           }) == digits.end();
}

// checkr.md: not nine digits, 666…, 9…, all one digit, sequential.
bool isSsn(std::string_view text) {
    const bool digits =
        text.size() == 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    return digits && !text.starts_with("666") && !text.starts_with('9') && !isRun(text, 0) &&
           !isRun(text, 1) && !isRun(text, -1);
}

bool has(const std::optional<std::string>& text) { return text && !hubsdk::trimmed(*text).empty(); }

struct NameRow {
    std::string_view field;
    std::optional<std::string> Applicant::*member;
    bool required;
};
constexpr std::array<NameRow, 3> kNames{{
    {"order.applicant.first_name", &Applicant::first_name, true},
    {"order.applicant.last_name", &Applicant::last_name, true},
    {"order.applicant.middle_name", &Applicant::middle_name, false},
}};

void checkNames(const Applicant& applicant) {
    for (const NameRow& row : kNames) {
        const auto& name = applicant.*row.member;
        if (row.required && !has(name)) refuse(row.field, "is required for a direct report");
        if (has(name) && !isName(*name)) {
            refuse(row.field, "holds characters that the vendor does not take");
        }
    }
    if (!has(applicant.middle_name) && !applicant.no_middle_name) {
        refuse("order.applicant.middle_name", "is required unless no_middle_name is set");
    }
}

// Which screenings a package holds is not known here: a criminal report needs SSN and postal code,
// a driving record the licence, and every report at least one of the two.
void checkIdentifiers(const Applicant& applicant) {
    const bool driver = applicant.driver_license.has_value();
    if (!has(applicant.date_of_birth)) {
        refuse("order.applicant.date_of_birth", "is required for a direct report");
    }
    if (!hubsdk::isDate(*applicant.date_of_birth)) {
        refuse("order.applicant.date_of_birth", "must be a date YYYY-MM-DD");
    }
    if (!has(applicant.ssn)) {
        if (!driver) refuse("order.applicant.ssn", "is required without a driver_license");
    } else if (!isSsn(*applicant.ssn)) {
        refuse("order.applicant.ssn", "is no valid number of nine digits");
    } else if (!applicant.address || !has(applicant.address->postal_code)) {
        refuse("order.applicant.address.postal_code", "is required beside the ssn");
    }
    if (driver && applicant.driver_license->number.empty()) {
        refuse("order.applicant.driver_license.number", "is required");
    }
    if (driver && applicant.driver_license->state.empty()) {
        refuse("order.applicant.driver_license.state", "is required");
    }
}

void member(JsonWriter& out, std::string_view name, const std::optional<std::string>& text) {
    if (has(text)) out.member(name, hubsdk::trimmed(*text));
}

// Always sent: accounts with a hierarchy refuse orders without it. An order without a work location
// takes the applicant's address, else the country alone.
void writeWorkLocations(JsonWriter& out, const Order& order) {
    hubsdk::WorkLocation place;
    if (order.work_location) {
        place = *order.work_location;
    } else if (order.applicant.address) {
        place.country = order.applicant.address->country;
        place.region = order.applicant.address->region;
        place.city = order.applicant.address->city;
    }
    out.key("work_locations");
    out.beginArray();
    out.beginObject();
    out.member("country", place.country);
    member(out, "state", place.region);
    member(out, "city", place.city);
    out.endObject();
    out.endArray();
}

void writeApplicant(JsonWriter& out, const Applicant& applicant) {
    member(out, "first_name", applicant.first_name);
    member(out, "middle_name", applicant.middle_name);
    if (!has(applicant.middle_name)) out.member("no_middle_name", applicant.no_middle_name);
    member(out, "last_name", applicant.last_name);
    member(out, "phone", applicant.phone);
    member(out, "dob", applicant.date_of_birth);
    member(out, "ssn", applicant.ssn);
    if (applicant.address) member(out, "zipcode", applicant.address->postal_code);
    if (!applicant.driver_license) return;
    out.member("driver_license_number", applicant.driver_license->number);
    out.member("driver_license_state", applicant.driver_license->state);
}

hubsdk::Request withKey(hubsdk::Request request) {
    hubsdk::Pieces user;
    user.push_back(hubsdk::piece::secret("api_key"));
    user.push_back(hubsdk::piece::text(":"));
    hubsdk::Pieces value;
    value.push_back(hubsdk::piece::text("Basic "));
    value.push_back(hubsdk::piece::escaped(hubsdk::piece::join(std::move(user)), "base64"));
    return std::move(request).header("Authorization", std::move(value));
}

}  // namespace

hubsdk::Defaults defaultsOf(const hubsdk::Account& account) {
    const bool staging = account.text("environment") == "staging";
    hubsdk::Defaults defaults;
    defaults.host = staging ? "api.checkr-staging.com" : "api.checkr.com";
    defaults.base_path = kBasePath;
    return defaults;
}

hubsdk::Request apiGet(std::string label, std::string path) {
    return withKey(hubsdk::get(std::move(label), std::move(path)));
}

hubsdk::Request apiPost(std::string label, std::string path) {
    return withKey(hubsdk::post(std::move(label), std::move(path)));
}

hubsdk::Request apiDelete(std::string label, std::string path) {
    return withKey(hubsdk::del(std::move(label), std::move(path)));
}

void checkOrder(const Order& order) {
    if (!has(order.applicant.email)) refuse("order.applicant.email", "is required");
    if (order.consent_flow != hubsdk::ConsentFlow::kOwn) return;
    checkNames(order.applicant);
    checkIdentifiers(order.applicant);
}

std::string candidateBody(const Order& order) {
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    out.member("email", order.applicant.email);
    if (order.consent_flow == hubsdk::ConsentFlow::kOwn) writeApplicant(out, order.applicant);
    out.member("custom_id", order.number);
    writeWorkLocations(out, order);
    out.endObject();
    return text;
}

std::string orderBody(const Order& order, const hubsdk::Account& account,
                      std::string_view candidate_id) {
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    out.member("package", account.package(order.package));
    out.member("candidate_id", candidate_id);
    if (const auto node = account.text("node"); !node.empty()) out.member("node", node);
    writeWorkLocations(out, order);
    if (!order.tags.empty()) {
        out.key("tags");
        out.beginArray();
        for (const std::string& tag : order.tags) out.string(tag);
        out.endArray();
    }
    out.endObject();
    return text;
}

std::string pathOf(std::string_view collection, std::string_view id) {
    return "/" + std::string(collection) + "/" + hubsdk::percentEncoded(id);
}

}  // namespace vendor::checkr
