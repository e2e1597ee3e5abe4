// Vendor bytes from the wire to a stored observation, through the real hubd.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "hub/security/vault.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"
#include "sdk/plugin-api/testing/expected_document.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {
namespace {

using storage::Connection;

constexpr std::string_view kKey = "e2e-secret-key";

// The event that pauses the account: no other one can be looked at after it.
constexpr std::string_view kLastSample = "webhook_token_deauthorized";

// Every webhook sample with an expected document, by name; kLastSample is the last one.
std::vector<std::string> webhookSamples() {
    std::vector<std::string> names;
    for (const auto& file :
         std::filesystem::directory_iterator(HUB_SHARED_DIR "/vendors/checkr/samples")) {
        const std::string name = file.path().stem().string();
        const bool sample =
            name.starts_with("webhook_") && !name.ends_with(".expected") &&
            std::filesystem::exists(file.path().parent_path() / (name + ".expected.json"));
        if (sample && name != kLastSample) names.push_back(name);
    }
    std::ranges::sort(names);
    names.emplace_back(kLastSample);
    return names;
}

std::string sample(const std::string& file) {
    return readFile(HUB_SHARED_DIR "/vendors/checkr/samples/" + file);
}

// The hub's own database, read beside the running hub.
class StoredRows {
public:
    explicit StoredRows(const RunningHub& hub)
        : vault_(std::move(security::Vault::open(hub.folder() + "/data/master.key")).value()),
          database_(hub.storageUrl()),
          repositories_(*vault_) {}

    std::int64_t count(std::string_view table) {
        return database_.read([&](Connection& connection) {
            std::int64_t rows = 0;
            connection.query("SELECT COUNT(*) FROM " + std::string(table), {},
                             [&](const storage::Row& row) { rows = row.integer(0); });
            return rows;
        });
    }

    // Documents of the observations of the delivery with this event id, waiting for them to come.
    std::vector<std::string> observationsOf(const std::string& event_id) {
        for (int i = 0; i < 400; ++i) {
            auto documents = read(event_id);
            if (!documents.empty()) return documents;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return {};
    }

private:
    std::vector<std::string> read(const std::string& event_id) {
        return database_.read([&](Connection& connection) {
            std::string id;
            std::string tenant;
            connection.query("SELECT id, tenant_id FROM inbound_event WHERE vendor_event_id = ?",
                             {event_id}, [&](const storage::Row& row) {
                                 id = row.string(0);
                                 tenant = row.string(1);
                             });
            std::vector<std::string> documents;
            if (id.empty()) return documents;
            const auto scope = storage::TenantScope::fromLeasedRow(tenant);
            for (const auto& stored : repositories_.observations.ofSource(connection, scope, id)) {
                documents.push_back(stored.document);
            }
            return documents;
        });
    }

    std::unique_ptr<security::Vault> vault_;
    storage::Database database_;
    storage::Repositories repositories_;
};

TEST(Webhooks, OfTheVendorAreStoredAsTheirExpectedDocumentsSay) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    StoredRows rows(hub);
    std::size_t compared = 0;
    for (const std::string& name : webhookSamples()) {
        SCOPED_TRACE(name);
        const std::string body = sample(name + ".json");
        EXPECT_EQ(hub.deliver(body, kKey).status, 200);
        const auto event = hubsdk::JsonDocument::parse(body);
        ASSERT_TRUE(event.ok());
        const auto stored = rows.observationsOf(std::string(event->root()["id"].text()));
        ASSERT_EQ(stored.size(), 1U);
        EXPECT_THAT(
            hubsdk::testing::differencesFrom(sample(name + ".expected.json"), stored.front()),
            testing::IsEmpty());
        ++compared;
    }
    // A sample that is left out must not look like one that fits.
    EXPECT_EQ(compared, 8U);
}

// TM-IN-1, TM-IN-8: refused deliveries leave nothing behind, and all look the same.
TEST(Webhooks, WithoutProofChangeNothing) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    StoredRows rows(hub);
    const std::string body = sample("webhook_report_completed_full.json");
    const auto wrong_key = hub.deliver(body, "another-key");
    const auto unsigned_one =
        hub.send("POST", hub.webhookPath(), {{"Content-Type", "application/json"}}, body);
    const auto unknown =
        hub.send("POST", "/api/webhooks/checkr/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", {}, body);
    const auto no_vendor = hub.send("POST", "/api/webhooks/nobody/AAAA", {}, body);
    for (const auto* answer : {&wrong_key, &unsigned_one, &unknown, &no_vendor}) {
        EXPECT_EQ(answer->status, 401);
        EXPECT_EQ(answer->body, wrong_key.body);
    }
    EXPECT_EQ(rows.count("inbound_event"), 0);
    EXPECT_EQ(rows.count("observation"), 0);
}

// TM-IN-3: the same event twice is answered twice and has one row and one effect.
TEST(Webhooks, SentTwiceHaveOneRow) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    StoredRows rows(hub);
    const std::string body = sample("webhook_report_disputed.json");
    EXPECT_EQ(hub.deliver(body, kKey).status, 200);
    EXPECT_EQ(hub.deliver(body, kKey).status, 200);
    ASSERT_EQ(rows.observationsOf("5a0000000000000000000005").size(), 1U);
    EXPECT_EQ(rows.count("inbound_event"), 1);
    EXPECT_EQ(rows.count("observation"), 1);
}

// TM-IN-5: what was answered 200 is there after a kill.
TEST(Webhooks, AnsweredBeforeAKillAreThereAfterIt) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    const std::string body = sample("webhook_report_disputed.json");
    ASSERT_EQ(hub.deliver(body, kKey).status, 200);
    hub.kill();
    hub.start();
    StoredRows rows(hub);
    EXPECT_EQ(rows.count("inbound_event"), 1);
    EXPECT_EQ(rows.observationsOf("5a0000000000000000000005").size(), 1U);
}

TEST(Hub, StopsInOrderOnATerminationSignal) {
    RunningHub hub;
    EXPECT_EQ(hub.terminate(), 0);
}

TEST(Portal, NeedsAKeyAndKnowsItsPaths) {
    const RunningHub hub;
    EXPECT_EQ(hub.send("GET", "/api/v1/orders/x", {}, "").status, 401);
    EXPECT_EQ(
        hub.send("GET", "/api/v1/orders/x", {{"Authorization", "Bearer nonsense"}}, "").status,
        401);
    const std::map<std::string, std::string> with_key{{"Authorization", "Bearer " + hub.key()}};
    EXPECT_EQ(hub.send("GET", "/api/v1/orders/x", with_key, "").status, 404);
    EXPECT_EQ(hub.send("GET", "/api/v1/nothing", with_key, "").status, 404);
    EXPECT_EQ(hub.send("DELETE", "/api/v1/orders/x", with_key, "").status, 405);
    EXPECT_EQ(hub.send("GET", "/health", {}, "").status, 200);
    EXPECT_EQ(hub.send("GET", "/ready", {}, "").status, 200);
}

// TM-AZ-3 and "bad input names the field": nothing half-done stays behind.
TEST(Portal, NamesTheFieldThatIsWrong) {
    RunningHub hub;
    const std::string provider = hub.connectCheckr(kKey);
    StoredRows rows(hub);
    const std::pair<std::string, std::string> kCases[] = {
        {R"({"providerId":"PROVIDER","package":"p","applicant":{"email":"no address"}})",
         "applicant.email"},
        {R"({"providerId":"PROVIDER","package":"p","applicant":{}})", "applicant.email"},
        {R"({"providerId":"PROVIDER","package":"p","applicant":{"email":"a@b.c"},"status":"completed"})",
         "status"},
        {R"({"providerId":"nobody","package":"p","applicant":{"email":"a@b.c"}})", "providerId"},
        {R"({"providerId":"PROVIDER","package":"p","applicant":{"email":"a@b.c"},"services":["magic"]})",
         "services[0]"},
    };
    for (const auto& [given, field] : kCases) {
        std::string body = given;
        if (const auto at = body.find("PROVIDER"); at != std::string::npos)
            body.replace(at, 8, provider);
        const auto answer = hub.api("POST", "/orders", body);
        EXPECT_EQ(answer.root().pointer("/error/code").text(), "VALIDATION_ERROR") << given;
        EXPECT_EQ(answer.root().pointer("/error/details/0/field").text(), field) << given;
    }
    EXPECT_EQ(rows.count("screening_order"), 0);
    EXPECT_EQ(rows.count("flow"), 0);
}

}  // namespace
}  // namespace hub::e2e
