// What happens to units of work when the server or the way to it fails.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "hub/storage/account_repository.hpp"
#include "hub/storage/flow_repository.hpp"
#include "hub/storage/storage_fixture.hpp"
#include "hub/storage/tenant_repository.hpp"
#include "hub/storage/testing/tcp_relay.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::Result;
using testing::MariadbServer;
using testing::TcpRelay;

class MariadbFaultsTest : public ::testing::Test {
protected:
    MariadbServer& server_ = MariadbServer::shared();
    std::string name_ = server_.migratedDatabase();
    std::string url_ = server_.socketUrl(name_);

    static void insert(Connection& connection, std::string_view scope) {
        connection.run("INSERT INTO counter (scope, value) VALUES (?, 1)", {scope});
    }
    std::int64_t rows() { return server_.number("SELECT COUNT(*) FROM " + name_ + ".counter"); }
    /// The URL by way of a relay.
    [[nodiscard]] std::string urlBy(const TcpRelay& relay) const {
        std::string url =
            server_.tcpUrl(name_, "tls=plain&password_file=" + server_.passwordFile());
        const std::string port = ":" + std::to_string(server_.port());
        return url.replace(url.find(port), port.size(), ":" + std::to_string(relay.port()));
    }
};

// TM-DB-1
TEST_F(MariadbFaultsTest, SessionKilledBetweenTwoInsertsRepeatsTheWholeUnit) {
    Database database(url_);
    int runs = 0;
    const auto done = database.write(WriteQueue::kSystem, [&](Connection& connection) {
        insert(connection, "a");
        if (++runs == 1) server_.killSessions();
        insert(connection, "b");
    });
    EXPECT_TRUE(done.ok());
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(rows(), 2);
}

// TM-DB-1: also if the unit takes the failure for an answer and goes on.
TEST_F(MariadbFaultsTest, UnitThatSwallowsALostSessionLeavesNothingHalf) {
    Database database(url_);
    int runs = 0;
    const auto done = database.write(WriteQueue::kSystem, [&](Connection& connection) {
        insert(connection, "a");
        if (++runs == 1) server_.killSessions();
        try {
            insert(connection, "b");
        } catch (const StorageError&) {
            EXPECT_EQ(runs, 1);
        }
    });
    EXPECT_TRUE(done.ok());
    EXPECT_EQ(rows(), 2);
}

// TM-DB-2
TEST_F(MariadbFaultsTest, KilledSessionsAreReplacedWithoutAnError) {
    Database database(url_);
    const auto works = [&] {
        EXPECT_NO_THROW(database.read(
            [](Connection& connection) { connection.query("SELECT 1", {}, [](const Row&) {}); }));
        EXPECT_TRUE(database
                        .write(WriteQueue::kPortal,
                               [](Connection& connection) {
                                   connection.run("UPDATE counter SET value = 0");
                               })
                        .ok());
    };
    works();
    for (int i = 0; i < 3; ++i) {
        server_.killSessions();
        works();
    }
}

// TM-DB-2
TEST_F(MariadbFaultsTest, StoppedServerFailsRequestsAndIsFoundAgainWithoutARestart) {
    Database database(url_);
    const auto add = [&](std::string scope) {
        return database.write(WriteQueue::kPortal,
                              [scope = std::move(scope)](Connection& c) { insert(c, scope); });
    };
    ASSERT_TRUE(add("before").ok());
    server_.stop();
    EXPECT_EQ(add("away").error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(add("away still").error().code, ErrorCode::kUnavailable);
    EXPECT_THROW(database.read([](Connection&) {}), StorageError);
    server_.start();
    EXPECT_TRUE(add("back").ok());
    EXPECT_NO_THROW(database.read([](Connection&) {}));
    EXPECT_EQ(rows(), 2);
}

// TM-DB-2
TEST_F(MariadbFaultsTest, FrozenServerFailsRequestsAndIsFoundAgain) {
    DatabaseLimits limits;
    limits.statement_deadline_ms = 1000;
    Database database(url_ + "&connect_timeout_ms=1000", limits);
    const auto update = [&] {
        return database.write(WriteQueue::kPortal, [](Connection& connection) {
            connection.run("UPDATE counter SET value = value + 1");
        });
    };
    ASSERT_TRUE(update().ok());
    server_.freeze();
    EXPECT_FALSE(update().ok());
    EXPECT_FALSE(update().ok());
    EXPECT_THROW(database.read([](Connection&) {}), StorageError);
    server_.thaw();
    EXPECT_TRUE(update().ok());
    EXPECT_NO_THROW(database.read([](Connection&) {}));
}

class MariadbLostCommitTest : public MariadbFaultsTest {
protected:
    // Writes one row while the next COMMIT meets this fate; how often the unit ran.
    int runsWhenCommitMeets(TcpRelay::Fate fate) {
        std::atomic<bool> armed{false};
        TcpRelay relay(server_.port(), [&](std::string_view bytes) {
            const bool hit = bytes.ends_with("COMMIT") && armed.exchange(false);
            return hit ? fate : TcpRelay::Fate::kPass;
        });
        Database database(urlBy(relay));
        int runs = 0;
        armed = true;
        EXPECT_TRUE(database
                        .write(WriteQueue::kPortal,
                               [&](Connection& connection) {
                                   ++runs;
                                   insert(connection, "once");
                               })
                        .ok());
        EXPECT_FALSE(armed);
        EXPECT_EQ(rows(), 1);
        return runs;
    }
};

// TM-DB-1: the answer to COMMIT is lost, the commit is not.
TEST_F(MariadbLostCommitTest, IsFoundCommittedIfOnlyItsAnswerIsLost) {
    EXPECT_EQ(runsWhenCommitMeets(TcpRelay::Fate::kDropAfter), 1)
        << "what is committed is not run again";
}

// TM-DB-1: COMMIT itself is lost.
TEST_F(MariadbLostCommitTest, IsRepeatedIfItNeverArrived) {
    EXPECT_EQ(runsWhenCommitMeets(TcpRelay::Fate::kDropBefore), 2);
}

// TM-DB-1: nobody can say whether it was committed, and nobody claims to.
TEST_F(MariadbFaultsTest, CommitOfWhichNothingIsKnownIsToldAsUnavailable) {
    std::atomic<bool> away{false};
    TcpRelay relay(server_.port(), [&](std::string_view bytes) {
        if (bytes.ends_with("COMMIT")) away = true;
        return away ? TcpRelay::Fate::kDropBefore : TcpRelay::Fate::kPass;
    });
    Database database(urlBy(relay));
    const auto done = database.write(WriteQueue::kPortal,
                                     [](Connection& connection) { insert(connection, "maybe"); });
    EXPECT_EQ(done.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(done.error().message.find("may have taken place"), std::string::npos)
        << done.error().message;
}

// A§5: a deadlock repeats the whole batch.
TEST_F(MariadbFaultsTest, DeadlockedUnitsAreRepeated) {
    DatabaseLimits limits;
    limits.writers_max = 2;
    Database database(url_, limits);
    ASSERT_TRUE(database
                    .write(WriteQueue::kPortal,
                           [](Connection& connection) {
                               insert(connection, "a");
                               insert(connection, "b");
                           })
                    .ok());
    std::latch both(2);
    std::latch entered(1);
    std::latch told(2);
    std::atomic<int> runs{0};
    std::atomic<int> ok{0};
    const auto cross = [&](std::string first, std::string second) {
        auto met = std::make_shared<bool>(false);
        return [&, first = std::move(first), second = std::move(second), met](Connection& c) {
            ++runs;
            c.run("UPDATE counter SET value = value + 1 WHERE scope = ?", {first});
            // Only the first time: then each holds what the other one wants.
            if (!*met && first == "a") entered.count_down();
            if (!*met) both.arrive_and_wait();
            *met = true;
            c.run("UPDATE counter SET value = value + 1 WHERE scope = ?", {second});
        };
    };
    const auto count = [&](const Result<void>& result) {
        ok += result.ok() ? 1 : 0;
        told.count_down();
    };
    database.submit(WriteQueue::kPortal, cross("a", "b"), count);
    entered.wait();  // else one writer could take both units into one batch
    database.submit(WriteQueue::kFlow, cross("b", "a"), count);
    told.wait();
    EXPECT_EQ(ok, 2);
    EXPECT_GE(runs, 3);
    EXPECT_EQ(server_.number("SELECT SUM(value) FROM " + name_ + ".counter"), 6);
}

// TM-DB-1: a statement after the server rolled back would commit by itself.
TEST_F(MariadbFaultsTest, NothingPassesAfterTheServerEndedTheTransaction) {
    const auto driver = makeDriver(url_);
    const auto setup = driver->open(Access::kWrite);
    insert(*setup, "a");
    insert(*setup, "b");
    const auto one = driver->open(Access::kWrite);
    const auto two = driver->open(Access::kWrite);
    const auto update = [](Connection& connection, const char* scope) {
        connection.run("UPDATE counter SET value = 2 WHERE scope = ?", {scope});
    };
    std::atomic<int> victims{0};
    const auto meet = [&](Connection& connection, const char* scope) {
        try {
            update(connection, scope);
        } catch (const StorageError& error) {
            ++victims;
            EXPECT_EQ(error.code(), StorageErrorCode::kBusy);
            EXPECT_FALSE(connection.inTransaction());
            EXPECT_THROW(insert(connection, "stray"), StorageError);
        }
        connection.rollback();
    };
    one->beginWrite();
    two->beginWrite();
    update(*one, "a");
    update(*two, "b");
    {
        const std::jthread other([&] { meet(*one, "b"); });
        meet(*two, "a");
    }
    EXPECT_EQ(victims, 1);
    EXPECT_EQ(rows(), 2);
    one->beginWrite();
    insert(*one, "after");
    one->commit();
    EXPECT_EQ(rows(), 3) << "the session is in order again";
}

TEST_F(MariadbFaultsTest, LockWaitIsBoundedAndRepeated) {
    Database database(url_);
    ASSERT_TRUE(
        database.write(WriteQueue::kPortal, [](Connection& connection) { insert(connection, "a"); })
            .ok());
    const auto holder = makeDriver(url_)->open(Access::kWrite);
    holder->beginWrite();
    holder->run("UPDATE counter SET value = 7 WHERE scope = 'a'");
    int runs = 0;
    EXPECT_TRUE(database
                    .write(WriteQueue::kPortal,
                           [&](Connection& connection) {
                               if (++runs == 2) holder->commit();
                               connection.run("UPDATE counter SET value = value + 1");
                           })
                    .ok());
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(server_.number("SELECT value FROM " + name_ + ".counter"), 8);
}

// TM-DB-4
TEST_F(MariadbFaultsTest, UnitsThatReadAndWriteAfreshLoseNoUpdate) {
    constexpr int kUnits = 200;
    Database database(url_);
    ASSERT_TRUE(
        database.write(WriteQueue::kPortal, [](Connection& connection) { insert(connection, "n"); })
            .ok());
    std::latch told(kUnits);
    std::atomic<int> ok{0};
    for (int i = 0; i < kUnits; ++i)
        database.submit(
            WriteQueue::kPortal,
            [](Connection& connection) {
                std::int64_t value = 0;
                connection.query("SELECT value FROM counter WHERE scope = 'n'" +
                                     std::string(connection.dialect().forUpdate()),
                                 {}, [&](const Row& row) { value = row.integer(0); });
                if (connection.run("UPDATE counter SET value = ? WHERE scope = 'n' AND value = ?",
                                   {value + 1, value}) != 1)
                    throw StaleRow(hubsdk::makeError(ErrorCode::kConflict, "changed"));
            },
            [&](const Result<void>& result) {
                ok += result.ok() ? 1 : 0;
                told.count_down();
            });
    told.wait();
    EXPECT_EQ(ok, kUnits);
    EXPECT_EQ(server_.number("SELECT value FROM " + name_ + ".counter"), kUnits + 1);
}

// TM-DB-4
TEST_F(MariadbFaultsTest, StaleUnitRunsAgainAndThenTellsOfTheConflict) {
    Database database(url_);
    int runs = 0;
    EXPECT_TRUE(database
                    .write(WriteQueue::kPortal,
                           [&](Connection& connection) {
                               insert(connection, "s" + std::to_string(++runs));
                               if (runs < 3)
                                   throw StaleRow(
                                       hubsdk::makeError(ErrorCode::kConflict, "changed"));
                           })
                    .ok());
    EXPECT_EQ(rows(), 1) << "the refused runs left nothing";
    EXPECT_EQ(database
                  .write(WriteQueue::kPortal,
                         [](Connection&) {
                             throw StaleRow(hubsdk::makeError(ErrorCode::kConflict, "changed"));
                         })
                  .error()
                  .code,
              ErrorCode::kConflict);
}

// TM-DB-4
TEST_F(MariadbFaultsTest, NumbersDrawnInParallelAreGapless) {
    constexpr int kUnits = 200;
    Database database(url_);
    std::mutex mutex;
    std::set<std::int64_t> numbers;
    std::latch told(kUnits);
    for (int i = 0; i < kUnits; ++i) {
        auto number = std::make_shared<std::int64_t>(0);
        database.submit(
            static_cast<WriteQueue>(i % 5),
            [number](Connection& connection) { *number = nextNumber(connection, "order:x"); },
            [&, number](const Result<void>& result) {
                EXPECT_TRUE(result.ok());
                const std::lock_guard lock(mutex);
                numbers.insert(*number);
                told.count_down();
            });
    }
    told.wait();
    EXPECT_EQ(numbers.size(), kUnits);
    EXPECT_EQ(*numbers.rbegin(), kUnits);
}

// TM-DB-4
TEST_F(MariadbFaultsTest, OneCommandAskedForInParallelIsOneFlow) {
    constexpr int kUnits = 40;
    const std::string folder = ::testing::TempDir() + security::randomToken();
    std::filesystem::create_directory(folder);
    const auto vault = security::Vault::open(folder + "/master.key").value();
    const AccountRepository accounts(*vault);
    const FlowRepository flows(*vault);
    Database database(url_);
    NewFlow flow;
    TenantScope scope = TenantScope::afterProof("none");
    ASSERT_TRUE(database
                    .write(WriteQueue::kPortal,
                           [&](Connection& connection) {
                               const auto tenant = TenantRepository().create(
                                   connection, SystemScope::forStartup(),
                                   {"acme", "Acme", "client", std::nullopt}, kNow);
                               scope = TenantScope::afterAuthentication(tenant.id);
                               NewAccount account;
                               account.plugin_key = "checkr";
                               account.provider_name = "C";
                               account.provider_code = "c";
                               account.kind = "vendor";
                               account.settings = "{}";
                               flow.account_id =
                                   accounts.create(connection, scope, account, kNow).id;
                           })
                    .ok());
    flow.plugin_key = "checkr";
    flow.plugin_sha256 = std::string(64, '0');
    flow.command = "account.test";
    flow.subject_type = "provider_config";
    flow.subject_id = flow.account_id;
    flow.dedupe_key = security::sha256Hex("one");
    flow.inputs = "{}";
    std::latch told(kUnits);
    for (int i = 0; i < kUnits; ++i)
        database.submit(
            static_cast<WriteQueue>(i % 5),
            [&](Connection& connection) { flows.create(connection, scope, flow, kNow); },
            [&](const Result<void>& result) {
                EXPECT_TRUE(result.ok());
                told.count_down();
            });
    told.wait();
    EXPECT_EQ(server_.number("SELECT COUNT(*) FROM " + name_ + ".flow"), 1);
    std::filesystem::remove_all(folder);
}

TEST_F(MariadbFaultsTest, GuiltyUnitOfABatchFailsAloneAndOnlyOnce) {
    DatabaseLimits limits;
    limits.writers_max = 1;
    Database database(url_, limits);
    std::latch told(3);
    std::atomic<int> ok{0};
    std::promise<void> entered;
    std::promise<void> opened;
    database.submit(WriteQueue::kSystem,
                    [&](Connection&) {
                        entered.set_value();
                        opened.get_future().wait();
                    },
                    {});
    entered.get_future().wait();
    for (const char* scope : {"a", "a", "b"})
        database.submit(
            WriteQueue::kFlow, [scope](Connection& connection) { insert(connection, scope); },
            [&](const Result<void>& result) {
                ok += result.ok() ? 1 : 0;
                told.count_down();
            });
    opened.set_value();
    told.wait();
    EXPECT_EQ(ok, 2);
    EXPECT_EQ(rows(), 2);
}

// Two hubs that start at once find one schema.
TEST_F(MariadbFaultsTest, TwoHubsMigrateOneDatabaseOnce) {
    const std::string url = server_.socketUrl(server_.newDatabase());
    std::atomic<int> opened{0};
    {
        std::vector<std::jthread> hubs;
        for (int i = 0; i < 2; ++i)
            hubs.emplace_back([&] {
                const Database hub(url);
                ++opened;
            });
    }
    EXPECT_EQ(opened, 2);
}

}  // namespace
}  // namespace hub::storage
