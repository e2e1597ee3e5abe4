/// API keys: shown once, kept as a hash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/connection.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

struct ApiKey {
    std::string id;
    std::string tenant_id;
    std::string name;
    std::vector<std::string> permissions;  ///< codes of canonical-model.md section 9
    std::optional<std::int64_t> expires_at_ms;
    std::optional<std::int64_t> revoked_at_ms;
};

struct CreatedApiKey {
    std::string id;
    std::string key;  ///< never stored
};

/// Stateless; throws StorageError. Any thread, one connection per thread.
class ApiKeyRepository {
public:
    /// UnitRefused (kInvalid) if a permission code holds a blank.
    CreatedApiKey create(Connection& connection, const TenantScope& scope, std::string_view name,
                         const std::vector<std::string>& permissions,
                         const std::optional<std::int64_t>& expires_at_ms,
                         std::int64_t now_ms) const;
    /// The key's row if it is neither revoked nor expired. Needs no scope: it is what makes one.
    /// Looked up by hash, so the time of the comparison tells nothing of the key.
    [[nodiscard]] std::optional<ApiKey> findValid(Connection& connection, std::string_view key,
                                                  std::int64_t now_ms) const;
    [[nodiscard]] std::vector<ApiKey> list(Connection& connection, const TenantScope& scope) const;
    /// UnitRefused (kNotFound) for an unknown or foreign id.
    void revoke(Connection& connection, const TenantScope& scope, std::string_view id,
                std::int64_t now_ms) const;
};

}  // namespace hub::storage
