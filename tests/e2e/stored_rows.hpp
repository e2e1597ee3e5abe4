/// The database of a running hub, read from outside and never written.
#pragma once

#include <set>

#include "hub/storage/connection.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {

/// Rows of every table by its name.
using RowCounts = std::map<std::string, std::int64_t>;

/// A read-only connection of its own. One thread.
class StoredRows {
public:
    explicit StoredRows(const RunningHub& hub);

    /// The first column of the first row.
    [[nodiscard]] std::int64_t number(std::string_view sql,
                                      std::initializer_list<storage::Value> params = {});
    /// The first column of all rows; null is "".
    [[nodiscard]] std::vector<std::string> texts(std::string_view sql,
                                                 std::initializer_list<storage::Value> params = {});
    [[nodiscard]] std::int64_t count(std::string_view table);

    /// All tables in one snapshot, without those of the hub's own bookkeeping: the markers of
    /// commits, the leases of the relay, the ends of the audit chains and the migrations, which
    /// move whatever is sent.
    [[nodiscard]] RowCounts counts();

    /// What each column of each table holds, all rows one after the other, by "table.column".
    [[nodiscard]] std::map<std::string, std::string> columns();

private:
    /// All tables, the hub's bookkeeping too.
    [[nodiscard]] std::vector<std::string> tables();
    std::unique_ptr<storage::Connection> connection_;
};

/// "table: before -> after" for each table that has not as many rows as before, but for those that
/// may change.
[[nodiscard]] std::vector<std::string> changedTables(const RowCounts& before,
                                                     const RowCounts& after,
                                                     const std::set<std::string>& may_change = {});

}  // namespace hub::e2e
