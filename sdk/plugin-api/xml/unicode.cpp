#include "unicode.hpp"

namespace hubsdk::xml {

namespace {

unsigned char byteAt(std::string_view text, std::size_t position) {
    return static_cast<unsigned char>(text[position]);
}

struct Lead {
    std::size_t length = 0;  // 0: not a lead byte
    char32_t bits = 0;
    char32_t smallest = 0;  // below it the form is overlong
};

Lead leadOf(unsigned char byte) {
    if (byte < 0x80) return {1, byte, 0};
    if (byte >= 0xC2 && byte < 0xE0) return {2, byte & 0x1FU, 0x80};
    if (byte >= 0xE0 && byte < 0xF0) return {3, byte & 0x0FU, 0x800};
    if (byte >= 0xF0 && byte < 0xF5) return {4, byte & 0x07U, 0x10000};
    return {};
}

bool isSurrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

}  // namespace

Decoded decodeUtf8(std::string_view text, std::size_t position) {
    const Lead lead = leadOf(byteAt(text, position));
    if (lead.length == 0 || position + lead.length > text.size()) return {};
    char32_t c = lead.bits;
    for (std::size_t i = 1; i < lead.length; ++i) {
        const unsigned char byte = byteAt(text, position + i);
        if ((byte & 0xC0U) != 0x80U) return {};
        c = (c << 6U) | (byte & 0x3FU);
    }
    if (c < lead.smallest || isSurrogate(c) || c > 0x10FFFF) return {};
    return {c, lead.length};
}

bool isUtf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const Decoded one = decodeUtf8(text, i);
        if (!one.code_point) return false;
        i += one.length;
    }
    return true;
}

void appendUtf8(std::string& out, char32_t c) {
    const auto tail = [&out](char32_t bits) { out += static_cast<char>(0x80U | (bits & 0x3FU)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0U | (c >> 6U));
        tail(c);
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0U | (c >> 12U));
        tail(c >> 6U);
        tail(c);
    } else {
        out += static_cast<char>(0xF0U | (c >> 18U));
        tail(c >> 12U);
        tail(c >> 6U);
        tail(c);
    }
}

bool appendUtf16(std::string& out, std::u16string_view units) {
    for (std::size_t i = 0; i < units.size(); ++i) {
        char32_t c = units[i];
        if (isSurrogate(c)) {
            const bool paired = c < 0xDC00 && i + 1 < units.size() && units[i + 1] >= 0xDC00 &&
                                units[i + 1] < 0xE000;
            if (!paired) return false;
            c = 0x10000 + ((c - 0xD800) << 10U) + (static_cast<char32_t>(units[++i]) - 0xDC00);
        }
        appendUtf8(out, c);
    }
    return true;
}

}  // namespace hubsdk::xml
