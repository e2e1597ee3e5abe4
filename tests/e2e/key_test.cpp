// TM-DATA-5: the master key is rotated while webhooks come in, and nothing is lost by it.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "hub/storage/connection.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {
namespace {

constexpr std::string_view kApiKey = "checkr-test-key";

std::string event(int number) {
    const std::string n = std::to_string(number);
    return R"({"id":"evt)" + n +
           R"(","object":"event","type":"report.completed","created_at":"2026-01-19T09:15:30Z",)"
           R"("data":{"object":{"id":"nobody)" +
           n + R"(","object":"report"}}})";
}

class KeyRotation : public ::testing::Test {
protected:
    int hubctl(const std::string& words, const std::string& log) const {
        const std::string command = std::string(HUB_BUILD_DIR "/bin/hubctl key ") + words +
                                    " --url http://127.0.0.1:" + std::to_string(hub_.port()) +
                                    " --key-file " + hub_.folder() + "/data/admin.key > " + log +
                                    " 2>&1";
        return WEXITSTATUS(std::system(command.c_str()));
    }
    // Values of a column by the id of their key.
    std::map<std::string, int> keysOfBodies() const {
        std::map<std::string, int> keys;
        storage::makeDriver(hub_.storageUrl())
            ->open(storage::Access::kRead)
            ->query("SELECT body_enc FROM inbound_event", {}, [&](const storage::Row& row) {
                const std::string_view value = row.bytes(0);
                ++keys[std::string(value.substr(0, value.find('.', 3)))];
            });
        return keys;
    }

    RunningHub hub_;
};

TEST_F(KeyRotation, GoesOnUnderLoadAndSurvivesARestart) {
    hub_.connectCheckr(kApiKey);
    for (int i = 0; i < 50; ++i) ASSERT_EQ(hub_.deliver(event(i), kApiKey).status, 200);
    std::atomic<bool> stop = false;
    std::atomic<int> refused = 0;
    std::atomic<int> sent = 50;
    std::thread load([&] {
        while (!stop) {
            if (hub_.deliver(event(sent++), kApiKey).status != 200) ++refused;
        }
    });
    const std::string log = hub_.folder() + "/hubctl.log";
    EXPECT_EQ(hubctl("rotate", log), 0) << readFile(log);
    stop = true;
    load.join();
    EXPECT_EQ(refused, 0);
    EXPECT_THAT(readFile(log), ::testing::HasSubstr("new master key k2"));
    const auto keys = keysOfBodies();
    EXPECT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys.begin()->first, "v1.k2-p2");
    EXPECT_EQ(keys.begin()->second, sent);
    EXPECT_EQ(hubctl("retire", log), 1) << "a rotation of a moment ago";
    EXPECT_THAT(readFile(log), ::testing::HasSubstr("less than 10 minutes ago"));
    hub_.kill();
    hub_.start();
    EXPECT_EQ(hub_.deliver(event(sent++), kApiKey).status, 200) << "its secrets still open";
}

}  // namespace
}  // namespace hub::e2e
