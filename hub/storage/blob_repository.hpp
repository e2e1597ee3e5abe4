/// Sealed files: reports, documents, large replies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// The largest vendor answer (threat-model.md section 21).
inline constexpr std::size_t kBlobBytesMax = 16U * 1024 * 1024;
inline constexpr std::size_t kBlobChunkBytes = 256U * 1024;

struct StoredBlob {
    std::string id;
    std::string sha256;
    std::int64_t size_bytes = 0;
    std::string content_type;
};

/// All functions throw StorageError.
class BlobRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit BlobRepository(const security::Vault& vault) : cells_(vault, "stored_blob_chunk") {}

    /// UnitRefused (kTooLarge) over kBlobBytesMax.
    StoredBlob add(Connection& connection, const TenantScope& scope, std::string_view content,
                   std::string_view content_type, std::int64_t now_ms) const;
    [[nodiscard]] std::optional<StoredBlob> find(Connection& connection, const TenantScope& scope,
                                                 std::string_view id) const;
    /// The content, checked against its hash; StorageError (kCorrupt) if a part is missing or
    /// moved.
    [[nodiscard]] std::optional<std::string> content(Connection& connection,
                                                     const TenantScope& scope,
                                                     std::string_view id) const;

    /// One piece of the content, from ordinal 0; nothing behind the last one.
    [[nodiscard]] std::optional<std::string> chunk(Connection& connection, const TenantScope& scope,
                                                   std::string_view id, int ordinal) const;

private:
    SealedCells cells_;
};

}  // namespace hub::storage
