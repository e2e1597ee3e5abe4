/// What the error numbers of a MariaDB or MySQL server and of its client library mean to us.
#pragma once

#include <cstdint>

#include "hub/storage/connection.hpp"

namespace hub::storage {

/// What a failure did beside failing its statement.
enum class FailureReach : std::uint8_t {
    kStatement,    ///< the statement alone is undone
    kTransaction,  ///< the transaction must be, or is, rolled back
    kConnection,   ///< the session is of no more use
};

struct MariadbFailure {
    unsigned number;
    StorageErrorCode code;
    FailureReach reach;
};

/// Unknown numbers are our own mistake (kMisuse) and reach no further than their statement; client
/// errors (2000 to 2999) are a lost connection.
[[nodiscard]] MariadbFailure mariadbFailure(unsigned number);

}  // namespace hub::storage
