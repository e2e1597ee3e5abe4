/// Where the feeds of accounts stand (plugin-contract section 7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// Bytes of a cursor.
inline constexpr std::size_t kCursorBytesMax = 4096;

struct FeedState {
    std::string id;
    std::string account_id;
    std::string feed;
    std::int64_t interval_ms = 0;
    std::optional<std::string> cursor;  ///< sealed; nothing was read yet if absent
    std::int64_t next_at_ms = 0;
    std::int64_t failures = 0;  ///< in a row
    std::optional<std::int64_t> last_done_at_ms;
    std::optional<std::string> last_error;
};

/// A feed together with its tenant, found across tenants.
struct DueFeed {
    std::string id;
    std::string tenant_id;
    std::string account_id;
};

/// An account together with its tenant.
struct FeedlessAccount {
    std::string account_id;
    std::string tenant_id;
};

/// All functions throw StorageError; what belongs to another tenant is not found.
class FeedRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit FeedRepository(const security::Vault& vault) : cells_(vault, "feed_state") {}

    /// The state of an account's feed, made if it is not there: due now. UnitRefused (kNotFound)
    /// for a foreign account.
    FeedState of(Connection& connection, const TenantScope& scope, std::string_view account_id,
                 std::string_view feed, std::int64_t interval_ms, std::int64_t now_ms) const;
    [[nodiscard]] std::optional<FeedState> find(Connection& connection, const TenantScope& scope,
                                                std::string_view id) const;
    /// Writes everything but account and feed.
    void save(Connection& connection, const TenantScope& scope, const FeedState& state,
              std::int64_t now_ms) const;
    /// Moves the next run from `seen_ms` on; false if another node did so before.
    bool takeTurn(Connection& connection, const TenantScope& scope, std::string_view id,
                  std::int64_t seen_ms, std::int64_t next_ms, std::int64_t now_ms) const;

    /// Enabled accounts of the plugin that have no state of this feed.
    [[nodiscard]] std::vector<FeedlessAccount> without(Connection& connection,
                                                       const SystemScope& system,
                                                       std::string_view plugin_key,
                                                       std::string_view feed, int rows_max) const;
    /// Feeds of enabled accounts whose time came, the longest overdue first.
    [[nodiscard]] std::vector<DueFeed> due(Connection& connection, const SystemScope& system,
                                           std::int64_t now_ms, int rows_max) const;

private:
    SealedCells cells_;
};

}  // namespace hub::storage
