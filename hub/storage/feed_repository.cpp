#include "hub/storage/feed_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;

constexpr std::string_view kSelect =
    "SELECT id, provider_config_id, feed, interval_ms, cursor_enc, next_at, failures, "
    "last_done_at, last_error FROM feed_state ";

FeedState stateOf(const Row& row, const SealedCells& cells, const std::string& tenant) {
    FeedState out;
    out.id = row.string(0);
    out.account_id = row.string(1);
    out.feed = row.string(2);
    out.interval_ms = row.integer(3);
    out.cursor = cells.open(tenant, out.id, "cursor_enc", row.optString(4));
    out.next_at_ms = row.time(5);
    out.failures = row.integer(6);
    out.last_done_at_ms = row.optTime(7);
    out.last_error = row.optString(8);
    return out;
}

}  // namespace

FeedState FeedRepository::of(Connection& connection, const TenantScope& scope,
                             std::string_view account_id, std::string_view feed,
                             std::int64_t interval_ms, std::int64_t now_ms) const {
    requireFits(feed, 50, "feed");
    const auto known = [&] {
        std::optional<FeedState> found;
        connection.query(
            std::string(kSelect) + "WHERE provider_config_id = ? AND feed = ? AND tenant_id = ?",
            {account_id, feed, scope.tenantId()},
            [&](const Row& row) { found = stateOf(row, cells_, scope.tenantId()); });
        return found;
    };
    if (auto found = known()) return std::move(*found);
    const std::string now = timeText(now_ms);
    try {
        requireOne(connection.run(
                       "INSERT INTO feed_state (id, tenant_id, provider_config_id, feed, "
                       "interval_ms, next_at, created_at, updated_at) SELECT ?, p.tenant_id, p.id, "
                       "?, ?, ?, ?, ? FROM provider_config p WHERE p.id = ? AND p.tenant_id = ?",
                       {security::uuid7(now_ms), feed, interval_ms, now, now, now, account_id,
                        scope.tenantId()}),
                   ErrorCode::kNotFound, "no such account");
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
        throw StaleRow(hubsdk::makeError(ErrorCode::kConflict, "the feed was made in between"));
    }
    return known().value();
}

std::optional<FeedState> FeedRepository::find(Connection& connection, const TenantScope& scope,
                                              std::string_view id) const {
    std::optional<FeedState> found;
    connection.query(std::string(kSelect) + "WHERE id = ? AND tenant_id = ?",
                     {id, scope.tenantId()},
                     [&](const Row& row) { found = stateOf(row, cells_, scope.tenantId()); });
    return found;
}

void FeedRepository::save(Connection& connection, const TenantScope& scope, const FeedState& state,
                          std::int64_t now_ms) const {
    requireFits(state.cursor.value_or(""), kCursorBytesMax, "cursor");
    requireOne(
        connection.run(
            "UPDATE feed_state SET interval_ms = ?, cursor_enc = ?, next_at = ?, failures = ?, "
            "last_done_at = ?, last_error = ?, updated_at = ? WHERE id = ? AND tenant_id = ?",
            {state.interval_ms, cells_.seal(scope.tenantId(), state.id, "cursor_enc", state.cursor),
             timeText(state.next_at_ms), state.failures, timeText(state.last_done_at_ms),
             state.last_error ? Value(clipped(*state.last_error, kErrorTextMax)) : Value(),
             timeText(now_ms), state.id, scope.tenantId()}),
        ErrorCode::kNotFound, "no such feed");
}

bool FeedRepository::takeTurn(Connection& connection, const TenantScope& scope, std::string_view id,
                              std::int64_t seen_ms, std::int64_t next_ms,
                              std::int64_t now_ms) const {
    return connection.run(
               "UPDATE feed_state SET next_at = ?, updated_at = ? WHERE id = ? AND tenant_id = ? "
               "AND next_at = ?",
               {timeText(next_ms), timeText(now_ms), id, scope.tenantId(), timeText(seen_ms)}) == 1;
}

std::vector<FeedlessAccount> FeedRepository::without(Connection& connection,
                                                     const SystemScope& /*system*/,
                                                     std::string_view plugin_key,
                                                     std::string_view feed, int rows_max) const {
    std::vector<FeedlessAccount> found;
    connection.query(
        "SELECT p.id, p.tenant_id FROM provider_config p WHERE p.plugin_key = ? "
        "AND p.account_state = 'enabled' AND NOT EXISTS (SELECT 1 FROM feed_state s "
        "WHERE s.provider_config_id = p.id AND s.feed = ?) LIMIT ?",
        {plugin_key, feed, rows_max}, [&](const Row& row) {
            found.push_back(FeedlessAccount{row.string(0), row.string(1)});
        });
    return found;
}

std::vector<DueFeed> FeedRepository::due(Connection& connection, const SystemScope& /*system*/,
                                         std::int64_t now_ms, int rows_max) const {
    std::vector<DueFeed> found;
    connection.query(
        "SELECT s.id, s.tenant_id, s.provider_config_id FROM feed_state s "
        "JOIN provider_config p ON p.id = s.provider_config_id "
        "WHERE s.next_at <= ? AND p.account_state = 'enabled' ORDER BY s.next_at LIMIT ?",
        {timeText(now_ms), rows_max}, [&](const Row& row) {
            found.push_back(DueFeed{row.string(0), row.string(1), row.string(2)});
        });
    return found;
}

}  // namespace hub::storage
