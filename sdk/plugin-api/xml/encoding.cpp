#include "encoding.hpp"

#include <algorithm>
#include <optional>

#include "fault.hpp"
#include "unicode.hpp"

namespace hubsdk::xml {

namespace {

using namespace std::string_view_literals;

enum class Charset : std::uint8_t { kUtf8, kUtf16, kLatin1, kAscii, kUtf8ThenLatin1 };

struct Declaration {
    std::size_t length = 0;  // bytes up to and including "?>"; 0 = there is none
    std::optional<std::string> encoding;
};

// Reads production 23 "XMLDecl" and nothing wider, so that no parser could read it differently.
class DeclarationReader {
public:
    explicit DeclarationReader(std::string_view text) : text_(text) {}

    std::optional<Declaration> read() {
        if (!text_.starts_with("<?xml"sv) || text_.size() < 6 || !isXmlSpace(text_[5])) {
            return Declaration{};
        }
        position_ = 5;
        Declaration declaration;
        const auto version = pseudoAttribute("version"sv);
        if (version != "1.0"sv) return std::nullopt;
        if (const auto encoding = pseudoAttribute("encoding"sv)) declaration.encoding = *encoding;
        if (const auto standalone = pseudoAttribute("standalone"sv)) {
            if (*standalone != "yes"sv && *standalone != "no"sv) return std::nullopt;
        }
        skipSpace();
        if (!text_.substr(position_).starts_with("?>"sv)) return std::nullopt;
        declaration.length = position_ + 2;
        return declaration;
    }

private:
    bool skipSpace() {
        const std::size_t before = position_;
        while (position_ < text_.size() && isXmlSpace(text_[position_])) ++position_;
        return position_ != before;
    }

    bool skip(std::string_view expected) {
        if (!text_.substr(position_).starts_with(expected)) return false;
        position_ += expected.size();
        return true;
    }

    // The value of S name Eq quoted, or nothing consumed.
    std::optional<std::string_view> pseudoAttribute(std::string_view name) {
        const std::size_t before = position_;
        if (const auto value = tryPseudoAttribute(name)) return value;
        position_ = before;
        return std::nullopt;
    }

    std::optional<std::string_view> tryPseudoAttribute(std::string_view name) {
        if (!skipSpace() || !skip(name)) return std::nullopt;
        skipSpace();
        if (!skip("="sv)) return std::nullopt;
        skipSpace();
        if (position_ >= text_.size()) return std::nullopt;
        const char quote = text_[position_];
        if (quote != '"' && quote != '\'') return std::nullopt;
        const std::size_t end = text_.find(quote, position_ + 1);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view value = text_.substr(position_ + 1, end - position_ - 1);
        position_ = end + 1;
        return value;
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

struct CharsetName {
    std::string_view name;
    Charset charset;
};
constexpr CharsetName kCharsets[] = {
    {"utf-8", Charset::kUtf8},
    {"utf-16", Charset::kUtf16},
    {"iso-8859-1", Charset::kLatin1},
    {"us-ascii", Charset::kAscii},
};

std::optional<Charset> charsetNamed(std::string_view name) {
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    };
    for (const CharsetName& known : kCharsets) {
        if (std::equal(name.begin(), name.end(), known.name.begin(), known.name.end(), same)) {
            return known.charset;
        }
    }
    return std::nullopt;
}

Charset charsetOf(FallbackEncoding fallback) {
    switch (fallback) {
        case FallbackEncoding::kLatin1:
            return Charset::kLatin1;
        case FallbackEncoding::kUtf8ThenLatin1:
            return Charset::kUtf8ThenLatin1;
        case FallbackEncoding::kUtf8:
            break;
    }
    return Charset::kUtf8;
}

// What the first bytes say (XML 1.0 appendix F).
enum class Opening : std::uint8_t { kPlain, kUtf8Mark, kUtf16LittleMark, kUtf16BigMark, kForeign };

Opening openingOf(std::string_view bytes) {
    // UTF-32 first: its little-endian mark begins like that of UTF-16.
    constexpr std::string_view kForeignOpenings[] = {"\xFF\xFE\0\0"sv, "\0\0\xFE\xFF"sv,
                                                     "\x4C\x6F\xA7\x94"sv};
    for (const std::string_view foreign : kForeignOpenings) {
        if (bytes.starts_with(foreign)) return Opening::kForeign;
    }
    if (bytes.starts_with("\xEF\xBB\xBF"sv)) return Opening::kUtf8Mark;
    if (bytes.starts_with("\xFF\xFE"sv)) return Opening::kUtf16LittleMark;
    if (bytes.starts_with("\xFE\xFF"sv)) return Opening::kUtf16BigMark;
    // A zero byte this early is UTF-16 or UTF-32 without a mark.
    if (bytes.substr(0, 4).find('\0') != std::string_view::npos) return Opening::kForeign;
    return Opening::kPlain;
}

enum class ByteOrder : std::uint8_t { kLittle, kBig };

std::optional<std::string> decodeUtf16(std::string_view bytes, ByteOrder order) {
    if (bytes.size() % 2 != 0) return std::nullopt;
    std::u16string units(bytes.size() / 2, u'\0');
    const std::size_t low = order == ByteOrder::kLittle ? 0 : 1;
    for (std::size_t i = 0; i < units.size(); ++i) {
        const auto low_byte = static_cast<unsigned char>(bytes[2 * i + low]);
        const auto high_byte = static_cast<unsigned char>(bytes[2 * i + 1 - low]);
        units[i] = static_cast<char16_t>((high_byte << 8U) | low_byte);
    }
    std::string out;
    out.reserve(units.size());
    if (!appendUtf16(out, units)) return std::nullopt;
    return out;
}

std::string decodeLatin1(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (const char byte : bytes) appendUtf8(out, static_cast<unsigned char>(byte));
    return out;
}

Result<std::string> decodePlain(std::string_view bytes, Charset charset) {
    const auto is_ascii = [](char byte) { return static_cast<unsigned char>(byte) < 0x80; };
    switch (charset) {
        case Charset::kAscii:
            if (std::all_of(bytes.begin(), bytes.end(), is_ascii)) return std::string(bytes);
            return schemaFault("a byte outside US-ASCII in a document that declares it");
        case Charset::kLatin1:
            return decodeLatin1(bytes);
        case Charset::kUtf8ThenLatin1:
            return isUtf8(bytes) ? std::string(bytes) : decodeLatin1(bytes);
        case Charset::kUtf16:
            return schemaFault("UTF-16 declared, but no byte order mark");
        case Charset::kUtf8:
            break;
    }
    if (isUtf8(bytes)) return std::string(bytes);
    return schemaFault("the document is not valid UTF-8");
}

// The declared charset must be the one that the mark proves; then the declaration is dropped.
Result<std::string> withoutDeclaration(std::string text, Charset proven) {
    const auto declaration = DeclarationReader(text).read();
    if (!declaration) return schemaFault("the XML declaration is malformed");
    if (declaration->encoding) {
        const auto declared = charsetNamed(*declaration->encoding);
        if (!declared) return unsafeFault("the declared encoding is not accepted");
        if (*declared != proven) return schemaFault("declared encoding and byte order mark differ");
    }
    text.erase(0, declaration->length);
    return text;
}

Result<std::string> readUtf16(std::string_view bytes, ByteOrder order) {
    auto text = decodeUtf16(bytes.substr(2), order);
    if (!text) return schemaFault("the document is not valid UTF-16");
    return withoutDeclaration(std::move(*text), Charset::kUtf16);
}

Result<std::string> readPlain(std::string_view bytes, FallbackEncoding fallback) {
    const auto declaration = DeclarationReader(bytes).read();
    if (!declaration) return schemaFault("the XML declaration is malformed");
    Charset charset = charsetOf(fallback);
    if (declaration->encoding) {
        const auto declared = charsetNamed(*declaration->encoding);
        if (!declared) return unsafeFault("the declared encoding is not accepted");
        charset = *declared;
    }
    return decodePlain(bytes.substr(declaration->length), charset);
}

}  // namespace

Result<std::string> toUtf8(std::string_view bytes, FallbackEncoding fallback) {
    switch (openingOf(bytes)) {
        case Opening::kForeign:
            return unsafeFault("the encoding of the document is not accepted");
        case Opening::kUtf16LittleMark:
            return readUtf16(bytes, ByteOrder::kLittle);
        case Opening::kUtf16BigMark:
            return readUtf16(bytes, ByteOrder::kBig);
        case Opening::kUtf8Mark:
            if (!isUtf8(bytes)) return schemaFault("the document is not valid UTF-8");
            return withoutDeclaration(std::string(bytes.substr(3)), Charset::kUtf8);
        case Opening::kPlain:
            break;
    }
    return readPlain(bytes, fallback);
}

}  // namespace hubsdk::xml
