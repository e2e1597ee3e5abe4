#include "hub/security/jws.hpp"

#include <array>
#include <optional>

#include <hubsdk/cpp/json.hpp>

#include "hub/security/digest.hpp"

namespace hub::security {
namespace {

using hubsdk::ErrorCode;
using hubsdk::Json;
using hubsdk::JsonDocument;
using hubsdk::makeError;
using hubsdk::Result;

/// What an algorithm stands for; indexed by JwsAlg.
struct AlgForm {
    std::string_view name;
    std::string_view key_type;  ///< `kty`
    std::string_view curve;     ///< `crv`, if the type has one
    HashAlg hash;               ///< of the HMAC
    std::size_t secret_bytes_min;
    SignatureScheme scheme;  ///< of the public key
};

constexpr SignatureScheme kNoScheme = SignatureScheme::kEd25519;
constexpr HashAlg kNoHash = HashAlg::kSha256;
constexpr std::array<AlgForm, 13> kForms{{
    {"HS256", "oct", "", HashAlg::kSha256, 32, kNoScheme},
    {"HS384", "oct", "", HashAlg::kSha384, 48, kNoScheme},
    {"HS512", "oct", "", HashAlg::kSha512, 64, kNoScheme},
    {"RS256", "RSA", "", kNoHash, 0, SignatureScheme::kRsaSha256},
    {"RS384", "RSA", "", kNoHash, 0, SignatureScheme::kRsaSha384},
    {"RS512", "RSA", "", kNoHash, 0, SignatureScheme::kRsaSha512},
    {"PS256", "RSA", "", kNoHash, 0, SignatureScheme::kRsaPssSha256},
    {"PS384", "RSA", "", kNoHash, 0, SignatureScheme::kRsaPssSha384},
    {"PS512", "RSA", "", kNoHash, 0, SignatureScheme::kRsaPssSha512},
    {"ES256", "EC", "P-256", kNoHash, 0, SignatureScheme::kEcdsaP256Sha256Raw},
    {"ES384", "EC", "P-384", kNoHash, 0, SignatureScheme::kEcdsaP384Sha384Raw},
    {"ES512", "EC", "P-521", kNoHash, 0, SignatureScheme::kEcdsaP521Sha512Raw},
    {"EdDSA", "OKP", "Ed25519", kNoHash, 0, SignatureScheme::kEd25519},
}};

const AlgForm& formOf(JwsAlg alg) { return kForms.at(static_cast<std::size_t>(alg)); }

std::optional<JwsAlg> algOf(std::string_view name) {
    for (std::size_t i = 0; i < kForms.size(); ++i)
        if (kForms.at(i).name == name) return static_cast<JwsAlg>(i);
    return std::nullopt;
}

hubsdk::Error refused(const char* why) { return makeError(ErrorCode::kUnauthorized, why); }
hubsdk::Error badKey(const char* why) { return makeError(ErrorCode::kInvalid, why); }

/// RFC 7517 sections 4.2 and 4.3.
bool isForSignatures(Json jwk) {
    const Json use = jwk["use"];
    if (use.present() && use.text() != "sig") return false;
    const Json ops = jwk["key_ops"];
    if (!ops.present()) return true;
    for (std::size_t i = 0; i < ops.size(); ++i)
        if (ops.at(i).text() == "verify") return true;
    return false;
}

/// The bytes of a base64url member.
Result<std::string> member(Json jwk, std::string_view name) {
    const auto text = jwk[name].asString();
    if (!text || text->empty()) return badKey("a key member is missing");
    return base64UrlDecode(*text);
}

Result<Key> publicKeyOf(Json jwk, const AlgForm& form) {
    const bool rsa = form.key_type == "RSA";
    auto first = member(jwk, rsa ? "n" : "x");
    if (!first.ok()) return std::move(first).error();
    if (form.key_type == "OKP") return Key::ed25519Public(*first);
    auto second = member(jwk, rsa ? "e" : "y");
    if (!second.ok()) return std::move(second).error();
    if (rsa) return Key::rsaPublic(*first, *second);
    const Curve curve = form.curve == "P-256"   ? Curve::kP256
                        : form.curve == "P-384" ? Curve::kP384
                                                : Curve::kP521;
    return Key::ecPublic(curve, *first, *second);
}

/// header, payload and signature as sent, and what is signed; nothing if there are not three parts.
struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;
};

std::optional<Parts> split(std::string_view compact) {
    const std::size_t first = compact.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = compact.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    return Parts{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
                 compact.substr(second + 1), compact.substr(0, second)};
}

}  // namespace

JwsKeys::~JwsKeys() {
    for (auto& [id, entry] : keys_)
        if (auto* secret = std::get_if<std::string>(&entry.key)) wipe(*secret);
}

Result<void> JwsKeys::add(std::string key_id, Entry entry) {
    if (keys_.size() >= kJwsKeysMax) return makeError(ErrorCode::kTooLarge, "too many keys");
    if (!keys_.emplace(std::move(key_id), std::move(entry)).second)
        return makeError(ErrorCode::kConflict, "a key with this id is known");
    return {};
}

Result<void> JwsKeys::addSecret(std::string key_id, JwsAlg alg, std::string secret) {
    const AlgForm& form = formOf(alg);
    if (form.key_type != "oct") return badKey("this algorithm takes a public key");
    if (secret.size() < form.secret_bytes_min) return badKey("the secret is shorter than the hash");
    return add(std::move(key_id), Entry{alg, std::move(secret)});
}

Result<void> JwsKeys::addPublic(std::string key_id, JwsAlg alg, Key key) {
    if (formOf(alg).key_type == "oct") return badKey("this algorithm takes a secret");
    return add(std::move(key_id), Entry{alg, std::move(key)});
}

Result<void> JwsKeys::addJwk(std::string_view json) {
    auto parsed = JsonDocument::parse(json);
    if (!parsed.ok()) return std::move(parsed).error();
    const Json jwk = parsed->root();
    const auto key_id = jwk["kid"].asString();
    const auto alg = algOf(jwk["alg"].text());
    if (!key_id || !alg) return badKey("the key has no id or no algorithm of ours");
    const AlgForm& form = formOf(*alg);
    if (!isForSignatures(jwk)) return badKey("the key is not for checking signatures");
    if (jwk["kty"].text() != form.key_type || jwk["crv"].text() != form.curve)
        return badKey("the key's type does not fit its algorithm");
    if (form.key_type == "oct") {
        auto secret = member(jwk, "k");
        if (!secret.ok()) return std::move(secret).error();
        return addSecret(std::string(*key_id), *alg, std::move(secret).value());
    }
    auto key = publicKeyOf(jwk, form);
    if (!key.ok()) return std::move(key).error();
    return addPublic(std::string(*key_id), *alg, std::move(key).value());
}

Result<std::string> JwsKeys::verify(std::string_view compact) const {
    if (compact.size() > kJwsBytesMax) return refused("the token is too large");
    const auto parts = split(compact);
    if (!parts) return refused("the token has not three parts");
    const auto header_text = base64UrlDecode(parts->header);
    auto payload = base64UrlDecode(parts->payload);
    const auto signature = base64UrlDecode(parts->signature);
    if (!header_text.ok() || !payload.ok() || !signature.ok() || signature->empty())
        return refused("a part is not base64url");
    const auto document = JsonDocument::parse(*header_text);
    if (!document.ok()) return refused("the header is not JSON");
    const Json header = document->root();
    if (header["crit"].present() || header["b64"].present())
        return refused("the header asks for an extension");
    const auto key_id = header["kid"].asString();
    const auto found = key_id ? keys_.find(*key_id) : keys_.end();
    if (found == keys_.end()) return refused("no key with this id");
    const Entry& entry = found->second;
    const AlgForm& form = formOf(entry.alg);
    if (header["alg"].text() != form.name) return refused("the key is for another algorithm");
    const auto* secret = std::get_if<std::string>(&entry.key);
    const bool holds =
        secret ? constantTimeEquals(hmac(form.hash, *secret, parts->signed_text), *signature)
               : security::verify(form.scheme, std::get<Key>(entry.key), parts->signed_text,
                                  *signature)
                     .ok();
    if (!holds) return refused("the signature does not hold");
    return std::move(payload).value();
}

}  // namespace hub::security
