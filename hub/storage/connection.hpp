/// The database seam: one connection, its values and rows, and how a database is opened.
/// Nothing here names a database product; the drivers do.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include <hubsdk/cpp/result.hpp>

#include "hub/storage/dialect.hpp"

namespace hub::storage {

/// Bytes that are not text, told apart so that a driver binds them without a character set.
struct Blob {
    std::string bytes;
};

/// One SQL parameter; owns its text. Built from what it holds, so `{id, 3, nullptr}` is a list of
/// them.
class Value {
public:
    using Held = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;

    Value(std::nullptr_t = nullptr) : held_(nullptr) {}
    template <std::integral T>
    Value(T number) : held_(static_cast<std::int64_t>(number)) {}
    Value(double number) : held_(number) {}
    Value(std::string text) : held_(std::move(text)) {}
    Value(std::string_view text) : held_(std::string(text)) {}
    Value(const char* text) : held_(std::string(text)) {}
    Value(Blob blob) : held_(std::move(blob)) {}
    template <class T>
    Value(const std::optional<T>& value) : held_(nullptr) {
        if (value) held_ = Value(*value).held_;
    }

    [[nodiscard]] const Held& held() const { return held_; }

private:
    Held held_;
};

enum class StorageErrorCode : std::uint8_t {
    kBusy,         ///< locked by someone else, deadlock, or no pool connection in time
    kUnique,       ///< a unique or primary key exists already
    kConstraint,   ///< another constraint: foreign key, not null, check
    kTimeout,      ///< the statement's deadline passed
    kFull,         ///< no space left
    kUnavailable,  ///< the database cannot be reached, opened, read or written
    kCorrupt,      ///< what is stored cannot be what we wrote
    kMisuse,       ///< our own mistake: wrong SQL, wrong parameter count
};

/// A storage failure. The message names the operation, never a bound value.
class StorageError : public std::runtime_error {
public:
    StorageError(StorageErrorCode code, const std::string& message)
        : std::runtime_error(message), code_(code) {}
    [[nodiscard]] StorageErrorCode code() const noexcept { return code_; }

private:
    StorageErrorCode code_;
};

/// A commit of which nobody knows whether it took place: the connection was lost while it ran.
class CommitUnknown : public StorageError {
public:
    using StorageError::StorageError;
};

/// Thrown by a unit of work to undo itself and hand this error to its `done`.
class UnitRefused : public std::runtime_error {
public:
    explicit UnitRefused(hubsdk::Error error)
        : std::runtime_error(error.message), error_(std::move(error)) {}
    [[nodiscard]] const hubsdk::Error& error() const noexcept { return error_; }

private:
    hubsdk::Error error_;
};

/// Refused because a row was changed between its reading and its writing. Where units run in
/// parallel the unit is run again, reading afresh, before its `done` is told kConflict.
class StaleRow : public UnitRefused {
public:
    using UnitRefused::UnitRefused;
};

/// The error with which a storage failure leaves the seam: busy and unavailable ask for another
/// try.
[[nodiscard]] hubsdk::Error toError(const StorageError& error);

/// The current row of a query. Views live until the callback returns. Columns count from 0. Reading
/// null or another type through the plain accessors throws StorageError (kCorrupt).
class Row {
public:
    virtual ~Row() = default;
    [[nodiscard]] virtual bool isNull(int column) const = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    [[nodiscard]] virtual double real(int column) const = 0;
    [[nodiscard]] virtual std::string_view text(int column) const = 0;
    [[nodiscard]] virtual std::string_view bytes(int column) const = 0;

    [[nodiscard]] bool flag(int column) const { return integer(column) != 0; }
    [[nodiscard]] std::string string(int column) const { return std::string(text(column)); }
    /// Epoch milliseconds of a timestamp column.
    [[nodiscard]] std::int64_t time(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optInteger(int column) const;
    [[nodiscard]] std::optional<std::string> optString(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optTime(int column) const;
};

using RowCallback = std::function<void(const Row&)>;

/// One database session. One thread at a time. Statements are cached by their text, so pass
/// literals with
/// `?` parameters. Every function throws StorageError on failure.
class Connection {
public:
    virtual ~Connection() = default;

    /// Runs a statement that returns no rows; gives the number of affected rows.
    std::int64_t run(std::string_view sql, std::span<const Value> params) {
        return runStatement(sql, params);
    }
    std::int64_t run(std::string_view sql, std::initializer_list<Value> params = {}) {
        return runStatement(sql, {params.begin(), params.size()});
    }

    /// Calls `row` for each row. What `row` throws ends the query and passes through.
    void query(std::string_view sql, std::span<const Value> params, const RowCallback& row) {
        queryRows(sql, params, row);
    }
    void query(std::string_view sql, std::initializer_list<Value> params, const RowCallback& row) {
        queryRows(sql, {params.begin(), params.size()}, row);
    }

    /// Transactions, used by Database and the migrations only; units never call them.
    virtual void beginRead() = 0;
    virtual void beginWrite() = 0;
    virtual void commit() = 0;
    /// Ends the transaction if there is one. Never throws.
    virtual void rollback() noexcept = 0;
    virtual void savepoint() = 0;
    virtual void releaseSavepoint() = 0;
    virtual void rollbackToSavepoint() = 0;
    /// False outside a transaction, also when a failure made the database end it.
    [[nodiscard]] virtual bool inTransaction() const = 0;
    /// False once the session is lost: it must be closed, never lent again (TM-DB-2).
    [[nodiscard]] virtual bool usable() const { return true; }
    [[nodiscard]] virtual Dialect dialect() const = 0;

protected:
    virtual std::int64_t runStatement(std::string_view sql, std::span<const Value> params) = 0;
    virtual void queryRows(std::string_view sql, std::span<const Value> params,
                           const RowCallback& row) = 0;
};

enum class Access : std::uint8_t {
    kRead,    ///< one snapshot, writes are refused
    kWrite,   ///< units of work
    kSchema,  ///< migrations: statements without a deadline of their own, settings are examined
};

/// Opens connections to one database. Any thread.
class Driver {
public:
    virtual ~Driver() = default;
    /// Throws StorageError (kUnavailable) if the database cannot be opened.
    [[nodiscard]] virtual std::unique_ptr<Connection> open(Access access) = 0;
    /// True if several connections may write at once.
    [[nodiscard]] virtual bool writesInParallel() const { return false; }
};

inline constexpr int kStatementDeadlineMs = 5000;
inline constexpr int kBusyTimeoutMs = 2000;

/// Chooses the driver of a URL: `sqlite:PATH` or `mariadb://…` (mariadb_url.hpp). Throws
/// StorageError (kMisuse) for any other scheme.
[[nodiscard]] std::unique_ptr<Driver> makeDriver(std::string_view url,
                                                 int statement_deadline_ms = kStatementDeadlineMs);

}  // namespace hub::storage
