/// The one converter between epoch milliseconds and the timestamp text of the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hub::storage {

/// `YYYY-MM-DD HH:MM:SS.mmm` in UTC (canonical-model.md section 6), so that text order is time
/// order. Years 0 to 9999; outside throws StorageError (kMisuse).
[[nodiscard]] std::string timeText(std::int64_t epoch_ms);
[[nodiscard]] std::optional<std::string> timeText(const std::optional<std::int64_t>& epoch_ms);

/// The inverse; throws StorageError (kCorrupt) for any other form.
[[nodiscard]] std::int64_t parseTime(std::string_view text);

}  // namespace hub::storage
