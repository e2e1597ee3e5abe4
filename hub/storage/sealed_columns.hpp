/// What is done with all sealed columns at once: proving that the keys at hand open them, and
/// sealing them anew after the master key was rotated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hub/security/vault.hpp"
#include "hub/storage/connection.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

struct SealedColumn {
    std::string_view table;
    std::string_view column;
    security::KeyClass key_class = security::KeyClass::kPersonal;
    std::string_view row = "id";  ///< the column that names the row, also to the vault
};
/// Every sealed column of the schema: those whose name ends in `_enc`.
[[nodiscard]] std::span<const SealedColumn> sealedColumns();

/// The class of a column; kPersonal for one that is not in the list.
[[nodiscard]] security::KeyClass keyClassOf(std::string_view table, std::string_view column);

/// Opens the oldest and the newest value of each sealed column. Throws StorageError (kCorrupt) that
/// names table and column if one does not open: a hub with the wrong master key must not start and
/// seal new rows beside old ones that it cannot read.
void requireKeys(Connection& connection, const SystemScope& system, const security::Vault& vault);

/// Whether any value is sealed by another master key than the newest one. Reads whole tables.
[[nodiscard]] bool needsOlderKeys(Connection& connection, const SystemScope& system,
                                  const security::Vault& vault);

/// How far sealing anew has come.
struct ResealPlace {
    std::size_t column = 0;  ///< index into sealedColumns()
    std::string after_id;
    std::int64_t resealed = 0;
    [[nodiscard]] bool done() const { return column >= sealedColumns().size(); }
};

/// A data key should seal no more than this (TM-DATA-3): half of the 2^32 that random nonces allow.
inline constexpr std::int64_t kKeyUsesMax = std::int64_t{1} << 31;

/// A key that has just come to its limit.
struct WornKey {
    std::string tenant_id;
    std::string key_id;
    std::int64_t limit = 0;
};
/// In a unit: adds to the record of each data key how often it sealed. Gives those that reached
/// `uses_max`, or half as much again, with it. What a process that is killed had not noted is lost:
/// with a note every minute that is little against the distance between kKeyUsesMax and the limit
/// of the cipher.
[[nodiscard]] std::vector<WornKey> noteKeyUses(Connection& connection, const SystemScope& system,
                                               const std::vector<security::KeyUse>& uses,
                                               std::int64_t now_ms,
                                               std::int64_t uses_max = kKeyUsesMax);

/// Values of one unit: each may be as large as a vendor's answer.
inline constexpr int kResealRowsMax = 32;

/// In a unit: seals the next values that an older key sealed with the newest one, and gives the
/// place behind them. Older keys stay readable, so reads and writes go on meanwhile (TM-DATA-5).
[[nodiscard]] ResealPlace resealNext(Connection& connection, const SystemScope& system,
                                     const security::Vault& vault, ResealPlace from,
                                     int rows_max = kResealRowsMax);

}  // namespace hub::storage
