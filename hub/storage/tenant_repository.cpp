#include "hub/storage/tenant_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

Tenant tenantOf(const Row& row) {
    return Tenant{row.string(0), row.optString(1), row.string(2), row.string(3),
                  row.string(4), row.string(5),    row.string(6)};
}

std::optional<Tenant> findById(Connection& connection, std::string_view id) {
    std::optional<Tenant> found;
    connection.query(
        "SELECT id, parent_id, path, kind, name, slug, status FROM tenant WHERE id = ?", {id},
        [&](const Row& row) { found = tenantOf(row); });
    return found;
}

}  // namespace

Tenant TenantRepository::create(Connection& connection, const SystemScope& /*system*/,
                                const NewTenant& wanted, std::int64_t now_ms) const {
    requireFits(wanted.slug, 56, "slug");
    requireFits(wanted.name, 255, "name");
    Tenant tenant{
        security::uuid7(now_ms),  wanted.parent_id,         {},      std::string(wanted.kind),
        std::string(wanted.name), std::string(wanted.slug), "active"};
    if (wanted.parent_id) {
        const auto parent = findById(connection, *wanted.parent_id);
        if (!parent) throw UnitRefused(makeError(ErrorCode::kNotFound, "no such parent tenant"));
        tenant.path = parent->path;
    }
    tenant.path += tenant.id + "/";
    const std::string now = timeText(now_ms);
    try {
        connection.run(
            "INSERT INTO tenant (id, parent_id, path, kind, name, slug, status, settings, "
            "created_at, "
            "updated_at) VALUES (?,?,?,?,?,?,?,'{}',?,?)",
            {tenant.id, tenant.parent_id, tenant.path, tenant.kind, tenant.name, tenant.slug,
             tenant.status, now, now});
    } catch (const StorageError& error) {
        if (error.code() != StorageErrorCode::kUnique) throw;
        throw UnitRefused(makeError(ErrorCode::kConflict, "the slug is taken", "slug"));
    }
    return tenant;
}

std::optional<Tenant> TenantRepository::findBySlug(Connection& connection,
                                                   const SystemScope& /*system*/,
                                                   std::string_view slug) const {
    std::optional<Tenant> found;
    connection.query(
        "SELECT id, parent_id, path, kind, name, slug, status FROM tenant WHERE slug = ?", {slug},
        [&](const Row& row) { found = tenantOf(row); });
    return found;
}

std::optional<Tenant> TenantRepository::own(Connection& connection,
                                            const TenantScope& scope) const {
    return findById(connection, scope.tenantId());
}

std::int64_t nextNumber(Connection& connection, std::string_view counter, std::int64_t count) {
    const auto add = [&] {
        return connection.run("UPDATE counter SET value = value + ? WHERE scope = ?",
                              {count, counter});
    };
    if (add() == 0) {
        try {
            connection.run("INSERT INTO counter (scope, value) VALUES (?, ?)", {counter, count});
        } catch (const StorageError& error) {
            // Another node made it in between.
            if (error.code() != StorageErrorCode::kUnique) throw;
            add();
        }
    }
    std::int64_t last = 0;
    connection.query("SELECT value FROM counter WHERE scope = ?", {counter},
                     [&](const Row& row) { last = row.integer(0); });
    return last - count + 1;
}

}  // namespace hub::storage
