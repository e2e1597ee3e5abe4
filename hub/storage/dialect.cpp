#include "hub/storage/dialect.hpp"

#include <algorithm>

namespace hub::storage {
namespace {

struct Rewrite {
    std::string_view begin;
    std::string_view instead;
    std::string_view end;
};
// NOPAD: SQLite does not hold 'a' and 'a ' for equal either.
constexpr std::string_view kTableOptions =
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin";
constexpr Rewrite kMariadbRewrites[] = {
    {"CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", kTableOptions},
    {"CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", ""},
    {"CREATE UNIQUE INDEX ", "CREATE UNIQUE INDEX IF NOT EXISTS ", ""},
    {"DROP INDEX ", "DROP INDEX IF EXISTS ", ""},
    {"DROP TABLE ", "DROP TABLE IF EXISTS ", ""},
};
constexpr std::string_view kAlter = "ALTER TABLE ";
constexpr std::string_view kAddColumn = " ADD COLUMN ";

std::string_view withoutComments(std::string_view statement) {
    while (statement.starts_with("--")) {
        const std::size_t end = statement.find('\n');
        if (end == std::string_view::npos) return {};
        statement.remove_prefix(end + 1);
        statement.remove_prefix(std::min(statement.find_first_not_of(" \t\r\n"), statement.size()));
    }
    return statement;
}

}  // namespace

std::string_view Dialect::forUpdate() const {
    return product_ == Product::kMariadb ? " FOR UPDATE" : "";
}

std::string Dialect::byIndex(std::string_view index) const {
    if (product_ == Product::kSqlite) return {};
    return std::string(" FORCE INDEX (").append(index).append(")");
}

std::string Dialect::onConflict(std::string_view keys, std::string_view assignments) const {
    if (product_ == Product::kMariadb)
        return std::string(" ON DUPLICATE KEY UPDATE ").append(assignments);
    return std::string(" ON CONFLICT (")
        .append(keys)
        .append(") DO UPDATE SET ")
        .append(assignments);
}

std::string Dialect::schemaStatement(std::string_view statement) const {
    statement = withoutComments(statement);
    if (product_ == Product::kSqlite) return std::string(statement);
    for (const Rewrite& rewrite : kMariadbRewrites) {
        if (!statement.starts_with(rewrite.begin)) continue;
        if (statement.substr(rewrite.begin.size()).starts_with("IF ")) break;
        return std::string(rewrite.instead)
            .append(statement.substr(rewrite.begin.size()))
            .append(rewrite.end);
    }
    std::string text(statement);
    const std::size_t add = text.find(kAddColumn);
    if (text.starts_with(kAlter) && add != std::string::npos)
        text.insert(add + kAddColumn.size(), "IF NOT EXISTS ");
    return text;
}

}  // namespace hub::storage
