#include "hub/app/key_watch.hpp"

#include <gtest/gtest.h>

#include "hub/storage/storage_fixture.hpp"

namespace hub::app {
namespace {

class KeyWatchTest : public storage::StorageTest {
protected:
    void SetUp() override {
        open();
        scope_ = tenant("acme");
        repositories_ = std::make_unique<storage::Repositories>(*vault_);
    }
    std::unique_ptr<KeyWatch> watch(std::int64_t uses_max) {
        return std::make_unique<KeyWatch>(
            *database_, *repositories_, *vault_, [] { return storage::kNow; }, uses_max);
    }
    void seal(int values) {
        for (int i = 0; i < values; ++i)
            (void)vault_->seal({scope_.tenantId(), "finding", "details_enc", "row"}, "value");
    }
    std::int64_t noted() {
        return count(
            "SELECT COALESCE(SUM(uses), 0) FROM data_key WHERE tenant_id = ? "
            "AND key_id = 'k1-p2'",
            {scope_.tenantId()});
    }
    std::int64_t alerts() {
        return count("SELECT COUNT(*) FROM alert WHERE alert_type = 'key_worn'");
    }

    storage::TenantScope scope_ = storage::TenantScope::afterProof("none");
    std::unique_ptr<storage::Repositories> repositories_;
};

// TM-DATA-3
TEST_F(KeyWatchTest, NotesUsesAndRaisesAnAlertOnceForAWornKey) {
    const auto keys = watch(10);
    seal(9);
    keys->noteNow();
    EXPECT_EQ(noted(), 9);
    EXPECT_EQ(alerts(), 0);
    seal(5);
    keys->noteNow();
    EXPECT_EQ(alerts(), 1);
    seal(5);
    keys->noteNow();
    EXPECT_EQ(alerts(), 2) << "once more at one and a half times the limit";
    seal(50);
    keys->noteNow();
    EXPECT_EQ(alerts(), 2);
    EXPECT_GE(noted(), 69);
}

TEST_F(KeyWatchTest, AStopNotesWhatIsLeft) {
    const auto keys = watch(storage::kKeyUsesMax);
    keys->start();
    seal(3);
    keys->stop();
    EXPECT_EQ(noted(), 3);
}

TEST_F(KeyWatchTest, WhatCouldNotBeNotedIsNotedLater) {
    const auto keys = watch(storage::kKeyUsesMax);
    seal(4);
    ASSERT_TRUE(database_
                    ->write(storage::WriteQueue::kSystem,
                            [](storage::Connection& connection) {
                                connection.run("ALTER TABLE data_key RENAME TO elsewhere");
                            })
                    .ok());
    keys->noteNow();
    ASSERT_TRUE(database_
                    ->write(storage::WriteQueue::kSystem,
                            [](storage::Connection& connection) {
                                connection.run("ALTER TABLE elsewhere RENAME TO data_key");
                            })
                    .ok());
    keys->noteNow();
    EXPECT_EQ(noted(), 4);
}

}  // namespace
}  // namespace hub::app
