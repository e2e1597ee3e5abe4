// What is not proven changes nothing; what is proven too little changes nothing before the vendor
// has been asked (TM-IN-1, TM-IN-2, TM-IN-9).
#include "tests/e2e/roster_vendor.hpp"
#include "tests/e2e/stage.hpp"

namespace hub::e2e {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;

class WrongSecret : public Stage {};

TEST_F(WrongSecret, LeavesEveryTableAsItIs) {
    const std::string id = placeOrder("clear");
    (void)orderIn("completed", id);
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
    StoredRows rows(hub_);
    const RowCounts before = rows.counts();
    ASSERT_GT(before.at("inbound_event"), 0);
    const std::string body =
        readFile(HUB_SHARED_DIR "/vendors/checkr/samples/webhook_report_completed_full.json");
    const std::string path = hub_.webhookPath();
    const std::map<std::string, std::string> json{{"Content-Type", "application/json"}};
    std::vector<HttpAnswer> answers{
        hub_.deliver(body, "another-key"),
        hub_.deliver(body, ""),
        hub_.deliver("{", "another-key"),
        hub_.send("POST", path, json, body),
        hub_.send("POST", path, {{"X-Checkr-Signature", std::string(64, '0')}}, body),
        hub_.send("POST", path + "x", json, body),
        hub_.send("POST", path + "/tail", json, body),
        hub_.send("POST", "/api/webhooks/checkr/unknown", json, body),
    };
    for (const HttpAnswer& answer : answers) {
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(answer.body, answers.front().body);
    }
    EXPECT_THAT(changedTables(before, rows.counts()), IsEmpty());
}

class Forgery : public ::testing::Test {
protected:
    RunningHub::Provider connect(const std::string& code) {
        return hub_.connect(
            R"({"pluginKey":"roster","providerCode":")" + code + R"(","providerName":")" + code +
            R"(","secrets":{"api_key":"k","webhook_secret":")" + secretOf(code) + "\"}}");
    }
    static std::string secretOf(const std::string& code) { return "secret-of-" + code; }

    // The vendor calls the person of the n-th order "p" + n.
    std::string placeOrder(const RunningHub::Provider& provider) {
        const auto placed = hub_.api("POST", "/orders",
                                     R"({"providerId":")" + provider.id +
                                         R"(","package":"basic","applicant":)"
                                         R"({"email":"a@example.com"}})");
        EXPECT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
        return std::string(placed.root().pointer("/data/id").text());
    }
    int tell(const RunningHub::Provider& provider, const std::string& code, Proving proving,
             const std::string& event, const std::string& person) {
        return deliverRoster(hub_, provider.webhook_path, secretOf(code), proving,
                             R"({"id":")" + event + R"(","persons":[)" + person + "]}")
            .status;
    }
    // What the order says of its state, and how often that has changed.
    std::vector<std::string> stateOf(const std::string& id) {
        const auto order = hub_.api("GET", "/orders/" + id);
        const hubsdk::Json data = order.root()["data"];
        const hubsdk::Json vendor = data.pointer("/vendorOrders/0");
        return {std::string(data["status"].text()),
                std::string(data["result"].text()),
                std::string(vendor["status"].text()),
                std::string(vendor["vendorStatus"].text()),
                std::string(vendor["overallOutcome"].text()),
                std::to_string(data["timeline"].size())};
    }
    bool fetchedAgain(const std::string& person, int before) {
        return waitFor(30, [&] { return vendor_.fetches(person) > before && atRest(hub_); });
    }

    RosterVendor vendor_;
    RunningHub hub_{vendor_.settings()};
};

constexpr const char* kSaysConsider = R"({"id":"p1","status":"completed","outcome":"consider"})";

std::string nameOf(const ::testing::TestParamInfo<Proving>& chosen) {
    static const std::map<Proving, std::string> kNames{
        {Proving::kWhole, "Whole"}, {Proving::kPart, "InPart"}, {Proving::kPassword, "ByPassword"}};
    return kNames.at(chosen.param);
}

class ForgedHint : public Forgery, public ::testing::WithParamInterface<Proving> {};

TEST_P(ForgedHint, ChangesNothingUntilTheVendorHasSaidSo) {
    const auto provider = connect("one");
    const std::string order = placeOrder(provider);
    const auto before = stateOf(order);
    EXPECT_EQ(before.front(), "in_progress");
    StoredRows rows(hub_);
    const RowCounts were = rows.counts();

    EXPECT_EQ(tell(provider, "one", GetParam(), "e1", kSaysConsider), 200);
    EXPECT_TRUE(fetchedAgain("p1", 0)) << "a hint is a reason to ask";
    EXPECT_EQ(stateOf(order), before) << "the vendor knows nothing of it";
    // The delivery, what it said, and the question to the vendor.
    EXPECT_THAT(
        changedTables(were, rows.counts(), {"inbound_event", "observation", "flow", "flow_step"}),
        IsEmpty());

    vendor_.know("p1", R"({"id":"p1","status":"completed","outcome":"clear"})");
    const int asked = vendor_.fetches("p1");
    EXPECT_EQ(tell(provider, "one", GetParam(), "e2", kSaysConsider), 200);
    EXPECT_TRUE(fetchedAgain("p1", asked));
    EXPECT_EQ(stateOf(order).at(0), "completed");
    EXPECT_EQ(stateOf(order).at(1), "clear") << "what the vendor says, not what the hint says";
}

INSTANTIATE_TEST_SUITE_P(Proven, ForgedHint, ::testing::Values(Proving::kPart, Proving::kPassword),
                         nameOf);

class ForeignNews : public Forgery, public ::testing::WithParamInterface<Proving> {};

// On the webhook of an account of ours, about an order of another one.
TEST_P(ForeignNews, ReachesNoOrderOfAnotherAccount) {
    const auto owner = connect("owner");
    const auto other = connect("other");
    const std::string order = placeOrder(owner);
    const auto state = stateOf(order);
    StoredRows rows(hub_);
    const RowCounts before = rows.counts();

    EXPECT_EQ(tell(other, "other", GetParam(), "e1", kSaysConsider), 200);
    ASSERT_TRUE(waitFor(30, [&] { return atRest(hub_); }));
    EXPECT_EQ(stateOf(order), state);
    EXPECT_EQ(vendor_.fetches("p1"), 0);
    // The delivery is kept and a person is asked (docs/operations.md): nothing else.
    EXPECT_THAT(
        changedTables(before, rows.counts(),
                      {"inbound_event", "observation", "task", "audit_entry", "outbound_event"}),
        IsEmpty());
    EXPECT_THAT(rows.texts("SELECT outcome FROM observation WHERE source_kind = 'delivery'"),
                Each("parked"));
    EXPECT_THAT(rows.texts("SELECT kind FROM task"), Each("unknown_vendor_order"));
    EXPECT_EQ(rows.count("external_link"), before.at("external_link"));
}

INSTANTIATE_TEST_SUITE_P(Proven, ForeignNews,
                         ::testing::Values(Proving::kWhole, Proving::kPart, Proving::kPassword),
                         nameOf);

}  // namespace
}  // namespace hub::e2e
