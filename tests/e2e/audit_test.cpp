// The audit trail of a real hub, read back by the real hubctl.
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <thread>

#include <gmock/gmock.h>

#include "hub/storage/database.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kKey = "e2e-secret-key";

struct Ran {
    int code = -1;
    std::string out;
};

Ran verifyAudit(const RunningHub& hub) {
    const std::string command =
        std::string(HUBCTL) + " audit verify --url http://127.0.0.1:" + std::to_string(hub.port()) +
        " --key-file " + hub.folder() + "/data/admin.key 2>&1";
    Ran ran;
    std::FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr)
        ran.out += buffer.data();
    ran.code = WEXITSTATUS(pclose(pipe));
    return ran;
}

// Entries get their numbers within a second of their commit.
Ran verifyWhenNumbered(const RunningHub& hub) {
    Ran ran;
    for (int i = 0; i < 200; ++i) {
        ran = verifyAudit(hub);
        const bool nothing_yet = ran.out.find(" 0 entries checked") != std::string::npos;
        const bool numbered = ran.out.find(", 0 wait for their number") != std::string::npos;
        if (ran.code != 0 || (numbered && !nothing_yet)) return ran;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return ran;
}

// TM-LOG: chain check finds a changed and a removed row.
TEST(SqliteAudit, OfARunningHubHoldsUntilSomebodyTouchesIt) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    const std::string body =
        readFile(HUB_SHARED_DIR "/vendors/checkr/samples/webhook_token_deauthorized.json");
    ASSERT_EQ(hub.deliver(body, kKey).status, 200);
    const Ran holds = verifyWhenNumbered(hub);
    EXPECT_EQ(holds.code, 0) << holds.out;
    EXPECT_THAT(holds.out, HasSubstr("holds"));

    storage::Database database(hub.storageUrl());
    const auto run = [&](std::string_view sql) {
        EXPECT_TRUE(database
                        .write(storage::WriteQueue::kSystem,
                               [&](storage::Connection& connection) { connection.run(sql); })
                        .ok());
    };
    run("UPDATE audit_entry SET action = 'nothing' WHERE seq = 1");
    const Ran changed = verifyAudit(hub);
    EXPECT_EQ(changed.code, 1);
    EXPECT_THAT(changed.out, HasSubstr("BROKEN at entry 1: changed"));
    run("DELETE FROM audit_entry");
    const Ran cut = verifyAudit(hub);
    EXPECT_EQ(cut.code, 1);
    EXPECT_THAT(cut.out, HasSubstr("BROKEN at entry 1: cut"));
}

// What a hub committed before it stopped has its number when it is gone.
TEST(SqliteAudit, IsNumberedWholeAtStop) {
    RunningHub hub;
    hub.connectCheckr(kKey);
    const std::string body =
        readFile(HUB_SHARED_DIR "/vendors/checkr/samples/webhook_token_deauthorized.json");
    ASSERT_EQ(hub.deliver(body, kKey).status, 200);
    EXPECT_EQ(hub.terminate(), 0);
    storage::Database database(hub.storageUrl());
    std::int64_t unnumbered = -1;
    database.read([&](storage::Connection& connection) {
        connection.query("SELECT COUNT(*) FROM audit_entry WHERE seq IS NULL", {},
                         [&](const storage::Row& row) { unnumbered = row.integer(0); });
    });
    EXPECT_EQ(unnumbered, 0);
}

}  // namespace
}  // namespace hub::e2e
