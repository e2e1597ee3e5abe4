// A§10: how a hub stops. Readiness red, listener closed, calls in flight end by their own
// deadlines, writer flushed; a second signal cuts.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "hub/http/testing/raw_socket.hpp"
#include "hub/storage/database.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {
namespace {

using http::testing::RawListener;
using http::testing::RawSocket;
using ::testing::HasSubstr;

constexpr std::string_view kKey = "e2e-secret-key";
constexpr int kCutExitCode = 75;
constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

class Stop : public ::testing::Test {
protected:
    std::unique_ptr<RunningHub> start(std::map<std::string, std::string> settings = {}) {
        settings["outbound.routes"] =
            "api.checkr.com=http://127.0.0.1:" + std::to_string(vendor_.port());
        auto hub = std::make_unique<RunningHub>(std::move(settings));
        provider_ = hub->connectCheckr(kKey);
        return hub;
    }
    /// Begins a call to the vendor and waits until it is there.
    RawSocket beginCall(const RunningHub& hub) {
        const auto begun = hub.api("POST", "/providers/" + provider_ + "/commands",
                                   R"({"command":"account.test"})");
        EXPECT_FALSE(begun.root().pointer("/data/id").text().empty());
        auto call = vendor_.accept();
        EXPECT_NE(call.readUntil("\r\n\r\n"), "");
        return call;
    }
    static std::int64_t count(const RunningHub& hub, std::string_view sql) {
        storage::Database database(hub.storageUrl());
        std::int64_t rows = -1;
        database.read([&](storage::Connection& connection) {
            connection.query(sql, {}, [&](const storage::Row& row) { rows = row.integer(0); });
        });
        return rows;
    }
    static std::string limitsOf(RunningHub& hub) {
        std::ifstream file("/proc/" + std::to_string(hub.process().id()) + "/limits");
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static void waitForRefusedConnection(const RunningHub& hub) {
        for (int i = 0; i < 400; ++i) {
            try {
                (void)RawSocket::connectTo(hub.port());
            } catch (const std::runtime_error&) {
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        FAIL() << "the listener stayed open";
    }

    RawListener vendor_;
    std::string provider_;
};
using SqliteStop = Stop;

// TM-DATA-6
TEST_F(SqliteStop, ACrashLeavesNoCoreFile) {
    const auto hub = start();
    EXPECT_THAT(limitsOf(*hub), ::testing::ContainsRegex("Max core file size +0 +0 "));
}

TEST_F(SqliteStop, TurnsReadinessRedWhileItStillServes) {
    const auto hub = start({{"server.drain_delay_ms", "600000"}});
    EXPECT_EQ(hub->send("GET", "/ready", {}, "").status, 200);
    hub->process().signal(SIGTERM);
    HttpAnswer ready;
    for (int i = 0; i < 400 && ready.status != 503; ++i) {
        ready = hub->send("GET", "/ready", {}, "");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, HasSubstr(R"("reasons":["stopping"])"));
    EXPECT_EQ(hub->send("GET", "/health", {}, "").status, 200);
    const std::string body =
        readFile(HUB_SHARED_DIR "/vendors/checkr/samples/webhook_report_disputed.json");
    EXPECT_EQ(hub->deliver(body, kKey).status, 200) << "who has not looked yet is still served";
    hub->process().signal(SIGTERM);
    EXPECT_EQ(hub->process().waitForExit(), kCutExitCode);
    EXPECT_EQ(count(*hub, "SELECT COUNT(*) FROM inbound_event"), 1);
}

TEST_F(SqliteStop, LetsACallInFlightEndAndKeepsItsReply) {
    const auto hub = start();
    RawSocket call = beginCall(*hub);
    hub->process().signal(SIGTERM);
    waitForRefusedConnection(*hub);
    EXPECT_TRUE(call.send(kOk));
    EXPECT_EQ(hub->process().waitForExit(), 0);
    EXPECT_EQ(count(*hub, "SELECT COUNT(*) FROM flow_step WHERE reply_status = 200"), 1);
    EXPECT_EQ(count(*hub, "SELECT COUNT(*) FROM audit_entry WHERE seq IS NULL"), 0);
}

TEST_F(SqliteStop, IsCutByASecondSignalAndForgetsNothing) {
    const auto hub = start();
    const RawSocket call = beginCall(*hub);
    hub->process().signal(SIGTERM);
    waitForRefusedConnection(*hub);
    hub->process().signal(SIGINT);
    EXPECT_EQ(hub->process().waitForExit(), kCutExitCode);
    EXPECT_EQ(count(*hub, "SELECT COUNT(*) FROM flow_step WHERE state = 'intent'"), 1)
        << "what was sent stays known";
}

}  // namespace
}  // namespace hub::e2e
