#include "hub/storage/sqlite_driver.hpp"

#include <chrono>
#include <unordered_map>

#include <sqlite3.h>

namespace hub::storage {
namespace {

using Clock = std::chrono::steady_clock;

/// Statements kept per connection; over it the cache starts anew (only generated SQL gets there).
constexpr std::size_t kStatementsCachedMax = 512;
/// Virtual machine steps between two looks at the clock: some tens of microseconds.
constexpr int kProgressSteps = 4000;

struct CodeForm {
    int sqlite;
    StorageErrorCode ours;
};
constexpr CodeForm kExtendedCodes[] = {
    {SQLITE_CONSTRAINT_UNIQUE, StorageErrorCode::kUnique},
    {SQLITE_CONSTRAINT_PRIMARYKEY, StorageErrorCode::kUnique},
};
constexpr CodeForm kPrimaryCodes[] = {
    {SQLITE_CONSTRAINT, StorageErrorCode::kConstraint},
    {SQLITE_BUSY, StorageErrorCode::kBusy},
    {SQLITE_LOCKED, StorageErrorCode::kBusy},
    {SQLITE_INTERRUPT, StorageErrorCode::kTimeout},
    {SQLITE_FULL, StorageErrorCode::kFull},
    {SQLITE_IOERR, StorageErrorCode::kUnavailable},
    {SQLITE_CANTOPEN, StorageErrorCode::kUnavailable},
    {SQLITE_NOMEM, StorageErrorCode::kUnavailable},
    {SQLITE_CORRUPT, StorageErrorCode::kCorrupt},
    {SQLITE_NOTADB, StorageErrorCode::kCorrupt},
};

StorageErrorCode codeOf(int extended) {
    for (const auto& form : kExtendedCodes)
        if (form.sqlite == extended) return form.ours;
    for (const auto& form : kPrimaryCodes)
        if (form.sqlite == (extended & 0xff)) return form.ours;
    return StorageErrorCode::kMisuse;
}

/// SQLite's own messages name tables and columns, never bound values.
[[noreturn]] void fail(sqlite3* handle, std::string_view doing) {
    throw StorageError(
        codeOf(sqlite3_extended_errcode(handle)),
        std::string("sqlite ").append(doing).append(": ").append(sqlite3_errmsg(handle)));
}

struct HandleClose {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
struct StatementFinalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, HandleClose>;
using Statement = std::unique_ptr<sqlite3_stmt, StatementFinalize>;

class SqliteRow final : public Row {
public:
    explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

    bool isNull(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    std::int64_t integer(int column) const override {
        expect(column, SQLITE_INTEGER);
        return sqlite3_column_int64(statement_, column);
    }
    double real(int column) const override {
        if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) expect(column, SQLITE_FLOAT);
        return sqlite3_column_double(statement_, column);
    }
    std::string_view text(int column) const override {
        expect(column, SQLITE_TEXT);
        return bytes(column);
    }
    std::string_view bytes(int column) const override {
        if (isNull(column)) expect(column, SQLITE_BLOB);
        const void* data = sqlite3_column_blob(statement_, column);
        return {static_cast<const char*>(data),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

private:
    void expect(int column, int type) const {
        if (sqlite3_column_type(statement_, column) == type) return;
        const char* name = sqlite3_column_name(statement_, column);
        throw StorageError(StorageErrorCode::kCorrupt,
                           std::string("unexpected type or null in column ") + (name ? name : "?"));
    }

    sqlite3_stmt* statement_;
};

struct Binder {
    sqlite3_stmt* statement;
    int at;

    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, at); }
    int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, at, number); }
    int operator()(double number) const { return sqlite3_bind_double(statement, at, number); }
    // Not copied: the parameters outlive the run of the statement, after which they are unbound.
    int operator()(const std::string& text) const {
        return sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    int operator()(const Blob& blob) const {
        return sqlite3_bind_blob64(statement, at, blob.bytes.data(), blob.bytes.size(),
                                   SQLITE_STATIC);
    }
};

// The keys of deliveries are spread over their whole index, so that few pages of memory are read
// again and again; and a page that changes with every commit is copied from the log to the file
// once for many of them (32 MiB of log). Measured with bench_ingest.
constexpr const char* kWriterSettings[] = {"PRAGMA cache_size=-32768",
                                           "PRAGMA wal_autocheckpoint=8000"};

class SqliteConnection final : public Connection {
public:
    SqliteConnection(const std::string& path, Access access, int deadline_ms)
        : deadline_(deadline_ms) {
        sqlite3* raw = nullptr;
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        const int opened = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
        handle_.reset(raw);
        if (opened != SQLITE_OK)
            throw StorageError(StorageErrorCode::kUnavailable, "sqlite open: cannot open the file");
        sqlite3_extended_result_codes(raw, 1);
        sqlite3_busy_timeout(raw, kBusyTimeoutMs);
        sqlite3_progress_handler(raw, kProgressSteps, &SqliteConnection::progress, this);
        for (const char* setting : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                                    "PRAGMA foreign_keys=ON", "PRAGMA temp_store=MEMORY"})
            queryRows(setting, {}, [](const Row&) {});
        if (access == Access::kRead) {
            runStatement("PRAGMA query_only=ON", {});
        } else {
            for (const char* setting : kWriterSettings) queryRows(setting, {}, [](const Row&) {});
        }
    }
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;
    ~SqliteConnection() override { statements_.clear(); }

    void beginRead() override { runStatement("BEGIN DEFERRED", {}); }
    void beginWrite() override { runStatement("BEGIN IMMEDIATE", {}); }
    void commit() override { runStatement("COMMIT", {}); }
    void rollback() noexcept override {
        // Outside a transaction there is nothing to undo; a failing ROLLBACK ends it all the same.
        if (inTransaction()) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    void savepoint() override { runStatement("SAVEPOINT unit", {}); }
    void releaseSavepoint() override { runStatement("RELEASE unit", {}); }
    void rollbackToSavepoint() override {
        runStatement("ROLLBACK TO unit", {});
        runStatement("RELEASE unit", {});
    }
    bool inTransaction() const override { return sqlite3_get_autocommit(handle_.get()) == 0; }
    [[nodiscard]] Dialect dialect() const override { return Dialect(Dialect::Product::kSqlite); }

protected:
    std::int64_t runStatement(std::string_view sql, std::span<const Value> params) override {
        const Run run(*this, sql, params);
        if (run.step())
            throw StorageError(StorageErrorCode::kMisuse, "run: the statement gives rows");
        return sqlite3_changes64(handle_.get());
    }

    void queryRows(std::string_view sql, std::span<const Value> params,
                   const RowCallback& callback) override {
        const Run run(*this, sql, params);
        const SqliteRow row(run.statement());
        while (run.step()) callback(row);
    }

private:
    /// One run of a cached statement. A statement in use (a query inside a row callback of the same
    /// text) is not shared: the inner run gets its own.
    class Run {
    public:
        Run(SqliteConnection& owner, std::string_view sql, std::span<const Value> params)
            : owner_(owner) {
            statement_ = owner.cached(sql);
            if (sqlite3_stmt_busy(statement_) != 0) {
                own_ = owner.prepare(sql, 0);
                statement_ = own_.get();
            }
            if (static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_)) != params.size())
                throw StorageError(StorageErrorCode::kMisuse, "wrong number of parameters");
            for (std::size_t i = 0; i < params.size(); ++i) {
                const Binder binder{statement_, static_cast<int>(i + 1)};
                if (std::visit(binder, params[i].held()) != SQLITE_OK)
                    fail(owner.handle_.get(), "bind");
            }
            ++owner_.depth_;
            if (owner_.depth_ == 1) owner_.deadline_at_ = Clock::now() + owner_.deadline_;
        }
        ~Run() {
            --owner_.depth_;
            sqlite3_reset(statement_);
            sqlite3_clear_bindings(statement_);
        }
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;

        [[nodiscard]] sqlite3_stmt* statement() const { return statement_; }
        [[nodiscard]] bool step() const {
            const int result = sqlite3_step(statement_);
            if (result == SQLITE_ROW) return true;
            if (result != SQLITE_DONE) fail(owner_.handle_.get(), "statement");
            return false;
        }

    private:
        SqliteConnection& owner_;
        Statement own_;
        sqlite3_stmt* statement_ = nullptr;
    };

    static int progress(void* self) {
        return Clock::now() > static_cast<SqliteConnection*>(self)->deadline_at_ ? 1 : 0;
    }

    Statement prepare(std::string_view sql, unsigned flags) {
        sqlite3_stmt* raw = nullptr;
        const char* tail = nullptr;
        if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), flags, &raw,
                               &tail) != SQLITE_OK)
            fail(handle_.get(), "prepare");
        Statement statement(raw);
        if (raw == nullptr || tail != sql.data() + sql.size())
            throw StorageError(StorageErrorCode::kMisuse, "expected exactly one statement");
        return statement;
    }

    sqlite3_stmt* cached(std::string_view sql) {
        std::string key(sql);
        if (const auto found = statements_.find(key); found != statements_.end())
            return found->second.get();
        if (statements_.size() >= kStatementsCachedMax && depth_ == 0) statements_.clear();
        Statement statement = prepare(sql, SQLITE_PREPARE_PERSISTENT);
        return statements_.emplace(std::move(key), std::move(statement)).first->second.get();
    }

    Handle handle_;
    std::unordered_map<std::string, Statement> statements_;
    std::chrono::milliseconds deadline_;
    Clock::time_point deadline_at_ = Clock::time_point::max();
    int depth_ = 0;
};

class SqliteDriver final : public Driver {
public:
    SqliteDriver(std::string path, int deadline_ms)
        : path_(std::move(path)), deadline_ms_(deadline_ms) {}
    std::unique_ptr<Connection> open(Access access) override {
        return std::make_unique<SqliteConnection>(path_, access, deadline_ms_);
    }

private:
    std::string path_;
    int deadline_ms_;
};

}  // namespace

std::unique_ptr<Driver> makeSqliteDriver(std::string path, int statement_deadline_ms) {
    return std::make_unique<SqliteDriver>(std::move(path), statement_deadline_ms);
}

}  // namespace hub::storage
