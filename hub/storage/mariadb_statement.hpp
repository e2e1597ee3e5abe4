/// One prepared statement of libmariadb with its bound parameters and result columns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hub/storage/connection.hpp"

// libmariadb's own names, so that its header stays in the .cpp files.
struct st_mysql;
struct st_mysql_stmt;

namespace hub::storage {

/// Lives as long as its session at most. One thread at a time.
class MariadbStatement {
public:
    explicit MariadbStatement(st_mysql* session);
    ~MariadbStatement();
    MariadbStatement(const MariadbStatement&) = delete;
    MariadbStatement& operator=(const MariadbStatement&) = delete;

    // Each gives false on failure; errorNumber() says which.
    [[nodiscard]] bool prepare(std::string_view sql);
    /// The parameters must live until it returns. A result is read whole into memory, so that other
    /// statements may run while its rows are visited.
    [[nodiscard]] bool execute(std::span<const Value> params);

    enum class Fetched : std::uint8_t { kRow, kEnd, kFailed };
    /// Views of the last row end here.
    [[nodiscard]] Fetched fetch();
    /// Frees the result. The statement can be executed again.
    void finish();

    [[nodiscard]] const Row& row() const;
    [[nodiscard]] bool inUse() const { return in_use_; }
    [[nodiscard]] bool givesRows() const;
    [[nodiscard]] std::size_t parameters() const;
    [[nodiscard]] std::int64_t affected() const;
    [[nodiscard]] unsigned errorNumber() const;
    /// The server's words. Only after prepare: later they may hold bound values.
    [[nodiscard]] std::string errorText() const;

private:
    void describeResult();

    struct Result;
    struct Close {
        void operator()(st_mysql_stmt* statement) const;
    };
    std::unique_ptr<st_mysql_stmt, Close> statement_;
    std::unique_ptr<Result> result_;
    bool in_use_ = false;
};

}  // namespace hub::storage
