/// Small pure functions on text, dates and bytes that vendor mappings need again and again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubsdk {

/// Without leading and trailing blanks, tabs and line ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The text cut to `bytes_max`, never inside a UTF-8 sequence.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t bytes_max);

/// Vendor words compare in this form, however a vendor writes them today: trimmed, ASCII lower
/// case, '-' and blanks as '_', and "canceled" as "cancelled".
[[nodiscard]] std::string normalisedWord(std::string_view word);

/// Whether `word` and `known` are the same vendor word (see normalisedWord).
[[nodiscard]] bool sameWord(std::string_view word, std::string_view known);

/// Whether `needle` occurs in `text`, ASCII letters in either case.
[[nodiscard]] bool containsNoCase(std::string_view text, std::string_view needle);

/// Whether both are equal, ASCII letters in either case.
[[nodiscard]] bool equalNoCase(std::string_view left, std::string_view right);

/// Whether the text is YYYY-MM-DD and exists in the calendar.
[[nodiscard]] bool isDate(std::string_view text);

/// YYYY-MM-DD if the text is such a date, perhaps with an XML time zone behind it; else nothing
/// (partial and masked dates give nothing: a day is never guessed).
[[nodiscard]] std::optional<std::string> dateOf(std::string_view text);

/// Milliseconds since 1970 of an RFC 3339 time with zone ("Z" or +hh:mm); else nothing.
[[nodiscard]] std::optional<std::int64_t> timestampOf(std::string_view text);

/// UTC "YYYY-MM-DDTHH:MM:SSZ" of an RFC 3339 time, sub-seconds cut; else nothing.
[[nodiscard]] std::optional<std::string> utcOf(std::string_view text);

/// UTC "YYYY-MM-DDTHH:MM:SSZ" of milliseconds since 1970, sub-seconds cut.
[[nodiscard]] std::string formatUtc(std::int64_t epoch_ms);

/// Text as application/x-www-form-urlencoded or URL component: everything but unreserved
/// characters (RFC 3986) as %XX of its UTF-8 bytes.
[[nodiscard]] std::string percentEncoded(std::string_view text);

/// Undoes percentEncoded; '+' becomes a blank if `plus_is_blank`. A bad escape is kept as it is.
enum class PlusSign : std::uint8_t { kLiteral, kBlank };
[[nodiscard]] std::string percentDecoded(std::string_view text, PlusSign plus);

/// The first field of that name in an application/x-www-form-urlencoded body or a query, decoded to
/// the bytes that were sent (their charset is the vendor's business); nothing if there is none.
[[nodiscard]] std::optional<std::string> formField(std::string_view form, std::string_view name);

/// ISO-8859-1 bytes as UTF-8.
[[nodiscard]] std::string utf8FromLatin1(std::string_view bytes);

/// Standard base64 with padding; decoding is strict and gives nothing for anything else.
[[nodiscard]] std::string base64Encoded(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64Decoded(std::string_view text);

/// 64-bit FNV-1a as 16 hex digits: for stable names, not for security.
[[nodiscard]] std::string fnv1a(std::string_view bytes);

}  // namespace hubsdk
