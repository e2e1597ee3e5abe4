/// Checks JSON Web Signatures in compact form (RFC 7515) against known keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include <hubsdk/cpp/result.hpp>

#include "hub/security/signature.hpp"

namespace hub::security {

/// The algorithms of RFC 7518 section 3.1 and RFC 8037 that are taken. There is no "none".
enum class JwsAlg : std::uint8_t {
    kHs256,
    kHs384,
    kHs512,
    kRs256,
    kRs384,
    kRs512,
    kPs256,
    kPs384,
    kPs512,
    kEs256,
    kEs384,
    kEs512,
    kEdDsa,
};

inline constexpr std::size_t kJwsBytesMax = 64U * 1024;
inline constexpr std::size_t kJwsKeysMax = 64;

/// A set of keys by id, each for one algorithm only: the header's `alg` never chooses how a key is
/// used. Filled by one thread, then read by any.
class JwsKeys {
public:
    JwsKeys() = default;
    ~JwsKeys();
    JwsKeys(const JwsKeys&) = delete;
    JwsKeys& operator=(const JwsKeys&) = delete;

    /// Adds a JSON Web Key (RFC 7517). kInvalid if it is malformed, has no `kid` or `alg`, is not
    /// for signatures (`use`, `key_ops`), or its type does not fit its `alg`; kConflict for a known
    /// id.
    [[nodiscard]] hubsdk::Result<void> addJwk(std::string_view json);
    /// Adds a shared secret; kInvalid if shorter than the hash (RFC 7518 section 3.2).
    [[nodiscard]] hubsdk::Result<void> addSecret(std::string key_id, JwsAlg alg,
                                                 std::string secret);
    [[nodiscard]] hubsdk::Result<void> addPublic(std::string key_id, JwsAlg alg, Key key);

    /// The payload, if the signature holds with the key named by `kid`. kUnauthorized for
    /// everything else: another form, not strict base64url, unknown key, another `alg`, a `crit` or
    /// `b64` member. Keys in the header are ignored.
    [[nodiscard]] hubsdk::Result<std::string> verify(std::string_view compact) const;

private:
    struct Entry {
        JwsAlg alg;
        std::variant<std::string, Key> key;
    };
    hubsdk::Result<void> add(std::string key_id, Entry entry);
    std::map<std::string, Entry, std::less<>> keys_;
};

}  // namespace hub::security
