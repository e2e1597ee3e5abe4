// Hex, base64 and base64url. Own code because OpenSSL's decoder skips white space and counts
// padding into the output, and signatures need one text per value.
#include <array>

#include "hub/security/digest.hpp"

namespace hub::security {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kForeign = 0xff;

using Digits = std::array<std::uint8_t, 256>;

constexpr Digits digitsOf(std::string_view alphabet) {
    Digits digits{};
    for (auto& digit : digits) digit = kForeign;
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return digits;
}

constexpr Digits hexDigitValues() {
    Digits digits = digitsOf(kHexDigits);
    for (std::size_t i = 0; i < 6; ++i)
        digits[static_cast<std::size_t>('A') + i] = static_cast<std::uint8_t>(10 + i);
    return digits;
}

constexpr Digits kHexValues = hexDigitValues();
constexpr Digits kBase64Values = digitsOf(kBase64);
constexpr Digits kBase64UrlValues = digitsOf(kBase64Url);

std::string encode(std::string_view bytes, std::string_view alphabet) {
    std::string out;
    out.reserve(bytes.size() / 3 * 4 + 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char byte : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(byte);
        for (count += 8; count >= 6;) {
            count -= 6;
            out.push_back(alphabet[(bits >> count) & 0x3fU]);
        }
    }
    if (count > 0) out.push_back(alphabet[(bits << (6 - count)) & 0x3fU]);
    return out;
}

Result<std::string> decode(std::string_view text, const Digits& values) {
    if (text.size() % 4 == 1) return makeError(ErrorCode::kInvalid, "base64: wrong length");
    std::string out;
    out.reserve(text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const std::uint8_t value = values[static_cast<unsigned char>(c)];
        if (value == kForeign) return makeError(ErrorCode::kInvalid, "base64: foreign character");
        bits = (bits << 6U) | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>((bits >> count) & 0xffU));
        }
    }
    if ((bits & ((1U << count) - 1U)) != 0)
        return makeError(ErrorCode::kInvalid, "base64: stray bits in the last character");
    return out;
}

}  // namespace

std::string hexEncode(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        out.push_back(kHexDigits[static_cast<unsigned char>(byte) >> 4U]);
        out.push_back(kHexDigits[static_cast<unsigned char>(byte) & 0x0fU]);
    }
    return out;
}

Result<std::string> hexDecode(std::string_view text) {
    if (text.size() % 2 != 0) return makeError(ErrorCode::kInvalid, "hex: odd number of digits");
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::uint8_t high = kHexValues[static_cast<unsigned char>(text[i])];
        const std::uint8_t low = kHexValues[static_cast<unsigned char>(text[i + 1])];
        if (high == kForeign || low == kForeign)
            return makeError(ErrorCode::kInvalid, "hex: foreign character");
        out.push_back(static_cast<char>((high << 4U) | low));
    }
    return out;
}

std::string base64Encode(std::string_view bytes) {
    std::string out = encode(bytes, kBase64);
    while (out.size() % 4 != 0) out.push_back('=');
    return out;
}

std::string base64UrlEncode(std::string_view bytes) { return encode(bytes, kBase64Url); }

Result<std::string> base64Decode(std::string_view text) {
    if (text.size() % 4 != 0) return makeError(ErrorCode::kInvalid, "base64: wrong padding");
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
    return decode(text, kBase64Values);
}

Result<std::string> base64UrlDecode(std::string_view text) {
    return decode(text, kBase64UrlValues);
}

}  // namespace hub::security
