/// Numbered schema changes, embedded at build time from hub/storage/migrations.
#pragma once

#include <span>
#include <string_view>

#include "hub/storage/connection.hpp"

namespace hub::storage {

/// How long a starting hub waits for another one that changes the schema, on a database server.
inline constexpr int kMigrationLockSeconds = 120;

/// One file: `0001_core.sql` is number 1. Statements end with a semicolon at the end of a line.
/// Those that change rows must be repeatable: MariaDB commits schema changes by themselves, and a
/// migration that failed half way runs again from its beginning.
struct Migration {
    int number;
    std::string_view name;
    std::string_view sql;
};

/// All migrations of this build in order. The views live for ever.
[[nodiscard]] std::span<const Migration> embeddedMigrations();

/// Applies what is missing: on SQLite in one transaction, on a database server under a lock. Throws
/// StorageError: kCorrupt if an applied migration has another text now or one is unknown to this
/// build (the database belongs to a newer hub), and what the statements throw. Idempotent.
void migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace hub::storage
