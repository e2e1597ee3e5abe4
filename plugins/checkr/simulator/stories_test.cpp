#include "plugins/checkr/simulator/twin_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace vendor::checkr::simulator {
namespace {

using testing::ElementsAre;

constexpr std::string_view kInclude =
    "?include=candidate,ssn_trace,sex_offender_search,national_criminal_search,"
    "global_watchlist_search,county_criminal_searches,motor_vehicle_report";

std::string sample(const std::string& name) {
    std::ifstream file(std::string(HUB_SHARED_DIR) + "/vendors/checkr/samples/" + name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Every member name of a value and of what it holds, as paths; list items share one path.
void collectPaths(hubsdk::Json json, const std::string& path, std::set<std::string>& paths) {
    for (const auto& member : json.kind() == hubsdk::JsonKind::kObject
                                  ? json.members()
                                  : std::span<const hubsdk::internal::JsonMember>()) {
        const std::string here = path + "/" + std::string(member.name);
        paths.insert(here);
        collectPaths(hubsdk::Json(&member.value), here, paths);
    }
    if (json.kind() != hubsdk::JsonKind::kArray) return;
    for (std::size_t i = 0; i < json.size(); ++i) collectPaths(json.at(i), path, paths);
}

std::vector<std::string> missingMembers(std::string_view sample_text, std::string_view text) {
    std::set<std::string> wanted;
    std::set<std::string> there;
    collectPaths(parsed(sample_text).root(), "", wanted);
    collectPaths(parsed(text).root(), "", there);
    std::vector<std::string> missing;
    std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                        std::back_inserter(missing));
    return missing;
}

TEST(Stories, ClearApplicantGoesAllTheWay) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    const std::string invitation = twin.invite("clear@example.com");
    const auto deliveries = receiver.waitForType("report.completed");
    EXPECT_THAT(typesOf(deliveries),
                ElementsAre("candidate.created", "invitation.created", "invitation.completed",
                            "report.created", "report.completed"));
    const std::string report_id = idOf(deliveries, "report.completed");
    EXPECT_EQ(at(twin.get("/v1/invitations/" + invitation).body, "/report_id"), report_id);
    const auto report = twin.get("/v1/reports/" + report_id + std::string(kInclude)).body;
    EXPECT_EQ(at(report, "/status"), "complete");
    EXPECT_EQ(at(report, "/result"), "clear");
    EXPECT_EQ(at(report, "/candidate/custom_id"), "O-1");
    EXPECT_EQ(at(report, "/candidate/ssn"), "XXX-XX-4645");
    EXPECT_EQ(at(report, "/county_criminal_searches/0/result"), "clear");
    EXPECT_THAT(missingMembers(sample("report_complete_clear.json"), report), ElementsAre());
}

TEST(Stories, ConsiderApplicantHasFindings) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    (void)twin.invite("consider@example.com");
    const std::string report_id =
        idOf(receiver.waitForType("report.completed"), "report.completed");
    const auto report = twin.get("/v1/reports/" + report_id + std::string(kInclude)).body;
    EXPECT_EQ(at(report, "/result"), "consider");
    EXPECT_EQ(at(report, "/county_criminal_searches/0/records/0/charges/0/charge"), "Sell Cocaine");
    EXPECT_EQ(at(report, "/county_criminal_searches/1/result"), "clear");
    EXPECT_EQ(at(report, "/sex_offender_search/records/0/full_name"), "John Alfred Smith");
    EXPECT_EQ(at(report, "/ssn_trace/result"), "");
    const std::string screening = at(report, "/county_criminal_searches/0/id");
    EXPECT_EQ(at(twin.get("/v1/county_criminal_searches/" + screening).body, "/result"),
              "consider");
    EXPECT_EQ(twin.get("/v1/ssn_traces/" + screening).status, 404);
    const auto items = twin.get("/v1/reports/" + report_id + "/adverse_items");
    EXPECT_EQ(at(items.body, "/data/0/text"), "Sell Cocaine");
}

TEST(Stories, TheOtherEndings) {
    struct Row {
        std::string email;
        std::vector<std::string> types;  // after candidate.created and invitation.created
    };
    const std::vector<std::string> ordered = {"invitation.completed", "report.created"};
    const auto then = [&](std::vector<std::string> more) {
        more.insert(more.begin(), ordered.begin(), ordered.end());
        return more;
    };
    const std::vector<Row> rows = {
        {"suspended@example.com", then({"report.suspended", "report.resumed", "report.completed"})},
        {"dispute@example.com", then({"report.completed", "report.disputed"})},
        {"revised@example.com", then({"report.completed", "report.disputed", "report.completed"})},
        {"canceled@example.com", then({"report.canceled"})},
        {"expired@example.com", {"invitation.expired"}},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.email);
        RunningTwin twin;
        Receiver receiver;
        twin.listenWith(receiver);
        (void)twin.invite(row.email);
        auto types = typesOf(receiver.waitFor(row.types.size() + 2));
        ASSERT_GE(types.size(), 2U);
        types.erase(types.begin(), types.begin() + 2);
        EXPECT_EQ(types, row.types);
    }
}

TEST(Stories, DirectReportNeedsACompleteCandidate) {
    RunningTwin twin;
    const auto bare = twin.post("/v1/candidates", R"({"email":"clear@example.com"})");
    const auto order = [&](const std::string& body) {
        return twin.post("/v1/reports",
                         R"({"package":"driver_pro","candidate_id":")" + at(body, "/id") + "\"}");
    };
    const auto refused = order(bare.body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(at(refused.body, "/error/0"), "first_name is missing");
    const auto whole = twin.post("/v1/candidates", sample("candidate_create_request.json"));
    EXPECT_THAT(missingMembers(sample("candidate_created.json"), whole.body), ElementsAre());
    const auto report = order(whole.body);
    EXPECT_EQ(report.status, 200);
    EXPECT_EQ(at(report.body, "/status"), "pending");
    (void)order(whole.body);
    (void)order(whole.body);
    const auto fourth = order(whole.body);
    EXPECT_EQ(fourth.status, 409);
    EXPECT_NE(fourth.body.find("Duplicate"), std::string::npos);
}

TEST(Stories, ADeletedInvitationStaysWithoutReport) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    Ask cancel;
    cancel.method = "DELETE";
    cancel.target = "/v1/invitations/" + twin.invite("waiting@example.com");
    const auto deleted = twin.call(cancel);
    EXPECT_EQ(deleted.status, 200);
    EXPECT_NE(at(deleted.body, "/deleted_at"), "");
    EXPECT_EQ(typesOf(receiver.waitForType("invitation.deleted")).back(), "invitation.deleted");
    EXPECT_EQ(twin.ledger().root()["reports"].asInt64(), 0);
}

TEST(Stories, StoppingAReportKeepsWhatIsFinished) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    (void)twin.invite("pending@example.com");
    const std::string report =
        "/v1/reports/" + idOf(receiver.waitForType("report.created"), "report.created");
    EXPECT_EQ(twin.get(report + "/eta").status, 200);
    const auto stopped = twin.post(report + "/complete", "{}");
    // Complete with part of the results, or cancelled if nothing was there yet.
    EXPECT_THAT(at(stopped.body, "/status"), testing::AnyOf("complete", "canceled"));
    EXPECT_EQ(at(stopped.body, "/includes_canceled"), "true");
    EXPECT_EQ(twin.post(report + "/complete", "{}").status, 400);
    EXPECT_EQ(twin.get(report + "/eta").status, 404);
}

TEST(Stories, TheReportIsAPdfBehindALinkWithoutCredentials) {
    RunningTwin twin;
    Receiver receiver;
    twin.listenWith(receiver);
    (void)twin.invite("clear@example.com");
    const std::string report_id =
        idOf(receiver.waitForType("report.completed"), "report.completed");
    const auto report = twin.get("/v1/reports/" + report_id).body;
    const auto document = twin.get("/v1/documents/" + at(report, "/document_ids/0")).body;
    EXPECT_EQ(at(document, "/type"), "pdf_report");
    const std::string uri = at(document, "/download_uri");
    const std::string base = "https://documents.checkr.example";
    ASSERT_TRUE(uri.starts_with(base + "/"));
    Ask ask;
    ask.host = "documents.checkr.example";
    ask.target = uri.substr(base.size());
    EXPECT_EQ(twin.call(ask).status, 400);  // with the API key
    ask.key.clear();
    const auto file = twin.call(ask);
    EXPECT_EQ(file.status, 200);
    EXPECT_TRUE(file.body.starts_with("%PDF-"));
    EXPECT_EQ(std::to_string(file.body.size()), at(document, "/filesize"));
    ask.target += "0";
    EXPECT_EQ(twin.call(ask).status, 403);
}

}  // namespace
}  // namespace vendor::checkr::simulator
