/// Order numbers from memory: a process takes ranges of a day's counter, so that orders that are
/// placed at once do not wait for one another at its row (architecture section 8).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hub/storage/database.hpp"

namespace hub::storage {

/// A range is this many numbers; what a process has not given out when it ends is lost.
inline constexpr std::int64_t kOrderNumbersOfRange = 100;
/// The next range is asked for when fewer are left.
inline constexpr std::int64_t kOrderNumbersLow = 50;

/// Any thread.
class OrderNumbers {
public:
    OrderNumbers();

    /// Ranges are taken from here on, by units of their own. `database` outlives every unit that
    /// calls next().
    void fillFrom(Database& database) const;

    /// CHX-YYYYMMDD-XXXX (canonical-model.md section 7.10); more digits on a day with more orders.
    /// Only inside a unit: where no range is at hand the number is counted there. The number of a
    /// unit that is not committed is lost or given to another one.
    [[nodiscard]] std::string next(Connection& connection, std::int64_t now_ms) const;

private:
    struct Stock;
    std::shared_ptr<Stock> stock_;  ///< shared with the units that fill it
};

}  // namespace hub::storage
