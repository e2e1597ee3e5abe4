// An order the whole way, between the real hub and the vendor's twin: what the API shows, what the
// rows say, and what stays when it does not go well.
#include "tests/e2e/sinks.hpp"
#include "tests/e2e/stage.hpp"

namespace hub::e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OrderStory : public Stage {
protected:
    // However the story went: no secret, and nothing of a person that is sealed (TM-OUT-11).
    void TearDown() override {
        EXPECT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
        const std::string url = hub_.webhookPath();
        const auto sinks = sinksOf(hub_);
        EXPECT_THAT(foundIn(sinks, {{"the vendor's key", std::string(kApiKey)},
                                    {"our key", hub_.key()},
                                    {"the endpoint", url.substr(url.rfind('/') + 1)},
                                    {"the SSN that the vendor has", "543434645"},
                                    {"it with dashes", "543-43-4645"}}),
                    IsEmpty());
        EXPECT_THAT(foundIn(sinks, {{"it", "checkr"}, {"the start", "listening on"}}),
                    AllOf(Contains("the log holds the start"),
                          Contains("provider_config.plugin_key holds it")))
            << "the places were not looked at";
    }
    // What must hold of every order that came to its end through webhooks.
    void expectWholeTrail(const std::string& id, const std::string& end) {
        EXPECT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
        StoredRows rows(hub_);
        EXPECT_THAT(rows.texts("SELECT external_type FROM external_link JOIN vendor_order ON "
                               "vendor_order.id = entity_id WHERE order_id = ? ORDER BY 1",
                               {id}),
                    ElementsAre("candidate", "invitation", "report"));
        EXPECT_THAT(rows.texts("SELECT DISTINCT proof FROM inbound_event"),
                    ElementsAre("signature"));
        EXPECT_THAT(rows.texts("SELECT DISTINCT status FROM inbound_event"),
                    ElementsAre("processed"));
        EXPECT_THAT(rows.texts("SELECT DISTINCT state FROM flow"), ElementsAre("done"));
        EXPECT_EQ(rows.number("SELECT COUNT(*) FROM flow WHERE command = 'order.submit'"), 1);
        EXPECT_GE(rows.number("SELECT COUNT(*) FROM flow WHERE command = 'order.refresh'"), 1)
            << "what a webhook says is fetched before it counts";
        EXPECT_EQ(rows.count("finding"),
                  rows.number("SELECT COUNT(*) FROM finding WHERE order_id = ?", {id}));
        expectAudit(rows, id, end);
    }

    // Every step of the order's status has its entry, each beginning where the last one ended.
    void expectAudit(StoredRows& rows, const std::string& id, const std::string& end) {
        const Ran holds = verifyWhenNumbered(hub_);
        EXPECT_EQ(holds.code, 0) << holds.out;
        EXPECT_THAT(holds.out, HasSubstr("holds"));
        const std::string steps =
            " FROM audit_entry WHERE order_id = ? AND resource_type = 'screening_order' AND action "
            "IN ('order_created', 'order_status_changed') ORDER BY seq";
        const auto from = rows.texts("SELECT old_status" + steps, {id});
        const auto to = rows.texts("SELECT new_status" + steps, {id});
        ASSERT_GE(to.size(), 3U);
        EXPECT_EQ(to.front(), "submitted");
        EXPECT_EQ(to.back(), end);
        for (std::size_t i = 1; i < to.size(); ++i) EXPECT_EQ(from[i], to[i - 1]);
        EXPECT_EQ(rows.count("outbound_event"), rows.count("audit_entry"))
            << "an event for every entry";
    }
    static std::vector<std::string> findingsOf(hubsdk::Json data, std::string_view check_type,
                                               std::string_view member) {
        std::vector<std::string> all;
        for (const auto& item : data["checks"].items()) {
            const hubsdk::Json check(&item);
            if (check["type"].text() != check_type) continue;
            for (auto& text : sortedTexts(check["findings"], member)) all.push_back(text);
        }
        return all;
    }
};

TEST_F(OrderStory, OfAClearApplicantEndsCompleted) {
    const std::string id = placeOrder("clear");
    const auto ended = orderIn("completed", id);
    const hubsdk::Json data = ended.root()["data"];
    EXPECT_EQ(data["result"].text(), "clear");
    EXPECT_EQ(data["completionPercentage"].asInt64(), 100);
    EXPECT_THAT(sortedTexts(data["checks"], "type"),
                ElementsAre("criminal_county", "criminal_national", "global_watchlist", "mvr",
                            "sex_offender", "ssn_trace"));
    EXPECT_THAT(sortedTexts(data["checks"], "status"), Each("completed"));
    EXPECT_THAT(sortedTexts(data["checks"], "result"), Each("clear"));
    EXPECT_EQ(data.pointer("/vendorOrders/0/status").text(), "completed");
    EXPECT_EQ(data.pointer("/vendorOrders/0/overallOutcome").text(), "clear");
    EXPECT_FALSE(data.pointer("/vendorOrders/0/lastError").present());
    EXPECT_EQ(StoredRows(hub_).count("finding"), 0);
    expectWholeTrail(id, "completed");
}

TEST_F(OrderStory, OfAnApplicantWithRecordsWaitsForReviewWithThem) {
    const std::string id = placeOrder("consider");
    const auto ended = orderIn("pending_review", id);
    const hubsdk::Json data = ended.root()["data"];
    EXPECT_EQ(data["result"].text(), "consider");
    EXPECT_THAT(
        sortedTexts(data["checks"], "result"),
        ElementsAre("clear", "clear", "clear", "consider", "consider", "consider", "consider"));
    EXPECT_EQ(data.pointer("/vendorOrders/0/overallOutcome").text(), "consider");
    EXPECT_THAT(findingsOf(data, "criminal_county", "offenseLevel"),
                ElementsAre("felony", "misdemeanor"));
    EXPECT_THAT(findingsOf(data, "criminal_county", "description"),
                ElementsAre("Disorderly conduct", "Sell Cocaine"));
    EXPECT_THAT(findingsOf(data, "criminal_county", "caseNumber"), Each("24323-DA"));
    EXPECT_THAT(findingsOf(data, "sex_offender", "kind"), ElementsAre("registry"));
    EXPECT_THAT(findingsOf(data, "global_watchlist", "kind"), ElementsAre("watchlist"));
    EXPECT_THAT(findingsOf(data, "mvr", "kind"), ElementsAre("accident", "violation"));
    EXPECT_EQ(StoredRows(hub_).number("SELECT COUNT(*) FROM finding WHERE order_id = ?", {id}), 6);
    expectWholeTrail(id, "pending_review");
}

TEST_F(OrderStory, LeavesNothingOfThePersonInTheOpen) {
    const auto placed =
        hub_.api("POST", "/orders",
                 R"({"providerId":")" + provider_id_ +
                     R"(","package":"driver_pro","applicant":{"email":"clear.planted@example.com",)"
                     R"("firstName":"Plantagenet","lastName":"Sealedname","ssn":"219099999",)"
                     R"("dateOfBirth":"1971-03-29","phone":"+12125550147"},)"
                     R"("workLocation":{"country":"US","region":"CA","city":"Oakland"}})");
    const std::string id(placed.root().pointer("/data/id").text());
    ASSERT_NE(id, "") << hubsdk::toText(placed.root());
    (void)orderIn("completed", id);
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
    const std::map<std::string, std::string> person{
        {"the e-mail", "clear.planted"},   {"the first name", "Plantagenet"},
        {"the last name", "Sealedname"},   {"the SSN", "219099999"},
        {"it with dashes", "219-09-9999"}, {"the birthday", "1971-03-29"},
        {"the phone", "2125550147"}};
    EXPECT_THAT(foundIn(sinksOf(hub_), person), IsEmpty());
}

TEST_F(OrderStory, IsCancelledHereAndAtTheVendor) {
    const std::string id = placeOrder("waiting");
    (void)orderIn("awaiting_applicant_info", id);
    const auto cancelled = hub_.api("POST", "/orders/" + id + "/cancel");
    EXPECT_EQ(cancelled.root().pointer("/data/status").text(), "cancelled");
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
    const auto ended = order(id);
    EXPECT_EQ(ended.root().pointer("/data/status").text(), "cancelled");
    EXPECT_EQ(ended.root().pointer("/data/vendorOrders/0/status").text(), "cancelled");
    EXPECT_FALSE(ended.root().pointer("/data/vendorOrders/0/applicantUrl").present())
        << "the link is personal and of no use any more";
    EXPECT_EQ(twin_.ledger().root()["reports"].asInt64(), 0);
    StoredRows rows(hub_);
    EXPECT_THAT(rows.texts("SELECT state FROM flow WHERE command = 'order.cancel'"),
                ElementsAre("done"));
    EXPECT_EQ(rows.count("screening_check"), 0);
    const RowCounts before = rows.counts();
    const auto again = hub_.api("POST", "/orders/" + id + "/cancel");
    EXPECT_EQ(again.root().pointer("/data/status").text(), "cancelled");
    EXPECT_THAT(changedTables(before, rows.counts()), IsEmpty()) << "once is enough";
    expectAudit(rows, id, "cancelled");
}

TEST_F(OrderStory, CannotBeCancelledAfterItsEnd) {
    const std::string id = placeOrder("clear");
    (void)orderIn("completed", id);
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
    StoredRows rows(hub_);
    const RowCounts before = rows.counts();
    const auto refused = hub_.api("POST", "/orders/" + id + "/cancel");
    EXPECT_EQ(refused.root()["success"].asBool(), false);
    EXPECT_EQ(statusOf(id), "completed");
    EXPECT_THAT(changedTables(before, rows.counts()), IsEmpty());
}

// The vendor has taken the applicant's data and then refuses the order itself.
TEST_F(OrderStory, ShowsThatTheVendorRefusedIt) {
    twin_.setSwitch(R"({"fail_next":{"status":422,"request":"POST /v1/invitations"}})");
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
    StoredRows rows(hub_);
    const RowCounts before = rows.counts();
    const std::string id = placeOrder("clear");
    const auto ended = orderIn("failed", id);
    const hubsdk::Json vendor = ended.root().pointer("/data/vendorOrders/0");
    EXPECT_EQ(vendor["status"].text(), "failed");
    EXPECT_EQ(vendor["lastError"].text(), "validation");
    EXPECT_FALSE(vendor["vendorOrderId"].present());
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
    EXPECT_THAT(rows.texts("SELECT error FROM flow WHERE command = 'order.submit'"),
                ElementsAre(HasSubstr("validation 422")));
    // The order, the attempt with what the vendor told of the candidate, and the trail: no result.
    const std::set<std::string> told{
        "inbound_event", "observation",    "external_link",   "flow",         "flow_step", "alert",
        "audit_entry",   "outbound_event", "screening_order", "vendor_order", "person"};
    EXPECT_THAT(changedTables(before, rows.counts(), told), IsEmpty());
    EXPECT_EQ(twin_.ledger().root()["invitations"].asInt64(), 0);
    expectAudit(rows, id, "failed");
}

// TM-IN-6: what the vendor never delivers is found by asking.
class VendorSilent : public OrderStory, public ::testing::WithParamInterface<int> {
protected:
    // Five webhooks of each order.
    bool storiesAreOver(std::int64_t orders) {
        return waitFor(30, [&] {
            const auto ledger = twin_.ledger();
            return ledger.root()["webhooks_offered"].asInt64() == 5 * orders &&
                   ledger.root()["webhooks_open"].asInt64() == 0 && atRest(hub_);
        });
    }
};

TEST_P(VendorSilent, EveryOrderEndsAsTheVendorSays) {
    twin_.setSwitch(R"({"drop_percent":)" + std::to_string(GetParam()) + "}");
    const std::string clear = placeOrder("clear");
    const std::string consider = placeOrder("consider");
    ASSERT_TRUE(storiesAreOver(2));
    StoredRows rows(hub_);
    EXPECT_EQ(rows.count("inbound_event"), 10 - 10 * GetParam() / 100);
    if (GetParam() == 100) {
        EXPECT_EQ(statusOf(clear), "awaiting_applicant_info");
    }

    letHoursPass();
    EXPECT_EQ(orderIn("completed", clear).root().pointer("/data/result").text(), "clear");
    const auto found = orderIn("pending_review", consider);
    EXPECT_EQ(found.root().pointer("/data/result").text(), "consider");
    EXPECT_EQ(rows.number("SELECT COUNT(*) FROM finding WHERE order_id = ?", {consider}), 6);
    EXPECT_EQ(rows.count("finding"), 6);
    for (const std::string& id : {clear, consider}) {
        EXPECT_EQ(order(id).root().pointer("/data/vendorOrders/0/status").text(), "completed");
        EXPECT_THAT(sortedTexts(order(id).root().pointer("/data/checks"), "status"),
                    Each("completed"));
    }
    EXPECT_EQ(twin_.ledger().root()["invitations"].asInt64(), 2);
}

INSTANTIATE_TEST_SUITE_P(Percent, VendorSilent, ::testing::Values(50, 100));

class VendorAway : public OrderStory, public ::testing::WithParamInterface<int> {};

TEST_P(VendorAway, HoldsTheOrderUpAndNothingIsDoneTwice) {
    twin_.setSwitch(R"({"fail_next":{"status":)" + std::to_string(GetParam()) +
                    R"(,"count":2,"request":"POST /v1/invitations"}})");
    const std::string id = placeOrder("clear");
    EXPECT_TRUE(waitFor(30, [&] {
        return hub_.api("GET", "/admin/flows?state=waiting")
                   .root()
                   .pointer("/data/items/0/waitsFor")
                   .text() == "retry";
    }));
    EXPECT_EQ(statusOf(id), "submitted");
    (void)orderIn("completed", id);
    const auto ledger = twin_.ledger();
    EXPECT_EQ(ledger.root()["invitations"].asInt64(), 1);
    EXPECT_EQ(hubsdk::toText(ledger.root()["duplicates_by_custom_id"]), "{}");
    expectWholeTrail(id, "completed");
}

INSTANTIATE_TEST_SUITE_P(For, VendorAway, ::testing::Values(429, 500, 503));

}  // namespace
}  // namespace hub::e2e
