/// Pieces: bytes that need a secret, the clock or chance. The plugin names them, the host puts them
/// together for one attempt (docs/adr/0005-pieces-instead-of-secrets.md).
#pragma once

#include <hubsdk/model/common.hpp>

namespace hubsdk {

/// What a slice is cut from.
enum class SliceOf : std::uint8_t { kBody, kHeader, kQuery, kPath, kReply };
template <>
struct EnumNames<SliceOf> {
    static constexpr std::string_view kName = "SliceOf";
    static constexpr std::array<EnumRow<SliceOf>, 5> kRows{{{SliceOf::kBody, "body"},
                                                            {SliceOf::kHeader, "header"},
                                                            {SliceOf::kQuery, "query"},
                                                            {SliceOf::kPath, "path"},
                                                            {SliceOf::kReply, "reply"}}};
};

/// A part of an input: of the delivery (body, header or query value, path tail), or of the body of
/// the reply to the step `name`. A missing input is an empty slice.
struct Slice {
    SliceOf of = SliceOf::kBody;
    std::optional<std::string> name;   ///< header name, query name, or label of the reply
    std::optional<std::int64_t> from;  ///< first byte, default 0
    std::optional<std::int64_t> size;  ///< bytes, default to the end
    bool operator==(const Slice&) const = default;
};
template <>
struct Shape<Slice> {
    static constexpr std::string_view kName = "Slice";
    static constexpr auto kFields =
        std::tuple{field("of", &Slice::of, "What is cut."),
                   field("name", &Slice::name, "Header or query name, or label of the reply."),
                   field("from", &Slice::from, "First byte, from 0."),
                   field("size", &Slice::size, "Bytes; to the end if absent.")};
};

/// Exactly one of text … of is set ("of" alone joins); `escape` is applied to the result in order.
/// In documents a plain text is written as a JSON string.
struct Piece {
    std::optional<std::string> text;
    std::optional<std::string> secret;  ///< name of a secret of the account
    std::optional<std::string> stamp;   ///< unix, unix_ms, iso8601, basic, date, rfc1123
    std::optional<std::string> nonce;   ///< name; the same name gives the same value in one attempt
    std::optional<bool> url;            ///< true: the account's public webhook URL
    std::optional<std::string> blob;    ///< bytes of a stored blob
    std::optional<Slice> slice;
    std::optional<std::string> hash;  ///< sha1, sha256, sha512 of `of`
    std::optional<std::string> sign;  ///< hmac-sha1, hmac-sha256, hmac-sha512, rsa-sha256 … of `of`
    std::vector<Piece> key;           ///< signing key
    std::vector<Piece> of;            ///< message of hash and sign; alone: joined
    std::vector<std::string> escape;  ///< xml, json, form, base64, base64url, hex
    bool operator==(const Piece&) const = default;
};
using Pieces = std::vector<Piece>;

template <>
struct Shape<Piece> {
    static constexpr std::string_view kName = "Piece";
    static constexpr auto kFields =
        std::tuple{field("text", &Piece::text, "Literal text.", Pii::kSensitive),
                   field("secret", &Piece::secret, "Name of a secret."),
                   field("stamp", &Piece::stamp, "Time of the attempt in this format."),
                   field("nonce", &Piece::nonce, "Random value of that name."),
                   field("url", &Piece::url, "The account's public webhook URL."),
                   field("blob", &Piece::blob, "Id of a stored blob."),
                   field("slice", &Piece::slice, "A part of an input."),
                   field("hash", &Piece::hash, "Digest algorithm over `of`."),
                   field("sign", &Piece::sign, "Signature algorithm over `of`."),
                   field("key", &Piece::key, "Signing key."),
                   field("of", &Piece::of, "Message of hash or sign, or pieces to join."),
                   field("escape", &Piece::escape, "Escapes, applied in order.")};
};

/// Makers of pieces. They check nothing: the host refuses a piece that it cannot assemble (a secret
/// that may not go there, an unknown format or algorithm), and the request is not sent. Any thread.
namespace piece {

[[nodiscard]] Piece text(std::string value);
/// The current value of a secret of the manifest.
[[nodiscard]] Piece secret(std::string name);
/// `format`: unix (s), unix_ms, iso8601 (2026-01-02T03:04:05Z), basic (20260102T030405Z), date
/// (20260102), rfc1123. Every stamp of one attempt shows the same time.
[[nodiscard]] Piece stamp(std::string format);
/// Random text, new for each attempt; equal names of one attempt give the same.
[[nodiscard]] Piece nonce(std::string name);
/// The public webhook URL of the account.
[[nodiscard]] Piece accountUrl();
/// The bytes of a stored blob.
[[nodiscard]] Piece blob(std::string id);
/// Of the delivery: its whole body, `size` bytes of it from byte `from`, the first header of that
/// name, or the first query value, decoded. What is not there is empty.
[[nodiscard]] Piece body();
[[nodiscard]] Piece bodySlice(std::int64_t from, std::int64_t size);
[[nodiscard]] Piece header(std::string name);
[[nodiscard]] Piece query(std::string name);
/// `algorithm`: sha1, sha256, sha512. Raw digest bytes: add an escape.
[[nodiscard]] Piece hash(std::string algorithm, Pieces message);
/// Raw signature bytes over the message: add an escape. `algorithm`: hmac-sha1, hmac-sha256,
/// hmac-sha512, ed25519, ecdsa-p256, rsa-sha256.
[[nodiscard]] Piece sign(std::string algorithm, Pieces key, Pieces message);
/// Several pieces as one, to escape them together.
[[nodiscard]] Piece join(Pieces pieces);
/// The piece with one more escape: xml, json, form, base64, base64url, hex.
[[nodiscard]] Piece escaped(Piece piece, std::string escape);

}  // namespace piece

/// Every name of a secret that the pieces mention, keys and messages included.
[[nodiscard]] std::vector<std::string> secretsIn(const Pieces& pieces);

namespace internal {
// A Piece may stand in a document as a plain string.
bool readValue(Json json, Piece& value, const FieldRules& rules, ReadContext& context);
void writeValue(WriteContext& context, const Piece& value);
template <>
struct SchemaOf<Piece> {
    static void write(JsonWriter& out, const FieldRules&) {
        out.member("description",
                   "A text, or an object with one of text, secret, stamp, nonce, url, "
                   "blob, slice, hash, sign, of; and escape.");
    }
};
}  // namespace internal

}  // namespace hubsdk
