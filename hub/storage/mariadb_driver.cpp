#include "hub/storage/mariadb_driver.hpp"

#include <algorithm>
#include <csignal>
#include <unordered_map>

#include <mysql.h>

#include "hub/security/digest.hpp"
#include "hub/storage/mariadb_codes.hpp"
#include "hub/storage/mariadb_statement.hpp"

namespace hub::storage {
namespace {

/// Statements kept per session; the server keeps 16382 for all (max_prepared_stmt_count).
constexpr std::size_t kStatementsCachedMax = 256;
/// A vendor answer of 16 MiB grows by a third when it is sealed.
constexpr std::int64_t kPacketBytesMin = 32 * 1024 * 1024;
constexpr unsigned long kPacketBytesMax = 64 * 1024 * 1024;
/// Changing the schema of a filled database takes longer than any statement at work.
constexpr int kSchemaDeadlineMs = 3'600'000;
/// Nothing that would hand the password to a server in clear text.
constexpr const char* kAuthPlugins = "mysql_native_password,client_ed25519,caching_sha2_password";
constexpr unsigned kUnknownVariable = 1193;

constexpr std::string_view kSqlMode =
    "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT";

struct SessionClose {
    void operator()(MYSQL* session) const { mysql_close(session); }
};
using Session = std::unique_ptr<MYSQL, SessionClose>;

std::string secondsOf(int milliseconds) {
    std::string text = std::to_string(milliseconds % 1000);
    text.insert(0, 3 - text.size(), '0');
    return std::to_string(milliseconds / 1000) + "." + text;
}

unsigned roundedUpSeconds(int milliseconds) {
    return static_cast<unsigned>((milliseconds + 999) / 1000);
}

/// Frees the result of a statement when it goes, whatever ended its use.
class Use {
public:
    explicit Use(MariadbStatement& statement, int& depth) : statement_(statement), depth_(depth) {
        ++depth_;
    }
    ~Use() {
        statement_.finish();
        --depth_;
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

private:
    MariadbStatement& statement_;
    int& depth_;
};

class MariadbConnection final : public Connection {
public:
    MariadbConnection(const MariadbTarget& target, Access access, int deadline_ms)
        : access_(access), session_(mysql_init(nullptr)) {
        if (!session_) throw StorageError(StorageErrorCode::kUnavailable, "mariadb: no memory");
        setOptions(target, deadline_ms);
        connect(target);
        setSession(deadline_ms);
        if (access == Access::kSchema) requireServerSettings(target);
    }
    // Statements go before their session.
    ~MariadbConnection() override { statements_.clear(); }
    MariadbConnection(const MariadbConnection&) = delete;
    MariadbConnection& operator=(const MariadbConnection&) = delete;

    void beginRead() override { begin("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"); }
    void beginWrite() override { begin("START TRANSACTION"); }
    void commit() override {
        requireWhole();
        try {
            control("COMMIT");
        } catch (const StorageError& error) {
            // A rolled back transaction (a deadlock found at commit) is known to be gone.
            if (error.code() == StorageErrorCode::kBusy) throw;
            torn_ = true;
            throw CommitUnknown(error.code(), error.what());
        }
        in_transaction_ = false;
    }
    void rollback() noexcept override {
        const bool needed = in_transaction_ && usable_;
        in_transaction_ = false;
        torn_ = false;
        if (needed && mysql_real_query(session_.get(), "ROLLBACK", 8) != 0) usable_ = false;
    }
    void savepoint() override { control("SAVEPOINT unit"); }
    // The next savepoint of that name takes its place: releasing it would be a round trip for
    // nothing.
    void releaseSavepoint() override { requireWhole(); }
    void rollbackToSavepoint() override { control("ROLLBACK TO SAVEPOINT unit"); }
    [[nodiscard]] bool inTransaction() const override {
        return in_transaction_ && !torn_ && usable_;
    }
    [[nodiscard]] bool usable() const override { return usable_; }
    [[nodiscard]] Dialect dialect() const override { return Dialect(Dialect::Product::kMariadb); }

protected:
    std::int64_t runStatement(std::string_view sql, std::span<const Value> params) override {
        std::unique_ptr<MariadbStatement> own;
        MariadbStatement& statement = find(sql, own);
        if (statement.givesRows())
            throw StorageError(StorageErrorCode::kMisuse, "run: the statement gives rows");
        const Use use(statement, depth_);
        execute(statement, params);
        return statement.affected();
    }

    void queryRows(std::string_view sql, std::span<const Value> params,
                   const RowCallback& callback) override {
        std::unique_ptr<MariadbStatement> own;
        MariadbStatement& statement = find(sql, own);
        const Use use(statement, depth_);
        execute(statement, params);
        if (!statement.givesRows()) return;
        while (true) {
            switch (statement.fetch()) {
                case MariadbStatement::Fetched::kEnd:
                    return;
                case MariadbStatement::Fetched::kFailed:
                    fail(statement.errorNumber(), "fetch", {});
                case MariadbStatement::Fetched::kRow:
                    callback(statement.row());
            }
        }
    }

private:
    void setOptions(const MariadbTarget& target, int deadline_ms) {
        MYSQL* session = session_.get();
        const unsigned connect_s = roundedUpSeconds(target.connect_timeout_ms);
        // The server ends a late statement itself; this ends the wait for one that is silent.
        const unsigned silent_s =
            roundedUpSeconds(access_ == Access::kSchema ? kSchemaDeadlineMs : deadline_ms) + 1;
        const my_bool off = 0;
        const my_bool on = 1;
        const unsigned no_files = 0;
        mysql_optionsv(session, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
        mysql_optionsv(session, MYSQL_OPT_READ_TIMEOUT, &silent_s);
        mysql_optionsv(session, MYSQL_OPT_WRITE_TIMEOUT, &silent_s);
        mysql_optionsv(session, MYSQL_OPT_RECONNECT, &off);
        mysql_optionsv(session, MYSQL_OPT_LOCAL_INFILE, &no_files);
        mysql_optionsv(session, MYSQL_REPORT_DATA_TRUNCATION, &on);
        mysql_optionsv(session, MYSQL_OPT_MAX_ALLOWED_PACKET, &kPacketBytesMax);
        mysql_optionsv(session, MYSQL_SET_CHARSET_NAME, "utf8mb4");
        mysql_optionsv(session, MARIADB_OPT_RESTRICTED_AUTH, kAuthPlugins);
        // By itself it takes "localhost" for a socket, and no TLS.
        const unsigned protocol =
            target.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
        mysql_optionsv(session, MYSQL_OPT_PROTOCOL, &protocol);
        if (!target.socket.empty() || target.protection != LinkProtection::kTls) return;
        mysql_optionsv(session, MYSQL_OPT_SSL_CA, target.ca_file.c_str());
        mysql_optionsv(session, MYSQL_OPT_SSL_ENFORCE, &on);
        mysql_optionsv(session, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
        mysql_optionsv(session, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    }

    /// Affected rows are the matched ones (CLIENT_FOUND_ROWS), as SQLite counts them.
    void connect(const MariadbTarget& target) {
        std::string password = readPassword(target);
        const bool by_socket = !target.socket.empty();
        const MYSQL* connected = mysql_real_connect(
            session_.get(), by_socket ? nullptr : target.host.c_str(), target.user.c_str(),
            password.c_str(), target.database.c_str(), by_socket ? 0 : target.port,
            by_socket ? target.socket.c_str() : nullptr, CLIENT_FOUND_ROWS);
        security::wipe(password);
        if (connected == nullptr)
            fail(mysql_errno(session_.get()), "connect", mysql_error(session_.get()));
        if (!by_socket && target.protection == LinkProtection::kTls &&
            mysql_get_ssl_cipher(session_.get()) == nullptr)
            throw StorageError(StorageErrorCode::kUnavailable, "mariadb connect: no TLS");
    }

    void setSession(int deadline_ms) {
        const bool reads = access_ == Access::kRead;
        const bool schema = access_ == Access::kSchema;
        std::string set = "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin, sql_mode = '";
        set.append(kSqlMode)
            .append("', time_zone = '+00:00', tx_isolation = '")
            .append(reads ? "REPEATABLE-READ" : "READ-COMMITTED")
            .append("', tx_read_only = ")
            .append(reads ? "1" : "0")
            .append(", innodb_lock_wait_timeout = ")
            .append(std::to_string(roundedUpSeconds(kBusyTimeoutMs)))
            .append(", max_statement_time = ")
            .append(schema ? "0" : secondsOf(deadline_ms));
        control(set);
        // Not in every version; where it is, a stale snapshot is an error and not a lost update.
        constexpr std::string_view kSnapshot = "SET SESSION innodb_snapshot_isolation = ON";
        if (mysql_real_query(session_.get(), kSnapshot.data(), kSnapshot.size()) != 0 &&
            mysql_errno(session_.get()) != kUnknownVariable)
            fail(mysql_errno(session_.get()), "session", {});
    }

    void requireServerSettings(const MariadbTarget& target) {
        std::int64_t packet = 0;
        std::int64_t flush = 0;
        queryRows("SELECT @@GLOBAL.max_allowed_packet, @@GLOBAL.innodb_flush_log_at_trx_commit", {},
                  [&](const Row& row) {
                      packet = row.integer(0);
                      flush = row.integer(1);
                  });
        if (packet < kPacketBytesMin)
            throw StorageError(StorageErrorCode::kMisuse,
                               "mariadb: max_allowed_packet must be at least 32M");
        if (target.needs_flush && flush != 1)
            throw StorageError(StorageErrorCode::kMisuse,
                               "mariadb: innodb_flush_log_at_trx_commit must be 1, or the URL must "
                               "say durability=server");
    }

    void begin(std::string_view statement) {
        in_transaction_ = false;
        torn_ = false;
        control(statement);
        in_transaction_ = true;
    }

    /// What the library sends as it is: no parameters, no rows.
    void control(std::string_view statement) {
        requireWhole();
        if (mysql_real_query(session_.get(), statement.data(), statement.size()) != 0)
            fail(mysql_errno(session_.get()), statement.substr(0, statement.find(' ')), {});
    }

    /// A statement after the transaction was rolled back by the server would commit by itself.
    void requireWhole() const {
        if (!usable_)
            throw StorageError(StorageErrorCode::kUnavailable, "mariadb: the session is lost");
        if (torn_)
            throw StorageError(StorageErrorCode::kBusy,
                               "mariadb: the transaction was ended by the database");
    }

    MariadbStatement& find(std::string_view sql, std::unique_ptr<MariadbStatement>& own) {
        requireWhole();
        std::string key(sql);
        const auto found = statements_.find(key);
        if (found != statements_.end() && !found->second->inUse()) return *found->second;
        auto fresh = std::make_unique<MariadbStatement>(session_.get());
        if (!fresh->prepare(sql)) fail(fresh->errorNumber(), "prepare", fresh->errorText());
        if (found != statements_.end()) {  // in use by a query around this one
            own = std::move(fresh);
            return *own;
        }
        if (statements_.size() >= kStatementsCachedMax && depth_ == 0) statements_.clear();
        return *statements_.emplace(std::move(key), std::move(fresh)).first->second;
    }

    void execute(MariadbStatement& statement, std::span<const Value> params) {
        if (statement.parameters() != params.size())
            throw StorageError(StorageErrorCode::kMisuse, "wrong number of parameters");
        if (!statement.execute(params)) fail(statement.errorNumber(), "statement", {});
    }

    /// `detail` must hold no bound value: the server repeats those in messages of executions.
    [[noreturn]] void fail(unsigned number, std::string_view doing, std::string_view detail) {
        const MariadbFailure failure = mariadbFailure(number);
        if (failure.reach == FailureReach::kConnection) usable_ = false;
        if (failure.reach != FailureReach::kStatement) torn_ = in_transaction_;
        std::string text = "mariadb ";
        text.append(doing).append(": error ").append(std::to_string(number));
        if (!detail.empty()) text.append(": ").append(detail);
        throw StorageError(failure.code, text);
    }

    Access access_;
    Session session_;
    std::unordered_map<std::string, std::unique_ptr<MariadbStatement>> statements_;
    int depth_ = 0;
    bool in_transaction_ = false;  ///< begun and not ended by us
    bool torn_ = false;            ///< the transaction can only be rolled back
    bool usable_ = true;
};

class MariadbDriver final : public Driver {
public:
    MariadbDriver(MariadbTarget target, int deadline_ms)
        : target_(std::move(target)), deadline_ms_(deadline_ms) {
        // Once before any thread; libmariadb counts.
        mysql_library_init(0, nullptr, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
    }
    std::unique_ptr<Connection> open(Access access) override {
        return std::make_unique<MariadbConnection>(target_, access, deadline_ms_);
    }
    [[nodiscard]] bool writesInParallel() const override { return true; }

private:
    MariadbTarget target_;
    int deadline_ms_;
};

}  // namespace

std::unique_ptr<Driver> makeMariadbDriver(MariadbTarget target, int statement_deadline_ms) {
    return std::make_unique<MariadbDriver>(std::move(target), statement_deadline_ms);
}

}  // namespace hub::storage
