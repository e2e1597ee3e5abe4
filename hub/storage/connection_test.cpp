#include "hub/storage/connection.hpp"

#include <gtest/gtest.h>

#include "hub/storage/migration.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace hub::storage {
namespace {

StorageErrorCode codeOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const StorageError& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return StorageErrorCode::kMisuse;
}

class ConnectionTest : public StorageTest {
protected:
    ConnectionTest() {
        if (testing::onMariadb()) {
            // Without the hub's tables.
            auto& server = testing::MariadbServer::shared();
            useUrl(server.socketUrl(server.newDatabase()));
        }
        driver_ = makeDriver(url());
        connection_ = driver_->open(Access::kWrite);
    }
    std::unique_ptr<Driver> driver_;
    std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, KeepsEveryKindOfValue) {
    connection_->run("CREATE TABLE t (a BIGINT, b DOUBLE, c MEDIUMTEXT, d LONGBLOB, e INT)");
    const std::string zero("a\0b", 3);
    EXPECT_EQ(connection_->run("INSERT INTO t VALUES (?,?,?,?,?)",
                               {INT64_MIN, 1.5, zero, Blob{zero}, std::optional<int>()}),
              1);
    connection_->query("SELECT a, b, c, d, e FROM t", {}, [&](const Row& row) {
        EXPECT_EQ(row.integer(0), INT64_MIN);
        EXPECT_EQ(row.real(1), 1.5);
        EXPECT_EQ(row.text(2), zero);
        EXPECT_EQ(row.bytes(3), zero);
        EXPECT_FALSE(row.optInteger(4).has_value());
        EXPECT_EQ(codeOf([&] { (void)row.integer(4); }), StorageErrorCode::kCorrupt);
        EXPECT_EQ(codeOf([&] { (void)row.text(0); }), StorageErrorCode::kCorrupt);
    });
}

// TM-DB-8
TEST_F(ConnectionTest, KeepsEveryCharacter) {
    connection_->run(connection_->dialect().schemaStatement("CREATE TABLE t (c MEDIUMTEXT)"));
    const std::string text = "\xf0\x9f\x98\x80 e\xcc\x81 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d";
    connection_->run("INSERT INTO t VALUES (?)", {text});
    connection_->query("SELECT c FROM t", {},
                       [&](const Row& row) { EXPECT_EQ(row.text(0), text); });
}

TEST_F(ConnectionTest, TellsFailuresApart) {
    connection_->run("CREATE TABLE p (id CHAR(36) PRIMARY KEY, n INT NOT NULL)");
    connection_->run("CREATE TABLE c (id CHAR(36), FOREIGN KEY (id) REFERENCES p (id))");
    connection_->run("INSERT INTO p VALUES ('a', 1)");
    EXPECT_EQ(codeOf([&] { connection_->run("INSERT INTO p VALUES ('a', 1)"); }),
              StorageErrorCode::kUnique);
    EXPECT_EQ(codeOf([&] { connection_->run("INSERT INTO p VALUES ('b', ?)", {nullptr}); }),
              StorageErrorCode::kConstraint);
    EXPECT_EQ(codeOf([&] { connection_->run("INSERT INTO c VALUES ('z')"); }),
              StorageErrorCode::kConstraint);
    EXPECT_EQ(codeOf([&] { connection_->run("NONSENSE"); }), StorageErrorCode::kMisuse);
    EXPECT_EQ(codeOf([&] { connection_->run("DELETE FROM p WHERE id = ?"); }),
              StorageErrorCode::kMisuse);
    EXPECT_EQ(codeOf([&] { connection_->run("SELECT 1"); }), StorageErrorCode::kMisuse);
    EXPECT_EQ(codeOf([&] { connection_->run("DELETE FROM c; DELETE FROM p"); }),
              StorageErrorCode::kMisuse);
    EXPECT_EQ(codeOf([] { (void)makeDriver("mysql://host"); }), StorageErrorCode::kMisuse);
    for (const char* nowhere :
         {"sqlite:/no/such/folder/x", "mariadb://nobody@/hub?socket=/no/such/folder/x"})
        EXPECT_EQ(codeOf([&] { (void)makeDriver(nowhere)->open(Access::kWrite); }),
                  StorageErrorCode::kUnavailable);
}

TEST_F(ConnectionTest, MessagesHoldNoValue) {
    connection_->run("CREATE TABLE p (id CHAR(36) PRIMARY KEY)");
    connection_->run("INSERT INTO p VALUES (?)", {"123-45-6789"});
    try {
        connection_->run("INSERT INTO p VALUES (?)", {"123-45-6789"});
        FAIL();
    } catch (const StorageError& error) {
        EXPECT_EQ(std::string_view(error.what()).find("6789"), std::string_view::npos);
    }
}

TEST_F(ConnectionTest, QueriesOfOneTextMayNest) {
    connection_->run("CREATE TABLE t (n INT)");
    connection_->run("INSERT INTO t VALUES (1), (2)");
    int visits = 0;
    connection_->query("SELECT n FROM t", {}, [&](const Row&) {
        connection_->query("SELECT n FROM t", {}, [&](const Row&) { ++visits; });
    });
    EXPECT_EQ(visits, 4);
}

// TM-DB-2
TEST_F(ConnectionTest, EndsAStatementAtItsDeadline) {
    connection_->run("CREATE TABLE n (i BIGINT NOT NULL)");
    connection_->run("INSERT INTO n VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)");
    const auto impatient = makeDriver(url(), 20)->open(Access::kWrite);
    EXPECT_EQ(codeOf([&] {
                  impatient->query(
                      "SELECT COUNT(*) FROM n a, n b, n c, n d, n e, n f, n g, n h, "
                      "n i WHERE a.i + b.i + c.i + d.i + e.i + f.i + g.i > 1",
                      {}, [](const Row&) {});
              }),
              StorageErrorCode::kTimeout);
    impatient->query("SELECT 1", {}, [](const Row& row) { EXPECT_EQ(row.integer(0), 1); });
}

TEST_F(ConnectionTest, ReadConnectionsCannotWrite) {
    connection_->run("CREATE TABLE t (n INT)");
    const auto reader = driver_->open(Access::kRead);
    EXPECT_EQ(codeOf([&] { reader->run("INSERT INTO t VALUES (1)"); }), StorageErrorCode::kMisuse);
}

class SqliteConnectionTest : public ConnectionTest {};

TEST_F(SqliteConnectionTest, UsesTheSettingsOfTheDesign) {
    const auto setting = [&](std::string_view name) {
        std::string text;
        connection_->query("SELECT CAST(v AS TEXT) FROM (SELECT " + std::string(name) +
                               " AS v FROM pragma_" + std::string(name) + ")",
                           {}, [&](const Row& row) { text = row.string(0); });
        return text;
    };
    EXPECT_EQ(setting("journal_mode"), "wal");
    EXPECT_EQ(setting("synchronous"), "2");
    EXPECT_EQ(setting("foreign_keys"), "1");
}

TEST_F(ConnectionTest, MigrationsRunOnceAndRefuseSurprises) {
    migrate(*connection_, embeddedMigrations());
    migrate(*connection_, embeddedMigrations());
    const Migration known = embeddedMigrations().front();
    const Migration changed[] = {{known.number, known.name, "SELECT 2;\n"}};
    EXPECT_EQ(codeOf([&] { migrate(*connection_, changed); }), StorageErrorCode::kCorrupt);
    EXPECT_EQ(codeOf([&] { migrate(*connection_, {}); }), StorageErrorCode::kCorrupt)
        << "a database of a newer hub";
}

TEST_F(ConnectionTest, FailedMigrationRunsAgainFromItsBeginning) {
    const Migration broken[] = {{1, "0001_x.sql", "CREATE TABLE half (n INT);\nNONSENSE;\n"}};
    EXPECT_EQ(codeOf([&] { migrate(*connection_, broken); }), StorageErrorCode::kMisuse);
    // MariaDB keeps what was done: schema changes commit by themselves. It is done again.
    const Migration mended[] = {{1, "0001_x.sql", "CREATE TABLE half (n INT);\n"}};
    migrate(*connection_, mended);
    EXPECT_EQ(connection_->run("INSERT INTO half VALUES (1)"), 1);
    const Migration endless[] = {mended[0], {2, "0002_x.sql", "CREATE TABLE more (n INT)"}};
    EXPECT_EQ(codeOf([&] { migrate(*connection_, endless); }), StorageErrorCode::kMisuse);
}

TEST(TimeText, ConvertsBothWays) {
    EXPECT_EQ(timeText(0), "1970-01-01 00:00:00.000");
    EXPECT_EQ(timeText(-1), "1969-12-31 23:59:59.999");
    EXPECT_EQ(timeText(1'709'210'096'007), "2024-02-29 12:34:56.007");
    for (const std::int64_t instant : {std::int64_t{0}, std::int64_t{-1}, kNow, kNow + 86'399'999})
        EXPECT_EQ(parseTime(timeText(instant)), instant);
    for (const char* bad : {"", "2024-02-30 00:00:00.000", "2024-02-29T12:34:56.007",
                            "2024-02-29 24:00:00.000", "2024-02-29 12:34:56"})
        EXPECT_EQ(codeOf([&] { (void)parseTime(bad); }), StorageErrorCode::kCorrupt) << bad;
    EXPECT_EQ(codeOf([] { (void)timeText(INT64_C(400'000'000'000'000)); }),
              StorageErrorCode::kMisuse);
}

}  // namespace
}  // namespace hub::storage
