/// One page of a list: newest rows first, by ids of version 7, which sort by their creation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hub::storage {

inline constexpr int kPageRowsDefault = 20;
inline constexpr int kPageRowsMax = 100;
/// Rows that may be skipped; whoever goes deeper goes on from `after_id`.
inline constexpr std::int64_t kPageOffsetMax = 10'000;

/// Behind the WHERE of a list; its parameters are after_id twice, rows_max and offset.
inline constexpr std::string_view kPagePart =
    "AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ? OFFSET ?";

struct PageOf {
    std::optional<std::string> after_id;  ///< only rows older than this one
    std::int64_t offset = 0;              ///< rows to skip
    int rows_max = kPageRowsDefault;      ///< 1 to kPageRowsMax
};

}  // namespace hub::storage
