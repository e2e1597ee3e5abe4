#include "hub/storage/mariadb_codes.hpp"

namespace hub::storage {
namespace {

using Code = StorageErrorCode;
using Reach = FailureReach;

/// Numbers of mysqld_error.h and errmsg.h.
constexpr MariadbFailure kFailures[] = {
    {1022, Code::kUnique, Reach::kStatement},         // ER_DUP_KEY
    {1062, Code::kUnique, Reach::kStatement},         // ER_DUP_ENTRY
    {1586, Code::kUnique, Reach::kStatement},         // ER_DUP_ENTRY_WITH_KEY_NAME
    {1048, Code::kConstraint, Reach::kStatement},     // ER_BAD_NULL_ERROR
    {1216, Code::kConstraint, Reach::kStatement},     // ER_NO_REFERENCED_ROW
    {1217, Code::kConstraint, Reach::kStatement},     // ER_ROW_IS_REFERENCED
    {1264, Code::kConstraint, Reach::kStatement},     // ER_WARN_DATA_OUT_OF_RANGE
    {1265, Code::kConstraint, Reach::kStatement},     // WARN_DATA_TRUNCATED
    {1292, Code::kConstraint, Reach::kStatement},     // ER_TRUNCATED_WRONG_VALUE
    {1364, Code::kConstraint, Reach::kStatement},     // ER_NO_DEFAULT_FOR_FIELD
    {1366, Code::kConstraint, Reach::kStatement},     // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
    {1406, Code::kConstraint, Reach::kStatement},     // ER_DATA_TOO_LONG
    {1451, Code::kConstraint, Reach::kStatement},     // ER_ROW_IS_REFERENCED_2
    {1452, Code::kConstraint, Reach::kStatement},     // ER_NO_REFERENCED_ROW_2
    {4025, Code::kConstraint, Reach::kStatement},     // ER_CONSTRAINT_FAILED
    {1020, Code::kBusy, Reach::kTransaction},         // ER_CHECKREAD
    {1205, Code::kBusy, Reach::kTransaction},         // ER_LOCK_WAIT_TIMEOUT
    {1213, Code::kBusy, Reach::kTransaction},         // ER_LOCK_DEADLOCK
    {1614, Code::kBusy, Reach::kTransaction},         // ER_XA_RBDEADLOCK
    {1615, Code::kBusy, Reach::kConnection},          // ER_NEED_REPREPARE
    {1243, Code::kBusy, Reach::kConnection},          // ER_UNKNOWN_STMT_HANDLER
    {1317, Code::kTimeout, Reach::kStatement},        // ER_QUERY_INTERRUPTED
    {1969, Code::kTimeout, Reach::kStatement},        // ER_STATEMENT_TIMEOUT (MariaDB)
    {3024, Code::kTimeout, Reach::kStatement},        // ER_QUERY_TIMEOUT (MySQL)
    {1021, Code::kFull, Reach::kTransaction},         // ER_DISK_FULL
    {1114, Code::kFull, Reach::kTransaction},         // ER_RECORD_FILE_FULL
    {1037, Code::kUnavailable, Reach::kTransaction},  // ER_OUTOFMEMORY
    {1038, Code::kUnavailable, Reach::kTransaction},  // ER_OUT_OF_SORTMEMORY
    {1041, Code::kUnavailable, Reach::kTransaction},  // ER_OUT_OF_RESOURCES
    {1180, Code::kUnavailable, Reach::kTransaction},  // ER_ERROR_DURING_COMMIT
    {1040, Code::kUnavailable, Reach::kConnection},   // ER_CON_COUNT_ERROR
    {1044, Code::kUnavailable, Reach::kConnection},   // ER_DBACCESS_DENIED_ERROR
    {1045, Code::kUnavailable, Reach::kConnection},   // ER_ACCESS_DENIED_ERROR
    {1047, Code::kUnavailable, Reach::kConnection},   // ER_UNKNOWN_COM_ERROR: Galera, not ready
    {1049, Code::kUnavailable, Reach::kConnection},   // ER_BAD_DB_ERROR
    {1053, Code::kUnavailable, Reach::kConnection},   // ER_SERVER_SHUTDOWN
    {1129, Code::kUnavailable, Reach::kConnection},   // ER_HOST_IS_BLOCKED
    {1130, Code::kUnavailable, Reach::kConnection},   // ER_HOST_NOT_PRIVILEGED
    {1152, Code::kUnavailable, Reach::kConnection},   // ER_ABORTING_CONNECTION
    {1153, Code::kConstraint, Reach::kConnection},    // ER_NET_PACKET_TOO_LARGE
    {1158, Code::kUnavailable, Reach::kConnection},   // ER_NET_READ_ERROR
    {1159, Code::kUnavailable, Reach::kConnection},   // ER_NET_READ_INTERRUPTED
    {1160, Code::kUnavailable, Reach::kConnection},   // ER_NET_ERROR_ON_WRITE
    {1161, Code::kUnavailable, Reach::kConnection},   // ER_NET_WRITE_INTERRUPTED
    {1203, Code::kUnavailable, Reach::kConnection},   // ER_TOO_MANY_USER_CONNECTIONS
    {1226, Code::kUnavailable, Reach::kConnection},   // ER_USER_LIMIT_REACHED
    {1290, Code::kUnavailable, Reach::kConnection},   // ER_OPTION_PREVENTS_STATEMENT: read only
    {1836, Code::kUnavailable, Reach::kConnection},   // ER_READ_ONLY_MODE
    {1927, Code::kUnavailable, Reach::kConnection},   // ER_CONNECTION_KILLED
    {2014, Code::kMisuse, Reach::kConnection},        // CR_COMMANDS_OUT_OF_SYNC
    {2020, Code::kConstraint, Reach::kConnection},    // CR_NET_PACKET_TOO_LARGE
    {2031, Code::kMisuse, Reach::kStatement},         // CR_PARAMS_NOT_BOUND
    {2034, Code::kMisuse, Reach::kStatement},         // CR_INVALID_PARAMETER_NO
    {2036, Code::kMisuse, Reach::kStatement},         // CR_UNSUPPORTED_PARAM_TYPE
};

constexpr unsigned kClientFirst = 2000;
constexpr unsigned kClientLast = 2999;

}  // namespace

MariadbFailure mariadbFailure(unsigned number) {
    for (const MariadbFailure& failure : kFailures)
        if (failure.number == number) return failure;
    if (number >= kClientFirst && number <= kClientLast)
        return {number, Code::kUnavailable, Reach::kConnection};
    return {number, Code::kMisuse, Reach::kStatement};
}

}  // namespace hub::storage
