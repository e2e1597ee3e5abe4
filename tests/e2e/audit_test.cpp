// The audit trail of a real hub, read back by the real hubctl.
#include <gmock/gmock.h>

#include "hub/storage/database.hpp"
#include "tests/e2e/stage.hpp"

namespace hub::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kKey = "e2e-secret-key";

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
