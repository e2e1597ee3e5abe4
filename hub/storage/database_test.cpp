#include "hub/storage/database.hpp"

#include <atomic>
#include <future>
#include <latch>

#include "hub/storage/storage_fixture.hpp"
#include "hub/storage/testing/faulty_driver.hpp"

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

class SqliteFaultyDatabaseTest : public StorageTest {
protected:
    SqliteFaultyDatabaseTest() {
        auto driver = std::make_unique<testing::FaultyDriver>("sqlite:" + file(), faults_);
        database_ = std::make_unique<Database>(std::move(driver), DatabaseLimits{});
    }
    ~SqliteFaultyDatabaseTest() override { database_.reset(); }  // before the faults
    /// Runs three inserts in one batch after `fault`; gives how many were told ok.
    int runThree(const std::function<void()>& fault) {
        return runAfter(fault, {insertCounter("a"), insertCounter("b"), insertCounter("c")});
    }
    /// Runs units in one batch after `fault`; gives how many were told ok.
    int runAfter(const std::function<void()>& fault, const std::vector<Unit>& units) {
        Gate gate;
        database_->submit(WriteQueue::kSystem, gate.unit(), {});
        gate.entered.get_future().wait();
        std::atomic<int> ok{0};
        std::latch told(std::ssize(units));
        std::atomic<bool> armed{false};  // the batch may run again
        // In the queue of the units, to be before all of them.
        database_->submit(WriteQueue::kFlow,
                          [&](Connection&) {
                              if (!armed.exchange(true)) fault();
                          },
                          {});
        for (const Unit& unit : units)
            database_->submit(WriteQueue::kFlow, unit, [&](const Result<void>& result) {
                ok += result.ok() ? 1 : 0;
                told.count_down();
            });
        gate.opened.set_value();
        told.wait();
        return ok;
    }
    testing::Faults faults_;
};

// TM-DB-6
TEST_F(SqliteFaultyDatabaseTest, FailedCommitIsRetriedAloneAndOnlyTheGuiltyFail) {
    // The shared commit fails, and so does the first unit's own.
    const int ok = runThree([&] { faults_.commits_to_fail = 2; });
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
    const int ok = runThree([&] {
        faults_.ends_transaction = true;
        faults_.calls_left = 2;  // a savepoint, and the write behind it
    });
    EXPECT_EQ(ok, 3);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 3);
}

/// Writes a row and counts it in another, so that half of it would show.
Unit counted(std::string name) {
    return [name = std::move(name)](Connection& connection) {
        insertCounter(name)(connection);
        std::int64_t before = 0;
        connection.query("SELECT value FROM counter WHERE scope = 'sum'", {},
                         [&](const Row& row) { before = row.integer(0); });
        connection.run("UPDATE counter SET value = ? WHERE scope = 'sum'", {before + 1});
    };
}

class SqliteEveryCallFails : public SqliteFaultyDatabaseTest {
protected:
    SqliteEveryCallFails() {
        EXPECT_TRUE(database_
                        ->write(WriteQueue::kSystem,
                                [](Connection& connection) {
                                    connection.run(
                                        "INSERT INTO counter (scope, value) VALUES ('sum', 0)");
                                })
                        .ok());
    }
    [[nodiscard]] std::int64_t rows() {
        return count("SELECT COUNT(*) FROM counter WHERE scope <> 'sum'");
    }
    [[nodiscard]] std::int64_t sum() {
        return count("SELECT value FROM counter WHERE scope = 'sum'");
    }
    void clear() {
        EXPECT_TRUE(database_
                        ->write(WriteQueue::kSystem,
                                [](Connection& connection) {
                                    connection.run("DELETE FROM counter WHERE scope <> 'sum'");
                                    connection.run("UPDATE counter SET value = 0");
                                })
                        .ok());
    }
    /// One call after the other fails, until all calls of the units were good; gives how many
    /// calls there are.
    int failEach(StorageErrorCode code, bool ends_transaction, int unit_count) {
        std::vector<Unit> units;
        for (int i = 0; i < unit_count; ++i) units.push_back(counted(std::to_string(i)));
        faults_.code = code;
        faults_.ends_transaction = ends_transaction;
        for (int call = 1;; ++call) {
            const int ok = runAfter([&] { faults_.calls_left = call; }, units);
            const bool failed = faults_.calls_left == 0;
            faults_.calls_left = 0;
            EXPECT_EQ(rows(), ok) << "call " << call;
            EXPECT_EQ(sum(), ok) << "call " << call;
            EXPECT_TRUE(failed || ok == unit_count) << "call " << call;
            clear();
            EXPECT_EQ(runAfter([] {}, units), unit_count) << "repeated after call " << call;
            EXPECT_EQ(sum(), unit_count);
            clear();
            if (!failed || HasFailure()) return call - 1;
        }
    }
};

// TM-DB-6: fail the n-th call for every n. What was told ok is there whole, what was not is not
// there at all, and the same again succeeds.
TEST_F(SqliteEveryCallFails, ForWantOfSpace) {
    EXPECT_GE(failEach(StorageErrorCode::kFull, false, 1), 4);
    EXPECT_GE(failEach(StorageErrorCode::kFull, false, 3), 14);
}

TEST_F(SqliteEveryCallFails, ForWantOfSpaceAndTheTransactionWithIt) {
    EXPECT_GE(failEach(StorageErrorCode::kFull, true, 1), 4);
    EXPECT_GE(failEach(StorageErrorCode::kFull, true, 3), 14);
}

TEST_F(SqliteEveryCallFails, BecauseTheDatabaseIsLost) {
    EXPECT_GE(failEach(StorageErrorCode::kUnavailable, true, 1), 4);
    EXPECT_GE(failEach(StorageErrorCode::kUnavailable, true, 3), 14);
}

}  // namespace
}  // namespace hub::storage
