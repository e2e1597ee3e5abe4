#include "tests/e2e/stored_rows.hpp"

namespace hub::e2e {
namespace {

const std::set<std::string> kBookkeeping{"commit_marker", "relay_lease", "audit_chain", "counter",
                                         "schema_migration"};

constexpr std::string_view kFileTables = "SELECT name FROM sqlite_master WHERE type = 'table'";
constexpr std::string_view kServerTables =
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'";
constexpr std::string_view kFileColumns = "SELECT name FROM pragma_table_info(?)";
constexpr std::string_view kServerColumns =
    "SELECT column_name FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = ?";

}  // namespace

StoredRows::StoredRows(const RunningHub& hub)
    : connection_(storage::makeDriver(hub.storageUrl())->open(storage::Access::kRead)) {}

std::int64_t StoredRows::number(std::string_view sql,
                                std::initializer_list<storage::Value> params) {
    std::int64_t found = 0;
    connection_->query(sql, params, [&](const storage::Row& row) { found = row.integer(0); });
    return found;
}

std::vector<std::string> StoredRows::texts(std::string_view sql,
                                           std::initializer_list<storage::Value> params) {
    std::vector<std::string> found;
    connection_->query(sql, params, [&](const storage::Row& row) {
        found.push_back(row.optString(0).value_or(""));
    });
    return found;
}

std::int64_t StoredRows::count(std::string_view table) {
    return number("SELECT COUNT(*) FROM " + std::string(table));
}

RowCounts StoredRows::counts() {
    RowCounts counts;
    connection_->beginRead();
    for (const std::string& table : tables()) {
        if (!kBookkeeping.contains(table)) counts[table] = count(table);
    }
    connection_->rollback();
    return counts;
}

std::vector<std::string> StoredRows::tables() {
    return texts(connection_->dialect().writesInParallel() ? kServerTables : kFileTables);
}

std::map<std::string, std::string> StoredRows::columns() {
    const bool server = connection_->dialect().writesInParallel();
    const std::string_view bytes = server ? " AS BINARY)" : " AS BLOB)";
    std::map<std::string, std::string> columns;
    for (const std::string& table : tables()) {
        for (const std::string& name : texts(server ? kServerColumns : kFileColumns, {table})) {
            std::string& all = columns[table + "." + name];
            connection_->query(
                "SELECT CAST(" + name + std::string(bytes) + " FROM " + table + " WHERE " + name +
                    " IS NOT NULL",
                {}, [&](const storage::Row& row) { all.append(row.bytes(0)).append("\n"); });
        }
    }
    return columns;
}

std::vector<std::string> changedTables(const RowCounts& before, const RowCounts& after,
                                       const std::set<std::string>& may_change) {
    std::vector<std::string> changed;
    for (const auto& [table, rows] : after) {
        const auto old = before.find(table);
        const std::int64_t were = old == before.end() ? -1 : old->second;
        if (rows == were || may_change.contains(table)) continue;
        changed.push_back(table + ": " + std::to_string(were) + " -> " + std::to_string(rows));
    }
    return changed;
}

}  // namespace hub::e2e
