#include "plugins/checkr/simulator/endpoints.hpp"
#include "plugins/checkr/simulator/screenings.hpp"
#include "plugins/checkr/simulator/stories.hpp"

#include "hub/security/digest.hpp"

#include <hubsdk/cpp/text.hpp>

#include <array>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::JsonWriter;

constexpr std::int64_t kInvitationMs = std::int64_t{7} * 86'400'000;
// 409 above three in 24 hours (vendors/checkr.md, errors).
constexpr std::size_t kReportsPerCandidateMax = 3;

/// What a report needs to know of its candidate, and for which screening (empty: for all).
struct Need {
    std::string_view member;
    std::string_view screening;
};
constexpr std::array kNeeds = {
    Need{"first_name", ""},
    Need{"last_name", ""},
    Need{"dob", ""},
    Need{"ssn", "ssn_trace"},
    Need{"zipcode", "ssn_trace"},
    Need{"driver_license_number", "motor_vehicle_report"},
    Need{"driver_license_state", "motor_vehicle_report"},
};

std::vector<std::string> missing(const Package& package, const Candidate& candidate) {
    std::vector<std::string> problems;
    for (const Need& need : kNeeds) {
        const bool needed = need.screening.empty() || packageNeeds(package, need.screening);
        if (needed && candidate.text(need.member).empty()) {
            problems.push_back(std::string(need.member) + " is missing");
        }
    }
    if (candidate.text("middle_name").empty() && !candidate.no_middle_name) {
        problems.emplace_back("middle_name is missing");
    }
    return problems;
}

/// Package and candidate of an order, or why there is none.
struct Order {
    const Package* package = nullptr;
    Candidate* candidate = nullptr;
    Answer refusal;
};

Order readOrder(Call& call) {
    Order order;
    std::vector<std::string> problems;
    for (const char* name : {"package", "candidate_id"}) {
        if (call.body[name].text().empty()) problems.push_back(std::string(name) + " is missing");
    }
    if (!problems.empty()) {
        order.refusal = invalid(problems);
        return order;
    }
    order.package = packageBySlug(call.body["package"].text());
    order.candidate = findById(call.account.candidates, call.body["candidate_id"].text());
    if (order.package == nullptr) order.refusal = notFound("Package");
    if (order.package != nullptr && order.candidate == nullptr) {
        order.refusal = notFound("Candidate");
    }
    return order;
}

Answer reportAnswer(const Call& call, const Report& report) {
    const auto candidate = call.account.candidates.find(report.candidate_id);
    Answer answer;
    JsonWriter out(answer.body);
    write(out, report, candidate == call.account.candidates.end() ? nullptr : &candidate->second,
          call.param("include"));
    return answer;
}

}  // namespace

Answer createInvitation(Call& call) {
    Order order = readOrder(call);
    if (order.refusal.status != 200) return order.refusal;
    Invitation invitation;
    invitation.id = call.world.nextId();
    const std::int64_t now_ms = World::nowMs();
    invitation.created_at = hubsdk::formatUtc(now_ms);
    invitation.expires_at = hubsdk::formatUtc(now_ms + kInvitationMs);
    invitation.package = order.package->slug;
    invitation.candidate_id = order.candidate->id;
    invitation.tags = listText(call.body["tags"]);
    const std::string id = invitation.id;
    call.world.tellOf(call.account, "invitation.created", invitation);
    Answer answer = answerWith(201, invitation);
    call.account.invitations.emplace(id, std::move(invitation));
    beginInvitation(call.world, call.account, id);
    return answer;
}

Answer listInvitations(Call& call) {
    std::vector<std::string> found;
    const std::string_view candidate_id = call.param("candidate_id");
    const std::string_view status = call.param("status");
    for (const auto& [id, invitation] : call.account.invitations) {
        const bool wanted = (candidate_id.empty() || invitation.candidate_id == candidate_id) &&
                            (status.empty() || invitation.status == status);
        const Candidate* candidate = findById(call.account.candidates, invitation.candidate_id);
        if (wanted && !candidate->works_abroad) found.push_back(textOf(invitation));
    }
    return page(call, found);
}

Answer getInvitation(Call& call) {
    const Invitation* invitation = findById(call.account.invitations, call.args[0]);
    return invitation == nullptr ? notFound("Invitation") : answerWith(200, *invitation);
}

Answer cancelInvitation(Call& call) {
    Invitation* invitation = findById(call.account.invitations, call.args[0]);
    if (invitation == nullptr) return notFound("Invitation");
    if (invitation->status != "pending") {
        return failure(400, "Invitation is " + invitation->status + " and cannot be deleted");
    }
    if (!invitation->deleted_at) {
        invitation->deleted_at = World::now();
        call.world.tellOf(call.account, "invitation.deleted", *invitation);
    }
    return answerWith(200, *invitation);
}

Answer createReport(Call& call) {
    Order order = readOrder(call);
    if (order.refusal.status != 200) return order.refusal;
    const std::vector<std::string> problems = missing(*order.package, *order.candidate);
    if (!problems.empty()) return invalid(problems);
    if (order.candidate->report_ids.size() >= kReportsPerCandidateMax) {
        return failure(409, "Duplicate report: more than 3 reports for this candidate in 24 hours");
    }
    const Report& report =
        beginReport(call.world, call.account, *order.candidate, std::string(order.package->slug),
                    listText(call.body["tags"]));
    return reportAnswer(call, report);  // 200: documented so for this call
}

Answer getReport(Call& call) {
    const Report* report = findById(call.account.reports, call.args[0]);
    return report == nullptr ? notFound("Report") : reportAnswer(call, *report);
}

Answer updateReport(Call& call) {
    Report* report = findById(call.account.reports, call.args[0]);
    if (report == nullptr) return notFound("Report");
    if (call.body["adjudication"].text() != "engaged") {
        return invalid({"adjudication is invalid"});
    }
    report->adjudication = "engaged";
    call.world.tellOf(call.account, "report.engaged", *report);
    return reportAnswer(call, *report);
}

Answer completeReport(Call& call) {
    Report* report = findById(call.account.reports, call.args[0]);
    if (report == nullptr) return notFound("Report");
    if (report->status != "pending" && report->status != "suspended") {
        return failure(400, "Report is " + report->status + " and cannot be completed");
    }
    stopReport(call.world, call.account, *report);
    return reportAnswer(call, *report);
}

Answer getEta(Call& call) {
    const Report* report = findById(call.account.reports, call.args[0]);
    if (report == nullptr) return notFound("Report");
    if (!report->estimated_completion_time) return notFound("Estimate");
    Answer answer;
    JsonWriter out(answer.body);
    out.beginObject();
    out.member("estimate_generated_at", World::now());
    out.member("estimated_completion_time", *report->estimated_completion_time);
    out.endObject();
    return answer;
}

Answer listAdverseItems(Call& call) {
    const Report* report = findById(call.account.reports, call.args[0]);
    if (report == nullptr) return notFound("Report");
    if (report->result != "consider") return failure(400, "Report result is not consider");
    std::vector<std::string> items;
    for (const std::string_view text : adverseTexts()) {
        std::string item;
        JsonWriter out(item);
        out.beginObject();
        out.member("id", hub::security::sha1Hex(report->id + std::string(text)));
        out.member("object", "adverse_item");
        out.member("text", text);
        out.endObject();
        items.push_back(std::move(item));
    }
    return page(call, items);
}

Answer getScreening(Call& call) {
    for (const auto& [id, report] : call.account.reports) {
        for (const Screening& screening : report.screenings) {
            if (screening.id == call.args[1] && screening.kind->collection == call.args[0]) {
                return answerWith(200, screening);
            }
        }
    }
    return notFound("Resource");
}

}  // namespace vendor::checkr::simulator
