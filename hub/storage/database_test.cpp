#include "hub/storage/database.hpp"

#include <atomic>
#include <future>
#include <latch>

#include "hub/storage/storage_fixture.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::Result;

Unit insertCounter(std::string scope) {
    return [scope = std::move(scope)](Connection& connection) {
        connection.run("INSERT INTO counter (scope, value) VALUES (?, 1)", {scope});
    };
}

/// One writer, as on SQLite: what waits behind a gate then shares one commit.
DatabaseLimits oneWriter() {
    DatabaseLimits limits;
    limits.writers_max = 1;
    return limits;
}

/// A unit that holds the writer until the test lets go.
struct Gate {
    std::promise<void> entered;
    std::promise<void> opened;

    Unit unit() {
        return [this](Connection&) {
            entered.set_value();
            opened.get_future().wait();
        };
    }
};

/// Writes a row and then refuses.
Unit tornUnit() {
    return [](Connection& connection) {
        insertCounter("torn")(connection);
        throw UnitRefused(hubsdk::makeError(ErrorCode::kConflict, "half way"));
    };
}

class DatabaseTest : public StorageTest {};

// TM-DB-1
TEST_F(DatabaseTest, UnitFailingHalfWayLeavesNothingAndItsNeighboursCommit) {
    Database& database = open(oneWriter());
    Gate gate;
    database.submit(WriteQueue::kSystem, gate.unit(),
                    [](const Result<void>& result) { EXPECT_TRUE(result.ok()); });
    gate.entered.get_future().wait();
    // All three wait behind the gate, so they share one commit.
    std::promise<Result<void>> before;
    std::promise<Result<void>> torn;
    std::promise<Result<void>> after;
    database.submit(WriteQueue::kFlow, insertCounter("before"),
                    [&](Result<void> result) { before.set_value(std::move(result)); });
    database.submit(WriteQueue::kFlow, tornUnit(),
                    [&](Result<void> result) { torn.set_value(std::move(result)); });
    database.submit(WriteQueue::kFlow, insertCounter("after"),
                    [&](Result<void> result) { after.set_value(std::move(result)); });
    gate.opened.set_value();
    EXPECT_TRUE(before.get_future().get().ok());
    EXPECT_EQ(torn.get_future().get().error().code, ErrorCode::kConflict);
    EXPECT_TRUE(after.get_future().get().ok());
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter WHERE scope = 'torn'"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 2);
}

// The first unit of a transaction is taken back by another way than the others.
TEST_F(DatabaseTest, AFailureOfTheFirstUnitLeavesItsNeighboursAlone) {
    Database& database = open(oneWriter());
    EXPECT_EQ(database.write(WriteQueue::kFlow, tornUnit()).error().code, ErrorCode::kConflict)
        << "alone";
    // Two in one commit: they wait behind a gate.
    Gate gate;
    database.submit(WriteQueue::kSystem, gate.unit(), {});
    gate.entered.get_future().wait();
    std::promise<Result<void>> torn;
    std::promise<Result<void>> whole;
    database.submit(WriteQueue::kFlow, tornUnit(),
                    [&](Result<void> result) { torn.set_value(std::move(result)); });
    database.submit(WriteQueue::kFlow, insertCounter("whole"),
                    [&](Result<void> result) { whole.set_value(std::move(result)); });
    gate.opened.set_value();
    EXPECT_EQ(torn.get_future().get().error().code, ErrorCode::kConflict);
    EXPECT_TRUE(whole.get_future().get().ok());
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter WHERE scope = 'torn'"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter WHERE scope = 'whole'"), 1);
}

// TM-IN-5
TEST_F(DatabaseTest, CompletionComesAfterTheCommit) {
    Database& database = open();
    const auto other = makeDriver(url())->open(Access::kRead);
    std::promise<std::int64_t> seen;
    database.submit(WriteQueue::kIngress, insertCounter("x"), [&](const Result<void>& result) {
        EXPECT_TRUE(result.ok());
        std::int64_t rows = 0;
        other->query("SELECT COUNT(*) FROM counter", {},
                     [&](const Row& row) { rows = row.integer(0); });
        // Only now: the test ends with the value, and the connection with the test.
        seen.set_value(rows);
    });
    EXPECT_EQ(seen.get_future().get(), 1);
}

TEST_F(DatabaseTest, FullQueueRefusesAtOnceAndOnlyItself) {
    DatabaseLimits limits = oneWriter();
    limits.queue_units_max = 2;
    Database& database = open(limits);
    Gate gate;
    database.submit(WriteQueue::kSystem, gate.unit(), {});
    gate.entered.get_future().wait();
    std::atomic<int> committed{0};
    const auto counted = [&](const Result<void>& result) { committed += result.ok() ? 1 : 0; };
    database.submit(WriteQueue::kIngress, insertCounter("1"), counted);
    database.submit(WriteQueue::kIngress, insertCounter("2"), counted);
    bool refused = false;
    database.submit(WriteQueue::kIngress, insertCounter("3"), [&](const Result<void>& result) {
        refused = !result.ok() && result.error().code == ErrorCode::kUnavailable;
    });
    EXPECT_TRUE(refused);
    database.submit(WriteQueue::kPortal, insertCounter("4"), counted);
    gate.opened.set_value();
    database.stop();
    EXPECT_EQ(committed, 3);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 3);
}

TEST_F(DatabaseTest, FloodOfOneQueueDoesNotStarveAnother) {
    Database& database = open(oneWriter());
    Gate gate;
    database.submit(WriteQueue::kSystem, gate.unit(), {});
    gate.entered.get_future().wait();
    std::atomic<int> flood_done{0};
    for (int i = 0; i < 1000; ++i)
        database.submit(WriteQueue::kIngress, insertCounter("f" + std::to_string(i)),
                        [&](const Result<void>&) { ++flood_done; });
    std::promise<int> ahead;
    database.submit(WriteQueue::kPortal, insertCounter("p"),
                    [&](const Result<void>&) { ahead.set_value(flood_done); });
    gate.opened.set_value();
    EXPECT_LE(ahead.get_future().get(), static_cast<int>(kUnitsPerCommitMax));
    database.stop();
    EXPECT_EQ(flood_done, 1000);
}

TEST_F(DatabaseTest, StopFlushesAndThenRefuses) {
    Database& database = open();
    std::atomic<int> told{0};
    for (int i = 0; i < 100; ++i)
        database.submit(WriteQueue::kApply, insertCounter(std::to_string(i)),
                        [&](const Result<void>& result) { told += result.ok() ? 1 : 0; });
    database.stop();
    database.stop();
    EXPECT_EQ(told, 100);
    EXPECT_EQ(database.write(WriteQueue::kApply, insertCounter("late")).error().code,
              ErrorCode::kUnavailable);
}

TEST_F(DatabaseTest, WriteForGivesTheCommittedValue) {
    Database& database = open();
    EXPECT_EQ(database
                  .writeFor(WriteQueue::kPortal,
                            [](Connection& connection) {
                                return connection.run(
                                    "INSERT INTO counter (scope, value) VALUES ('a',1),('b',2)");
                            })
                  .value(),
              2);
    const auto failed = database.writeFor(WriteQueue::kPortal, [](Connection& connection) {
        insertCounter("a")(connection);
        return 1;
    });
    EXPECT_EQ(failed.error().code, ErrorCode::kConflict);
}

TEST_F(DatabaseTest, UnexpectedExceptionsAreContainedAndKeepTheirText) {
    Database& database = open();
    const auto failed = database.write(
        WriteQueue::kPortal, [](Connection&) { throw std::runtime_error("ssn 123-45-6789"); });
    EXPECT_EQ(failed.error().code, ErrorCode::kInternal);
    EXPECT_EQ(failed.error().message.find("6789"), std::string::npos);
    EXPECT_EQ(database.write(WriteQueue::kPortal, [](Connection&) { throw 7; }).error().code,
              ErrorCode::kInternal);
}

TEST_F(DatabaseTest, BlockingWriteInACompletionIsRefused) {
    Database& database = open();
    std::promise<ErrorCode> code;
    database.submit(WriteQueue::kPortal, insertCounter("a"), [&](const Result<void>&) {
        code.set_value(database.write(WriteQueue::kPortal, insertCounter("b")).error().code);
    });
    EXPECT_EQ(code.get_future().get(), ErrorCode::kInternal);
}

// TM-DB-2
TEST_F(DatabaseTest, ReadsWaitABoundedTimeForAConnection) {
    DatabaseLimits limits;
    limits.readers_max = 1;
    limits.pool_wait_ms = 1;
    Database& database = open(limits);
    database.read(
        [&](Connection&) { EXPECT_THROW(database.read([](Connection&) {}), StorageError); });
    EXPECT_EQ(count("SELECT 7"), 7) << "the connection is lent again";
}

TEST_F(DatabaseTest, ReadsSeeOneSnapshot) {
    Database& database = open();
    database.read([&](Connection& connection) {
        const auto rows = [&] {
            std::int64_t found = -1;
            connection.query("SELECT COUNT(*) FROM counter", {},
                             [&](const Row& row) { found = row.integer(0); });
            return found;
        };
        EXPECT_EQ(rows(), 0);
        EXPECT_TRUE(database.write(WriteQueue::kPortal, insertCounter("a")).ok());
        EXPECT_EQ(rows(), 0);
    });
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 1);
}

/// Passes everything on; fails the n-th commit, or ends the transaction under the n-th unit.
class FaultyConnection final : public Connection {
public:
    explicit FaultyConnection(std::unique_ptr<Connection> inner) : inner_(std::move(inner)) {}

    int fail_commits = 0;
    bool tear_next_write = false;

    void beginRead() override { inner_->beginRead(); }
    void beginWrite() override { inner_->beginWrite(); }
    void commit() override {
        if (fail_commits > 0) {
            --fail_commits;
            throw StorageError(StorageErrorCode::kFull, "commit: no space left");
        }
        inner_->commit();
    }
    void rollback() noexcept override { inner_->rollback(); }
    void savepoint() override { inner_->savepoint(); }
    void releaseSavepoint() override { inner_->releaseSavepoint(); }
    void rollbackToSavepoint() override { inner_->rollbackToSavepoint(); }
    bool inTransaction() const override { return inner_->inTransaction(); }
    Dialect dialect() const override { return inner_->dialect(); }

protected:
    std::int64_t runStatement(std::string_view sql, std::span<const Value> params) override {
        if (tear_next_write) {
            tear_next_write = false;
            inner_->rollback();
            throw StorageError(StorageErrorCode::kFull, "write: no space left");
        }
        return inner_->run(sql, params);
    }
    void queryRows(std::string_view sql, std::span<const Value> params,
                   const RowCallback& row) override {
        inner_->query(sql, params, row);
    }

private:
    std::unique_ptr<Connection> inner_;
};

class FaultyDriver final : public Driver {
public:
    explicit FaultyDriver(const std::string& file) : inner_(makeDriver("sqlite:" + file)) {}
    std::unique_ptr<Connection> open(Access access) override {
        if (access == Access::kRead) return inner_->open(access);
        auto faulty = std::make_unique<FaultyConnection>(inner_->open(access));
        writer = faulty.get();
        return faulty;
    }
    FaultyConnection* writer = nullptr;

private:
    std::unique_ptr<Driver> inner_;
};

class SqliteFaultyDatabaseTest : public StorageTest {
protected:
    SqliteFaultyDatabaseTest() {
        auto driver = std::make_unique<FaultyDriver>(file());
        driver_ = driver.get();
        database_ = std::make_unique<Database>(std::move(driver), DatabaseLimits{});
    }
    /// Runs three inserts in one batch after `fault`; gives how many were told ok.
    int runThree(const std::function<void(FaultyConnection&)>& fault) {
        Gate gate;
        database_->submit(WriteQueue::kSystem, gate.unit(), {});
        gate.entered.get_future().wait();
        std::atomic<int> ok{0};
        std::latch told(3);
        database_->submit(WriteQueue::kSystem, [&](Connection&) { fault(*driver_->writer); }, {});
        for (const char* scope : {"a", "b", "c"})
            database_->submit(WriteQueue::kFlow, insertCounter(scope),
                              [&](const Result<void>& result) {
                                  ok += result.ok() ? 1 : 0;
                                  told.count_down();
                              });
        gate.opened.set_value();
        told.wait();
        return ok;
    }
    FaultyDriver* driver_ = nullptr;
};

// TM-DB-6
TEST_F(SqliteFaultyDatabaseTest, FailedCommitIsRetriedAloneAndOnlyTheGuiltyFail) {
    bool armed = false;
    // The shared commit fails, and so does the first unit's own.
    const int ok = runThree([&](FaultyConnection& connection) {
        if (!armed) connection.fail_commits = 2;
        armed = true;
    });
    EXPECT_GE(ok, 2);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), ok);
}

// TM-DB-6
TEST_F(SqliteFaultyDatabaseTest, FullDiskFailsWritesAndIsLeftBehind) {
    const auto setPages = [&](std::string_view pages) {
        // A limit of SQLite's own stands for a disk that ends there.
        return database_->write(WriteQueue::kSystem, [&](Connection& connection) {
            connection.query("PRAGMA max_page_count = " + std::string(pages), {},
                             [](const Row&) {});
        });
    };
    ASSERT_TRUE(setPages("1").ok());
    const auto fill = [&](char name) {
        return database_->write(WriteQueue::kIngress, [name](Connection& connection) {
            connection.run("INSERT INTO counter (scope, value) VALUES (?, 1)",
                           {std::string(200'000, name)});
        });
    };
    EXPECT_EQ(fill('a').error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(fill('b').error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 0) << "reads go on";
    ASSERT_TRUE(setPages("1000000").ok());
    EXPECT_TRUE(fill('c').ok());
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 1);
}

// TM-DB-6
TEST_F(SqliteFaultyDatabaseTest, TransactionTornByTheDatabaseIsRepeated) {
    bool armed = false;
    const int ok = runThree([&](FaultyConnection& connection) {
        if (!armed) connection.tear_next_write = true;
        armed = true;
    });
    EXPECT_EQ(ok, 3);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 3);
}

}  // namespace
}  // namespace hub::storage
