// TM-IN-5, architecture section 11, invariants 1 and 2: a hub that is killed anywhere loses nothing
// that it acknowledged and does nothing twice.
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "hub/storage/connection.hpp"
#include "tests/faults/storm.hpp"

namespace hub::faults {
namespace {

constexpr std::string_view kApiKey = "checkr-test-key";

int numberFrom(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

class Killed : public ::testing::Test {
protected:
    // The twin outlives every hub, as a vendor does.
    Killed() : twin_(hub_.folder(), kApiKey) {
        hub_.kill();
        hub_.set("outbound.routes", "api.checkr.com=" + twin_.address() +
                                        ", documents.checkr.example=" + twin_.address());
        hub_.set("server.port", std::to_string(hub_.port()));  // the vendor knows this URL
        hub_.start();
        provider_id_ = hub_.connectCheckr(kApiKey);
        runCommand("account.connect");
    }

    void runCommand(const std::string& command) {
        const auto begun = hub_.api("POST", "/providers/" + provider_id_ + "/commands",
                                    R"({"command":")" + command + "\"}");
        const std::string id(begun.root().pointer("/data/id").text());
        EXPECT_TRUE(waitFor(30, [&] {
            return hub_.api("GET", "/admin/flows/" + id).root().pointer("/data/state").text() ==
                   "done";
        })) << command;
    }

    template <class Holds>
    static bool waitFor(int seconds, Holds holds) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
        while (std::chrono::steady_clock::now() < end) {
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return false;
    }

    bool isRight(const std::string& order_id) {
        const auto order = hub_.api("GET", "/orders/" + order_id);
        const std::string_view status = order.root().pointer("/data/status").text();
        const std::string_view result = order.root().pointer("/data/result").text();
        return (status == "completed" && result == "clear") ||
               (status == "pending_review" && result == "consider");
    }

    // Every acknowledged event has its row.
    void expectRows(const std::set<std::string>& events) {
        const auto connection =
            storage::makeDriver(hub_.storageUrl())->open(storage::Access::kRead);
        std::set<std::string> stored;
        connection->query(
            "SELECT vendor_event_id FROM inbound_event", {},
            [&](const storage::Row& row) { stored.insert(row.optString(0).value_or("")); });
        for (const std::string& id : events) EXPECT_TRUE(stored.contains(id)) << id;
    }

    e2e::RunningHub hub_;
    Twin twin_;
    std::string provider_id_;
};

TEST_F(Killed, LosesNothingAndDoublesNothing) {
    const int rounds = numberFrom("HUB_FAULT_ROUNDS", 4);
    const auto seed = static_cast<unsigned>(
        numberFrom("HUB_FAULT_SEED", static_cast<int>(std::random_device{}() % 1'000'000)));
    RecordProperty("seed", static_cast<int>(seed));
    SCOPED_TRACE("HUB_FAULT_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> moment_ms(5, 600);
    twin_.setSwitch(R"({"duplicate_every":3,"reorder":true})");

    Storm storm(hub_, provider_id_, std::string(kApiKey));
    for (int round = 0; round < rounds; ++round) {
        storm.begin(2, 30);
        if (round % 4 == 3) twin_.setSwitch(R"({"lose_reply_next":1})");
        std::this_thread::sleep_for(std::chrono::milliseconds(moment_ms(random)));
        hub_.kill();
        hub_.start();
    }
    ASSERT_TRUE(storm.settle(60)) << "every order is accepted at last";
    const auto orders = storm.orders();
    EXPECT_EQ(orders.size(), static_cast<std::size_t>(rounds * 2));
    EXPECT_TRUE(waitFor(120, [&] {
        return std::ranges::all_of(orders, [&](const auto& id) { return isRight(id); });
    }));
    for (const auto& id : orders) {
        EXPECT_TRUE(isRight(id)) << hubsdk::toText(hub_.api("GET", "/orders/" + id).root());
    }
    EXPECT_GT(storm.answered().size(), 0U);
    expectRows(storm.answered());
    const auto ledger = hubsdk::JsonDocument::parse(twin_.ledger());
    ASSERT_TRUE(ledger);
    EXPECT_EQ(hubsdk::toText(ledger->root()["duplicates_by_custom_id"]), "{}");
    EXPECT_EQ(ledger->root()["invitations"].asInt64(), rounds * 2);
}

}  // namespace
}  // namespace hub::faults
