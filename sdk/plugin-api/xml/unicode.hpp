/// UTF-8 and UTF-16, one code point at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hubsdk::xml {

/// One decoded character and the number of units it took. No value: malformed; skip `length`.
struct Decoded {
    std::optional<char32_t> code_point;
    std::size_t length = 1;
};

/// Decodes the character at `position` strictly: no overlong form, no surrogate, nothing over
/// U+10FFFF. Precondition: position < text.size().
[[nodiscard]] Decoded decodeUtf8(std::string_view text, std::size_t position);
[[nodiscard]] bool isUtf8(std::string_view text);
void appendUtf8(std::string& out, char32_t code_point);

/// Appends UTF-16 units as UTF-8. False when a surrogate stands alone.
[[nodiscard]] bool appendUtf16(std::string& out, std::u16string_view units);

/// Whether XML 1.0 allows the character at all (production 2 "Char").
[[nodiscard]] constexpr bool isXmlChar(char32_t c) {
    if (c < 0x20) return c == 0x9 || c == 0xA || c == 0xD;
    return c < 0xD800 || (c >= 0xE000 && c != 0xFFFE && c != 0xFFFF && c <= 0x10FFFF);
}

/// XML white space (production 3 "S").
[[nodiscard]] constexpr bool isXmlSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace hubsdk::xml
