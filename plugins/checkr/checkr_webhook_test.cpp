#include "plugins/checkr/checkr_webhook.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "plugins/checkr/checkr_test_support.hpp"

namespace vendor::checkr {
namespace {

using namespace testing;
using enum hubsdk::OrderStatus;
using hubsdk::ObservationKind;
using Status = std::optional<hubsdk::OrderStatus>;

const std::string kSignature = "b7412f05e981a473b5ecbdb5393afaea02a679db6d7c8e56803512ec4ba98151";

hubsdk::Claim claimed(const std::string& body, const std::string& header,
                      const std::string& value) {
    hubsdk::Delivery delivery;
    delivery.method = "POST";
    if (!header.empty()) delivery.headers.push_back({header, value});
    delivery.body.bytes = body;
    auto claim = plugin().claim(delivery);
    EXPECT_TRUE(claim.ok());
    return claim ? *claim : hubsdk::Claim{};
}

std::string event(const std::string& type, const std::string& object) {
    return R"({"id":"ev1","object":"event","type":")" + type +
           R"(","created_at":"2024-01-19T09:15:30Z","data":{"object":)" + object + "}}";
}

TEST(CheckrClaim, OffersTheSignatureOverTheWholeBody) {
    const std::string body = R"({"monday":"75F","tuesday":"80F"})";
    for (const std::string header : {"X-Checkr-Signature", "x-checkr-signature"}) {
        const hubsdk::Claim claim = claimed(body, header, kSignature);
        ASSERT_EQ(claim.proofs.size(), 1U);
        const hubsdk::Proof& proof = claim.proofs.front();
        EXPECT_EQ(proof.algorithm, "hmac-sha256");
        EXPECT_EQ(proof.encoding, "hex");
        EXPECT_EQ(proof.message, hubsdk::Pieces{hubsdk::piece::body()});
        EXPECT_EQ(proof.presented, hubsdk::Pieces{hubsdk::piece::header("X-Checkr-Signature")});
        EXPECT_EQ(proof.secrets, (std::vector<std::string>{"api_key", "client_secret"}));
        EXPECT_EQ(claim.event_key, std::nullopt);
    }
}

TEST(CheckrClaim, OffersNothingWithoutASignature) {
    const std::string body = sample("webhook_report_completed_full.json");
    EXPECT_TRUE(claimed(body, "", "").proofs.empty());
    EXPECT_TRUE(claimed(body, "X-Checkr-Signature", "").proofs.empty());
    EXPECT_TRUE(claimed(body, "X-Checkr-Signature", kSignature.substr(1)).proofs.empty());
    EXPECT_TRUE(claimed(body, "X-Checkr-Signature",
                        "Please create an API key to check the authenticity of our webhooks.")
                    .proofs.empty());
}

TEST(CheckrClaim, NamesEventAndAccount) {
    const auto full =
        claimed(sample("webhook_report_completed_full.json"), "X-Checkr-Signature", kSignature);
    EXPECT_EQ(full.event_key, "5a0000000000000000000002");
    EXPECT_EQ(full.account_ref, "8e122cc56b8fa82d33c6118a");
    // Its account_id is the partner's, not the customer's.
    const auto ended =
        claimed(sample("webhook_token_deauthorized.json"), "X-Checkr-Signature", kSignature);
    EXPECT_EQ(ended.event_key, "5a0000000000000000000008");
    EXPECT_EQ(ended.account_ref, std::nullopt);
    const auto broken = claimed("{\"id\":", "X-Checkr-Signature", kSignature);
    EXPECT_EQ(broken.proofs.size(), 1U);
    EXPECT_EQ(broken.event_key, std::nullopt);
}

struct EventCase {
    std::string type;
    std::string object;
    Status status;
    bool needs_fetch;
    bool alert;
    ObservationKind kind;
    std::string vendor_order_id;
};

const std::string kInvitation =
    R"({"id":"i1","object":"invitation","status":"pending","candidate_id":"c1"})";
const std::string kPerson = R"({"id":"c1","object":"candidate","custom_id":"ORD-1"})";
const std::string kVerification =
    R"({"id":"v1","object":"verification","verification_type":"id","report_id":"r1"})";
const std::string kMonitor = R"({"id":"m1","object":"continuous_check","candidate_id":"c1"})";
const std::string kPointer = R"({"id":"x1","object":"thing","uri":"/v1/things/x1"})";

std::string report(const std::string& status, const std::string& more = "") {
    return R"({"id":"r1","object":"report","candidate_id":"c1","status":")" + status + "\"" + more +
           "}";
}

using enum ObservationKind;
const std::vector<EventCase> kEventCases{
    {"candidate.created", kPerson, kDraft, false, false, kCandidate, "c1"},
    {"candidate.updated", kPerson, {}, false, false, kCandidate, "c1"},
    {"candidate.id_required", kPerson, kAwaitingApplicantInfo, false, false, kScreening, "c1"},
    {"candidate.driver_license_required", kPerson, kAwaitingApplicantInfo, false, false, kScreening,
     "c1"},
    {"candidate.pre_adverse_action", kPerson, {}, false, false, kCandidate, "c1"},
    {"candidate.post_adverse_action", kPerson, {}, false, false, kCandidate, "c1"},
    {"invitation.created", kInvitation, kAwaitingApplicantInfo, false, false, kScreening, "i1"},
    {"invitation.completed", kInvitation, kDataVerification, false, false, kScreening, "i1"},
    {"invitation.expired", kInvitation, kRequiresAction, false, false, kScreening, "i1"},
    {"invitation.deleted", kInvitation, kCancelled, false, false, kScreening, "i1"},
    {"verification.created", kVerification, kAwaitingApplicantInfo, false, false, kScreening, "r1"},
    {"verification.completed", kVerification, {}, false, false, kScreening, "r1"},
    {"verification.processed", kVerification, {}, false, false, kScreening, "r1"},
    {"report.created", report("pending"), kInProgress, true, false, kScreening, "r1"},
    {"report.updated", report("pending"), kInProgress, true, false, kScreening, "r1"},
    {"report.upgraded", report("pending"), kInProgress, true, false, kScreening, "r1"},
    {"report.resumed", report("pending"), kInProgress, true, false, kScreening, "r1"},
    {"report.complete", report("complete", R"(,"result":"clear")"), kCompleted, true, false,
     kScreening, "r1"},
    {"report.completed", report("Complete", R"(,"result":"CLEAR")"), kCompleted, true, false,
     kScreening, "r1"},
    {"report.suspended", report("suspended"), kAwaitingApplicantInfo, true, false, kScreening,
     "r1"},
    {"report.disputed", report("dispute"), kPendingReview, true, false, kScreening, "r1"},
    {"report.canceled", report("cancelled"), kCancelled, true, false, kScreening, "r1"},
    {"report.engaged", report("complete", R"(,"result":"consider","adjudication":"engaged")"),
     kCompleted, true, false, kScreening, "r1"},
    {"report.pre_adverse_action",
     report("complete", R"(,"result":"consider","adjudication":"pre_adverse_action")"),
     kPendingReview, true, false, kScreening, "r1"},
    {"report.post_adverse_action",
     report("complete", R"(,"result":"consider","adjudication":"post_adverse_action")"), kCompleted,
     true, false, kScreening, "r1"},
    {"report.engaged", R"({"id":"r1","object":"report","package":"p"})", kCompleted, true, false,
     kScreening, "r1"},
    {"adverse_action.notice_not_delivered",
     R"({"id":"a1","object":"adverse_action","report_id":"r1"})", kRequiresAction, false, true,
     kScreening, "r1"},
    {"continuous_check.subscription_error", kMonitor, kRequiresAction, false, true, kScreening, ""},
    {"continuous_check.confirmation_required", kMonitor, kRequiresAction, false, true, kScreening,
     ""},
    {"package.created",
     R"({"id":"p1","object":"package","slug":"s"})",
     {},
     false,
     false,
     kAccount,
     ""},
    {"package.updated",
     R"({"id":"p1","object":"package","slug":"s"})",
     {},
     false,
     false,
     kAccount,
     ""},
    {"package.deleted",
     R"({"id":"p1","object":"package","slug":"s"})",
     {},
     false,
     false,
     kAccount,
     ""},
    {"form_i9.completed",
     R"({"id":"f1","object":"form_i9","candidate_id":"c1"})",
     {},
     false,
     false,
     kCandidate,
     "f1"},
    {"account.credentialed",
     R"({"id":"ac1","object":"account","name":"x"})",
     {},
     false,
     false,
     kAccount,
     ""},
    {"token.deauthorized", R"({"access_code":"tok_x"})", {}, false, false, kAccount, ""},
};

TEST(CheckrEvents, MapAsTheSheetSays) {
    for (const EventCase& row : kEventCases) {
        SCOPED_TRACE(row.type);
        const Observation seen = interpreted(event(row.type, row.object));
        EXPECT_EQ(seen.order_status, row.status);
        EXPECT_EQ(seen.needs_fetch, row.needs_fetch);
        EXPECT_EQ(seen.alert, row.alert);
        EXPECT_EQ(seen.kind, row.kind);
        EXPECT_EQ(seen.vendor_order_id.value_or(""), row.vendor_order_id);
        EXPECT_TRUE(seen.unmapped.empty());
        EXPECT_FALSE(seen.error);
        ASSERT_TRUE(seen.event);
        EXPECT_EQ(seen.event->event_type, row.type);
        EXPECT_EQ(seen.event->dedupe_key, "ev1");
    }
}

TEST(CheckrEvents, APointerChangesNothingByItself) {
    for (const EventCase& row : kEventCases) {
        SCOPED_TRACE(row.type);
        const Observation seen = interpreted(event(row.type, kPointer));
        EXPECT_EQ(seen.order_status, std::nullopt);
        EXPECT_EQ(seen.overall_outcome, std::nullopt);
        EXPECT_TRUE(seen.needs_fetch);
    }
}

// What a pointer leads to: a link that the order already has, or else a person.
TEST(CheckrEvents, APointerIsNeverDropped) {
    struct Case {
        std::string type;
        std::string object;
        std::vector<hubsdk::Link> links;
        std::string alert_kind;
    };
    const std::vector<Case> cases{
        {"report.completed", "report", {{"report", "x1"}}, ""},
        {"invitation.completed", "invitation", {{"invitation", "x1"}}, ""},
        {"candidate.id_required", "candidate", {{"candidate", "x1"}}, ""},
        {"verification.created", "verification", {{"verification", "x1"}}, "verification_created"},
        {"verification.processed",
         "verification",
         {{"verification", "x1"}},
         "verification_processed"},
        {"adverse_action.notice_not_delivered",
         "adverse_action",
         {{"adverse_action", "x1"}},
         "adverse_action_notice_not_delivered"},
        {"continuous_check.subscription_error",
         "continuous_check",
         {},
         "continuous_check_subscription_error"},
    };
    const auto manifest = plugin().manifest();
    ASSERT_TRUE(manifest.ok());
    for (const Case& row : cases) {
        SCOPED_TRACE(row.type);
        const Observation seen = interpreted(
            event(row.type, R"({"id":"x1","object":")" + row.object + R"(","uri":"/v1/x/x1"})"));
        EXPECT_TRUE(seen.needs_fetch);
        EXPECT_EQ(seen.links, row.links);
        EXPECT_EQ(seen.alert, !row.alert_kind.empty());
        EXPECT_EQ(seen.alert_kind.value_or(""), row.alert_kind);
        for (const hubsdk::Link& link : seen.links) {
            EXPECT_TRUE(std::ranges::any_of(manifest->links, [&](const hubsdk::LinkRule& rule) {
                return rule.type == link.type;
            })) << link.type;
        }
    }
}

// checkr.md: an alert, "order status otherwise unchanged". The candidate may have an open order.
TEST(CheckrEvents, TroubleWithMonitoringNamesNoOrderOfTheCandidate) {
    for (const std::string type :
         {"continuous_check.subscription_error", "continuous_check.confirmation_required"}) {
        const Observation seen = interpreted(event(type, kMonitor));
        EXPECT_TRUE(seen.links.empty()) << type;
        EXPECT_EQ(seen.vendor_order_id, std::nullopt);
        EXPECT_EQ(seen.client_reference, std::nullopt);
        EXPECT_TRUE(seen.alert);
        EXPECT_NE(seen.alert_kind, "monitoring_hit");
    }
    const Observation named = interpreted(
        event("continuous_check.subscription_error",
              R"({"id":"m1","object":"continuous_check","candidate_id":"c1","report_id":"r1"})"));
    EXPECT_EQ(named.links, (std::vector<hubsdk::Link>{{"report", "r1"}}));
    EXPECT_EQ(named.vendor_order_id, "r1");
}

TEST(CheckrEvents, UnknownTypesAreKeptAndCounted) {
    const Observation report_event = interpreted(event("report.archived", report("pending")));
    EXPECT_EQ(report_event.unmapped, std::vector<std::string>{"report.archived"});
    EXPECT_TRUE(report_event.needs_fetch);
    const Observation other = interpreted(event("moon.landed", R"({"id":"m1","a":1})"));
    EXPECT_EQ(other.unmapped, std::vector<std::string>{"moon.landed"});
    EXPECT_EQ(other.order_status, std::nullopt);
    const Observation adverse = interpreted(event("adverse_action.moved", R"({"id":"a1","a":1})"));
    EXPECT_EQ(adverse.order_status, kRequiresAction);
    EXPECT_EQ(adverse.alert_kind, "adverse_action_moved");
}

TEST(CheckrEvents, MonitoringIsAlertAndNeverAnOrderOfOurs) {
    const Observation hit = interpreted(sample("webhook_continuous_check_hit.json"));
    EXPECT_EQ(hit.origin, "monitoring");
    EXPECT_TRUE(hit.alert);
    EXPECT_EQ(hit.alert_kind, "monitoring_hit");
    for (const std::string package : {"continuous_mvr", "Continuous-MVR enrollment"}) {
        const auto seen = interpreted(
            event("report.completed", report("complete", R"(,"package":")" + package + "\"")));
        EXPECT_EQ(seen.origin, "monitoring") << package;
    }
    EXPECT_EQ(interpreted(sample("webhook_report_completed_full.json")).origin, std::nullopt);
}

TEST(CheckrEvents, ADeauthorizedTokenDisconnectsWithoutBeingNamed) {
    const Observation ended = interpreted(sample("webhook_token_deauthorized.json"));
    EXPECT_EQ(ended.kind, ObservationKind::kAccount);
    EXPECT_TRUE(ended.disconnect);
    EXPECT_EQ(ended.account_ref, std::nullopt);
    EXPECT_EQ(hubsdk::writeShape(ended).find("tok_PLACEHOLDER"), std::string::npos);
}

TEST(CheckrEvents, CarryLinks) {
    const Observation completed = interpreted(sample("webhook_invitation_completed.json"));
    const std::vector<hubsdk::Link> wanted{{"report", "4722c07dd9a10c3985ae432a"},
                                           {"invitation", "2c8447d8c35761ad8f70d9d3"},
                                           {"candidate", "e44aa283528e6fde7d542194"}};
    EXPECT_EQ(completed.links, wanted);
    EXPECT_EQ(completed.applicant_url, std::nullopt);
}

TEST(CheckrEvents, ADeletedInvitationStaysDeletedWhateverTheEventSays) {
    const auto seen =
        interpreted(event("invitation.completed", sample("invitation_cancelled.json")));
    EXPECT_EQ(seen.order_status, kCancelled);
}

TEST(CheckrEvents, WhatIsNoEventIsASchemaError) {
    const std::vector<std::string> bodies{
        "",
        "null",
        "[]",
        "{",
        "no json",
        R"({"type":"report.completed"})",
        R"({"type":7,"data":{"object":{}}})",
        R"({"type":"report.completed","data":{"object":[]}})",
        R"({"object":"report","type":"x","data":{"object":{}}})",
        R"({"type":"report.completed","type":"x","data":{"object":{}}})"};
    for (const std::string& body : bodies) {
        const Observation seen = interpreted(body);
        ASSERT_TRUE(seen.error) << body;
        EXPECT_EQ(seen.error->error_class, hubsdk::ErrorClass::kSchema);
        EXPECT_FALSE(seen.event);
        EXPECT_FALSE(seen.order_status);
    }
}

TEST(CheckrEvents, SurviveMembersOfTheWrongKind) {
    const auto seen = interpreted(
        event("report.completed",
              R"({"id":{"a":1},"object":3,"status":[],"result":{},"candidate":7,)"
              R"("ssn_trace":"x","county_criminal_searches":{"id":5},"completed_at":"soon"})"));
    EXPECT_EQ(seen.order_status, std::nullopt);
    EXPECT_EQ(seen.overall_outcome, hubsdk::CheckOutcome::kPendingReview);
    EXPECT_TRUE(seen.needs_fetch);
    EXPECT_TRUE(seen.checks.empty());
}

}  // namespace
}  // namespace vendor::checkr
