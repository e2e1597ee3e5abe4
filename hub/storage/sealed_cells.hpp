/// What the repositories share: sealing a table's cells, refusing a unit, checking lengths.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hub/security/vault.hpp"
#include "hub/storage/connection.hpp"

namespace hub::storage {

/// Seals and opens the cells of one table. Any thread. The vault must outlive it; `table` is a
/// literal.
class SealedCells {
public:
    SealedCells(const security::Vault& vault, std::string_view table)
        : vault_(vault), table_(table) {}

    [[nodiscard]] std::string seal(std::string_view tenant, std::string_view row,
                                   std::string_view column, std::string_view plaintext) const;
    [[nodiscard]] std::optional<std::string> seal(
        std::string_view tenant, std::string_view row, std::string_view column,
        const std::optional<std::string>& plaintext) const;
    /// Throws StorageError (kCorrupt) naming table and column if the cell does not open: it was
    /// moved, changed, or its key is gone. That is an alarm, never an empty value.
    [[nodiscard]] std::string open(std::string_view tenant, std::string_view row,
                                   std::string_view column, std::string_view sealed) const;
    [[nodiscard]] std::optional<std::string> open(std::string_view tenant, std::string_view row,
                                                  std::string_view column,
                                                  const std::optional<std::string>& sealed) const;

private:
    const security::Vault& vault_;
    std::string_view table_;
};

/// Throws UnitRefused with `code` unless exactly one row was affected.
void requireOne(std::int64_t affected, hubsdk::ErrorCode code, const char* message);

/// Throws StaleRow (kConflict) unless exactly one row was affected: what the unit had read was
/// changed in between (TM-DB-4).
void requireFresh(std::int64_t affected, const char* message);

/// Throws UnitRefused (kTooLarge) if a text does not fit its column. SQLite would take it.
void requireFits(std::string_view text, std::size_t length_max, const char* column);

/// At most `length_max` bytes, cut at a character border. For error texts only.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t length_max);

inline constexpr std::size_t kErrorTextMax = 500;

}  // namespace hub::storage
