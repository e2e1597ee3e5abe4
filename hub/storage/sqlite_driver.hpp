/// The SQLite driver: the embedded default. No SQLite type leaves its .cpp.
#pragma once

#include <memory>
#include <string>

#include "hub/storage/connection.hpp"

namespace hub::storage {

/// Connections to the file at `path`: WAL, synchronous FULL, foreign keys on; read connections
/// refuse writes. A statement over `statement_deadline_ms` is interrupted and fails with kTimeout.
[[nodiscard]] std::unique_ptr<Driver> makeSqliteDriver(std::string path, int statement_deadline_ms);

}  // namespace hub::storage
