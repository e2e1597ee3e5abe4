#include "hub/storage/api_key_repository.hpp"

#include <algorithm>

#include "hub/security/digest.hpp"
#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::string_view kPrefix = "shk_";  // lets secret scanners find a leaked key

std::string joined(const std::vector<std::string>& permissions) {
    std::string out;
    for (const auto& code : permissions) {
        if (code.find(' ') != std::string::npos)
            throw UnitRefused(makeError(ErrorCode::kInvalid, "no such permission", "permissions"));
        out.append(out.empty() ? "" : " ").append(code);
    }
    return out;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

ApiKey keyOf(const Row& row) {
    return ApiKey{row.string(0),      row.string(1),  row.string(2),
                  split(row.text(3)), row.optTime(4), row.optTime(5)};
}

}  // namespace

CreatedApiKey ApiKeyRepository::create(Connection& connection, const TenantScope& scope,
                                       std::string_view name,
                                       const std::vector<std::string>& permissions,
                                       const std::optional<std::int64_t>& expires_at_ms,
                                       std::int64_t now_ms) const {
    requireFits(name, 100, "name");
    CreatedApiKey created{security::uuid7(now_ms), std::string(kPrefix) + security::randomToken()};
    const std::string now = timeText(now_ms);
    connection.run(
        "INSERT INTO api_key (id, tenant_id, name, key_hash, permissions, expires_at, created_at, "
        "updated_at) VALUES (?,?,?,?,?,?,?,?)",
        {created.id, scope.tenantId(), name, security::sha256Hex(created.key), joined(permissions),
         timeText(expires_at_ms), now, now});
    return created;
}

std::optional<ApiKey> ApiKeyRepository::findValid(Connection& connection, std::string_view key,
                                                  std::int64_t now_ms) const {
    std::optional<ApiKey> found;
    connection.query(
        "SELECT id, tenant_id, name, permissions, expires_at, revoked_at FROM api_key "
        "WHERE key_hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
        {security::sha256Hex(key), timeText(now_ms)}, [&](const Row& row) { found = keyOf(row); });
    return found;
}

std::vector<ApiKey> ApiKeyRepository::list(Connection& connection, const TenantScope& scope) const {
    std::vector<ApiKey> keys;
    connection.query(
        "SELECT id, tenant_id, name, permissions, expires_at, revoked_at FROM api_key "
        "WHERE tenant_id = ? ORDER BY name, id",
        {scope.tenantId()}, [&](const Row& row) { keys.push_back(keyOf(row)); });
    return keys;
}

void ApiKeyRepository::revoke(Connection& connection, const TenantScope& scope, std::string_view id,
                              std::int64_t now_ms) const {
    const std::string now = timeText(now_ms);
    requireOne(connection.run("UPDATE api_key SET revoked_at = ?, updated_at = ? "
                              "WHERE id = ? AND tenant_id = ? AND revoked_at IS NULL",
                              {now, now, id, scope.tenantId()}),
               ErrorCode::kNotFound, "no such API key");
}

}  // namespace hub::storage
