/// Seals personal data and secrets field by field with keys that never enter the database.
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/result.hpp>

namespace hub::security {

enum class KeyFileWrite : std::uint8_t;

/// The place of a sealed value. A value opens only in the place it was sealed for (TM-DATA-2).
/// The views are read during the call only.
struct CellAddress {
    std::string_view tenant;
    std::string_view table;
    std::string_view column;
    std::string_view row;
};

/// AES-256-GCM with a key per tenant, derived from the newest master key of a 0600 file. A sealed
/// value reads `v1.<key id>.<base64(nonce || ciphertext || tag)>` (canonical-model.md section 6);
/// the associated data holds tenant, table, column, row and key id. All functions: any thread.
class Vault {
public:
    /// Opens the key file, or makes one with a first key. kForbidden if group or others may touch
    /// it or if it is not a regular file of ours; kInvalid if it cannot be read as a key file.
    [[nodiscard]] static hubsdk::Result<std::unique_ptr<Vault>> open(const std::string& path);

    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    /// Throws std::runtime_error only if OpenSSL has no random bytes or no cipher.
    [[nodiscard]] std::string seal(const CellAddress& cell, std::string_view plaintext) const;

    /// kInvalid if the text is no sealed value, kNotFound if its key is gone, kForbidden if it was
    /// sealed for another place or changed. The message names table and column, never the value.
    [[nodiscard]] hubsdk::Result<std::string> open(const CellAddress& cell,
                                                   std::string_view sealed) const;

    /// Hex HMAC-SHA256 of an already normalised value with a key of the tenant's own (TM-DATA-4).
    /// Stays the same when the sealing key is rotated.
    [[nodiscard]] std::string blindIndex(std::string_view tenant, std::string_view value) const;

    /// Adds a master key with which everything new is sealed; older keys stay readable.
    /// kUnavailable if the key file cannot be replaced; then nothing changed.
    [[nodiscard]] hubsdk::Result<void> rotate();

    /// The id of the key that seals now.
    [[nodiscard]] std::string activeKeyId() const;
    /// Ids of all keys, oldest first; the last one is active.
    [[nodiscard]] std::vector<std::string> keyIds() const;

    /// When the key file was written last, epoch milliseconds; 0 if it cannot be told.
    [[nodiscard]] std::int64_t changedAtMs() const;

    /// Forgets every key but the active one, in the file too. What they sealed is lost then: call
    /// it only when nothing is sealed by them any more. kUnavailable if the key file cannot be
    /// replaced; then nothing changed.
    [[nodiscard]] hubsdk::Result<void> retireOlderKeys();

private:
    struct MasterKey {
        std::string id;
        std::string bytes;
    };
    explicit Vault(std::string path);
    hubsdk::Result<void> load(std::string_view text);
    hubsdk::Result<void> addKey(KeyFileWrite mode);
    hubsdk::Result<void> replaceKeys(std::vector<MasterKey> keys, KeyFileWrite mode);
    hubsdk::Result<void> save(const std::vector<MasterKey>& keys, KeyFileWrite mode) const;
    [[nodiscard]] int lastNumber() const;
    [[nodiscard]] std::string tenantKey(const MasterKey& master, std::string_view tenant) const;

    std::string path_;
    std::string index_key_;
    mutable std::shared_mutex mutex_;
    std::vector<MasterKey> keys_;  ///< oldest first; guarded by mutex_
};

}  // namespace hub::security
