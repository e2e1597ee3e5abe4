#include "hub/security/vault.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>

#include <openssl/evp.h>

#include "hub/security/digest.hpp"
#include "hub/security/key_file.hpp"

namespace hub::security {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeysMax = 256;
constexpr std::string_view kVersion = "v1.";
constexpr char kClassSign = '-';

struct ClassRow {
    KeyClass key_class;
    std::string_view name;
};
constexpr std::array<ClassRow, 4> kClasses{{{KeyClass::kPersonal, "p2"},
                                            {KeyClass::kIdentifier, "p3"},
                                            {KeyClass::kHealth, "ph"},
                                            {KeyClass::kSecret, "s"}}};

std::string_view nameOf(KeyClass key_class) {
    return std::ranges::find(kClasses, key_class, &ClassRow::key_class)->name;
}

/// `k1-p2` is the data key of class p2 below master key k1, `k1` one from before there were
/// classes.
struct KeyName {
    std::string_view master;
    std::optional<std::string_view> of_class;
};
KeyName parseKeyId(std::string_view id) {
    const std::size_t sign = id.find(kClassSign);
    if (sign == std::string_view::npos) return {id, std::nullopt};
    return {id.substr(0, sign), id.substr(sign + 1)};
}

std::string keyId(std::string_view master, KeyClass key_class) {
    return std::string(master).append(1, kClassSign).append(nameOf(key_class));
}

struct CipherFree {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherFree>;

/// Fetched once: an implicit fetch for each value costs more than sealing it.
const EVP_CIPHER* cipher() {
    static EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    if (kCipher == nullptr) throw std::runtime_error("vault: OpenSSL has no AES-256-GCM");
    return kCipher;
}

unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// Each part with its length in front: no two addresses share one text.
std::string associatedData(const CellAddress& cell, std::string_view key_id) {
    std::string out;
    for (const std::string_view part : {cell.tenant, cell.table, cell.column, cell.row, key_id})
        out.append(std::to_string(part.size())).append(":").append(part);
    return out;
}

std::string placeOf(const CellAddress& cell) {
    return std::string(cell.table).append(".").append(cell.column);
}

bool encrypt(std::string_view key, std::string_view aad, std::string_view plaintext,
             std::string_view nonce, std::string& out) {
    CipherContext context{EVP_CIPHER_CTX_new()};
    int size = 0;
    out.assign(nonce);
    out.resize(kNonceBytes + plaintext.size() + kTagBytes);
    unsigned char* text = octets(out) + kNonceBytes;
    return context &&
           EVP_EncryptInit_ex2(context.get(), cipher(), octets(key), octets(nonce), nullptr) == 1 &&
           EVP_EncryptUpdate(context.get(), nullptr, &size, octets(aad),
                             static_cast<int>(aad.size())) == 1 &&
           EVP_EncryptUpdate(context.get(), text, &size, octets(plaintext),
                             static_cast<int>(plaintext.size())) == 1 &&
           EVP_EncryptFinal_ex(context.get(), text + size, &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes),
                               text + plaintext.size()) == 1;
}

bool decrypt(std::string_view key, std::string_view aad, std::string_view box, std::string& out) {
    CipherContext context{EVP_CIPHER_CTX_new()};
    const std::string_view nonce = box.substr(0, kNonceBytes);
    const std::string_view text = box.substr(kNonceBytes, box.size() - kNonceBytes - kTagBytes);
    std::string tag(box.substr(box.size() - kTagBytes));
    int size = 0;
    out.assign(text.size(), '\0');
    return context &&
           EVP_DecryptInit_ex2(context.get(), cipher(), octets(key), octets(nonce), nullptr) == 1 &&
           EVP_DecryptUpdate(context.get(), nullptr, &size, octets(aad),
                             static_cast<int>(aad.size())) == 1 &&
           EVP_DecryptUpdate(context.get(), octets(out), &size, octets(text),
                             static_cast<int>(text.size())) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes),
                               tag.data()) == 1 &&
           EVP_DecryptFinal_ex(context.get(), octets(out) + size, &size) == 1;
}

hubsdk::Error noKeyFile(std::string_view why) {
    return makeError(ErrorCode::kInvalid, std::string("master key file: ").append(why));
}

}  // namespace

/// Kept, because deriving it for each value costs more than sealing it.
struct Vault::DataKey {
    DataKey(std::string key, std::string_view tenant_id, std::string_view key_id)
        : bytes(std::move(key)), tenant(tenant_id), id(key_id) {}
    ~DataKey() { wipe(bytes); }
    DataKey(const DataKey&) = delete;
    DataKey& operator=(const DataKey&) = delete;

    std::string bytes;
    const std::string tenant;
    const std::string id;
    mutable std::atomic<std::int64_t> uses{0};
};

Vault::Vault(std::string path) : path_(std::move(path)) {}

Vault::~Vault() {
    wipe(index_key_);
    for (auto& key : keys_) wipe(key.bytes);
}

Result<std::unique_ptr<Vault>> Vault::open(const std::string& path) {
    std::unique_ptr<Vault> vault{new Vault(path)};
    auto text = readKeyFile(path);
    if (text.ok()) {
        auto loaded = vault->load(*text);
        wipe(*text);
        if (!loaded.ok()) return std::move(loaded).error();
        return vault;
    }
    if (text.error().code != ErrorCode::kNotFound) return std::move(text).error();
    vault->index_key_ = randomBytes(kKeyBytes);
    if (auto made = vault->addKey(KeyFileWrite::kCreate); !made.ok()) {
        // Another process made the file in between: its key is the one.
        if (made.error().code == ErrorCode::kConflict) return open(path);
        return std::move(made).error();
    }
    return vault;
}

// Lines: "index <base64>" once, "key <id> <base64>" oldest first.
Result<void> Vault::load(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return noKeyFile("the last line is cut off");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const std::size_t last = line.rfind(' ');
        if (last == std::string_view::npos) return noKeyFile("a line has no value");
        auto bytes = base64Decode(line.substr(last + 1));
        if (!bytes.ok() || bytes->size() != kKeyBytes) return noKeyFile("a key is not 32 bytes");
        const std::string_view head = line.substr(0, last);
        if (head == "index" && index_key_.empty()) {
            index_key_ = std::move(bytes).value();
        } else if (head.substr(0, 4) == "key " && head.size() > 4 && keys_.size() < kKeysMax) {
            keys_.push_back(MasterKey{std::string(head.substr(4)), std::move(bytes).value()});
        } else {
            return noKeyFile("a line is of no known kind");
        }
    }
    if (index_key_.empty() || keys_.empty()) return noKeyFile("a key is missing");
    return {};
}

Result<void> Vault::save(const std::vector<MasterKey>& keys, KeyFileWrite mode) const {
    // One buffer that never grows, and no part that is not wiped: what a string leaves behind when
    // it moves or ends stays in freed memory (TM-DATA-6).
    constexpr std::size_t kLineBytesMax = 128;
    std::string text;
    text.reserve((keys.size() + 1) * kLineBytesMax);
    const auto addLine = [&text](std::string_view head, const std::string& bytes) {
        std::string value = base64Encode(bytes);
        text.append(head).append(" ").append(value).append("\n");
        wipe(value);
    };
    addLine("index", index_key_);
    for (const auto& key : keys) addLine("key " + key.id, key.bytes);
    auto written = writeKeyFile(path_, text, mode);
    wipe(text);
    return written;
}

Result<void> Vault::rotate() { return addKey(KeyFileWrite::kReplace); }

// Ids are never used twice, also after older keys were retired.
Result<void> Vault::addKey(KeyFileWrite mode) {
    const std::unique_lock lock(mutex_);
    if (keys_.size() >= kKeysMax) return makeError(ErrorCode::kTooLarge, "too many master keys");
    auto keys = keys_;
    keys.push_back(MasterKey{"k" + std::to_string(lastNumber() + 1), randomBytes(kKeyBytes)});
    return replaceKeys(std::move(keys), mode);
}

Result<void> Vault::retireOlderKeys() {
    const std::unique_lock lock(mutex_);
    auto retired = replaceKeys({keys_.back()}, KeyFileWrite::kReplace);
    if (!retired.ok()) return retired;
    const std::unique_lock data_lock(data_mutex_);
    std::erase_if(data_keys_, [&](const auto& entry) {
        return parseKeyId(entry.second->id).master != keys_.back().id;
    });
    return retired;
}

Result<void> Vault::replaceKeys(std::vector<MasterKey> keys, KeyFileWrite mode) {
    auto saved = save(keys, mode);
    if (saved.ok()) keys_.swap(keys);
    for (auto& key : keys) wipe(key.bytes);
    return saved;
}

int Vault::lastNumber() const {
    int number = 0;
    if (keys_.empty()) return number;
    const std::string& id = keys_.back().id;
    std::from_chars(id.data() + 1, id.data() + id.size(), number);
    return std::max(number, static_cast<int>(keys_.size()));
}

std::string Vault::activeKeyId() const {
    const std::shared_lock lock(mutex_);
    return keys_.back().id;
}

std::string Vault::activeKeyId(KeyClass key_class) const { return keyId(activeKeyId(), key_class); }

std::vector<std::string> Vault::keyIds() const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> ids;
    ids.reserve(keys_.size());
    for (const MasterKey& key : keys_) ids.push_back(key.id);
    return ids;
}

std::int64_t Vault::changedAtMs() const {
    using namespace std::chrono;
    std::error_code problem;
    const auto written = std::filesystem::last_write_time(path_, problem);
    if (problem) return 0;
    return duration_cast<milliseconds>(file_clock::to_sys(written).time_since_epoch()).count();
}

// Nothing if there is no such master key or class.
std::shared_ptr<const Vault::DataKey> Vault::dataKey(std::string_view key_id,
                                                     std::string_view tenant) const {
    std::string place(key_id);
    place.append("\n").append(tenant);
    {
        const std::shared_lock lock(data_mutex_);
        const auto kept = data_keys_.find(place);
        if (kept != data_keys_.end()) return kept->second;
    }
    const KeyName name = parseKeyId(key_id);
    std::string purpose = "screenhub.seal.v1:";
    if (name.of_class) {
        if (std::ranges::find(kClasses, *name.of_class, &ClassRow::name) == kClasses.end())
            return nullptr;
        purpose = "screenhub.seal.v2:" + std::string(*name.of_class) + ":";
    }
    const std::shared_lock lock(mutex_);
    const auto master = std::ranges::find(keys_, name.master, &MasterKey::id);
    if (master == keys_.end()) return nullptr;
    auto made = std::make_shared<const DataKey>(
        hmac(HashAlg::kSha256, master->bytes, purpose.append(tenant)), tenant, key_id);
    const std::unique_lock data_lock(data_mutex_);
    return data_keys_.try_emplace(std::move(place), std::move(made)).first->second;
}

std::string Vault::seal(const CellAddress& cell, std::string_view plaintext) const {
    // The active key may be rotated and retired between the two questions.
    std::shared_ptr<const DataKey> key;
    while (!key) key = dataKey(activeKeyId(cell.key_class), cell.tenant);
    std::string box;
    if (!encrypt(key->bytes, associatedData(cell, key->id), plaintext, randomBytes(kNonceBytes),
                 box)) {
        throw std::runtime_error("vault: OpenSSL refused to seal " + placeOf(cell));
    }
    ++key->uses;
    return std::string(kVersion).append(key->id).append(".").append(base64Encode(box));
}

Result<std::string> Vault::open(const CellAddress& cell, std::string_view sealed) const {
    const std::size_t dot = sealed.find('.', kVersion.size());
    if (sealed.substr(0, kVersion.size()) != kVersion || dot == std::string_view::npos)
        return makeError(ErrorCode::kInvalid, "not a sealed value", placeOf(cell));
    const std::string_view id = sealed.substr(kVersion.size(), dot - kVersion.size());
    auto box = base64Decode(sealed.substr(dot + 1));
    if (!box.ok() || box->size() < kNonceBytes + kTagBytes)
        return makeError(ErrorCode::kInvalid, "not a sealed value", placeOf(cell));
    const auto key = dataKey(id, cell.tenant);
    if (!key) return makeError(ErrorCode::kNotFound, "sealed with an unknown key", placeOf(cell));
    std::string plaintext;
    if (decrypt(key->bytes, associatedData(cell, id), *box, plaintext)) return plaintext;
    wipe(plaintext);
    return makeError(ErrorCode::kForbidden, "sealed for another place, or changed", placeOf(cell));
}

std::vector<KeyUse> Vault::takeUses() const {
    const std::shared_lock lock(data_mutex_);
    std::vector<KeyUse> uses;
    for (const auto& [place, key] : data_keys_) {
        if (const std::int64_t count = key->uses.exchange(0); count > 0)
            uses.push_back({key->tenant, key->id, count});
    }
    return uses;
}

void Vault::giveBack(const std::vector<KeyUse>& uses) const {
    for (const KeyUse& use : uses)
        if (const auto key = dataKey(use.key_id, use.tenant)) key->uses += use.uses;
}

std::string Vault::blindIndex(std::string_view tenant, std::string_view value) const {
    std::string key =
        hmac(HashAlg::kSha256, index_key_, std::string("screenhub.index.v1:").append(tenant));
    std::string index = hexEncode(hmac(HashAlg::kSha256, key, value));
    wipe(key);
    return index;
}

}  // namespace hub::security
