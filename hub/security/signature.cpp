#include "hub/security/signature.hpp"

#include <array>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace hub::security {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

namespace {

/// What a scheme asks of the key and of OpenSSL; indexed by SignatureScheme.
struct SchemeForm {
    const char* key_type;
    int key_bits;  ///< 0: any allowed size
    const char* digest;
    int rsa_padding;              ///< 0: not RSA
    std::size_t raw_width_bytes;  ///< width of r and s; 0: the signature is passed on as it is
};

constexpr std::array<SchemeForm, 11> kForms{{
    {"ED25519", 0, nullptr, 0, 0},
    {"EC", 256, "SHA256", 0, 0},
    {"EC", 256, "SHA256", 0, 32},
    {"EC", 384, "SHA384", 0, 48},
    {"EC", 521, "SHA512", 0, 66},
    {"RSA", 0, "SHA256", RSA_PKCS1_PADDING, 0},
    {"RSA", 0, "SHA384", RSA_PKCS1_PADDING, 0},
    {"RSA", 0, "SHA512", RSA_PKCS1_PADDING, 0},
    {"RSA", 0, "SHA256", RSA_PKCS1_PSS_PADDING, 0},
    {"RSA", 0, "SHA384", RSA_PKCS1_PSS_PADDING, 0},
    {"RSA", 0, "SHA512", RSA_PKCS1_PSS_PADDING, 0},
}};

const SchemeForm& formOf(SignatureScheme scheme) {
    return kForms[static_cast<std::size_t>(scheme)];
}

struct ContextFree {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct EcdsaFree {
    void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextFree>;
using Ecdsa = std::unique_ptr<ECDSA_SIG, EcdsaFree>;

const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool keyFits(const SchemeForm& form, const Key& key) {
    return EVP_PKEY_is_a(key.handle(), form.key_type) == 1 &&
           (form.key_bits == 0 || EVP_PKEY_get_bits(key.handle()) == form.key_bits);
}

/// PSS salts are as long as the digest (RFC 7518 section 3.5).
bool configurePadding(const SchemeForm& form, EVP_PKEY_CTX* context) {
    if (form.rsa_padding == 0) return true;
    if (EVP_PKEY_CTX_set_rsa_padding(context, form.rsa_padding) != 1) return false;
    return form.rsa_padding != RSA_PKCS1_PSS_PADDING ||
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/// r || s to DER; empty if the width is wrong.
std::string derFromRaw(std::string_view raw, std::size_t width) {
    if (raw.size() != width * 2) return {};
    Ecdsa ecdsa{ECDSA_SIG_new()};
    BIGNUM* r = BN_bin2bn(octets(raw), static_cast<int>(width), nullptr);
    BIGNUM* s = BN_bin2bn(octets(raw.substr(width)), static_cast<int>(width), nullptr);
    if (!ecdsa || ECDSA_SIG_set0(ecdsa.get(), r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return {};
    }
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(ecdsa.get(), &der);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

std::string rawFromDer(std::string_view der, std::size_t width) {
    const unsigned char* at = octets(der);
    Ecdsa ecdsa{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    if (!ecdsa) return {};
    std::string out(width * 2, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    const int size = static_cast<int>(width);
    if (BN_bn2binpad(ECDSA_SIG_get0_r(ecdsa.get()), bytes, size) != size ||
        BN_bn2binpad(ECDSA_SIG_get0_s(ecdsa.get()), bytes + width, size) != size)
        return {};
    return out;
}

hubsdk::Error refused() {
    return makeError(ErrorCode::kUnauthorized, "the signature does not hold");
}

}  // namespace

Result<void> verify(SignatureScheme scheme, const Key& key, std::string_view message,
                    std::string_view signature) {
    const SchemeForm& form = formOf(scheme);
    if (!keyFits(form, key)) return refused();
    std::string der;
    if (form.raw_width_bytes != 0) {
        der = derFromRaw(signature, form.raw_width_bytes);
        if (der.empty()) return refused();
        signature = der;
    }
    Context context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* settings = nullptr;
    const bool holds = context &&
                       EVP_DigestVerifyInit_ex(context.get(), &settings, form.digest, nullptr,
                                               nullptr, key.handle(), nullptr) == 1 &&
                       configurePadding(form, settings) &&
                       EVP_DigestVerify(context.get(), octets(signature), signature.size(),
                                        octets(message), message.size()) == 1;
    ERR_clear_error();
    if (!holds) return refused();
    return {};
}

Result<std::string> sign(SignatureScheme scheme, const Key& key, std::string_view message) {
    const SchemeForm& form = formOf(scheme);
    if (!keyFits(form, key)) return makeError(ErrorCode::kInvalid, "the key is of another kind");
    Context context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* settings = nullptr;
    std::size_t size = 0;
    std::string out;
    const bool ready =
        context &&
        EVP_DigestSignInit_ex(context.get(), &settings, form.digest, nullptr, nullptr, key.handle(),
                              nullptr) == 1 &&
        configurePadding(form, settings) &&
        EVP_DigestSign(context.get(), nullptr, &size, octets(message), message.size()) == 1;
    if (ready) out.resize(size);
    const bool made =
        ready && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                                octets(message), message.size()) == 1;
    ERR_clear_error();
    if (!made) return makeError(ErrorCode::kInvalid, "the key cannot sign");
    out.resize(size);
    if (form.raw_width_bytes != 0) out = rawFromDer(out, form.raw_width_bytes);
    return out;
}

}  // namespace hub::security
