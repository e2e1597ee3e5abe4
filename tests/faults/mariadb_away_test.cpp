// TM-DB-1, TM-DB-2: a database server that stands still, is gone, or drops every session, under
// load. What was answered 200 has its row, nothing is done twice, and the hub goes on by itself.
#include "hub/storage/testing/mariadb_server.hpp"
#include "tests/faults/ordering.hpp"

namespace hub::faults {
namespace {

using storage::testing::MariadbServer;
using ::testing::HasSubstr;

std::chrono::seconds pause() { return std::chrono::seconds(numberFrom("HUB_FAULT_PAUSE_S", 4)); }

// The name keeps it out of the second run, which has a server of its own.
class MariadbAway : public Ordering {
protected:
    MariadbAway() : Ordering({{"storage.url", freshUrl()}}) {}

    static MariadbServer& server() { return MariadbServer::shared(); }
    static std::string freshUrl() { return server().socketUrl(server().migratedDatabase()); }

    [[nodiscard]] std::string ready() const { return hub_.send("GET", "/ready", {}, "").body; }
    void expectNotReady() {
        EXPECT_TRUE(e2e::waitFor(30, [&] {
            return ready().find(R"("database")") != std::string::npos;
        })) << ready();
        EXPECT_EQ(hub_.send("GET", "/health", {}, "").status, 200) << "a restart would not help";
    }
    // TM-DB-2: recovery within 5 s, without a restart.
    void expectReadyAgain() {
        EXPECT_TRUE(e2e::waitFor(5, [&] {
            return hub_.send("GET", "/ready", {}, "").status == 200;
        })) << ready();
    }
    // Half of the load before, half of it while the server is away.
    void underLoad(const std::function<void()>& away, const std::function<void()>& back) {
        Storm storm(hub_, provider_id_, std::string(e2e::kApiKey));
        storm.begin(3, 100);
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        away();
        storm.begin(3, 100);
        expectNotReady();
        std::this_thread::sleep_for(pause());
        back();
        expectReadyAgain();
        expectNothingLostOrDoubled(storm, 6);
    }
};

TEST_F(MariadbAway, StandingStill) {
    underLoad([] { server().freeze(); }, [] { server().thaw(); });
}

TEST_F(MariadbAway, StoppedAndStarted) {
    underLoad([] { server().stop(); }, [] { server().start(); });
}

TEST_F(MariadbAway, KilledAndStarted) {
    underLoad([] { server().kill(); }, [] { server().start(); });
}

TEST_F(MariadbAway, EverySessionKilledAgainAndAgain) {
    const int rounds = numberFrom("HUB_FAULT_ROUNDS", 4) * 2;
    twin_.setSwitch(R"({"duplicate_every":3,"reorder":true})");
    Storm storm(hub_, provider_id_, std::string(e2e::kApiKey));
    for (int round = 0; round < rounds; ++round) {
        storm.begin(1, 30);
        std::this_thread::sleep_for(std::chrono::milliseconds(150));
        server().killSessions();
    }
    expectNothingLostOrDoubled(storm, rounds);
}

}  // namespace
}  // namespace hub::faults
