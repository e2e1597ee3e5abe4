// What a real hub says about itself: /metrics, /health and /ready.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <thread>

#include "hub/app/hub_metrics.hpp"
#include "hub/http/testing/raw_socket.hpp"
#include "hub/observe/testing/metrics_text.hpp"
#include "hub/storage/testing/mariadb_server.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {
namespace {

using observe::testing::MetricsText;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Settings = std::map<std::string, std::string>;

constexpr std::string_view kKey = "e2e-secret-key";

std::string sample() {
    return readFile(HUB_SHARED_DIR "/vendors/checkr/samples/webhook_report_disputed.json");
}

MetricsText scrape(const RunningHub& hub) {
    const HttpAnswer answer = hub.send("GET", "/metrics", {}, "");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.head, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    MetricsText text(answer.body);
    EXPECT_THAT(text.problems(), IsEmpty()) << answer.body;
    return text;
}

// Scrapes until a series has this value, at most 20 s.
MetricsText scrapeUntil(const RunningHub& hub, const std::string& series, double value) {
    for (int i = 0; i < 400; ++i) {
        MetricsText text = scrape(hub);
        if (text.value(series) == value) return text;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return scrape(hub);
}

std::string webhooks(const std::string& vendor, const std::string& answer,
                     const std::string& reason) {
    return "hub_webhooks_total{vendor=\"" + vendor + "\",answer=\"" + answer + "\",reason=\"" +
           reason + "\"}";
}

TEST(SqliteMetrics, ShowWhatTheDoorDid) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    EXPECT_EQ(hub.deliver(sample(), kKey).status, 200);
    EXPECT_EQ(hub.deliver(sample(), kKey).status, 200);
    EXPECT_EQ(hub.deliver(sample(), "another-key").status, 401);
    EXPECT_EQ(hub.send("POST", hub.webhookPath(), {}, sample()).status, 401);
    EXPECT_EQ(hub.send("POST", "/api/webhooks/checkr/AAAAAAAAAAAAAAAA", {}, "{}").status, 401);
    const auto text =
        scrapeUntil(hub, "hub_deliveries_total{vendor=\"checkr\",outcome=\"processed\"}", 1);
    EXPECT_EQ(text.value(webhooks("checkr", "stored", "")), 1);
    EXPECT_EQ(text.value(webhooks("checkr", "duplicate", "")), 1);
    EXPECT_EQ(text.value(webhooks("checkr", "refused", "bad_signature")), 1);
    EXPECT_EQ(text.value(webhooks("checkr", "refused", "no_proof")), 1);
    EXPECT_EQ(text.value(webhooks("checkr", "refused", "unknown_endpoint")), 1);
    EXPECT_EQ(text.value("hub_deliveries_total{vendor=\"checkr\",outcome=\"processed\"}"), 1);
    EXPECT_GE(text.value("hub_plugin_calls_total{vendor=\"checkr\",status=\"ok\"}"), 1);
    EXPECT_GE(text.value("hub_write_commits_total"), 2);
    EXPECT_EQ(text.value("hub_database_up"), 1);
    EXPECT_EQ(text.value("hub_ready"), 1);
    EXPECT_GT(text.value("process_resident_memory_bytes"), 1'000'000);
    EXPECT_GT(text.value("process_start_time_seconds"), 1.7e9);
    EXPECT_GE(text.value("hub_http_answers_total{status=\"4xx\"}"), 3);
}

// TM-HTTP-7: who watches is let in when the first port's connections are used up.
TEST(SqliteHealth, StaysGreenWhenEveryConnectionIsTaken) {
    using http::testing::RawSocket;
    std::uint16_t watched = 0;
    {
        const http::testing::RawListener free_port;
        watched = free_port.port();
    }
    const RunningHub hub(
        {{"server.connections_max", "4"}, {"server.health_port", std::to_string(watched)}});
    const auto ask = [](std::uint16_t port, const std::string& path) {
        RawSocket socket = RawSocket::connectTo(port);
        socket.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return socket.readToEnd().substr(0, 12);
    };
    std::vector<RawSocket> held;
    for (int i = 0; i < 4; ++i) {
        held.push_back(RawSocket::connectTo(hub.port()));
        held.back().send("GET /health HTTP/1.1\r\n");
    }
    EXPECT_EQ(ask(hub.port(), "/health"), "HTTP/1.1 503");
    for (const char* path : {"/health", "/ready", "/metrics"})
        EXPECT_EQ(ask(watched, path), "HTTP/1.1 200") << path;
    EXPECT_EQ(ask(watched, "/api/v1/orders"), "HTTP/1.1 404");
    EXPECT_EQ(ask(watched, "/api/webhooks/checkr/x"), "HTTP/1.1 404");
}

// TM-IN-7
TEST(SqliteMetrics, AFloodFromOneAddressIsRefusedAndCounted) {
    RunningHub hub(Settings{{"webhooks.rate_per_s", "1"}});
    hub.connectCheckr(kKey);
    int refused = 0;
    for (int i = 0; i < 40; ++i)
        refused += hub.send("POST", hub.webhookPath(), {}, "{}").status == 429 ? 1 : 0;
    EXPECT_GT(refused, 0);
    EXPECT_EQ(scrape(hub).value(webhooks("checkr", "too_many", "")), refused);
    EXPECT_EQ(hub.send("GET", "/health", {}, "").status, 200);
}

TEST(SqliteMetrics, ShowAnOrderAndItsCalls) {
    http::testing::RawListener vendor;
    RunningHub hub(Settings{
        {"outbound.routes", "api.checkr.com=http://127.0.0.1:" + std::to_string(vendor.port())}});
    const std::string provider = hub.connectCheckr(kKey);
    const auto order = hub.api("POST", "/orders",
                               R"({"providerId":")" + provider +
                                   R"(","package":"driver_pro","applicant":{"email":"a@b.c",)"
                                   R"("firstName":"A","lastName":"B"},)"
                                   R"("workLocation":{"country":"US","region":"CA","city":"X"}})");
    ASSERT_FALSE(order.root().pointer("/data/id").text().empty()) << hubsdk::toText(order.root());
    auto call = vendor.accept();
    EXPECT_THAT(call.readUntil("\r\n\r\n"), HasSubstr("POST /v1/candidates"));
    EXPECT_EQ(scrape(hub).value("hub_flows_open{command=\"order.submit\",state=\"running\"}"), 1);
    call.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    const auto text =
        scrapeUntil(hub, "hub_vendor_calls_total{vendor=\"checkr\",outcome=\"5xx\"}", 1);
    EXPECT_EQ(text.value("hub_vendor_calls_total{vendor=\"checkr\",outcome=\"5xx\"}"), 1);
    EXPECT_EQ(text.value("hub_flows_started_total{command=\"order.submit\",vendor=\"checkr\"}"), 1);
}

// TM-LOG: what a stranger sends never becomes a label.
TEST(SqliteMetrics, LabelsComeFromBoundedSets) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    for (int i = 0; i < 30; ++i) {
        const std::string name = "vendor" + std::to_string(i);
        EXPECT_EQ(hub.send("POST", "/api/webhooks/" + name + "/x", {}, "{}").status, 401);
        EXPECT_EQ(hub.send("GET", "/" + name, {}, "").status, 404);
        EXPECT_EQ(hub.send("GET", "/api/v1/" + name, {}, "").status, 401);
    }
    const MetricsText text = scrape(hub);
    EXPECT_EQ(text.value(webhooks("unknown", "refused", "unknown_vendor")), 30);
    for (const std::string& vendor : text.labelValues("vendor"))
        EXPECT_TRUE(std::filesystem::exists(HUB_BUILD_DIR "/plugins/" + vendor + ".so") ||
                    vendor == "unknown")
            << vendor;
    EXPECT_LT(text.series().size(), 200U);
    std::set<std::string> known;
    for (const observe::Metric* metric : app::metricTable()) known.emplace(metric->name);
    for (const std::string& name : text.names()) EXPECT_TRUE(known.contains(name)) << name;
}

// TM-LOG: values planted in an order, a delivery and a secret are in no line and in no metric.
TEST(SqliteLogs, HoldNothingOfAPerson) {
    http::testing::RawListener vendor;
    RunningHub hub(Settings{
        {"outbound.routes", "api.checkr.com=http://127.0.0.1:" + std::to_string(vendor.port())},
        {"log.level", "debug"}});
    constexpr const char* kPlanted[] = {"e2e-secret-key",      "543-43-4645", "543434645",
                                        "planted@example.com", "Plantedson",  "1970-01-22"};
    const std::string provider = hub.connectCheckr(kPlanted[0]);
    const std::string order =
        R"({"providerId":")" + provider +
        R"(","package":"driver_pro","applicant":{"email":"planted@example.com",)"
        R"("firstName":"Plantedson","lastName":"Plantedson","dateOfBirth":"1970-01-22",)"
        R"("ssn":"543-43-4645"},"workLocation":{"country":"US","region":"CA","city":"X"}})";
    (void)hub.api("POST", "/orders", order);
    {
        auto call = vendor.accept();
        (void)call.readUntil("\r\n\r\n");
        const std::string refusal = R"({"error":"planted@example.com 543-43-4645 Plantedson"})";
        call.send("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: " +
                  std::to_string(refusal.size()) + "\r\n\r\n" + refusal);
    }
    const std::string body = R"({"id":"5a1","type":"report.completed","data":{"object":)"
                             R"({"ssn":"543-43-4645","email":"planted@example.com",)"
                             R"("first_name":"Plantedson"}}})";
    EXPECT_EQ(hub.deliver(body, kPlanted[0]).status, 200);
    (void)hub.deliver(body, "another-key");
    scrapeUntil(hub, "hub_vendor_calls_total{vendor=\"checkr\",outcome=\"4xx\"}", 1);
    const std::string metrics = hub.send("GET", "/metrics", {}, "").body;
    EXPECT_EQ(hub.terminate(), 0);
    const std::string log = readFile(hub.folder() + "/hubd.log");
    for (const char* planted : kPlanted) {
        EXPECT_EQ(log.find(planted), std::string::npos) << planted;
        EXPECT_EQ(metrics.find(planted), std::string::npos) << planted;
    }
    std::istringstream lines(log);
    std::size_t read = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('{')) continue;
        EXPECT_TRUE(hubsdk::JsonDocument::parse(line).ok()) << line;
        ++read;
    }
    EXPECT_GE(read, 2U);
}

// TM-LOG: a log without room for another line stops nothing.
TEST(SqliteLogs, StopNothingWhenTheirDiskIsFull) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    hub.startLoggingTo("/dev/full");
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(hub.deliver(sample(), "another-key").status, 401);
        EXPECT_EQ(hub.deliver(sample(), kKey).status, 200);
    }
    EXPECT_EQ(hub.send("GET", "/health", {}, "").status, 200);
    EXPECT_EQ(hub.terminate(), 0);
}

HttpAnswer readyUntil(const RunningHub& hub, int status) {
    HttpAnswer ready;
    for (int i = 0; i < 400 && ready.status != status; ++i) {
        ready = hub.send("GET", "/ready", {}, "");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return ready;
}

// TM-DB-2: a database that is away turns readiness red, and its return turns it green.
TEST(MariadbHealth, SaysThatTheDatabaseIsAway) {
    storage::testing::MariadbServer server;
    const RunningHub hub(Settings{{"storage.url", server.socketUrl(server.newDatabase())}});
    EXPECT_EQ(readyUntil(hub, 200).status, 200);
    server.stop();
    const HttpAnswer away = readyUntil(hub, 503);
    EXPECT_EQ(away.status, 503);
    EXPECT_THAT(away.body, HasSubstr(R"("reasons":["database"])"));
    EXPECT_EQ(hub.send("GET", "/health", {}, "").status, 200);
    EXPECT_EQ(scrape(hub).value("hub_database_up"), 0);
    server.start();
    EXPECT_EQ(readyUntil(hub, 200).status, 200);
}

std::string readyOf(const RunningHub& hub) { return hub.send("GET", "/ready", {}, "").body; }

TEST(SqliteHealth, IsGreenAndNeverKept) {
    const RunningHub hub;
    for (const char* path : {"/health", "/ready"}) {
        const HttpAnswer answer = hub.send("GET", path, {}, "");
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_THAT(answer.head, HasSubstr("Cache-Control: no-store"));
        EXPECT_THAT(answer.body, HasSubstr(R"("reasons":[],"warnings":[])"));
    }
}

TEST(SqliteHealth, SaysThatNoPluginIsLoaded) {
    const std::string empty = (std::filesystem::temp_directory_path() / "hub-no-plugins").string();
    std::filesystem::create_directories(empty);
    const RunningHub hub(Settings{{"plugins.dir", empty}});
    const HttpAnswer answer = hub.send("GET", "/ready", {}, "");
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.body, HasSubstr(R"("ready":false,"reasons":["plugins"])"));
    EXPECT_EQ(hub.send("GET", "/health", {}, "").status, 200) << "a restart mends nothing";
}

TEST(SqliteHealth, SaysThatTheDiskIsFull) {
    const RunningHub hub(Settings{{"storage.free_bytes_min", "9000000000000000000"}});
    EXPECT_EQ(hub.send("GET", "/ready", {}, "").status, 503);
    EXPECT_THAT(readyOf(hub), HasSubstr(R"("reasons":["storage_full"])"));
    EXPECT_EQ(scrape(hub).value("hub_not_ready{reason=\"storage_full\",severity=\"red\"}"), 1);
}

}  // namespace
}  // namespace hub::e2e
