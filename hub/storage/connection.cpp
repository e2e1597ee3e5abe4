#include "hub/storage/connection.hpp"

#include <array>

#include "hub/storage/mariadb_driver.hpp"
#include "hub/storage/sqlite_driver.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;

/// Indexed by StorageErrorCode.
constexpr std::array kErrorCodes{
    ErrorCode::kUnavailable, ErrorCode::kConflict,    ErrorCode::kConflict, ErrorCode::kTimeout,
    ErrorCode::kUnavailable, ErrorCode::kUnavailable, ErrorCode::kInternal, ErrorCode::kInternal,
};

constexpr std::string_view kSqliteScheme = "sqlite:";

}  // namespace

hubsdk::Error toError(const StorageError& error) {
    return hubsdk::makeError(kErrorCodes.at(static_cast<std::size_t>(error.code())), error.what());
}

std::int64_t Row::time(int column) const { return parseTime(text(column)); }

std::optional<std::int64_t> Row::optInteger(int column) const {
    if (isNull(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Row::optString(int column) const {
    if (isNull(column)) return std::nullopt;
    return string(column);
}

std::optional<std::int64_t> Row::optTime(int column) const {
    if (isNull(column)) return std::nullopt;
    return time(column);
}

std::unique_ptr<Driver> makeDriver(std::string_view url, int statement_deadline_ms) {
    if (url.substr(0, kSqliteScheme.size()) == kSqliteScheme && url.size() > kSqliteScheme.size())
        return makeSqliteDriver(std::string(url.substr(kSqliteScheme.size())),
                                statement_deadline_ms);
    if (url.starts_with(kMariadbScheme))
        return makeMariadbDriver(parseMariadbUrl(url), statement_deadline_ms);
    throw StorageError(StorageErrorCode::kMisuse,
                       "database URL: expected sqlite:PATH or mariadb://USER@HOST/DATABASE");
}

}  // namespace hub::storage
