// The way to a MariaDB server and the settings of a session.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include "hub/storage/mariadb_codes.hpp"
#include "hub/storage/mariadb_url.hpp"
#include "hub/storage/storage_fixture.hpp"
#include "hub/storage/testing/tcp_relay.hpp"

namespace hub::storage {
namespace {

using testing::MariadbServer;

StorageErrorCode codeOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const StorageError& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return StorageErrorCode::kMisuse;
}

std::string messageOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const StorageError& error) {
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

std::string textOf(Connection& connection, std::string_view sql) {
    std::string text;
    connection.query(sql, {}, [&](const Row& row) { text = row.string(0); });
    return text;
}

void openWith(const std::string& url) { (void)makeDriver(url)->open(Access::kWrite); }

class MariadbLinkTest : public ::testing::Test {
protected:
    MariadbServer& server_ = MariadbServer::shared();
    std::string name_ = server_.newDatabase();
};

// TM-DB-7
TEST_F(MariadbLinkTest, UsesTlsWithAVerifiedName) {
    const auto connection = makeDriver(server_.tlsUrl(name_))->open(Access::kWrite);
    EXPECT_NE(textOf(*connection,
                     "SELECT variable_value FROM information_schema.session_status "
                     "WHERE variable_name = 'Ssl_cipher'"),
              "");
}

// TM-DB-7
TEST_F(MariadbLinkTest, RefusesACertificateOfAnotherHost) {
    EXPECT_EQ(codeOf([&] { openWith(server_.tlsUrl(name_, "127.0.0.1")); }),
              StorageErrorCode::kUnavailable);
}

// TM-DB-7
TEST_F(MariadbLinkTest, RefusesACertificateOfAnotherAuthority) {
    std::string url = server_.tlsUrl(name_);
    url.replace(url.find("/ca.pem"), 7, "/other-ca.pem");
    EXPECT_EQ(codeOf([&] { openWith(url); }), StorageErrorCode::kUnavailable);
}

// TM-DB-7
TEST_F(MariadbLinkTest, RefusesAServerWithoutTls) {
    MariadbServer plain(MariadbServer::Tls::kNone);
    EXPECT_EQ(codeOf([&] { openWith(plain.tlsUrl("mysql")); }), StorageErrorCode::kUnavailable);
    EXPECT_NO_THROW(
        openWith(plain.tcpUrl("mysql", "tls=plain&password_file=" + plain.passwordFile())));
}

// TM-DB-7
TEST(MariadbUrl, AllowsPlainLinksOnlyWhereSaidSo) {
    const auto parses = [](std::string_view url) { (void)parseMariadbUrl(url); };
    EXPECT_EQ(codeOf([&] { parses("mariadb://u@db.example/x"); }), StorageErrorCode::kMisuse)
        << "TLS without an authority";
    EXPECT_EQ(codeOf([&] { parses("mariadb://u@db.example/x?tls=plain"); }),
              StorageErrorCode::kMisuse);
    EXPECT_EQ(codeOf([&] { parses("mariadb://u@127.evil.example/x?tls=plain"); }),
              StorageErrorCode::kMisuse);
    for (const char* good :
         {"mariadb://u@db.example/x?tls=plain-anywhere", "mariadb://u@127.0.0.1/x?tls=plain",
          "mariadb://u@[::1]:3307/x?tls=plain", "mariadb://u@/x?socket=/run/s",
          "mariadb://u@db.example:3307/x?ca=/etc/ca.pem&password_env=P"})
        EXPECT_NO_THROW(parses(good)) << good;
}

TEST(MariadbUrl, NamesWhatIsWrongAndNeverThePassword) {
    for (const char* bad :
         {"mariadb://u:hunter2@127.0.0.1/x?tls=plain", "mariadb://u@127.0.0.1/hunter2/x?tls=plain",
          "mariadb://u@127.0.0.1:0/x?tls=plain", "mariadb://u@127.0.0.1:65536/x?tls=plain",
          "mariadb://@127.0.0.1/x?tls=plain", "mariadb://u@127.0.0.1?tls=plain",
          "mariadb://u@127.0.0.1/?tls=plain", "mariadb://u@127.0.0.1/x?tls=hunter2",
          "mariadb://u@127.0.0.1/x?tls=plain&hunter2=1", "mariadb://u@127.0.0.1/x?tls",
          "mariadb://u@[::1/x?tls=plain", "mariadb://u@127.0.0.1/x?tls=plain&durability=no",
          "mariadb://u@127.0.0.1/x?tls=plain&connect_timeout_ms=999",
          "mariadb://u@127.0.0.1/x?tls=plain&password_env=A&password_file=B",
          "mariadb://u@127.0.0.1/x?socket=/run/s"}) {
        std::string text;
        try {
            (void)parseMariadbUrl(bad);
            ADD_FAILURE() << bad;
        } catch (const StorageError& error) {
            text = error.what();
            EXPECT_EQ(error.code(), StorageErrorCode::kMisuse);
        }
        EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    }
    const auto target = parseMariadbUrl("mariadb://a%40b@h:1/d%2dx?tls=plain-anywhere");
    EXPECT_EQ(target.user, "a@b");
    EXPECT_EQ(target.database, "d-x");
    EXPECT_EQ(target.port, 1);
}

TEST_F(MariadbLinkTest, PasswordComesFromAFileOrAVariableAndIsNeverTold) {
    const std::string folder = ::testing::TempDir() + security::randomToken();
    std::filesystem::create_directory(folder);
    const std::string wrong = folder + "/wrong";
    std::ofstream(wrong) << "not-the-password\n";
    const std::string url = server_.tcpUrl(name_, "tls=plain&password_file=" + wrong);
    EXPECT_NE(messageOf([&] { openWith(url); }).find("mode 0600"), std::string::npos);
    std::filesystem::permissions(
        wrong, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const std::string refused = messageOf([&] { openWith(url); });
    EXPECT_NE(refused.find("1045"), std::string::npos) << refused;
    EXPECT_EQ(refused.find("not-the-password"), std::string::npos);
    EXPECT_EQ(
        codeOf([&] { openWith(server_.tcpUrl(name_, "tls=plain&password_env=HUB_NO_SUCH")); }),
        StorageErrorCode::kUnavailable);
    ASSERT_EQ(setenv("HUB_TEST_DB_PASSWORD", "hub-test-password", 1), 0);
    EXPECT_NO_THROW(openWith(server_.tcpUrl(name_, "tls=plain&password_env=HUB_TEST_DB_PASSWORD")));
    std::filesystem::remove_all(folder);
}

// TM-DB-7
TEST_F(MariadbLinkTest, ShowsNoClearTextOnTheWire) {
    const auto seenOver = [&](std::string url) {
        testing::TcpRelay relay(server_.port());
        const std::string port = ":" + std::to_string(server_.port());
        url.replace(url.find(port), port.size(), ":" + std::to_string(relay.port()));
        makeDriver(url)
            ->open(Access::kWrite)
            ->query("SELECT ?", {"planted-123-45-6789"}, [](const Row&) {});
        return relay.seen();
    };
    EXPECT_EQ(seenOver(server_.tlsUrl(name_)).find("planted-123"), std::string::npos);
    const std::string plain =
        seenOver(server_.tcpUrl(name_, "tls=plain&password_file=" + server_.passwordFile()));
    EXPECT_NE(plain.find("planted-123"), std::string::npos) << "the relay sees what is there";
}

TEST_F(MariadbLinkTest, SessionsHaveTheSettingsOfTheDesign) {
    const auto driver = makeDriver(server_.socketUrl(name_), 5000);
    const auto writer = driver->open(Access::kWrite);
    const auto reader = driver->open(Access::kRead);
    EXPECT_NE(textOf(*writer, "SELECT @@sql_mode").find("STRICT_ALL_TABLES"), std::string::npos);
    EXPECT_EQ(textOf(*writer, "SELECT @@time_zone"), "+00:00");
    EXPECT_EQ(textOf(*writer, "SELECT @@collation_connection"), "utf8mb4_nopad_bin");
    EXPECT_EQ(textOf(*writer, "SELECT @@tx_isolation"), "READ-COMMITTED");
    EXPECT_EQ(textOf(*reader, "SELECT @@tx_isolation"), "REPEATABLE-READ");
    // TM-DB-4: where the server has it, a stale snapshot is an error and not a lost update.
    std::string stale_is_an_error = "ON";
    writer->query("SHOW SESSION VARIABLES LIKE 'innodb_snapshot_isolation'", {},
                  [&](const Row& row) { stale_is_an_error = row.string(1); });
    EXPECT_EQ(stale_is_an_error, "ON");
    writer->query("SELECT @@max_statement_time, @@innodb_lock_wait_timeout", {},
                  [](const Row& row) {
                      EXPECT_EQ(row.real(0), 5.0);
                      EXPECT_EQ(row.integer(1), 2);
                  });
}

TEST_F(MariadbLinkTest, PreparesAStatementOnceASession) {
    const auto connection = makeDriver(server_.socketUrl(name_), 5000)->open(Access::kWrite);
    const auto prepared = [&] {
        std::int64_t times = 0;
        connection->query("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'", {},
                          [&](const Row& row) { times = std::stoll(row.string(1)); });
        return times;
    };
    const auto ask = [&](std::string_view sql, std::int64_t value) {
        std::int64_t got = 0;
        connection->query(sql, {value}, [&](const Row& row) { got = row.integer(0); });
        EXPECT_EQ(got, value);
    };
    static_cast<void>(prepared());  // its own statement counts, once
    ask("SELECT CAST(? AS SIGNED)", 1);
    const std::int64_t before = prepared();
    for (std::int64_t i = 2; i < 10; ++i) ask("SELECT CAST(? AS SIGNED)", i);
    EXPECT_EQ(prepared(), before);
    ask("SELECT CAST(? AS SIGNED) + 0", 1);
    EXPECT_EQ(prepared(), before + 1);
}

TEST(MariadbCodes, SayWhatAFailureMeansAndHowFarItReaches) {
    using Code = StorageErrorCode;
    using Reach = FailureReach;
    const std::tuple<unsigned, Code, Reach> kCases[] = {
        {1062, Code::kUnique, Reach::kStatement},         // a duplicate
        {1406, Code::kConstraint, Reach::kStatement},     // too long: never cut
        {1205, Code::kBusy, Reach::kTransaction},         // waited for a lock
        {1213, Code::kBusy, Reach::kTransaction},         // deadlock
        {1020, Code::kBusy, Reach::kTransaction},         // a stale snapshot
        {1969, Code::kTimeout, Reach::kStatement},        // took too long
        {1021, Code::kFull, Reach::kTransaction},         // no space
        {1180, Code::kUnavailable, Reach::kTransaction},  // the commit failed
        {1047, Code::kUnavailable, Reach::kConnection},   // a node that is not ready
        {1290, Code::kUnavailable, Reach::kConnection},   // read only: another node writes
        {2006, Code::kUnavailable, Reach::kConnection},   // gone away
        {2013, Code::kUnavailable, Reach::kConnection},   // lost during a query
        {2014, Code::kMisuse, Reach::kConnection},        // out of step
        {1064, Code::kMisuse, Reach::kStatement},         // wrong SQL
        {9999, Code::kMisuse, Reach::kStatement},         // nobody knows
    };
    for (const auto& [number, code, reach] : kCases) {
        const MariadbFailure failure = mariadbFailure(number);
        EXPECT_EQ(failure.code, code) << number;
        EXPECT_EQ(failure.reach, reach) << number;
    }
}

// TM-DB-8
TEST_F(MariadbLinkTest, RefusesTruncation) {
    const auto connection = makeDriver(server_.socketUrl(name_))->open(Access::kWrite);
    connection->run(connection->dialect().schemaStatement(
        "CREATE TABLE t (s VARCHAR(3), n TINYINT, d DATETIME(3), k CHAR(2))"));
    const auto insert = [&](const char* column, const Value& value) {
        return codeOf([&] {
            connection->run("INSERT INTO t (" + std::string(column) + ") VALUES (?)", {value});
        });
    };
    EXPECT_EQ(insert("s", "abcd"), StorageErrorCode::kConstraint);
    EXPECT_EQ(insert("n", 300), StorageErrorCode::kConstraint);
    EXPECT_EQ(insert("d", "2026-02-30 00:00:00.000"), StorageErrorCode::kConstraint);
    EXPECT_EQ(insert("s", "\xff\xfe"), StorageErrorCode::kConstraint) << "no UTF-8";
    connection->query("SELECT COUNT(*) FROM t", {},
                      [](const Row& row) { EXPECT_EQ(row.integer(0), 0); });
}

// TM-DB-8
TEST_F(MariadbLinkTest, ComparesBytesAsSqliteDoes) {
    const auto connection = makeDriver(server_.socketUrl(name_))->open(Access::kWrite);
    connection->run(
        connection->dialect().schemaStatement("CREATE TABLE t (k VARCHAR(20) PRIMARY KEY)"));
    for (const char* key : {"abc", "ABC", "abc ", "\xc3\xa4", "a\xcc\x88"})
        EXPECT_EQ(connection->run("INSERT INTO t VALUES (?)", {key}), 1) << key;
}

TEST_F(MariadbLinkTest, ReadsShortAndLongValuesOfOneColumn) {
    const auto connection = makeDriver(server_.socketUrl(name_))->open(Access::kWrite);
    connection->run(
        connection->dialect().schemaStatement("CREATE TABLE t (n INT, b LONGBLOB, c MEDIUMTEXT)"));
    const std::vector<std::size_t> sizes{0, 1, 127, 128, 129, 70'000, 20 * 1024 * 1024};
    for (std::size_t i = 0; i < sizes.size(); ++i)
        connection->run("INSERT INTO t VALUES (?,?,?)",
                        {i, Blob{std::string(sizes[i], '\xfe')},
                         std::string(std::min<std::size_t>(sizes[i], 70'000), 'x')});
    std::size_t visited = 0;
    connection->query("SELECT n, b, c FROM t ORDER BY n DESC", {}, [&](const Row& row) {
        const std::size_t size = sizes.at(static_cast<std::size_t>(row.integer(0)));
        EXPECT_TRUE(row.bytes(1) == std::string(size, '\xfe')) << size;
        EXPECT_EQ(row.text(2).size(), std::min<std::size_t>(size, 70'000));
        ++visited;
    });
    EXPECT_EQ(visited, sizes.size());
}

// TM-DB-2: what the server says of a failed INSERT … RETURNING leaves the session in order.
TEST_F(MariadbLinkTest, SessionSurvivesFailedStatementsWithRows) {
    const auto connection = makeDriver(server_.socketUrl(name_))->open(Access::kWrite);
    connection->run("CREATE TABLE t (k CHAR(2) PRIMARY KEY)");
    const auto insert = [&](const char* key) {
        std::string got;
        connection->query("INSERT INTO t VALUES (?) RETURNING k", {key},
                          [&](const Row& row) { got = row.string(0); });
        return got;
    };
    EXPECT_EQ(insert("a"), "a");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(codeOf([&] { insert("a"); }), StorageErrorCode::kUnique);
    EXPECT_EQ(insert("b"), "b");
}

TEST_F(MariadbLinkTest, RefusesAServerThatWouldLoseWhatItAnswered) {
    const auto open = [&](const std::string& options) {
        (void)makeDriver(server_.socketUrl(name_, options))->open(Access::kSchema);
    };
    server_.administer("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    EXPECT_EQ(codeOf([&] { open(""); }), StorageErrorCode::kMisuse);
    EXPECT_NO_THROW(open("&durability=server"));
    server_.administer("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    server_.administer("SET GLOBAL max_allowed_packet = 16777216");
    EXPECT_EQ(codeOf([&] { open(""); }), StorageErrorCode::kMisuse);
    server_.administer("SET GLOBAL max_allowed_packet = 67108864");
    EXPECT_NO_THROW(open(""));
}

/// The only tables that the hub deletes from; docs/operations.md names them.
constexpr std::string_view kDeletable[] = {"commit_marker", "flow_attempt", "flow_step",
                                           "flow_wake"};

// TM-DB-7, TM-LOG: nor may it delete what is evidence.
TEST_F(MariadbLinkTest, RunsAsAUserWhoMayNotChangeTheSchema) {
    const std::string database = server_.migratedDatabase();
    server_.administer("CREATE USER 'least'@'%'");
    server_.administer("GRANT SELECT, INSERT, UPDATE ON " + database + ".* TO 'least'@'%'");
    for (const std::string_view table : kDeletable) {
        server_.administer("GRANT DELETE ON " + database + "." + std::string(table) +
                           " TO 'least'@'%'");
    }
    std::string url = server_.socketUrl(database);
    url.replace(url.find("hub@"), 4, "least@");
    url.erase(url.find("&password_file"));
    Database hub(url);
    EXPECT_TRUE(hub.write(WriteQueue::kSystem,
                          [](Connection& connection) {
                              connection.run("INSERT INTO counter (scope, value) VALUES ('x', 1)");
                          })
                    .ok());
    EXPECT_EQ(codeOf([&] { makeDriver(url)->open(Access::kWrite)->run("DROP TABLE counter"); }),
              StorageErrorCode::kMisuse);
    EXPECT_EQ(codeOf([&] { makeDriver(url)->open(Access::kWrite)->run("CREATE TABLE z (n INT)"); }),
              StorageErrorCode::kMisuse);
    EXPECT_EQ(
        codeOf([&] { makeDriver(url)->open(Access::kWrite)->run("DELETE FROM audit_entry"); }),
        StorageErrorCode::kMisuse);
}

TEST(MariadbRights, TheHubDeletesFromTheTablesThatAreNamedOnly) {
    constexpr std::string_view kDelete = "DELETE FROM ";
    std::set<std::string> tables;
    for (const char* area : {"/hub", "/portal-api"}) {
        const std::filesystem::path root = std::string(HUB_SOURCE_DIR) + area;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
            const std::string path = entry.path().string();
            if (!path.ends_with(".cpp") || path.ends_with("_test.cpp")) continue;
            if (path.find("/testing/") != std::string::npos) continue;
            std::ifstream in(entry.path());
            const std::string text{std::istreambuf_iterator<char>(in), {}};
            for (auto at = text.find(kDelete); at != std::string::npos;
                 at = text.find(kDelete, at + 1)) {
                const auto begin = at + kDelete.size();
                tables.insert(text.substr(begin, text.find_first_of(" \"", begin) - begin));
            }
        }
    }
    EXPECT_EQ(tables, std::set<std::string>(std::begin(kDeletable), std::end(kDeletable)));
    std::ifstream in(HUB_SOURCE_DIR "/docs/operations.md");
    const std::string docs{std::istreambuf_iterator<char>(in), {}};
    for (const std::string_view table : kDeletable)
        EXPECT_NE(docs.find("`" + std::string(table) + "`"), std::string::npos) << table;
}

}  // namespace
}  // namespace hub::storage
