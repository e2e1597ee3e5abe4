#include "hub/storage/migration.hpp"

#include <chrono>
#include <map>
#include <string>

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using Applied = std::map<std::int64_t, std::string>;

std::int64_t nowMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Applied appliedOf(Connection& connection) {
    connection.run(
        "CREATE TABLE IF NOT EXISTS schema_migration (number INT NOT NULL PRIMARY KEY, "
        "name VARCHAR(100) NOT NULL, sha256 CHAR(64) NOT NULL, applied_at DATETIME(3) NOT NULL)");
    Applied applied;
    connection.query("SELECT number, sha256 FROM schema_migration", {},
                     [&](const Row& row) { applied.emplace(row.integer(0), row.string(1)); });
    return applied;
}

void runScript(Connection& connection, std::string_view script) {
    constexpr std::string_view kBlank = " \t\r\n";
    while (true) {
        const std::size_t begin = script.find_first_not_of(kBlank);
        if (begin == std::string_view::npos) return;
        script.remove_prefix(begin);
        const std::size_t end = script.find(";\n");
        if (end == std::string_view::npos)
            throw StorageError(StorageErrorCode::kMisuse,
                               "migration: the last statement has no end");
        connection.run(script.substr(0, end));
        script.remove_prefix(end + 2);
    }
}

void apply(Connection& connection, const Migration& migration) {
    runScript(connection, migration.sql);
    connection.run(
        "INSERT INTO schema_migration (number, name, sha256, applied_at) VALUES (?,?,?,?)",
        {migration.number, migration.name, security::sha256Hex(migration.sql), timeText(nowMs())});
}

void migrateInTransaction(Connection& connection, std::span<const Migration> migrations) {
    Applied applied = appliedOf(connection);
    for (const auto& migration : migrations) {
        const auto found = applied.find(migration.number);
        if (found == applied.end()) {
            apply(connection, migration);
            continue;
        }
        if (found->second != security::sha256Hex(migration.sql))
            throw StorageError(StorageErrorCode::kCorrupt,
                               "migration " + std::string(migration.name) + " was changed later");
        applied.erase(found);
    }
    if (!applied.empty())
        throw StorageError(StorageErrorCode::kCorrupt,
                           "migration " + std::to_string(applied.begin()->first) +
                               " is unknown here: the database is of a newer version");
}

}  // namespace

void migrate(Connection& connection, std::span<const Migration> migrations) {
    // One transaction around all: a second process waits, then finds everything applied.
    connection.beginWrite();
    try {
        migrateInTransaction(connection, migrations);
        connection.commit();
    } catch (...) {
        connection.rollback();
        throw;
    }
}

}  // namespace hub::storage
