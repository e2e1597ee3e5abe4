/// Hashes, message authentication, random values and strict text encodings of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <hubsdk/cpp/result.hpp>

namespace hub::security {

/// The hash functions the host offers (plugin-contract.md section 1).
enum class HashAlg : std::uint8_t { kSha1, kSha256, kSha384, kSha512 };

/// The raw digest of `message`. Any thread. Throws std::runtime_error if OpenSSL refuses.
[[nodiscard]] std::string hash(HashAlg alg, std::string_view message);
[[nodiscard]] std::string sha1(std::string_view message);
[[nodiscard]] std::string sha256(std::string_view message);
[[nodiscard]] std::string sha512(std::string_view message);
/// The digests as lower-case hex.
[[nodiscard]] std::string sha1Hex(std::string_view message);
[[nodiscard]] std::string sha256Hex(std::string_view message);
[[nodiscard]] std::string sha512Hex(std::string_view message);

/// The raw HMAC (RFC 2104) of `message`. An empty key is allowed by the RFC; callers refuse it.
[[nodiscard]] std::string hmac(HashAlg alg, std::string_view key, std::string_view message);

/// True if both are equal; the time depends on the lengths only.
[[nodiscard]] bool constantTimeEquals(std::string_view left, std::string_view right);

/// `size` bytes from the system's generator. Throws std::runtime_error if it has none to give.
[[nodiscard]] std::string randomBytes(std::size_t size);

/// The fewest random bytes of a token: 128 bits (TM-IN-2).
inline constexpr std::size_t kTokenBytesMin = 16;
inline constexpr std::size_t kTokenBytesDefault = 32;

/// An unguessable base64url text of `bytes` random bytes, raised to kTokenBytesMin.
[[nodiscard]] std::string randomToken(std::size_t bytes = kTokenBytesDefault);

/// A version 7 UUID (RFC 9562 section 5.7) in lower case; `now_ms` is Unix time. The first form
/// reads the system clock. Ids that one process makes in one millisecond sort as they were made, up
/// to 4096 of them.
[[nodiscard]] std::string uuid7();
[[nodiscard]] std::string uuid7(std::int64_t now_ms);

/// Overwrites the bytes so that the compiler cannot leave it out (TM-DATA-6), then empties `bytes`.
void wipe(std::string& bytes);

/// Text forms of bytes. Base64 is padded (RFC 4648 section 4), base64url is not (section 5).
[[nodiscard]] std::string hexEncode(std::string_view bytes);
[[nodiscard]] std::string base64Encode(std::string_view bytes);
[[nodiscard]] std::string base64UrlEncode(std::string_view bytes);

/// Strict inverses: kInvalid for a foreign character, white space, wrong padding or length, or
/// bits set that no byte carries, so that each value has one text only. Hex is read in both cases.
[[nodiscard]] hubsdk::Result<std::string> hexDecode(std::string_view text);
[[nodiscard]] hubsdk::Result<std::string> base64Decode(std::string_view text);
[[nodiscard]] hubsdk::Result<std::string> base64UrlDecode(std::string_view text);

}  // namespace hub::security
