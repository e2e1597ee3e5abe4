// The numbers and the hash chain of AuditRepository: docs/adr/0016-audit-chain.md.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "hub/security/digest.hpp"
#include "hub/storage/audit_repository.hpp"
#include "hub/storage/statement_rows.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

// Every column of an entry but its number and its hashes, in the order of the canonical form.
constexpr std::array<std::string_view, 23> kColumns{
    "id",        "tenant_id",    "occurred_at",   "actor_type",  "actor_id",   "actor_name",
    "action",    "operation",    "resource_type", "resource_id", "order_id",   "check_id",
    "person_id", "is_timeline",  "title",         "description", "old_status", "new_status",
    "changes",   "visible_mask", "ip_address",    "trace_id",    "created_at"};
constexpr std::size_t kChangesColumn = 18;
constexpr int kSeqColumn = 23;
constexpr int kPrevHashColumn = 24;
constexpr int kHashColumn = 25;

// Numbers are read as text, so that one rule renders every column on every database.
constexpr std::string_view kSelect =
    "SELECT id, tenant_id, occurred_at, actor_type, actor_id, actor_name, action, operation, "
    "resource_type, resource_id, order_id, check_id, person_id, CAST(is_timeline AS CHAR(20)), "
    "title, description, old_status, new_status, changes_enc, CAST(visible_mask AS CHAR(20)), "
    "ip_address, trace_id, created_at, seq, prev_hash, hash FROM audit_entry ";

struct Entry {
    std::string id;
    std::string canonical;  ///< without number and previous hash
    std::optional<std::int64_t> seq;
    std::optional<std::string> prev_hash;
    std::optional<std::string> hash;
};

void append(std::string& text, std::string_view name, const std::optional<std::string>& value) {
    text += name;
    text += value ? "=" + std::to_string(value->size()) + ":" + *value : "=-";
    text += '\n';
}

// The changes are sealed, and sealed anew when keys rotate: a keyed digest of what they say goes
// into the form, so that the hash outlives a rotation and tells nobody without the key anything.
Entry entryOf(const Row& row, const SealedCells& cells, const security::Vault& vault) {
    Entry entry;
    entry.id = row.string(0);
    const std::string tenant = row.string(1);
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
        const int column = static_cast<int>(i);
        std::optional<std::string> value = row.optString(column);
        if (i == kChangesColumn && value)
            value = vault.blindIndex(
                tenant, cells.open(tenant, entry.id, "changes_enc", std::string_view(*value)));
        append(entry.canonical, kColumns.at(i), value);
    }
    entry.seq = row.optInteger(kSeqColumn);
    entry.prev_hash = row.optString(kPrevHashColumn);
    entry.hash = row.optString(kHashColumn);
    return entry;
}

std::string hashOf(const Entry& entry, std::int64_t seq, const std::string& prev_hash) {
    return security::sha256Hex(prev_hash + "\nseq=" + std::to_string(seq) + "\n" + entry.canonical);
}

// The value that belongs to each of `ids`, as an expression; its parameters are id, value, id, …
std::string valueById(std::size_t ids) {
    std::string sql = "CASE id";
    for (std::size_t i = 0; i < ids; ++i) sql += " WHEN ? THEN ?";
    return sql + " END";
}

// Numbers rows of `table` that have no number yet, many by one statement. `columns` are set to
// what `values` holds for each id.
struct NumberedRow {
    std::string id;
    std::vector<Value> values;
};
void number(Connection& connection, std::string_view table,
            std::span<const std::string_view> columns, std::span<const NumberedRow> rows) {
    for (std::span<const NumberedRow> rest = rows; !rest.empty();) {
        const auto part = rest.first(rowsOfStatement(rest.size()));
        rest = rest.subspan(part.size());
        std::string sql = "UPDATE " + std::string(table) + " SET ";
        std::vector<Value> params;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            sql.append(i == 0 ? "" : ", ").append(columns[i]) += " = " + valueById(part.size());
            for (const NumberedRow& row : part) {
                params.emplace_back(row.id);
                params.push_back(row.values.at(i));
            }
        }
        sql += " WHERE seq IS NULL AND id IN (";
        for (std::size_t i = 0; i < part.size(); ++i) {
            sql += i == 0 ? "?" : ",?";
            params.emplace_back(part[i].id);
        }
        const auto numbered = connection.run(sql + ")", params);
        if (numbered != static_cast<std::int64_t>(part.size()))
            throw UnitRefused(
                hubsdk::makeError(hubsdk::ErrorCode::kConflict, "a row was numbered in between"));
    }
}

constexpr std::string_view kEventsCounter = "outbox";

std::int64_t lastEventNumber(Connection& connection) {
    std::optional<std::int64_t> last;
    connection.query("SELECT value FROM counter WHERE scope = ?", {kEventsCounter},
                     [&](const Row& row) { last = row.integer(0); });
    if (last) return *last;
    connection.run("INSERT INTO counter (scope, value) VALUES (?, 0)", {kEventsCounter});
    return 0;
}

std::optional<ChainBreak> breakAt(const Entry& entry, const ChainHead& before) {
    const std::int64_t expected = before.seq + 1;
    if (entry.seq != expected) return ChainBreak{expected, "missing"};
    if (entry.prev_hash != before.hash) return ChainBreak{expected, "unlinked"};
    if (entry.hash != hashOf(entry, expected, before.hash)) return ChainBreak{expected, "changed"};
    return std::nullopt;
}

}  // namespace

std::vector<std::string> AuditRepository::tenantsToNumber(Connection& connection,
                                                          const SystemScope& /*system*/,
                                                          int rows_max) const {
    std::vector<std::string> tenants;
    connection.query("SELECT DISTINCT tenant_id FROM audit_entry WHERE seq IS NULL LIMIT ?",
                     {rows_max}, [&](const Row& row) { tenants.push_back(row.string(0)); });
    return tenants;
}

std::optional<ChainHead> AuditRepository::head(Connection& connection,
                                               std::string_view tenant_id) const {
    std::optional<ChainHead> found;
    connection.query(
        "SELECT head_enc FROM audit_chain WHERE tenant_id = ?", {tenant_id}, [&](const Row& row) {
            const std::string text = heads_.open(tenant_id, tenant_id, "head_enc", row.text(0));
            const auto colon = text.find(':');
            found = ChainHead{std::stoll(text.substr(0, colon)), text.substr(colon + 1)};
        });
    return found;
}

void AuditRepository::saveHead(Connection& connection, std::string_view tenant_id,
                               const ChainHead& head, std::int64_t now_ms) const {
    const std::string text = std::to_string(head.seq) + ":" + head.hash;
    const std::string sealed =
        heads_.seal(tenant_id, tenant_id, "head_enc", std::string_view(text));
    const std::string now = timeText(now_ms);
    const auto updated =
        connection.run("UPDATE audit_chain SET head_enc = ?, updated_at = ? WHERE tenant_id = ?",
                       {sealed, now, tenant_id});
    if (updated == 1) return;
    connection.run("INSERT INTO audit_chain (tenant_id, head_enc, updated_at) VALUES (?, ?, ?)",
                   {tenant_id, sealed, now});
}

std::int64_t AuditRepository::numberEntries(Connection& connection, const SystemScope& /*system*/,
                                            std::string_view tenant_id, int rows_max,
                                            std::int64_t now_ms) const {
    auto known = head(connection, tenant_id);
    if (!known) {
        bool numbered = false;
        connection.query(
            "SELECT 1 FROM audit_entry WHERE tenant_id = ? AND seq IS NOT NULL LIMIT 1",
            {tenant_id}, [&](const Row&) { numbered = true; });
        if (numbered) throw StorageError(StorageErrorCode::kCorrupt, "the audit chain has no head");
    }
    ChainHead last = known.value_or(ChainHead{});
    std::vector<Entry> entries;
    connection.query(std::string(kSelect) +
                         "WHERE tenant_id = ? AND seq IS NULL ORDER BY occurred_at, id LIMIT ?",
                     {tenant_id, rows_max},
                     [&](const Row& row) { entries.push_back(entryOf(row, cells_, vault_)); });
    std::vector<NumberedRow> rows;
    for (const Entry& entry : entries) {
        const std::int64_t seq = last.seq + 1;
        std::string hash = hashOf(entry, seq, last.hash);
        rows.push_back({entry.id, {seq, last.hash, hash}});
        last = ChainHead{seq, std::move(hash)};
    }
    constexpr std::string_view kChainColumns[] = {"seq", "prev_hash", "hash"};
    number(connection, "audit_entry", kChainColumns, rows);
    if (!entries.empty()) saveHead(connection, tenant_id, last, now_ms);
    return static_cast<std::int64_t>(entries.size());
}

std::int64_t AuditRepository::numberEvents(Connection& connection, const SystemScope& /*system*/,
                                           int rows_max) const {
    std::vector<std::string> ids;
    connection.query(
        "SELECT id FROM outbound_event WHERE seq IS NULL ORDER BY occurred_at, id LIMIT ?",
        {rows_max}, [&](const Row& row) { ids.push_back(row.string(0)); });
    if (ids.empty()) return 0;
    // Not the greatest number in the table: events that were published may be gone.
    const std::int64_t before = lastEventNumber(connection);
    std::int64_t last = before;
    std::vector<NumberedRow> rows;
    rows.reserve(ids.size());
    for (std::string& id : ids) rows.push_back({std::move(id), {++last}});
    constexpr std::string_view kEventColumns[] = {"seq"};
    number(connection, "outbound_event", kEventColumns, rows);
    requireOne(connection.run("UPDATE counter SET value = ? WHERE scope = ? AND value = ?",
                              {last, kEventsCounter, before}),
               hubsdk::ErrorCode::kConflict, "the counter was moved in between");
    return last - before;
}

std::optional<ChainBreak> AuditRepository::breakAtEnd(Connection& connection,
                                                      std::string_view tenant_id,
                                                      const ChainHead& last) const {
    std::optional<ChainHead> known;
    try {
        known = head(connection, tenant_id);
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kCorrupt) throw;
        return ChainBreak{last.seq, "rewritten"};
    }
    if (!known) {
        if (last.seq == 0) return std::nullopt;
        return ChainBreak{last.seq, "no_head"};
    }
    if (known->seq > last.seq) return ChainBreak{last.seq + 1, "cut"};
    if (known->seq != last.seq || known->hash != last.hash)
        return ChainBreak{last.seq, "rewritten"};
    return std::nullopt;
}

ChainPage AuditRepository::verify(Connection& connection, const TenantScope& scope,
                                  std::int64_t after_seq, int rows_max) const {
    const std::string& tenant = scope.tenantId();
    const int rows = std::clamp(rows_max, 1, kChainPageMax);
    ChainPage page;
    ChainHead last;
    last.seq = after_seq;
    connection.query("SELECT hash FROM audit_entry WHERE tenant_id = ? AND seq = ?",
                     {tenant, after_seq},
                     [&](const Row& row) { last.hash = row.optString(0).value_or(""); });
    std::int64_t seen = 0;
    try {
        connection.query(
            std::string(kSelect) + "WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            {tenant, after_seq, rows}, [&](const Row& row) {
                ++seen;
                if (page.broken) return;
                const Entry entry = entryOf(row, cells_, vault_);
                page.broken = breakAt(entry, last);
                if (page.broken) return;
                ++page.checked;
                last = ChainHead{*entry.seq, *entry.hash};
            });
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kCorrupt) throw;
        page.broken = ChainBreak{last.seq + 1, "unreadable"};
    }
    page.last_seq = last.seq;
    page.at_end = seen < rows && !page.broken;
    if (page.at_end) page.broken = breakAtEnd(connection, tenant, last);
    connection.query("SELECT COUNT(*) FROM audit_entry WHERE tenant_id = ? AND seq IS NULL",
                     {tenant}, [&](const Row& row) { page.unnumbered = row.integer(0); });
    return page;
}

}  // namespace hub::storage
