#include "plugins/checkr/checkr_flows.hpp"

#include <hubsdk/cpp/text.hpp>

#include <gtest/gtest.h>

#include "plugins/checkr/checkr_test_support.hpp"

namespace vendor::checkr {
namespace {

using namespace testing;
using hubsdk::ActionKind;
using hubsdk::ErrorClass;
using hubsdk::Repeat;
using Steps = std::vector<std::string>;

constexpr std::string_view kBasic = "Basic base64(<api_key>:)";
const std::string kCandidate = "e44aa283528e6fde7d542194";
const std::string kInvitation = "2c8447d8c35761ad8f70d9d3";
const std::string kReport = "4722c07dd9a10c3985ae432a";

hubsdk::Order hostedOrder() {
    hubsdk::Order order;
    order.number = "ORD-2024-000123";
    order.package = "driver";
    order.applicant.email = "john.smith@example.com";
    order.applicant.ssn = "543434645";
    order.work_location.emplace();
    order.work_location->region = "CA";
    order.work_location->city = "Santa Monica";
    return order;
}

hubsdk::Order directOrder() {
    hubsdk::Order order = hostedOrder();
    order.consent_flow = hubsdk::ConsentFlow::kOwn;
    order.applicant.first_name = "John";
    order.applicant.middle_name = "Alfred";
    order.applicant.last_name = "Smith";
    order.applicant.phone = "5555555555";
    order.applicant.date_of_birth = "1970-01-22";
    order.applicant.address.emplace();
    order.applicant.address->postal_code = "90401";
    order.applicant.driver_license = hubsdk::DriverLicense{"F211165", "CA"};
    return order;
}

Command submit(const hubsdk::Order& order) {
    Command command = commandOf("order.submit");
    command.order = order;
    command.account.settings.json = R"({"packages":{"driver":"driver_pro"}})";
    return command;
}

std::vector<Exchange> hostedScript() {
    return {{"POST", "/v1/candidates", sample("candidate_created.json"), 201},
            {"POST", "/v1/invitations", sample("invitation_created.json"), 201}};
}

TEST(CheckrSubmit, InvitesWithAsLittleAsPossible) {
    const Played played = play(submit(hostedOrder()), hostedScript());
    ASSERT_EQ(played.last().action, ActionKind::kDone);
    const auto calls = callsOf(played);
    ASSERT_EQ(calls.size(), 2U);
    for (const auto& call : calls) {
        EXPECT_EQ(call.host, "api.checkr.com");
        EXPECT_EQ(call.repeat, Repeat::kKeyed);
        EXPECT_EQ(call.key_header, "Idempotency-Key");
        EXPECT_EQ(shownHeader(call, "Authorization"), kBasic);
    }
    EXPECT_EQ(shown(calls[0].body),
              R"({"email":"john.smith@example.com","custom_id":"ORD-2024-000123",)"
              R"("work_locations":[{"country":"US","state":"CA","city":"Santa Monica"}]})");
    EXPECT_EQ(shown(calls[1].body),
              R"({"package":"driver_pro","candidate_id":"e44aa283528e6fde7d542194",)"
              R"("work_locations":[{"country":"US","state":"CA","city":"Santa Monica"}]})");
    ASSERT_EQ(played.observations.size(), 1U);
    const auto& seen = played.observations.front();
    EXPECT_EQ(seen.vendor_order_id, kInvitation);
    EXPECT_EQ(seen.order_status, hubsdk::OrderStatus::kAwaitingApplicantInfo);
    EXPECT_EQ(seen.links,
              (std::vector<hubsdk::Link>{{"invitation", kInvitation}, {"candidate", kCandidate}}));
    EXPECT_TRUE(seen.applicant_url);
}

TEST(CheckrSubmit, OrdersAReportWithAllData) {
    for (const int status : {200, 201}) {
        Command command = submit(directOrder());
        command.account.settings.json = R"({"environment":"staging","node":"n1"})";
        command.order->tags = {"a", "b"};
        const Played played =
            play(command,
                 {{"POST", "/v1/candidates", sample("candidate_created.json"), 201},
                  {"POST", "/v1/reports", sample("webhook_report_completed_full.json"), status}});
        const auto calls = callsOf(played);
        ASSERT_EQ(calls.size(), 2U);
        EXPECT_EQ(calls[0].host, "api.checkr-staging.com");
        EXPECT_EQ(shown(calls[0].body),
                  R"({"email":"john.smith@example.com","first_name":"John","middle_name":"Alfred",)"
                  R"("last_name":"Smith",)"
                  R"("phone":"5555555555","dob":"1970-01-22","ssn":"543434645","zipcode":"90401",)"
                  R"("driver_license_number":"F211165",)"
                  R"("driver_license_state":"CA","custom_id":"ORD-2024-000123",)"
                  R"("work_locations":[{"country":"US","state":"CA","city":"Santa Monica"}]})");
        EXPECT_EQ(shown(calls[1].body),
                  R"({"package":"driver","candidate_id":"e44aa283528e6fde7d542194","node":"n1",)"
                  R"("work_locations":[{"country":"US","state":"CA","city":"Santa Monica"}],)"
                  R"("tags":["a","b"]})");
        EXPECT_EQ(played.last().action, ActionKind::kDone);
    }
}

TEST(CheckrSubmit, AReportWithoutItsScreeningsAsksForThem) {
    const std::string report =
        R"({"id":"r1","object":"report","status":"pending","candidate_id":"c1",)"
        R"("ssn_trace_id":"s1"})";
    const Played played =
        play(submit(directOrder()),
             {{"POST", "/v1/candidates", R"({"id":"c1"})", 201}, {"POST", "/v1/reports", report}});
    ASSERT_EQ(played.observations.size(), 1U);
    EXPECT_TRUE(played.observations[0].needs_fetch);
    EXPECT_EQ(played.observations[0].order_status, hubsdk::OrderStatus::kInProgress);
}

TEST(CheckrSubmit, WorkLocationsAreAlwaysSent) {
    hubsdk::Order order = hostedOrder();
    order.work_location.reset();
    EXPECT_NE(shown(callsOf(play(submit(order), hostedScript()))[1].body)
                  .find(R"("work_locations":[{"country":"US"}])"),
              std::string::npos);
    order.applicant.address.emplace();
    order.applicant.address->region = "NV";
    EXPECT_NE(shown(callsOf(play(submit(order), hostedScript()))[0].body)
                  .find(R"("work_locations":[{"country":"US","state":"NV"}])"),
              std::string::npos);
}

using Change = void (*)(hubsdk::Applicant&);
struct Refusal {
    std::string field;
    Change change;
};

TEST(CheckrSubmit, RefusesLocallyAndNamesTheField) {
    const std::vector<Refusal> cases{
        {"order.applicant.first_name", [](auto& a) { a.first_name.reset(); }},
        {"order.applicant.first_name", [](auto& a) { a.first_name = "Jo_hn"; }},
        {"order.applicant.first_name", [](auto& a) { a.first_name = "\xC3\x97"; }},
        {"order.applicant.first_name", [](auto& a) { a.first_name = "\xC5\x81ukasz"; }},
        {"order.applicant.last_name", [](auto& a) { a.last_name = "  "; }},
        {"order.applicant.last_name", [](auto& a) { a.last_name = "Smith\xC3"; }},
        {"order.applicant.middle_name", [](auto& a) { a.middle_name.reset(); }},
        {"order.applicant.middle_name", [](auto& a) { a.middle_name = "A/B"; }},
        {"order.applicant.date_of_birth", [](auto& a) { a.date_of_birth.reset(); }},
        {"order.applicant.date_of_birth", [](auto& a) { a.date_of_birth = "1970-02-30"; }},
        {"order.applicant.ssn", [](auto& a) { a.ssn.reset(), a.driver_license.reset(); }},
        {"order.applicant.ssn", [](auto& a) { a.ssn = "54343464"; }},
        {"order.applicant.ssn", [](auto& a) { a.ssn = "543-34-464"; }},
        {"order.applicant.ssn", [](auto& a) { a.ssn = "666434645"; }},
        {"order.applicant.ssn", [](auto& a) { a.ssn = "943434645"; }},
        {"order.applicant.ssn", [](auto& a) { a.ssn = "111111111"; }},
        {"order.applicant.ssn", [](auto& a) { a.ssn = "123456789"; }},
        {"order.applicant.ssn", [](auto& a) { a.ssn = "876543210"; }},
        {"order.applicant.address.postal_code", [](auto& a) { a.address.reset(); }},
        {"order.applicant.driver_license.number", [](auto& a) { a.driver_license->number = ""; }},
        {"order.applicant.driver_license.state", [](auto& a) { a.driver_license->state = ""; }},
        {"order.applicant.email", [](auto& a) { a.email = " "; }},
    };
    for (const Refusal& row : cases) {
        SCOPED_TRACE(row.field);
        hubsdk::Order order = directOrder();
        row.change(order.applicant);
        // The guard refuses dates and addresses that break the field table before any flow runs.
        Command command = submit(order);
        hubsdk::AdvanceInput input;
        input.inputs = command;
        const auto action = plugin().advance(input);
        if (!action) {
            EXPECT_NE(action.error().text().find(row.field.substr(row.field.rfind('.') + 1)),
                      std::string::npos);
            continue;
        }
        ASSERT_EQ(action->action, ActionKind::kFailed);
        EXPECT_EQ(action->error->error_class, ErrorClass::kValidation);
        EXPECT_TRUE(action->error->message.starts_with(row.field + ": ")) << action->error->message;
    }
}

TEST(CheckrSubmit, TakesNamesAndNumbersThatTheVendorTakes) {
    hubsdk::Order order = directOrder();
    order.applicant.first_name = "Jos\xC3\xA9-Ren\xC3\xA9 O'Neil, Jr. 2";
    order.applicant.middle_name.reset();
    order.applicant.no_middle_name = true;
    order.applicant.ssn.reset();
    order.applicant.address.reset();
    const Played played =
        play(submit(order), {{"POST", "/v1/candidates", R"({"id":"c1"})", 201},
                             {"POST", "/v1/reports", R"({"id":"r1","status":"pending"})"}});
    EXPECT_EQ(played.last().action, ActionKind::kDone);
    EXPECT_NE(shown(callsOf(played)[0].body).find(R"("no_middle_name":true)"), std::string::npos);
}

TEST(CheckrSubmit, EndsWithSchemaIfTheAnswerIsNone) {
    const Played played = play(submit(hostedOrder()), {{"POST", "/v1/candidates", "<html>", 201}});
    EXPECT_EQ(errorOf(played).error_class, ErrorClass::kSchema);
    const Played nameless = play(submit(hostedOrder()), {{"POST", "/v1/candidates", "{}", 201}});
    EXPECT_EQ(errorOf(nameless).error_class, ErrorClass::kSchema);
}

TEST(CheckrRefresh, EmbedsEverything) {
    const Played played =
        play(commandOf("order.refresh", "", {{"report", kReport}, {"invitation", kInvitation}}),
             {{"GET", "/v1/reports/" + kReport, sample("report_complete_clear.json")}});
    const auto calls = callsOf(played);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_TRUE(calls[0].query.starts_with("include=candidate,ssn_trace,sex_offender_search,"));
    for (const std::string name :
         {",county_criminal_searches,", ",motor_vehicle_report,", ",drug_screening,"}) {
        EXPECT_NE(calls[0].query.find(name), std::string::npos) << name;
    }
    ASSERT_EQ(played.observations.size(), 1U);
    EXPECT_TRUE(played.observations[0].checks_complete);
}

TEST(CheckrRefresh, FollowsAnInvitationToItsReport) {
    const std::string completed = R"({"id":")" + kInvitation +
                                  R"(","status":"completed","candidate_id":"c1","report_id":")" +
                                  kReport + "\"}";
    for (const bool linked : {true, false}) {
        std::vector<Exchange> script{
            {"GET", "/v1/invitations/" + kInvitation, completed},
            {"GET", "/v1/reports/" + kReport, sample("report_pending.json")}};
        Command command = commandOf("order.refresh", kInvitation);
        if (linked) {
            command.links = {{"invitation", kInvitation}};
        } else {
            script.push_back(
                {"GET", "/v1/reports/" + kInvitation, R"({"error":"not found"})", 404});
        }
        const Played played = play(command, script);
        ASSERT_EQ(played.observations.size(), 1U);
        EXPECT_EQ(played.observations[0].vendor_order_id, kReport);
        EXPECT_NE(hubsdk::findLink(played.observations[0].links, "invitation"), nullptr);
        EXPECT_EQ(callsOf(played).size(), linked ? 2U : 3U);
    }
}

TEST(CheckrRefresh, KnowsReportsAndInvitationsByOrderIdAlone) {
    const Played report = play(commandOf("order.refresh", kReport),
                               {{"GET", "/v1/reports/" + kReport, sample("report_pending.json")}});
    EXPECT_EQ(report.observations.size(), 1U);
    const Played neither =
        play(commandOf("order.refresh", "x/1"),
             {{"GET", "/v1/reports/x%2F1", R"({"error":"Report not found"})", 404},
              {"GET", "/v1/invitations/x%2F1", "", 404}});
    EXPECT_EQ(errorOf(neither).error_class, ErrorClass::kNotFound);
    EXPECT_EQ(errorOf(neither).message, "Report not found");
    EXPECT_EQ(errorOf(play(commandOf("order.refresh"), {})).error_class, ErrorClass::kValidation);
}

std::string invitation(const std::string& members) {
    return R"({"id":"i1","object":"invitation",)" + members + "}";
}

struct CancelCase {
    std::string name;
    std::vector<hubsdk::Link> links;
    std::vector<Exchange> script;
    std::string vendor_order_id;  ///< empty: the flow fails
    hubsdk::OrderStatus status;
};

const std::string kStopped = R"({"id":"r1","object":"report","status":"canceled"})";
const std::string kBegun = invitation(R"("status":"completed","report_id":"r1")");
using enum hubsdk::OrderStatus;
const std::vector<CancelCase> kCancelCases{
    {"open",
     {{"invitation", "i1"}},
     {{"DELETE", "/v1/invitations/i1",
       invitation(R"("status":"pending","deleted_at":"2024-01-20T08:00:00Z")")}},
     "i1",
     kCancelled},
    {"without deleted_at",
     {{"invitation", "i1"}},
     {{"DELETE", "/v1/invitations/i1", invitation(R"("status":"pending")")}},
     "i1",
     kCancelled},
    {"report",
     {{"invitation", "i1"}, {"report", "r1"}},
     {{"POST", "/v1/reports/r1/complete", kStopped}},
     "r1",
     kCancelled},
    {"report ends with results",
     {{"report", "r1"}},
     {{"POST", "/v1/reports/r1/complete",
       R"({"id":"r1","status":"complete","result":"clear","includes_canceled":true})"}},
     "r1",
     kPendingReview},
    {"report, empty answer",
     {{"report", "r1"}},
     {{"POST", "/v1/reports/r1/complete", ""}, {"GET", "/v1/reports/r1", kStopped}},
     "r1",
     kCancelled},
    {"just finished",
     {{"invitation", "i1"}},
     {{"DELETE", "/v1/invitations/i1", R"({"error":"completed"})", 400},
      {"GET", "/v1/invitations/i1", kBegun},
      {"POST", "/v1/reports/r1/complete", kStopped}},
     "r1",
     kCancelled},
    {"finished while deleted",
     {{"invitation", "i1"}},
     {{"DELETE", "/v1/invitations/i1", kBegun}, {"POST", "/v1/reports/r1/complete", kStopped}},
     "r1",
     kCancelled},
    {"expired",
     {{"invitation", "i1"}},
     {{"DELETE", "/v1/invitations/i1", "", 400},
      {"GET", "/v1/invitations/i1", invitation(R"("status":"expired")")}},
     "i1",
     kCancelled},
    {"deleted before",
     {{"invitation", "i1"}},
     {{"DELETE", "/v1/invitations/i1", "", 404},
      {"GET", "/v1/invitations/i1",
       invitation(R"("status":"pending","deleted_at":"2024-01-20T08:00:00Z")")}},
     "i1",
     kCancelled},
    {"order id is a report",
     {},
     {{"DELETE", "/v1/invitations/o1", "", 404}, {"POST", "/v1/reports/o1/complete", kStopped}},
     "r1",
     kCancelled},
    {"refused",
     {{"invitation", "i1"}},
     {{"DELETE", "/v1/invitations/i1", R"({"error":"no"})", 400},
      {"GET", "/v1/invitations/i1", invitation(R"("status":"pending")")}},
     "",
     kDraft},
};

TEST(CheckrCancel, DeletesTheInvitationOrStopsTheReport) {
    for (const CancelCase& row : kCancelCases) {
        SCOPED_TRACE(row.name);
        const Played played = play(commandOf("order.cancel", "o1", row.links), row.script);
        EXPECT_EQ(callsOf(played).size(), row.script.size());
        if (row.vendor_order_id.empty()) {
            EXPECT_EQ(errorOf(played).message, "no");
            continue;
        }
        ASSERT_EQ(played.observations.size(), 1U);
        EXPECT_EQ(played.observations[0].vendor_order_id, row.vendor_order_id);
        EXPECT_EQ(played.observations[0].order_status, row.status);
        EXPECT_EQ(played.observations[0].applicant_url, std::nullopt);
    }
}

// What ended before, also by a cancel of ours, is no failure; what still runs is one.
TEST(CheckrCancel, ReadsBackAReportThatTheVendorDoesNotStop) {
    const std::string complete = R"({"id":"r1","status":"complete","result":"clear"})";
    struct Case {
        int status;
        std::string error;
        std::string report;
        hubsdk::OrderStatus wanted;
        ActionKind ending;
    };
    const std::vector<Case> cases{
        {400, "Report is already complete", complete, kCompleted, ActionKind::kDone},
        {404, "not found", complete, kCompleted, ActionKind::kDone},
        {409, "conflict", complete, kCompleted, ActionKind::kDone},
        {422, "cannot be completed", complete, kCompleted, ActionKind::kDone},
        {400, "Report is canceled", R"({"id":"r1","status":"canceled"})", kCancelled,
         ActionKind::kDone},
        {400, "not now", R"({"id":"r1","status":"pending"})", kInProgress, ActionKind::kFailed},
        {409, "Duplicate", R"({"id":"r1","status":"pending"})", kInProgress, ActionKind::kFailed},
        {422, "disputed", R"({"id":"r1","status":"dispute"})", kPendingReview, ActionKind::kFailed},
    };
    for (const Case& row : cases) {
        SCOPED_TRACE(std::to_string(row.status) + " " + row.error);
        const Played played = play(
            commandOf("order.cancel", "", {{"report", "r1"}}),
            {{"POST", "/v1/reports/r1/complete", R"({"error":")" + row.error + "\"}", row.status},
             {"GET", "/v1/reports/r1", row.report}});
        ASSERT_EQ(played.last().action, row.ending);
        ASSERT_EQ(played.observations.size(), 1U);
        EXPECT_EQ(played.observations[0].vendor_order_id, "r1");
        EXPECT_EQ(played.observations[0].order_status, row.wanted);
        if (row.ending == ActionKind::kFailed) {
            EXPECT_EQ(errorOf(played).message, row.error);
            EXPECT_EQ(errorOf(played).vendor_code, std::to_string(row.status));
        }
    }
}

TEST(CheckrCancel, AsksAgainWhileTheFirstRequestRuns) {
    const std::string pending = R"({"id":"r1","status":"pending"})";
    const Exchange busy{"POST", "/v1/reports/r1/complete", sample("error_409_idempotency.json"),
                        409};
    const Command cancel = commandOf("order.cancel", "", {{"report", "r1"}});
    const Played stopped =
        play(cancel, {busy,
                      {"GET", "/v1/reports/r1", pending},
                      {"POST", "/v1/reports/r1/complete", R"({"error":"is canceled"})", 400},
                      {"GET", "/v1/reports/r1", R"({"id":"r1","status":"canceled"})"}});
    EXPECT_EQ(stopped.last().action, ActionKind::kDone);
    ASSERT_EQ(stopped.observations.size(), 1U);
    EXPECT_EQ(stopped.observations[0].order_status, hubsdk::OrderStatus::kCancelled);
    const Played waiting = play(cancel, {busy, {"GET", "/v1/reports/r1", pending}, busy});
    EXPECT_EQ(waiting.last().action, ActionKind::kAgain);
}

TEST(CheckrReportFile, DownloadsThePdfBare) {
    const Played played =
        play(commandOf("order.report", "", {{"report", "r1"}}),
             {{"GET", "/v1/reports/r1", R"({"id":"r1","document_ids":["d1",null,"d2"]})"},
              {"GET", "/v1/documents/d1",
               R"({"id":"d1","type":"consent","download_uri":"https://x.checkr.com/1"})"},
              {"GET", "/v1/documents/d2", sample("document_pdf.json")},
              {"GET",
               "/4722c07dd9a10c3985ae4333?sig=PLACEHOLDER",
               "%PDF-1.7",
               200,
               {{"Content-Type", "application/pdf"}}}});
    ASSERT_EQ(played.last().action, ActionKind::kDone);
    const auto calls = callsOf(played);
    ASSERT_EQ(calls.size(), 4U);
    EXPECT_EQ(calls[3].host, "documents.checkr.example");
    EXPECT_TRUE(calls[3].download);
    EXPECT_EQ(calls[3].credentials, "none");
    EXPECT_TRUE(calls[3].headers.empty());
    EXPECT_EQ(calls[3].to, "blob");
    ASSERT_EQ(played.observations.size(), 1U);
    ASSERT_EQ(played.observations[0].documents.size(), 1U);
    const auto& document = played.observations[0].documents[0];
    EXPECT_EQ(document.kind, "report_pdf");
    EXPECT_EQ(document.blob_id, "blob-download");
    EXPECT_EQ(document.content_type, "application/pdf");
    EXPECT_EQ(document.file_name, "report.pdf");
    EXPECT_EQ(played.observations[0].order_status, std::nullopt);
}

TEST(CheckrReportFile, SaysIfThereIsNoPdfYet) {
    const Played none = play(commandOf("order.report", "r1"),
                             {{"GET", "/v1/reports/r1", R"({"id":"r1","document_ids":[]})"}});
    EXPECT_EQ(errorOf(none).error_class, ErrorClass::kNotFound);
    const Played odd = play(commandOf("order.report", "r1"),
                            {{"GET", "/v1/reports/r1", R"({"document_ids":["d1"]})"},
                             {"GET", "/v1/documents/d1",
                              R"({"type":"pdf_report","download_uri":"http://x.checkr.com/1"})"}});
    EXPECT_EQ(errorOf(odd).error_class, ErrorClass::kSchema);
}

}  // namespace
}  // namespace vendor::checkr
