/// How many rows go into one statement that takes many.
#pragma once

#include <cstddef>

namespace hub::storage {

/// The greatest size for `rows` rows (at least 1) that still are to be written. The sizes are few,
/// so that every connection keeps few prepared statements.
[[nodiscard]] constexpr std::size_t rowsOfStatement(std::size_t rows) {
    constexpr std::size_t kSizes[] = {64, 16, 4};
    for (const std::size_t size : kSizes) {
        if (size <= rows) return size;
    }
    return 1;
}

}  // namespace hub::storage
