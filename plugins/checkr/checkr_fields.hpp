/// Reading single members of Checkr's objects.
#pragma once

#include <hubsdk/cpp/mapping.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr {

using hubsdk::clipped;
using hubsdk::findWord;
using hubsdk::Json;
using hubsdk::Unmapped;

/// Longest vendor word that is kept (status, result), in bytes.
inline constexpr std::size_t kWordBytesMax = 50;
/// Longest vendor id that is taken over, in bytes; theirs have 24 characters.
inline constexpr std::size_t kIdBytesMax = 100;

/// The trimmed text of a string member; nothing for null, absent, empty and other kinds.
[[nodiscard]] std::optional<std::string> textOf(Json value);

/// A vendor word as it is kept: textOf, clipped to kWordBytesMax.
[[nodiscard]] std::optional<std::string> wordOf(Json value);

/// An id; nothing if it is longer than kIdBytesMax.
[[nodiscard]] std::optional<std::string> idOf(Json value);

/// A day "YYYY-MM-DD"; nothing if it is partial, masked or does not exist.
[[nodiscard]] std::optional<std::string> dayOf(Json value);

/// A time as UTC "YYYY-MM-DDTHH:MM:SSZ".
[[nodiscard]] std::optional<std::string> timeOf(Json value);

}  // namespace vendor::checkr
