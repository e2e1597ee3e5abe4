#include "plugins/checkr/simulator/endpoints.hpp"

#include <hubsdk/cpp/text.hpp>

#include <array>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::Json;
using hubsdk::JsonKind;

// 409 above two in 24 hours (vendors/checkr.md, errors). What makes two candidates the same is
// not documented; here it is e-mail address and custom_id together.
constexpr std::size_t kSameCandidatesMax = 2;

constexpr std::array<std::string_view, 3> kNames = {"first_name", "middle_name", "last_name"};

/// ASCII letters and digits, accented Latin-1 letters, hyphen, apostrophe, dot, comma, blank.
bool isName(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        const bool digit = byte >= '0' && byte <= '9';
        if (letter || digit || std::string_view("-'., ").find(text[i]) != std::string_view::npos) {
            continue;
        }
        // U+00C0 to U+00FF without the multiplication and division signs.
        if (byte != 0xC3 || i + 1 >= text.size()) return false;
        const auto next = static_cast<unsigned char>(text[++i]);
        if (next == 0x97 || next == 0xB7) return false;
    }
    return true;
}

bool isSsn(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != '-') digits.push_back(c);
    }
    const bool nine =
        digits.size() == 9 && digits.find_first_not_of("0123456789") == std::string::npos;
    const bool one_digit = nine && digits.find_first_not_of(digits[0]) == std::string::npos;
    return nine && !one_digit && digits[0] != '9' && !digits.starts_with("666");
}

std::vector<std::string> problemsOf(Json body, bool is_new) {
    std::vector<std::string> problems;
    const std::string_view email = body["email"].text();
    if (is_new && email.empty()) problems.emplace_back("email is missing");
    if (!email.empty() && email.find('@') == std::string_view::npos) {
        problems.emplace_back("email is invalid");
    }
    const auto check = [&](std::string_view name, bool good) {
        if (!body[name].empty() && !good) problems.push_back(std::string(name) + " is invalid");
    };
    check("dob", hubsdk::isDate(body["dob"].text()));
    check("ssn", isSsn(body["ssn"].text()));
    for (const std::string_view name : candidateTexts()) {
        check(name, body[name].asString().has_value());
    }
    return problems;
}

void apply(Json body, Candidate& candidate) {
    for (const std::string_view name : candidateTexts()) {
        if (const auto text = body[name].asString()) candidate.texts[std::string(name)] = *text;
    }
    const auto flag = [&](std::string_view name, bool& into) {
        if (const auto value = body[name].scalarText()) into = *value == "true";
    };
    flag("no_middle_name", candidate.no_middle_name);
    flag("copy_requested", candidate.copy_requested);
    if (body["geo_ids"].present()) candidate.geo_ids = listText(body["geo_ids"]);
    if (body["metadata"].kind() == JsonKind::kObject) {
        candidate.metadata = hubsdk::toText(body["metadata"]);
    }
    const Json places = body["work_locations"];
    for (std::size_t i = 0; i < places.size(); ++i) {
        candidate.works_abroad = places.at(i)["country"].text("US") != "US";
    }
}

Answer refused(Json body, bool is_new) {
    for (const std::string_view name : kNames) {
        // This one comes as a single text; missing members come as a list.
        if (!isName(body[name].text())) return failure(400, "Name contains invalid characters");
    }
    const std::vector<std::string> problems = problemsOf(body, is_new);
    return problems.empty() ? Answer{} : invalid(problems);
}

}  // namespace

Answer createCandidate(Call& call) {
    Answer refusal = refused(call.body, true);
    if (refusal.status != 200) return refusal;
    const std::string_view custom_id = call.body["custom_id"].text();
    std::size_t same = 0;
    for (const auto& [id, other] : call.account.candidates) {
        if (!custom_id.empty() && other.text("custom_id") == custom_id &&
            other.text("email") == call.body["email"].text()) {
            ++same;
        }
    }
    if (same >= kSameCandidatesMax) {
        return failure(409, "Duplicate candidate: more than 2 of the same in 24 hours");
    }
    Candidate candidate;
    candidate.id = call.world.nextId();
    candidate.created_at = World::now();
    apply(call.body, candidate);
    call.world.tellOf(call.account, "candidate.created", candidate);
    Answer answer = answerWith(201, candidate);
    call.account.candidates.emplace(candidate.id, std::move(candidate));
    return answer;
}

Answer listCandidates(Call& call) {
    std::vector<std::string> found;
    const std::string_view email = call.param("email");
    const std::string_view custom_id = call.param("custom_id");
    const std::string_view after = call.param("created_after");
    for (const auto& [id, candidate] : call.account.candidates) {
        const bool wanted = (email.empty() || candidate.text("email") == email) &&
                            (custom_id.empty() || candidate.text("custom_id") == custom_id) &&
                            (after.empty() || candidate.created_at > after);
        if (wanted && !candidate.works_abroad) found.push_back(textOf(candidate));
    }
    return page(call, found);
}

Answer getCandidate(Call& call) {
    const Candidate* candidate = findById(call.account.candidates, call.args[0]);
    return candidate == nullptr ? notFound("Candidate") : answerWith(200, *candidate);
}

Answer updateCandidate(Call& call) {
    Candidate* candidate = findById(call.account.candidates, call.args[0]);
    if (candidate == nullptr) return notFound("Candidate");
    Answer refusal = refused(call.body, false);
    if (refusal.status != 200) return refusal;
    apply(call.body, *candidate);
    call.world.tellOf(call.account, "candidate.updated", *candidate);
    return answerWith(200, *candidate);
}

}  // namespace vendor::checkr::simulator
