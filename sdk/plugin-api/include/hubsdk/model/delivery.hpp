/// What a vendor sends us (delivery), what it offers as proof (claim).
#pragma once

#include <hubsdk/model/piece.hpp>

namespace hubsdk {

/// One inbound request, or one record of a feed or file. The body is what arrived, byte for byte.
struct Delivery {
    std::string method;
    std::string path;   ///< behind /api/webhooks/{vendor}/{endpoint}: "" or "/tail"
    std::string query;  ///< without '?', not decoded
    std::vector<Header> headers;
    Body body;
    std::string source = "webhook";  ///< webhook, feed, file, upload
};
template <>
struct Shape<Delivery> {
    static constexpr std::string_view kName = "Delivery";
    static constexpr auto kFields = std::tuple{
        field("method", &Delivery::method, "Request method."),
        field("path", &Delivery::path, "Path behind the endpoint.", Need::kOptional),
        field("query", &Delivery::query, "Query, not decoded.", Need::kOptional, Pii::kPersonal),
        field("headers", &Delivery::headers, "Header fields in order."),
        field("body", &Delivery::body, "Raw body."),
        field("source", &Delivery::source, "webhook, feed, file or upload.", Need::kOptional)};
};

/// Input of claim and interpret. Settings are the account's; without secrets.
struct ClaimInput {
    Delivery delivery;
    Raw settings;
};
template <>
struct Shape<ClaimInput> {
    static constexpr std::string_view kName = "ClaimInput";
    static constexpr auto kFields =
        std::tuple{field("delivery", &ClaimInput::delivery, "What arrived."),
                   field("settings", &ClaimInput::settings, "Settings of the account.")};
};

/// A signed time that must lie within the window around now.
struct SignedAt {
    Pieces value;            ///< the time as text
    std::string unit = "s";  ///< s, ms or iso8601
    std::int64_t tolerance_s = 300;
};
template <>
struct Shape<SignedAt> {
    static constexpr std::string_view kName = "SignedAt";
    static constexpr auto kFields = std::tuple{
        field("value", &SignedAt::value, "The signed time as text."),
        field("unit", &SignedAt::unit, "s, ms or iso8601.", Need::kOptional),
        field("tolerance_s", &SignedAt::tolerance_s, "Window to both sides.", Need::kOptional)};
};

/// One proof. It holds if any presented value fits any current secret of any of the names.
/// Algorithms: equals, basic (user and password of a pair, as base64 of "user:password"),
/// hmac-sha1, hmac-sha256, hmac-sha512, ed25519, ecdsa-p256, rsa-sha256, and jws (a compact JWS by
/// key id; the secret is a JSON Web Key or a set of them, the message what its payload must be).
struct Proof {
    std::string algorithm;
    Pieces message;                    ///< what is signed; empty for equals and basic
    Pieces presented;                  ///< each piece is one candidate value
    std::string encoding = "hex";      ///< of the presented value: hex, base64, base64url, none
    std::vector<std::string> secrets;  ///< names
    std::optional<SignedAt> signed_at;
};
template <>
struct Shape<Proof> {
    static constexpr std::string_view kName = "Proof";
    static constexpr auto kFields = std::tuple{
        field("algorithm", &Proof::algorithm, "Closed list of the host."),
        field("message", &Proof::message, "What is signed."),
        field("presented", &Proof::presented, "Candidate values; any may fit.", Need::kRequired),
        field("encoding", &Proof::encoding, "hex, base64, base64url or none.", Need::kOptional),
        field("secrets", &Proof::secrets, "Names; any may fit.", Need::kRequired),
        field("signed_at", &Proof::signed_at, "Signed time, where there is one.")};
};

/// An answer that counts only once the proof holds.
struct Refusal {
    std::int64_t status = 400;
    std::string reason;
};
template <>
struct Shape<Refusal> {
    static constexpr std::string_view kName = "Refusal";
    static constexpr auto kFields =
        std::tuple{field("status", &Refusal::status, "400 to 499."),
                   field("class", &Refusal::reason, "Why, as a stable word.")};
};

/// What a delivery offers. No proofs = refused (401). All proofs must hold.
struct Claim {
    std::vector<Proof> proofs;
    std::optional<std::string> account_ref;  ///< selects among the accounts of a shared connection
    std::optional<std::string> event_key;    ///< names the event: once per account in 30 days
    std::optional<std::string> state_key;    ///< names only a state
    Pieces ack;                              ///< body of the 200
    std::optional<Refusal> refuse;
    Patch<bool> store;  ///< false: answered, not stored (ping, challenge)
};
template <>
struct Shape<Claim> {
    static constexpr std::string_view kName = "Claim";
    static constexpr auto kFields = std::tuple{
        field("proofs", &Claim::proofs, "All must hold.", lengthMax(8), Need::kRequired),
        field("account_ref", &Claim::account_ref, "The vendor's account id.", lengthMax(255)),
        field("event_key", &Claim::event_key, "Names the event.", lengthMax(255)),
        field("state_key", &Claim::state_key, "Names only a state.", lengthMax(255)),
        field("ack", &Claim::ack, "Body of the 200."),
        field("refuse", &Claim::refuse, "Refuse although proven."),
        field("store", &Claim::store, "false: not stored.")};
};

}  // namespace hubsdk
