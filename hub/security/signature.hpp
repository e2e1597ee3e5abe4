/// Public-key signatures over OpenSSL's EVP interface, one closed list of schemes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <hubsdk/cpp/result.hpp>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY; its headers stay in the .cpp files

namespace hub::security {

/// Every scheme the host checks or makes. "Raw" ECDSA is r || s at fixed width (RFC 7518
/// section 3.4).
enum class SignatureScheme : std::uint8_t {
    kEd25519,
    kEcdsaP256Sha256Der,
    kEcdsaP256Sha256Raw,
    kEcdsaP384Sha384Raw,
    kEcdsaP521Sha512Raw,
    kRsaSha256,
    kRsaSha384,
    kRsaSha512,
    kRsaPssSha256,
    kRsaPssSha384,
    kRsaPssSha512,
};

/// The smallest RSA key that is taken, in bits.
inline constexpr int kRsaBitsMin = 2048;

/// The curves of raw EC keys.
enum class Curve : std::uint8_t { kP256, kP384, kP521 };

/// A public or private key. Cheap to copy: copies share the immutable key. Any thread.
class Key {
public:
    /// Reads "PUBLIC KEY" (SPKI) or an unencrypted private key in PEM. kInvalid otherwise.
    [[nodiscard]] static hubsdk::Result<Key> publicFromPem(std::string_view pem);
    [[nodiscard]] static hubsdk::Result<Key> privateFromPem(std::string_view pem);
    /// 32 bytes of RFC 8032: the public point or the private seed.
    [[nodiscard]] static hubsdk::Result<Key> ed25519Public(std::string_view bytes);
    [[nodiscard]] static hubsdk::Result<Key> ed25519Private(std::string_view seed);
    /// A point by big-endian coordinates of exactly the curve's width; kInvalid if not on the
    /// curve.
    [[nodiscard]] static hubsdk::Result<Key> ecPublic(Curve curve, std::string_view x,
                                                      std::string_view y);
    /// Big-endian modulus and exponent; kInvalid below kRsaBitsMin.
    [[nodiscard]] static hubsdk::Result<Key> rsaPublic(std::string_view modulus,
                                                       std::string_view exponent);
    /// A new key pair, for tests, publishers and simulators.
    [[nodiscard]] static hubsdk::Result<Key> generate(SignatureScheme scheme);

    /// The public half as PEM.
    [[nodiscard]] std::string publicPem() const;
    [[nodiscard]] evp_pkey_st* handle() const { return handle_.get(); }

private:
    explicit Key(evp_pkey_st* owned);
    friend hubsdk::Result<Key> ownedKey(evp_pkey_st* key, std::string_view what);
    std::shared_ptr<evp_pkey_st> handle_;
};

/// Succeeds only if `signature` is `key`'s over `message`. kUnauthorized if it is not, if its form
/// is wrong, or if the key is of another kind than the scheme. Any thread.
[[nodiscard]] hubsdk::Result<void> verify(SignatureScheme scheme, const Key& key,
                                          std::string_view message, std::string_view signature);

/// Signs with a private key. kInvalid if the key is of another kind or has no private half.
[[nodiscard]] hubsdk::Result<std::string> sign(SignatureScheme scheme, const Key& key,
                                               std::string_view message);

}  // namespace hub::security
