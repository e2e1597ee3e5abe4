/// Checks the proof that a delivery offers (plugin-contract section 3).
#pragma once

#include <cstdint>
#include <string_view>

#include <hubsdk/model/delivery.hpp>

#include "hub/security/pieces.hpp"

namespace hub::security {

/// Bytes of a body that may lie outside the signed message, beside the presented value itself,
/// without making the event a hint.
inline constexpr std::size_t kUncoveredBytesMax = 32;
/// A plugin cannot make the window of a signed time wider than this.
inline constexpr std::int64_t kToleranceMaxS = 3600;

/// Why a claim was refused: stable words for logs, metrics and `hubctl plugin verify`. They are
/// never shown to the sender (TM-IN-8).
namespace reason {
inline constexpr std::string_view kNoProof = "no_proof";              ///< the claim offers none
inline constexpr std::string_view kNoSecret = "no_secret";            ///< none to check it with
inline constexpr std::string_view kBadSignature = "bad_signature";    ///< fits no current secret
inline constexpr std::string_view kMissingHeader = "missing_header";  ///< no value is presented
inline constexpr std::string_view kStale = "stale";                   ///< outside the signed window
inline constexpr std::string_view kBadEncoding = "bad_encoding";      ///< wrong form or length
inline constexpr std::string_view kUnknownAlgorithm = "unknown_algorithm";
}  // namespace reason

/// The outcome of verifyClaim. Only verifyClaim makes one that is authentic.
class [[nodiscard]] ClaimVerdict {
public:
    /// Refused: what a verdict is until a proof holds.
    ClaimVerdict() = default;
    [[nodiscard]] bool authentic() const { return reason_.empty(); }
    /// Authentic, but what it says must be read from the vendor before anything changes: the proof
    /// does not cover the whole body, or proves only that the sender knows a password.
    [[nodiscard]] bool isHint() const { return is_hint_; }
    /// Why it was refused; empty if it is authentic. Lives for ever.
    [[nodiscard]] std::string_view reason() const { return reason_; }

private:
    friend ClaimVerdict verifyClaim(const hubsdk::Claim&, const hubsdk::Delivery&,
                                    const SecretValues&, std::int64_t, std::string_view);
    ClaimVerdict(std::string_view reason, bool is_hint) : reason_(reason), is_hint_(is_hint) {}

    std::string_view reason_ = reason::kNoProof;
    bool is_hint_ = false;
};

/// Authentic if every proof of the claim holds: one of its presented values fits one current secret
/// of one of its names, and its signed time, if any, lies in the window around `now_ms`.
/// - hmac-sha1/256/512, ed25519, ecdsa-p256 (DER, or r || s if it is 64 bytes long), rsa-sha256:
///   the presented value is decoded as `encoding` says; hex in either case, exactly the digest's
///   length. Keys are PEM, for ed25519 also 32 bytes, plain or as hex.
/// - equals: the decoded value is the secret.
/// - basic: base64 of "user:password", with or without "Basic " before it; `secrets` are pairs
///   [user_name, password_name, …], whose n-th values belong together.
/// - jws: the presented value is a compact JWS (RFC 7515), the secret a JSON Web Key or a set of
///   them; the key is chosen by `kid`. The payload must be the message, if there is one.
/// What is presented, and the signed time, are made of what arrived alone: a secret, stamp or nonce
/// in them refuses the claim.
/// Comparisons take constant time and go on after a hit. `public_url` is what the url piece gives.
/// Only reads its arguments, during the call. Any thread.
[[nodiscard]] ClaimVerdict verifyClaim(const hubsdk::Claim& claim, const hubsdk::Delivery& delivery,
                                       const SecretValues& secrets, std::int64_t now_ms,
                                       std::string_view public_url = {});

/// Succeeds if the claim stays within the manifest: every secret it names, in a message or to check
/// with, may go into a proof, and none stands bare in its acknowledgement. Fails with kForbidden
/// and the path of the member ("proofs[0].secrets", TM-PLG-4). Any thread.
[[nodiscard]] hubsdk::Result<void> checkClaim(const hubsdk::Claim& claim,
                                              const hubsdk::Manifest& manifest);

/// The delivery without the header fields that hold what the claim presents: what interpret gets
/// (plugin-contract section 2). The body still is the caller's.
[[nodiscard]] hubsdk::Delivery withoutProofs(const hubsdk::Delivery& delivery,
                                             const hubsdk::Claim& claim);

}  // namespace hub::security
