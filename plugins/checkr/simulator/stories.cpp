#include "plugins/checkr/simulator/stories.hpp"

#include "plugins/checkr/simulator/pdf.hpp"
#include "plugins/checkr/simulator/screenings.hpp"

#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace vendor::checkr::simulator {

namespace {

constexpr std::int64_t kDayMs = 86'400'000;

/// Where a story is: it goes on as long as its objects allow.
struct Track {
    World* world = nullptr;
    Account* account = nullptr;
    std::string invitation_id;
    std::string report_id;
    std::size_t next = 0;

    [[nodiscard]] Report* report() const {
        const auto found = account->reports.find(report_id);
        return found == account->reports.end() ? nullptr : &found->second;
    }
};

/// A step does its part and says whether the story goes on.
using Step = bool (*)(Track&);

struct Story {
    std::string_view word;  ///< in the last name or in the local part of the e-mail address
    bool finds = false;
    std::span<const Step> steps;
};

void enter(Report& report, std::string_view status) { report.status = status; }

bool isOpen(const Report* report) {
    return report != nullptr && report->status != "complete" && report->status != "canceled";
}

void conclude(Report& report) {
    const std::int64_t now_ms = World::nowMs();
    report.completed_at = hubsdk::formatUtc(now_ms);
    report.turnaround_s = (now_ms - report.created_at_ms) / 1000;
    report.estimated_completion_time.reset();
}

void addDocument(Track& track, Report& report) {
    Document document;
    document.id = track.world->nextId();
    document.created_at = World::now();
    document.report_id = report.id;
    document.body = pdfOf("Report " + report.id + ": " + report.result.value_or("none"));
    report.document_ids.push_back(document.id);
    track.account->documents.emplace(document.id, std::move(document));
}

void createReport(Track& track, Candidate& candidate, const std::string& package, bool finds,
                  std::string tags) {
    World& world = *track.world;
    Report report;
    report.id = world.nextId();
    report.created_at_ms = World::nowMs();
    report.created_at = hubsdk::formatUtc(report.created_at_ms);
    report.estimated_completion_time = hubsdk::formatUtc(report.created_at_ms + 2 * kDayMs);
    report.package = package;
    report.candidate_id = candidate.id;
    report.finds = finds;
    report.tags = std::move(tags);
    report.screenings = openScreenings(*packageBySlug(package), candidate, finds, report.created_at,
                                       [&] { return world.nextId(); });
    candidate.report_ids.push_back(report.id);
    track.report_id = report.id;
    track.account->reports.emplace(report.id, std::move(report));
}

/// What an applicant fills in on the hosted pages; the name is that of the vendor's own fixtures.
void fillIn(Candidate& candidate) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kFilled = {{
        {"first_name", "John"},
        {"middle_name", "Alfred"},
        {"last_name", "Smith"},
        {"dob", "1970-01-22"},
        {"zipcode", "90401"},
        {"ssn", "543434645"},
        {"driver_license_number", "F211165"},
        {"driver_license_state", "CA"},
    }};
    for (const auto& [name, text] : kFilled) {
        const bool no_middle_name = name == "middle_name" && candidate.no_middle_name;
        if (candidate.text(name).empty() && !no_middle_name) {
            candidate.texts[std::string(name)] = text;
        }
    }
}

const Story& storyOf(const World& world, const Candidate& candidate);

bool applicantFinishes(Track& track) {
    Invitation& invitation = track.account->invitations.at(track.invitation_id);
    if (invitation.deleted_at) return false;
    Candidate& candidate = track.account->candidates.at(invitation.candidate_id);
    const bool finds = storyOf(*track.world, candidate).finds;
    fillIn(candidate);
    createReport(track, candidate, invitation.package, finds, invitation.tags);
    invitation.status = "completed";
    invitation.completed_at = World::now();
    invitation.report_id = track.report_id;
    track.world->tellOf(*track.account, "invitation.completed", invitation);
    track.world->tellOf(*track.account, "report.created", *track.report());
    return true;
}

bool invitationExpires(Track& track) {
    Invitation& invitation = track.account->invitations.at(track.invitation_id);
    if (invitation.deleted_at) return false;
    invitation.status = "expired";
    invitation.expires_at = World::now();
    track.world->tellOf(*track.account, "invitation.expired", invitation);
    return true;
}

/// Everything but the county courts, which take longest.
bool databasesAnswer(Track& track) {
    Report* report = track.report();
    if (!isOpen(report)) return false;
    for (Screening& screening : report->screenings) {
        if (screening.kind->type != "county_criminal_search") finish(screening, World::now());
    }
    return true;
}

bool reportCompletes(Track& track) {
    Report* report = track.report();
    if (!isOpen(report)) return false;
    for (Screening& screening : report->screenings) {
        if (screening.status != "complete") finish(screening, World::now());
    }
    report->result = report->finds ? "consider" : "clear";
    enter(*report, "complete");
    conclude(*report);
    addDocument(track, *report);
    track.world->tellOf(*track.account, "report.completed", *report);
    return true;
}

bool reportSuspends(Track& track) {
    Report* report = track.report();
    if (!isOpen(report)) return false;
    enter(*report, "suspended");
    for (Screening& screening : report->screenings) screening.status = "suspended";
    track.world->tellOf(*track.account, "report.suspended", *report);
    return true;
}

bool reportResumes(Track& track) {
    Report* report = track.report();
    if (!isOpen(report)) return false;
    enter(*report, "pending");
    for (Screening& screening : report->screenings) screening.status = "pending";
    track.world->tellOf(*track.account, "report.resumed", *report);
    return true;
}

bool applicantDisputes(Track& track) {
    Report* report = track.report();
    enter(*report, "dispute");
    track.world->tellOf(*track.account, "report.disputed", *report);
    return true;
}

/// The dispute was right: the same report completes again, revised to clear.
bool reportIsRevised(Track& track) {
    Report* report = track.report();
    const Candidate& candidate = track.account->candidates.at(report->candidate_id);
    const std::vector<Screening> clear =
        openScreenings(*packageBySlug(report->package), candidate, false, report->created_at,
                       [] { return std::string(); });
    for (Screening& screening : report->screenings) {
        const auto same = std::find_if(clear.begin(), clear.end(), [&](const Screening& own) {
            return own.kind == screening.kind;
        });
        if (screening.result != "consider" || same == clear.end()) continue;
        screening.final_details = same->final_details;
        screening.final_result = "clear";
        finish(screening, World::now());
    }
    report->result = "clear";
    enter(*report, "complete");
    report->revised_at = World::now();
    track.world->tellOf(*track.account, "report.completed", *report);
    return true;
}

bool reportIsCanceled(Track& track) {
    Report* report = track.report();
    if (!isOpen(report)) return false;
    enter(*report, "canceled");
    report->estimated_completion_time.reset();
    for (Screening& screening : report->screenings) {
        screening.status = "canceled";
        screening.cancellation_reason = "candidate_unresponsive";
    }
    track.world->tellOf(*track.account, "report.canceled", *report);
    return true;
}

constexpr std::array<Step, 3> kStraight = {applicantFinishes, databasesAnswer, reportCompletes};
constexpr std::array<Step, 5> kSuspended = {applicantFinishes, reportSuspends, reportResumes,
                                            databasesAnswer, reportCompletes};
constexpr std::array<Step, 4> kDispute = {applicantFinishes, databasesAnswer, reportCompletes,
                                          applicantDisputes};
constexpr std::array<Step, 5> kRevised = {applicantFinishes, databasesAnswer, reportCompletes,
                                          applicantDisputes, reportIsRevised};
constexpr std::array<Step, 2> kCanceled = {applicantFinishes, reportIsCanceled};
constexpr std::array<Step, 1> kExpired = {invitationExpires};
constexpr std::array<Step, 2> kPending = {applicantFinishes, databasesAnswer};

// The last one is everybody else's.
constexpr std::array kStories = {
    Story{"consider", true, kStraight},  Story{"suspended", false, kSuspended},
    Story{"dispute", true, kDispute},    Story{"revised", true, kRevised},
    Story{"canceled", false, kCanceled}, Story{"expired", false, kExpired},
    Story{"pending", false, kPending},   Story{"waiting", false, {}},
    Story{"", false, kStraight},
};

const Story& storyOf(const World& world, const Candidate& candidate) {
    const std::string_view email = candidate.text("email");
    const std::string chosen = std::string(candidate.text("last_name")) + " " +
                               std::string(email.substr(0, email.find('@')));
    const std::string& name = world.config.story.empty() ? chosen : world.config.story;
    const auto* found = std::find_if(kStories.begin(), kStories.end(), [&](const Story& story) {
        return hubsdk::containsNoCase(name, story.word);
    });
    return *found;
}

void schedule(Track track, const Story& story) {
    if (track.next >= story.steps.size()) return;
    World& world = *track.world;
    world.scheduler.after(world.config.pace_ms, [track = std::move(track), &story]() mutable {
        const std::lock_guard lock(track.world->mutex);
        const Step step = story.steps[track.next++];
        if (step(track)) schedule(std::move(track), story);
    });
}

}  // namespace

void beginInvitation(World& world, Account& account, const std::string& invitation_id) {
    Track track{&world, &account, invitation_id, {}, 0};
    const std::string& candidate_id = account.invitations.at(invitation_id).candidate_id;
    schedule(std::move(track), storyOf(world, account.candidates.at(candidate_id)));
}

Report& beginReport(World& world, Account& account, Candidate& candidate,
                    const std::string& package, std::string tags) {
    const Story& story = storyOf(world, candidate);
    // The first step is the applicant's, who has no part in such an order.
    Track track{&world, &account, {}, {}, 1};
    createReport(track, candidate, package, story.finds, std::move(tags));
    Report& report = *track.report();
    world.tellOf(account, "report.created", report);
    schedule(std::move(track), story);
    return report;
}

void stopReport(World& world, Account& account, Report& report) {
    bool anything = false;
    bool finds = false;
    for (Screening& screening : report.screenings) {
        anything = anything || screening.result.has_value();
        finds = finds || screening.result == "consider";
        if (screening.status == "complete") continue;
        screening.status = "canceled";
        screening.cancellation_reason = "canceled_by_customer";
        report.includes_canceled = true;
    }
    if (!anything) {
        enter(report, "canceled");
        report.estimated_completion_time.reset();
        return world.tellOf(account, "report.canceled", report);
    }
    report.result = finds ? "consider" : "clear";
    enter(report, "complete");
    conclude(report);
    world.tellOf(account, "report.completed", report);
}

}  // namespace vendor::checkr::simulator
