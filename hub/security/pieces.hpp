/// The evaluator of pieces: puts the bytes of one attempt together that need a secret, the clock or
/// chance, and checks what a plugin asks for against its manifest (plugin-contract section 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/model/delivery.hpp>
#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>

namespace hub::security {

/// The secrets of one account: name to current values, the newest first.
using SecretValues = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Most bytes that one list of pieces may become.
inline constexpr std::size_t kAssembledBytesMax = std::size_t{32} * 1024 * 1024;
/// Deepest nesting of pieces; the outer list has depth 1.
inline constexpr std::size_t kPieceDepthMax = 16;
/// Longest time limit of a call.
inline constexpr std::int64_t kCallTimeoutMaxMs = 120'000;

/// What pieces refer to, for one attempt. Members that are not set make the pieces that need them
/// fail. Pointers and views must outlive the calls. One thread at a time.
struct PieceContext {
    const SecretValues* secrets = nullptr;
    std::int64_t at_ms = 0;  ///< time of the attempt: every stamp shows it
    std::string_view url;    ///< the account's public webhook URL
    const hubsdk::Delivery* delivery = nullptr;
    /// The body of the reply to that step; null if there is none. The view must stay valid.
    std::function<const std::string_view*(std::string_view label)> reply;
    /// The bytes of a stored blob.
    std::function<hubsdk::Result<std::string>(std::string_view id)> blob;
    /// Makes a nonce; the default gives 128 random bits as hex. Called once per name and attempt.
    std::function<std::string()> make_nonce;
    /// The nonces of this attempt by name.
    std::map<std::string, std::string, std::less<>> nonces;
};

/// The bytes of the pieces, joined. Fails with kInvalid (unknown format, algorithm or escape, a
/// secret, blob or key that is not there or not fit) or kTooLarge; `path` names the piece
/// ("[2].secret", "[0].of[1].stamp"), no message repeats a value. The result may hold secrets:
/// wipe() it after use, never log or store it.
[[nodiscard]] hubsdk::Result<std::string> assemble(const hubsdk::Pieces& pieces,
                                                   PieceContext& context);

/// As assemble, for the value of a header field: kInvalid if it would hold CR, LF or NUL.
[[nodiscard]] hubsdk::Result<std::string> assembleHeader(const hubsdk::Pieces& pieces,
                                                         PieceContext& context);

/// The bytes a slice cuts out of the delivery or reply; a view into them, or into `decoded` for a
/// query value. Empty if the input is missing. A header that occurs several times is joined by
/// ", " (RFC 9110 section 5.3), so that a doubled signature header fits no digest.
[[nodiscard]] std::string_view sliceBytes(const hubsdk::Slice& slice, const PieceContext& context,
                                          std::string& decoded);

/// Where assembled bytes go.
enum class Place : std::uint8_t { kHeader, kBody, kUrl, kAnswer, kProof };

/// Succeeds if every secret that the pieces mention is one of the manifest and may go there: as
/// header, body or proof if it stands plainly, as `sign` if it stands in a hash or signature. None
/// may go into a URL or plainly into an answer. Fails with kForbidden and the path of the piece.
[[nodiscard]] hubsdk::Result<void> checkPieces(const hubsdk::Pieces& pieces,
                                               const hubsdk::Manifest& manifest, Place place);

/// Succeeds if the call stays within the manifest: transport http, a host (for a download: a
/// download host) of the manifest, a plain method, path and query, header names and values without
/// CR, LF and NUL and none that the host sets itself, secrets at their places and none in a bare
/// call, captures into declared secrets, a time limit of at most kCallTimeoutMaxMs. Fails with
/// kForbidden or kInvalid and the path of the member ("headers[0].value[1].secret"). Any thread.
[[nodiscard]] hubsdk::Result<void> checkCall(const hubsdk::Call& call,
                                             const hubsdk::Manifest& manifest);

/// Whether a download may go to that host: exact, or below "*.suffix". Also for its redirect.
[[nodiscard]] bool isDownloadHost(const hubsdk::Manifest& manifest, std::string_view host);

}  // namespace hub::security
