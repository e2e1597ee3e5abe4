#include "hub/security/proof.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <hubsdk/cpp/json.hpp>
#include <hubsdk/cpp/text.hpp>

#include "hub/security/digest.hpp"
#include "hub/security/jws.hpp"
#include "hub/security/signature.hpp"

namespace hub::security {
namespace {

using hubsdk::Delivery;
using hubsdk::Piece;
using hubsdk::Pieces;
using hubsdk::Proof;

// ---- which bytes of the body are covered

// Half-open ranges [from, to) of the body.
class Coverage {
public:
    explicit Coverage(std::string_view body) : body_(body), covered_(body.size(), false) {}

    // Every slice of the body counts, also inside hashes.
    void addMessage(const Pieces& pieces) {
        for (const Piece& piece : pieces) {
            if (piece.slice && piece.slice->of == hubsdk::SliceOf::kBody) addSlice(*piece.slice);
            addMessage(piece.of);
        }
    }

    // A value that stands in the body cannot be part of what it signs. The plugin may have cut it
    // out itself, so it is looked for; once only, or a repeated value would hide other bytes.
    void addPresented(const Piece& piece, std::string_view value) {
        if (piece.slice && piece.slice->of == hubsdk::SliceOf::kBody) return addSlice(*piece.slice);
        std::size_t found = body_.rfind(value);
        while (found != std::string_view::npos && covered_[found]) {
            found = found == 0 ? std::string_view::npos : body_.rfind(value, found - 1);
        }
        if (found != std::string_view::npos) mark(found, value.size());
    }

    [[nodiscard]] std::size_t uncovered() const {
        return static_cast<std::size_t>(std::ranges::count(covered_, false));
    }

private:
    void addSlice(const hubsdk::Slice& slice) {
        const auto from =
            static_cast<std::size_t>(std::max<std::int64_t>(0, slice.from.value_or(0)));
        if (from >= body_.size()) return;
        const std::size_t rest = body_.size() - from;
        mark(from, slice.size ? std::min(rest, static_cast<std::size_t>(*slice.size)) : rest);
    }
    void mark(std::size_t from, std::size_t size) {
        std::fill_n(covered_.begin() + static_cast<std::ptrdiff_t>(from), size, true);
    }

    std::string_view body_;
    std::vector<bool> covered_;
};

// ---- the closed list of algorithms

enum class Family : std::uint8_t { kEquals, kBasic, kHmac, kSignature, kJws };

struct AlgorithmRow {
    std::string_view name;
    Family family;
    HashAlg hash;
    std::size_t value_bytes;  // exact length of a decoded value; 0 if the key decides
};
constexpr std::array<AlgorithmRow, 9> kAlgorithms{{
    {"equals", Family::kEquals, HashAlg::kSha256, 0},
    {"basic", Family::kBasic, HashAlg::kSha256, 0},
    {"hmac-sha1", Family::kHmac, HashAlg::kSha1, 20},
    {"hmac-sha256", Family::kHmac, HashAlg::kSha256, 32},
    {"hmac-sha512", Family::kHmac, HashAlg::kSha512, 64},
    {"ed25519", Family::kSignature, HashAlg::kSha256, 64},
    {"ecdsa-p256", Family::kSignature, HashAlg::kSha256, 0},
    {"rsa-sha256", Family::kSignature, HashAlg::kSha256, 0},
    {"jws", Family::kJws, HashAlg::kSha256, 0},
}};

const AlgorithmRow* algorithmOf(std::string_view name) {
    const auto row = std::ranges::find(kAlgorithms, name, &AlgorithmRow::name);
    return row == kAlgorithms.end() ? nullptr : &*row;
}

std::optional<std::string> decoded(std::string_view text, std::string_view encoding) {
    if (encoding == "none") return std::string(text);
    hubsdk::Result<std::string> bytes = hubsdk::Error{};
    if (encoding == "hex") bytes = hexDecode(text);
    if (encoding == "base64") bytes = base64Decode(text);
    if (encoding == "base64url") bytes = base64UrlDecode(text);
    if (!bytes) return std::nullopt;
    return std::move(bytes).value();
}

// ---- one proof

struct Candidate {
    const Piece* piece;
    std::string text;   // as presented
    std::string bytes;  // decoded
};

class ProofCheck {
public:
    ProofCheck(const Proof& proof, PieceContext& context) : proof_(proof), context_(context) {
        // What the sender presents is cut out of what he sent, and out of nothing else: a value
        // that we put together with a secret would prove itself.
        sent_.delivery = context.delivery;
    }

    // Empty if the proof holds, else the reason.
    std::string_view run(Coverage& coverage) {
        algorithm_ = algorithmOf(proof_.algorithm);
        if (algorithm_ == nullptr) return reason::kUnknownAlgorithm;
        if (const auto refused = readCandidates(); !refused.empty()) return refused;
        if (const auto refused = readSecrets(); !refused.empty()) return refused;
        const Candidate* fit = fitting();
        if (fit == nullptr) return reason::kBadSignature;
        if (const auto refused = checkTime(); !refused.empty()) return refused;
        coverage.addMessage(covers() ? proof_.message : Pieces{});
        coverage.addPresented(*fit->piece, fit->text);
        return {};
    }

    // Whether the algorithm binds the message; a password binds nothing.
    [[nodiscard]] bool covers() const {
        return algorithm_->family != Family::kEquals && algorithm_->family != Family::kBasic;
    }

private:
    std::string_view readCandidates() {
        bool any = false;
        for (const Piece& piece : proof_.presented) {
            auto text = assemble({piece}, sent_);
            if (!text) return reason::kBadEncoding;
            if (text->empty()) continue;
            any = true;
            auto bytes = bytesOf(*text);
            if (!bytes) continue;
            candidates_.push_back({&piece, std::move(text).value(), std::move(*bytes)});
        }
        if (!any) return reason::kMissingHeader;
        return candidates_.empty() ? reason::kBadEncoding : std::string_view();
    }

    std::optional<std::string> bytesOf(std::string_view text) const {
        if (algorithm_->family == Family::kBasic) {
            constexpr std::string_view kScheme = "Basic ";
            if (hubsdk::equalNoCase(text.substr(0, kScheme.size()), kScheme)) {
                text.remove_prefix(kScheme.size());
            }
            return decoded(text, "base64");
        }
        if (algorithm_->family == Family::kJws) return std::string(text);
        auto bytes = decoded(text, proof_.encoding);
        if (!bytes) return bytes;
        const std::size_t exact = algorithm_->value_bytes;
        return exact == 0 || bytes->size() == exact ? std::move(bytes) : std::nullopt;
    }

    // An empty value is no secret: an HMAC with an empty key is one that everybody can make.
    std::string_view readSecrets() {
        if (algorithm_->family == Family::kBasic) {
            for (std::size_t i = 0; i + 1 < proof_.secrets.size(); i += 2) {
                const auto& users = valuesOf(proof_.secrets[i]);
                const auto& passwords = valuesOf(proof_.secrets[i + 1]);
                for (std::size_t n = 0; n < std::min(users.size(), passwords.size()); ++n) {
                    if (users[n].empty() || passwords[n].empty()) continue;
                    secrets_.push_back(users[n] + ":" + passwords[n]);
                }
            }
        } else {
            for (const std::string& name : proof_.secrets) {
                for (const std::string& value : valuesOf(name)) {
                    if (!value.empty()) secrets_.push_back(value);
                }
            }
        }
        return secrets_.empty() ? reason::kNoSecret : std::string_view();
    }

    const std::vector<std::string>& valuesOf(const std::string& name) const {
        static const std::vector<std::string> kNone;
        const auto found = context_.secrets->find(name);
        return found == context_.secrets->end() ? kNone : found->second;
    }

    // Every candidate is compared with every secret, whatever fitted before.
    const Candidate* fitting() {
        std::string message;
        if (covers()) {
            auto made = assemble(proof_.message, context_);
            if (!made) return nullptr;
            message = std::move(made).value();
        }
        const Candidate* fit = nullptr;
        for (std::string& secret : secrets_) {
            const std::string expected = algorithm_->family == Family::kHmac
                                             ? hmac(algorithm_->hash, secret, message)
                                             : std::string();
            for (const Candidate& candidate : candidates_) {
                if (fits(candidate.bytes, secret, expected, message)) fit = &candidate;
            }
            wipe(secret);
        }
        return fit;
    }

    bool fits(std::string_view value, const std::string& secret, std::string_view expected,
              std::string_view message) const {
        switch (algorithm_->family) {
            case Family::kHmac:
                return constantTimeEquals(value, expected);
            case Family::kSignature:
                return signatureFits(value, secret, message);
            case Family::kJws:
                return jwsFits(value, secret, message);
            default:
                return constantTimeEquals(value, secret);
        }
    }

    bool signatureFits(std::string_view value, std::string_view secret,
                       std::string_view message) const {
        if (proof_.algorithm == "ed25519") {
            const auto key = ed25519Key(secret);
            return key && verify(SignatureScheme::kEd25519, *key, message, value).ok();
        }
        const auto key = Key::publicFromPem(secret);
        if (!key) return false;
        if (proof_.algorithm == "rsa-sha256") {
            return verify(SignatureScheme::kRsaSha256, *key, message, value).ok();
        }
        constexpr std::size_t kRawP256Bytes = 64;
        const auto scheme = value.size() == kRawP256Bytes ? SignatureScheme::kEcdsaP256Sha256Raw
                                                          : SignatureScheme::kEcdsaP256Sha256Der;
        return verify(scheme, *key, message, value).ok();
    }

    // The secret is a JSON Web Key or a set of them. What is signed must be the message, if the
    // claim names one; else the payload speaks for itself.
    bool jwsFits(std::string_view value, std::string_view secret, std::string_view message) const {
        const auto set = hubsdk::JsonDocument::parse(secret);
        if (!set) return false;
        JwsKeys keys;
        if (set->root()["keys"].present()) {
            for (const auto& key : set->root()["keys"].items()) {
                // A set may hold keys of kinds we do not take; they prove nothing.
                (void)keys.addJwk(hubsdk::toText(hubsdk::Json(&key)));
            }
        } else if (!keys.addJwk(secret).ok()) {
            return false;
        }
        const auto payload = keys.verify(value);
        return payload && (proof_.message.empty() || constantTimeEquals(*payload, message));
    }

    static hubsdk::Result<Key> ed25519Key(std::string_view secret) {
        constexpr std::size_t kKeyBytes = 32;
        if (secret.size() == kKeyBytes) return Key::ed25519Public(secret);
        if (secret.size() != 2 * kKeyBytes) return Key::publicFromPem(secret);
        const auto bytes = hexDecode(secret);
        if (!bytes) return bytes.error();
        return Key::ed25519Public(*bytes);
    }

    std::string_view checkTime() {
        if (!proof_.signed_at) return {};
        const auto text = assemble(proof_.signed_at->value, sent_);
        if (!text) return reason::kBadEncoding;
        if (text->empty()) return reason::kMissingHeader;
        const auto time_ms = timeOf(*text, proof_.signed_at->unit);
        if (!time_ms) return reason::kBadEncoding;
        const std::int64_t window_ms =
            1000 * std::clamp<std::int64_t>(proof_.signed_at->tolerance_s, 0, kToleranceMaxS);
        const bool inside =
            *time_ms >= context_.at_ms - window_ms && *time_ms <= context_.at_ms + window_ms;
        return inside ? std::string_view() : reason::kStale;
    }

    static std::optional<std::int64_t> timeOf(std::string_view text, std::string_view unit) {
        if (unit == "iso8601") return hubsdk::timestampOf(text);
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        constexpr std::int64_t kSecondsMax = 1'000'000'000'000;  // keeps the product in range
        if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
        if (unit == "ms") return value;
        if (unit != "s" || value > kSecondsMax) return {};
        return value * 1000;
    }

    const Proof& proof_;
    PieceContext& context_;
    PieceContext sent_;  // only what arrived
    const AlgorithmRow* algorithm_ = nullptr;
    std::vector<Candidate> candidates_;
    std::vector<std::string> secrets_;
};

}  // namespace

ClaimVerdict verifyClaim(const hubsdk::Claim& claim, const Delivery& delivery,
                         const SecretValues& secrets, std::int64_t now_ms,
                         std::string_view public_url) {
    if (claim.proofs.empty()) return {};
    PieceContext context;
    context.secrets = &secrets;
    context.at_ms = now_ms;
    context.url = public_url;
    context.delivery = &delivery;
    Coverage coverage(delivery.body.bytes);
    bool any_signature = false;
    for (const Proof& proof : claim.proofs) {
        ProofCheck check(proof, context);
        const std::string_view refused = check.run(coverage);
        if (!refused.empty()) return {refused, false};
        any_signature = any_signature || check.covers();
    }
    const bool is_hint = !any_signature || coverage.uncovered() > kUncoveredBytesMax;
    return {std::string_view(), is_hint};
}

hubsdk::Result<void> checkClaim(const hubsdk::Claim& claim, const hubsdk::Manifest& manifest) {
    const auto within = [](std::size_t proof, std::string_view member, hubsdk::Error error) {
        error.path = "proofs[" + std::to_string(proof) + "]." + std::string(member) + error.path;
        return error;
    };
    for (std::size_t i = 0; i < claim.proofs.size(); ++i) {
        const Proof& proof = claim.proofs[i];
        auto message = checkPieces(proof.message, manifest, Place::kProof);
        if (!message) return within(i, "message", std::move(message).error());
        for (const std::string& name : proof.secrets) {
            auto allowed = checkPieces({hubsdk::piece::secret(name)}, manifest, Place::kProof);
            if (!allowed) return within(i, "secrets", std::move(allowed).error());
        }
    }
    auto ack = checkPieces(claim.ack, manifest, Place::kAnswer);
    if (!ack) {
        hubsdk::Error error = std::move(ack).error();
        error.path.insert(0, "ack");
        return error;
    }
    return {};
}

Delivery withoutProofs(const Delivery& delivery, const hubsdk::Claim& claim) {
    PieceContext context;
    context.delivery = &delivery;
    std::vector<std::string> presented;
    for (const Proof& proof : claim.proofs) {
        for (const Piece& piece : proof.presented) {
            auto value = assemble({piece}, context);
            if (value && !value->empty()) presented.push_back(std::move(value).value());
        }
    }
    Delivery rest = delivery;
    std::erase_if(rest.headers, [&](const hubsdk::Header& header) {
        return std::ranges::any_of(presented, [&](const std::string& value) {
            return header.value.find(value) != std::string::npos;
        });
    });
    return rest;
}

}  // namespace hub::security
