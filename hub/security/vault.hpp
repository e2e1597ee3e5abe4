/// Seals personal data and secrets field by field with keys that never enter the database.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/result.hpp>

namespace hub::security {

enum class KeyFileWrite : std::uint8_t;

/// Protection classes (canonical-model.md section 6); each has keys of its own (TM-DATA-1,
/// R-SEC-02).
enum class KeyClass : std::uint8_t {
    kPersonal,    ///< P2
    kIdentifier,  ///< P3: government identifiers, and texts that hold them
    kHealth,      ///< PH
    kSecret,      ///< S
};

/// The place of a sealed value. A value opens only in the place it was sealed for (TM-DATA-2).
/// The views are read during the call only.
struct CellAddress {
    std::string_view tenant;
    std::string_view table;
    std::string_view column;
    std::string_view row;
    KeyClass key_class = KeyClass::kPersonal;  ///< what it is sealed with; it opens with its own
};

/// How often a data key sealed since it was asked last.
struct KeyUse {
    std::string tenant;
    std::string key_id;
    std::int64_t uses = 0;
};

/// AES-256-GCM with a data key per tenant and class, derived from the newest master key of a 0600
/// file. A sealed value reads `v1.<key id>.<base64(nonce || ciphertext || tag)>`
/// (canonical-model.md section 6), where the key id is the master key's and the class, `k1-p2`; the
/// associated data holds tenant, table, column, row and key id. Values from before there were
/// classes (`k1`) still open. All functions: any thread.
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

    /// The id of the master key that seals now.
    [[nodiscard]] std::string activeKeyId() const;
    /// The id of the data keys that seal this class now.
    [[nodiscard]] std::string activeKeyId(KeyClass key_class) const;

    /// What was sealed since the last call, by tenant and key: random nonces of 96 bits allow a key
    /// 2^32 uses (TM-DATA-3).
    [[nodiscard]] std::vector<KeyUse> takeUses() const;
    /// Puts back what could not be noted.
    void giveBack(const std::vector<KeyUse>& uses) const;
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
    struct DataKey;
    explicit Vault(std::string path);
    hubsdk::Result<void> load(std::string_view text);
    hubsdk::Result<void> addKey(KeyFileWrite mode);
    hubsdk::Result<void> replaceKeys(std::vector<MasterKey> keys, KeyFileWrite mode);
    hubsdk::Result<void> save(const std::vector<MasterKey>& keys, KeyFileWrite mode) const;
    [[nodiscard]] int lastNumber() const;
    [[nodiscard]] std::shared_ptr<const DataKey> dataKey(std::string_view key_id,
                                                         std::string_view tenant) const;

    std::string path_;
    std::string index_key_;
    mutable std::shared_mutex mutex_;
    std::vector<MasterKey> keys_;           ///< oldest first; guarded by mutex_
    mutable std::shared_mutex data_mutex_;  ///< taken after mutex_
    /// By key id and tenant, a line each; guarded by data_mutex_.
    mutable std::map<std::string, std::shared_ptr<const DataKey>> data_keys_;
};

}  // namespace hub::security
