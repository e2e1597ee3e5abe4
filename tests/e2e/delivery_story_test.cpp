// Deliveries of other shapes than one event about one order, through the real hubd.
#include "hub/security/digest.hpp"
#include "tests/e2e/roster_vendor.hpp"
#include "tests/e2e/stage.hpp"

namespace hub::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::map<std::string, std::string> kShapes{{"plugins.dir", HUB_BUILD_DIR "/plugins/shapes"}};
constexpr std::string_view kSecret = "whsec-of-the-story";

std::string signatureOf(std::string_view message) {
    return security::hexEncode(security::hmac(security::HashAlg::kSha256, kSecret, message));
}

std::string providerJson(const std::string& plugin, const std::string& more) {
    return R"({"pluginKey":")" + plugin + R"(","providerCode":"main","providerName":"Main",)" +
           more + R"("secrets":{"webhook_secret":")" + std::string(kSecret) + "\"}}";
}

std::string headerOf(const HttpAnswer& answer, const std::string& name) {
    const std::size_t at = answer.head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 4;
    return answer.head.substr(from, answer.head.find("\r\n", from) - from);
}

// TM-IN-10
TEST(TwoPersonsInOneDelivery, TheGoodOneCountsAndTheBadOneIsADeadLetter) {
    RosterVendor vendor;
    const RunningHub hub(vendor.settings());
    const auto provider =
        hub.connect(R"({"pluginKey":"roster","providerCode":"main","providerName":"Main",)"
                    R"("unknownOrders":"create","secrets":{"api_key":"k","webhook_secret":")" +
                    std::string(kSecret) + "\"}}");
    const auto tell = [&](const std::string& event, const std::string& persons) {
        return deliverRoster(hub, provider.webhook_path, kSecret, Proving::kWhole,
                             R"({"id":")" + event + R"(","persons":[)" + persons + "]}")
            .status;
    };
    EXPECT_EQ(tell("e1", R"({"id":"p1","status":"completed","outcome":"clear"},)"
                         R"({"id":"p2","status":"completed","completed_at":"yesterday"})"),
              200);
    EXPECT_EQ(tell("e2", R"({"status":"completed"},{"id":"p3","status":"in_progress"})"), 200);
    EXPECT_EQ(tell("e3", R"({"id":"p4","status":"completed","outcome":"consider"})"), 200);
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub); }));
    StoredRows rows(hub);
    EXPECT_THAT(rows.texts("SELECT vendor_order_id FROM vendor_order ORDER BY 1"),
                ElementsAre("p1", "p3", "p4"));
    EXPECT_THAT(rows.texts("SELECT status FROM inbound_event ORDER BY vendor_event_id"),
                ElementsAre("dead", "dead", "processed"));
    EXPECT_THAT(
        rows.texts("SELECT error FROM inbound_event ORDER BY vendor_event_id"),
        ElementsAre("observation 1: schema at completed_at", "observation 0: schema no_id", ""));
    EXPECT_THAT(rows.texts("SELECT alert_type FROM alert"),
                ElementsAre("delivery_dead", "delivery_dead"));
    const std::string order =
        rows.texts("SELECT order_id FROM vendor_order WHERE vendor_order_id = 'p1'").at(0);
    const auto applied = hub.api("GET", "/orders/" + order);
    EXPECT_EQ(applied.root().pointer("/data/status").text(), "completed");
    EXPECT_EQ(applied.root().pointer("/data/result").text(), "clear");
    EXPECT_EQ(verifyWhenNumbered(hub).code, 0);
}

// TM-IN-9
TEST(SharedUrl, ParksAForeignAccountWithAnAlarmAndNothingElse) {
    const RunningHub hub(kShapes);
    const auto owner = hub.connect(providerJson("shape_many_accounts", ""));
    const auto member = hub.connect(
        R"({"pluginKey":"shape_many_accounts","providerCode":"one","providerName":"One",)"
        R"("connectionId":")" +
        owner.id + R"(","externalAccountRef":"acct_1"})");
    const auto deliver = [&](const std::string& event, const std::string& account) {
        const std::string body = R"({"id":")" + event + R"(","type":"paid","account":")" + account +
                                 R"(","data":{"payment":"pay_1","status":"paid"}})";
        const std::string time =
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count());
        return hub
            .send("POST", owner.webhook_path,
                  {{"X-Timestamp", time}, {"X-Signature", signatureOf(time + "." + body)}}, body)
            .status;
    };
    EXPECT_EQ(deliver("e1", "acct_1"), 200);
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub); }));
    StoredRows rows(hub);
    EXPECT_THAT(rows.texts("SELECT provider_config_id FROM inbound_event"), ElementsAre(member.id));
    const RowCounts before = rows.counts();

    EXPECT_EQ(deliver("e2", "acct_foreign"), 200);
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub); }));
    EXPECT_THAT(rows.texts("SELECT status FROM inbound_event WHERE provider_config_id IS NULL"),
                ElementsAre("parked"));
    EXPECT_THAT(rows.texts("SELECT alert_type FROM alert"), ElementsAre("foreign_account_ref"));
    EXPECT_THAT(changedTables(before, rows.counts()),
                UnorderedElementsAre("inbound_event: 1 -> 2", "alert: 0 -> 1",
                                     "audit_entry: 3 -> 4", "outbound_event: 3 -> 4"));
}

TEST(InboundRequest, IsAnsweredAgainWithTheStoredAnswerAndHasOneEffect) {
    const RunningHub hub(kShapes);
    const auto provider = hub.connect(
        providerJson("shape_inbound_answer", R"("settings":{"packages":{"basic":"B 1"}},)"));
    const std::string question = R"({"country":"US"})";
    const auto ask = [&] {
        return hub.send("POST", provider.webhook_path + "/packages",
                        {{"X-Signature", signatureOf(question)}}, question);
    };
    const HttpAnswer first = ask();
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, R"([{"key":"basic","label":"B 1"}])");
    EXPECT_EQ(headerOf(first, "X-Signature"), signatureOf(first.body));
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub); }));
    StoredRows rows(hub);
    const RowCounts before = rows.counts();
    EXPECT_EQ(before.at("flow"), 1);
    EXPECT_EQ(before.at("inbound_event"), 1);

    for (int i = 0; i < 3; ++i) {
        const HttpAnswer again = ask();
        EXPECT_EQ(again.status, 200);
        EXPECT_EQ(again.body, first.body);
        EXPECT_EQ(headerOf(again, "X-Signature"), headerOf(first, "X-Signature"));
    }
    EXPECT_THAT(changedTables(before, rows.counts()), IsEmpty());
    EXPECT_EQ(rows.number("SELECT duplicates FROM inbound_event"), 3);
}

}  // namespace
}  // namespace hub::e2e
