#include "hub/storage/sealed_columns.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "hub/security/digest.hpp"
#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using security::KeyClass;

constexpr SealedColumn kColumns[] = {
    {"provider_config", "endpoint_token_enc", KeyClass::kSecret},
    {"provider_config", "auth_config_enc", KeyClass::kSecret},
    {"inbound_event", "request_enc"},
    {"inbound_event", "headers_enc"},
    {"inbound_event", "body_enc"},
    {"observation", "document_enc"},
    {"person", "data_enc", KeyClass::kIdentifier},  // with the number of a driving licence
    {"person", "ssn_enc", KeyClass::kIdentifier},
    {"screening_order", "request_enc", KeyClass::kIdentifier},  // as it came, with the SSN
    {"vendor_order", "applicant_url_enc"},
    {"screening_check", "details_enc"},
    {"finding", "description_enc"},
    {"finding", "disposition_enc"},
    {"finding", "sentence_enc"},
    {"finding", "case_number_enc"},
    {"finding", "details_enc"},
    {"audit_entry", "changes_enc"},
    {"alert", "details_enc"},
    {"task", "notes_enc"},
    {"flow", "inputs_enc", KeyClass::kIdentifier},  // what the plugin sends on
    {"flow", "result_enc"},
    {"flow_step", "path_enc"},
    {"flow_step", "reply_headers_enc"},
    {"flow_step", "reply_body_enc"},
    {"stored_blob_chunk", "content_enc"},
    {"audit_chain", "head_enc", KeyClass::kSecret, "tenant_id"},
    {"flow", "transient_enc", KeyClass::kSecret},
    {"feed_state", "cursor_enc"},
};

struct Cell {
    std::string id;
    std::string tenant;
};

std::string concat(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const auto part : parts) text.append(part);
    return text;
}

void requireOpens(Connection& connection, const security::Vault& vault, const SealedColumn& at,
                  std::string_view order) {
    const SealedCells cells(vault, at.table);
    connection.query(
        concat({"SELECT ", at.row, ", tenant_id, ", at.column, " FROM ", at.table, " WHERE ",
                at.column, " IS NOT NULL ORDER BY ", at.row, " ", order, " LIMIT 1"}),
        {}, [&](const Row& row) {
            (void)cells.open(row.text(1), row.text(0), at.column, row.bytes(2));
        });
}

/// What a value begins with that the newest key sealed.
std::string activePrefix(const security::Vault& vault, const SealedColumn& at) {
    return "v1." + vault.activeKeyId(at.key_class) + ".";
}

/// Ids first and values one by one: a page of values could fill the memory.
std::vector<Cell> sealedByOlderKeys(Connection& connection, const SealedColumn& at,
                                    const std::string& active, const std::string& after_id,
                                    int rows_max) {
    std::vector<Cell> found;
    connection.query(concat({"SELECT ", at.row, ", tenant_id FROM ", at.table, " WHERE ", at.row,
                             " > ? AND ", at.column, " IS NOT NULL AND SUBSTR(", at.column,
                             ", 1, ?) <> ? ORDER BY ", at.row, " LIMIT ?"}),
                     {after_id, active.size(), active, rows_max}, [&](const Row& row) {
                         found.push_back(Cell{row.string(0), row.string(1)});
                     });
    return found;
}

void reseal(Connection& connection, const SealedCells& cells, const SealedColumn& at,
            const Cell& cell) {
    std::optional<std::string> sealed;
    connection.query(
        concat({"SELECT ", at.column, " FROM ", at.table, " WHERE ", at.row, " = ? AND ", at.column,
                " IS NOT NULL", connection.dialect().forUpdate()}),
        {cell.id}, [&](const Row& row) { sealed = std::string(row.bytes(0)); });
    if (!sealed) return;  // it went in between
    std::string plain = cells.open(cell.tenant, cell.id, at.column, std::string_view(*sealed));
    const std::string fresh = cells.seal(cell.tenant, cell.id, at.column, std::string_view(plain));
    security::wipe(plain);
    connection.run(concat({"UPDATE ", at.table, " SET ", at.column, " = ? WHERE ", at.row, " = ?"}),
                   {fresh, cell.id});
}

}  // namespace

std::span<const SealedColumn> sealedColumns() { return kColumns; }

KeyClass keyClassOf(std::string_view table, std::string_view column) {
    for (const SealedColumn& at : kColumns)
        if (at.column == column && at.table == table) return at.key_class;
    return KeyClass::kPersonal;
}

void requireKeys(Connection& connection, const SystemScope& /*system*/,
                 const security::Vault& vault) {
    for (const SealedColumn& at : kColumns) {
        requireOpens(connection, vault, at, "ASC");
        requireOpens(connection, vault, at, "DESC");
    }
}

bool needsOlderKeys(Connection& connection, const SystemScope& /*system*/,
                    const security::Vault& vault) {
    // A value from before there were classes is no value of an older master key.
    const std::string master = "v1." + vault.activeKeyId();
    return std::ranges::any_of(kColumns, [&](const SealedColumn& at) {
        bool found = false;
        connection.query(concat({"SELECT ", at.row, " FROM ", at.table, " WHERE ", at.column,
                                 " IS NOT NULL AND SUBSTR(", at.column,
                                 ", 1, ?) NOT IN (?, ?) "
                                 "LIMIT 1"}),
                         {master.size() + 1, master + ".", master + "-"},
                         [&](const Row&) { found = true; });
        return found;
    });
}

std::vector<WornKey> noteKeyUses(Connection& connection, const SystemScope& /*system*/,
                                 const std::vector<security::KeyUse>& uses, std::int64_t now_ms,
                                 std::int64_t uses_max) {
    const std::string now = timeText(now_ms);
    const std::string sql =
        "INSERT INTO data_key (id, tenant_id, key_id, uses, created_at, updated_at) "
        "VALUES (?,?,?,?,?,?)" +
        connection.dialect().onConflict("tenant_id, key_id", "uses = uses + ?, updated_at = ?");
    std::vector<WornKey> worn;
    // A second time half as far again: a warning may have been missed.
    const std::int64_t limits[] = {uses_max, uses_max + uses_max / 2};
    for (const security::KeyUse& use : uses) {
        connection.run(sql, {security::uuid7(now_ms), use.tenant, use.key_id, use.uses, now, now,
                             use.uses, now});
        connection.query("SELECT uses FROM data_key WHERE tenant_id = ? AND key_id = ?",
                         {use.tenant, use.key_id}, [&](const Row& row) {
                             const std::int64_t all = row.integer(0);
                             for (const std::int64_t limit : limits)
                                 if (all >= limit && all - use.uses < limit)
                                     worn.push_back({use.tenant, use.key_id, limit});
                         });
    }
    return worn;
}

ResealPlace resealNext(Connection& connection, const SystemScope& /*system*/,
                       const security::Vault& vault, ResealPlace from, int rows_max) {
    while (!from.done()) {
        const SealedColumn& at = sealedColumns()[from.column];
        const auto found =
            sealedByOlderKeys(connection, at, activePrefix(vault, at), from.after_id, rows_max);
        if (found.empty()) {
            ++from.column;
            from.after_id.clear();
            continue;
        }
        const SealedCells cells(vault, at.table);
        for (const Cell& cell : found) reseal(connection, cells, at, cell);
        from.after_id = found.back().id;
        from.resealed += static_cast<std::int64_t>(found.size());
        return from;
    }
    return from;
}

}  // namespace hub::storage
