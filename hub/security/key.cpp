#include <array>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "hub/security/digest.hpp"
#include "hub/security/signature.hpp"

namespace hub::security {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ParamBuild = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;

struct CurveForm {
    Curve curve;
    const char* name;
    std::size_t width_bytes;
};
constexpr std::array<CurveForm, 3> kCurves{
    {{Curve::kP256, "P-256", 32}, {Curve::kP384, "P-384", 48}, {Curve::kP521, "P-521", 66}}};

const CurveForm& formOf(Curve curve) { return kCurves[static_cast<std::size_t>(curve)]; }

const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// A PEM callback that refuses: an encrypted key must not stop the process at a terminal prompt.
int noPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

Bio bioOf(std::string_view text) {
    return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

EVP_PKEY* fromParams(const char* type, OSSL_PARAM* params) {
    KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return nullptr;
    KeyContext check{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    if (!check || EVP_PKEY_public_check(check.get()) != 1) {
        EVP_PKEY_free(key);
        return nullptr;
    }
    return key;
}

}  // namespace

Key::Key(evp_pkey_st* owned) : handle_(owned, EVP_PKEY_free) {}

Result<Key> ownedKey(evp_pkey_st* key, std::string_view what) {
    // Leftover entries of the error queue would be read by an unrelated TLS call of this thread.
    ERR_clear_error();
    if (key == nullptr) return makeError(ErrorCode::kInvalid, std::string(what) + " is not a key");
    Key owned{key};
    if (EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) < kRsaBitsMin)
        return makeError(ErrorCode::kInvalid, "RSA key is below 2048 bits");
    return owned;
}

Result<Key> Key::publicFromPem(std::string_view pem) {
    return ownedKey(PEM_read_bio_PUBKEY(bioOf(pem).get(), nullptr, noPassword, nullptr),
                    "public PEM");
}

Result<Key> Key::privateFromPem(std::string_view pem) {
    return ownedKey(PEM_read_bio_PrivateKey(bioOf(pem).get(), nullptr, noPassword, nullptr),
                    "private PEM");
}

Result<Key> Key::ed25519Public(std::string_view bytes) {
    return ownedKey(
        EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, octets(bytes), bytes.size()),
        "Ed25519 point");
}

Result<Key> Key::ed25519Private(std::string_view seed) {
    return ownedKey(
        EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, octets(seed), seed.size()),
        "Ed25519 seed");
}

Result<Key> Key::ecPublic(Curve curve, std::string_view x, std::string_view y) {
    const CurveForm& form = formOf(curve);
    if (x.size() != form.width_bytes || y.size() != form.width_bytes)
        return makeError(ErrorCode::kInvalid, "EC coordinates have the wrong width");
    std::string point("\x04");
    point.append(x).append(y);
    ParamBuild build{OSSL_PARAM_BLD_new()};
    if (!build ||
        OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, form.name, 0) !=
            1 ||
        OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1)
        return makeError(ErrorCode::kInternal, "EC key parameters");
    Params params{OSSL_PARAM_BLD_to_param(build.get())};
    return ownedKey(fromParams("EC", params.get()), "EC point");
}

Result<Key> Key::rsaPublic(std::string_view modulus, std::string_view exponent) {
    Number n{BN_bin2bn(octets(modulus), static_cast<int>(modulus.size()), nullptr)};
    Number e{BN_bin2bn(octets(exponent), static_cast<int>(exponent.size()), nullptr)};
    ParamBuild build{OSSL_PARAM_BLD_new()};
    if (!n || !e || !build ||
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return makeError(ErrorCode::kInternal, "RSA key parameters");
    Params params{OSSL_PARAM_BLD_to_param(build.get())};
    return ownedKey(fromParams("RSA", params.get()), "RSA modulus");
}

Result<Key> Key::generate(SignatureScheme scheme) {
    switch (scheme) {
        case SignatureScheme::kEd25519:
            return ownedKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "generated key");
        case SignatureScheme::kEcdsaP256Sha256Der:
        case SignatureScheme::kEcdsaP256Sha256Raw:
            return ownedKey(EVP_EC_gen("P-256"), "generated key");
        case SignatureScheme::kEcdsaP384Sha384Raw:
            return ownedKey(EVP_EC_gen("P-384"), "generated key");
        case SignatureScheme::kEcdsaP521Sha512Raw:
            return ownedKey(EVP_EC_gen("P-521"), "generated key");
        default:
            return ownedKey(EVP_RSA_gen(kRsaBitsMin), "generated key");
    }
}

std::string Key::publicPem() const {
    Bio bio{BIO_new(BIO_s_mem())};
    if (!bio || PEM_write_bio_PUBKEY(bio.get(), handle_.get()) != 1) return {};
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace hub::security
