/// The MariaDB and MySQL driver over libmariadb. None of its types leaves the .cpp files.
#pragma once

#include <memory>

#include "hub/storage/connection.hpp"
#include "hub/storage/mariadb_url.hpp"

namespace hub::storage {

/// Sessions of the server at `target`: never reconnecting by themselves, strict, in UTC, utf8mb4,
/// isolation READ COMMITTED for writing and one snapshot for reading. A statement over
/// `statement_deadline_ms` is ended by the server (kTimeout); a server that does not answer at all
/// costs up to a second more, rounded up to whole seconds, and the session (TM-DB-2).
/// Ignores SIGPIPE for the whole process: libmariadb writes to sockets that may be gone.
[[nodiscard]] std::unique_ptr<Driver> makeMariadbDriver(MariadbTarget target,
                                                        int statement_deadline_ms);

}  // namespace hub::storage
