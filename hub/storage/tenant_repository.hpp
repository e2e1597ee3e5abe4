/// Tenants and the counters that number things.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hub/storage/connection.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

struct Tenant {
    std::string id;
    std::optional<std::string> parent_id;
    std::string path;  ///< ids from the root down, each with a slash behind it
    std::string kind;
    std::string name;
    std::string slug;
    std::string status;
};

struct NewTenant {
    std::string_view slug;
    std::string_view name;
    std::string_view kind;
    std::optional<std::string> parent_id;  ///< none: a root
};

/// Stateless; throws StorageError. Any thread, one connection per thread.
class TenantRepository {
public:
    /// UnitRefused: kConflict for a taken slug, kNotFound for an unknown parent.
    Tenant create(Connection& connection, const SystemScope& system, const NewTenant& wanted,
                  std::int64_t now_ms) const;
    [[nodiscard]] std::optional<Tenant> findBySlug(Connection& connection,
                                                   const SystemScope& system,
                                                   std::string_view slug) const;
    [[nodiscard]] std::optional<Tenant> own(Connection& connection, const TenantScope& scope) const;
};

/// The first of the next `count` numbers of a counter, from 1. Only inside a unit: they count with
/// the unit's commit.
std::int64_t nextNumber(Connection& connection, std::string_view counter, std::int64_t count = 1);

}  // namespace hub::storage
