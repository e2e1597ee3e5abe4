#include "hub/storage/blob_repository.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {

StoredBlob BlobRepository::add(Connection& connection, const TenantScope& scope,
                               std::string_view content, std::string_view content_type,
                               std::int64_t now_ms) const {
    if (content.size() > kBlobBytesMax)
        throw UnitRefused(hubsdk::makeError(hubsdk::ErrorCode::kTooLarge, "the file is too large"));
    requireFits(content_type, 100, "content_type");
    const std::string& tenant = scope.tenantId();
    StoredBlob blob{security::uuid7(now_ms), security::sha256Hex(content),
                    static_cast<std::int64_t>(content.size()), std::string(content_type)};
    connection.run(
        "INSERT INTO stored_blob (id, tenant_id, sha256, size_bytes, content_type, created_at) "
        "VALUES (?,?,?,?,?,?)",
        {blob.id, tenant, blob.sha256, blob.size_bytes, blob.content_type, timeText(now_ms)});
    for (int ordinal = 0; !content.empty(); ++ordinal) {
        const std::string_view part = content.substr(0, kBlobChunkBytes);
        const std::string row = security::uuid7(now_ms);
        connection.run(
            "INSERT INTO stored_blob_chunk (id, tenant_id, blob_id, ordinal, content_enc) "
            "VALUES (?,?,?,?,?)",
            {row, tenant, blob.id, ordinal, cells_.seal(tenant, row, "content_enc", part)});
        content.remove_prefix(part.size());
    }
    return blob;
}

std::optional<StoredBlob> BlobRepository::find(Connection& connection, const TenantScope& scope,
                                               std::string_view id) const {
    std::optional<StoredBlob> found;
    connection.query(
        "SELECT id, sha256, size_bytes, content_type FROM stored_blob "
        "WHERE id = ? AND tenant_id = ?",
        {id, scope.tenantId()}, [&](const Row& row) {
            found = StoredBlob{row.string(0), row.string(1), row.integer(2), row.string(3)};
        });
    return found;
}

std::optional<std::string> BlobRepository::content(Connection& connection, const TenantScope& scope,
                                                   std::string_view id) const {
    const auto blob = find(connection, scope, id);
    if (!blob) return std::nullopt;
    std::string content;
    content.reserve(static_cast<std::size_t>(blob->size_bytes));
    connection.query(
        "SELECT id, content_enc FROM stored_blob_chunk "
        "WHERE blob_id = ? AND tenant_id = ? ORDER BY ordinal",
        {id, scope.tenantId()}, [&](const Row& row) {
            content += cells_.open(scope.tenantId(), row.text(0), "content_enc", row.bytes(1));
        });
    if (security::sha256Hex(content) != blob->sha256)
        throw StorageError(StorageErrorCode::kCorrupt, "a stored file does not match its hash");
    return content;
}

std::optional<std::string> BlobRepository::chunk(Connection& connection, const TenantScope& scope,
                                                 std::string_view id, int ordinal) const {
    std::optional<std::string> found;
    connection.query(
        "SELECT id, content_enc FROM stored_blob_chunk "
        "WHERE blob_id = ? AND tenant_id = ? AND ordinal = ?",
        {id, scope.tenantId(), ordinal}, [&](const Row& row) {
            found = cells_.open(scope.tenantId(), row.text(0), "content_enc", row.bytes(1));
        });
    return found;
}

}  // namespace hub::storage
