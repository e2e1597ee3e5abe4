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

/// Looks before it creates: a user without the right to change the schema may start a hub whose
/// migrations are all applied (TM-DB-7).
Applied appliedOf(Connection& connection) {
    Applied applied;
    const auto read = [&] {
        connection.query("SELECT number, sha256 FROM schema_migration", {},
                         [&](const Row& row) { applied.emplace(row.integer(0), row.string(1)); });
    };
    try {
        read();
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kMisuse) throw;
        connection.run(connection.dialect().schemaStatement(
            "CREATE TABLE schema_migration (number INT NOT NULL PRIMARY KEY, "
            "name VARCHAR(100) NOT NULL, sha256 CHAR(64) NOT NULL, "
            "applied_at DATETIME(3) NOT NULL)"));
        read();
    }
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
        connection.run(connection.dialect().schemaStatement(script.substr(0, end)));
        script.remove_prefix(end + 2);
    }
}

void apply(Connection& connection, const Migration& migration) {
    runScript(connection, migration.sql);
    connection.run(
        "INSERT INTO schema_migration (number, name, sha256, applied_at) VALUES (?,?,?,?)",
        {migration.number, migration.name, security::sha256Hex(migration.sql), timeText(nowMs())});
}

void applyMissing(Connection& connection, std::span<const Migration> migrations) {
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

/// One transaction around all: a second process waits, then finds everything applied.
void migrateInTransaction(Connection& connection, std::span<const Migration> migrations) {
    connection.beginWrite();
    try {
        applyMissing(connection, migrations);
        connection.commit();
    } catch (...) {
        connection.rollback();
        throw;
    }
}

bool takeLock(Connection& connection) {
    bool taken = false;
    connection.query("SELECT GET_LOCK(CONCAT('screenhub-schema:', DATABASE()), 1)", {},
                     [&](const Row& row) { taken = row.optInteger(0) == 1; });
    return taken;
}

/// Where a schema change commits by itself, a lock of that name keeps a second process waiting;
/// the server frees it when the session ends. What failed half way is repeated from its beginning:
/// schema statements become repeatable there (Dialect::schemaStatement).
void migrateUnderLock(Connection& connection, std::span<const Migration> migrations) {
    int seconds = 0;
    while (!takeLock(connection))
        if (++seconds >= kMigrationLockSeconds)
            throw StorageError(StorageErrorCode::kBusy,
                               "migration: another process is changing the schema");
    applyMissing(connection, migrations);
    connection.query("SELECT RELEASE_LOCK(CONCAT('screenhub-schema:', DATABASE()))", {},
                     [](const Row&) {});
}

}  // namespace

void migrate(Connection& connection, std::span<const Migration> migrations) {
    if (connection.dialect().writesInParallel()) {
        migrateUnderLock(connection, migrations);
    } else {
        migrateInTransaction(connection, migrations);
    }
}

}  // namespace hub::storage
