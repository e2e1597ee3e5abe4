// TM-PARSE-1: no parser sees an encoding name; only four encodings are read at all.
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

using namespace std::string_view_literals;
using test::outcome;

std::string declared(std::string_view encoding, std::string_view body) {
    return "<?xml version=\"1.0\" encoding=\"" + std::string(encoding) + "\"?>" + std::string(body);
}

std::string textOf(std::string_view bytes, const Limits& limits = {}) {
    const auto document = readDocument(bytes, limits);
    return document.ok() ? std::string(document->root().text()) : document.error().text();
}

std::string utf16(std::u16string_view units, bool little, bool mark) {
    std::u16string all = mark ? u"\uFEFF" : u"";
    all += units;
    std::string bytes;
    for (const char16_t unit : all) {
        const char low = static_cast<char>(unit & 0xFF);
        const char high = static_cast<char>(unit >> 8);
        bytes += little ? low : high;
        bytes += little ? high : low;
    }
    return bytes;
}

TEST(XmlEncoding, ReadsTheFourEncodings) {
    EXPECT_EQ(textOf("<a>\xC3\xA9</a>"), "\xC3\xA9");
    EXPECT_EQ(textOf(declared("utf-8", "<a>\xC3\xA9</a>")), "\xC3\xA9");
    EXPECT_EQ(textOf("\xEF\xBB\xBF" + declared("UTF-8", "<a>\xC3\xA9</a>")), "\xC3\xA9");
    EXPECT_EQ(textOf(declared("ISO-8859-1", "<a>\xE9</a>")), "\xC3\xA9");
    EXPECT_EQ(textOf(declared("US-ASCII", "<a>e</a>")), "e");
    for (const bool little : {true, false}) {
        EXPECT_EQ(textOf(utf16(u"<a>\u00E9\U0001F600</a>", little, true)),
                  "\xC3\xA9\xF0\x9F\x98\x80");
        EXPECT_EQ(
            textOf(utf16(u"<?xml version='1.0' encoding='UTF-16'?><a>\u20AC</a>", little, true)),
            "\xE2\x82\xAC");
    }
}

TEST(XmlEncoding, RefusesEveryOtherEncodingBeforeParsing) {
    for (const std::string_view name :
         {"UTF-7", "IBM037", "EBCDIC", "EBCDIC-CP-US", "UTF-32", "windows-1252", "Shift_JIS",
          "ISO-10646-UCS-4", "UTF-8//TRANSLIT", "HTML", "", "UTF-16LE", "../../evil"}) {
        EXPECT_EQ(outcome(declared(name, "<a/>")), "unsafe_xml") << name;
    }
    EXPECT_EQ(outcome("\x4C\x6F\xA7\x94\x93"sv), "unsafe_xml");
    EXPECT_EQ(outcome("\xFF\xFE\0\0<\0\0\0"sv), "unsafe_xml");
    EXPECT_EQ(outcome("\0\0\xFE\xFF\0\0\0<"sv), "unsafe_xml");
    EXPECT_EQ(outcome(utf16(u"<a/>", true, false)), "unsafe_xml");
    EXPECT_EQ(outcome(utf16(u"<a/>", false, false)), "unsafe_xml");
    EXPECT_EQ(outcome(utf16(u"<?xml version='1.0' encoding='IBM037'?><a/>", true, true)),
              "unsafe_xml");
}

TEST(XmlEncoding, RefusesContradictionsAndMalformedBytes) {
    EXPECT_EQ(outcome("\xEF\xBB\xBF" + declared("ISO-8859-1", "<a/>")), "schema");
    EXPECT_EQ(outcome(declared("UTF-16", "<a/>")), "schema");
    EXPECT_EQ(outcome(utf16(u"<?xml version='1.0' encoding='UTF-8'?><a/>", true, true)), "schema");
    EXPECT_EQ(outcome(utf16(u"<a>\xD800</a>", true, true)), "schema");
    EXPECT_EQ(outcome(utf16(u"<a/>", true, true) + "x"), "schema");
    EXPECT_EQ(outcome(declared("US-ASCII", "<a>\xC3\xA9</a>")), "schema");
    for (const std::string_view bad : {"\xE9", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                       "\xE2\x82", "\x80", "\xF8\x88\x80\x80\x80"}) {
        EXPECT_EQ(outcome("<a>" + std::string(bad) + "</a>"), "schema");
    }
}

TEST(XmlEncoding, UsesTheFallbackOnlyWithoutADeclaration) {
    Limits limits;
    limits.fallback_encoding = FallbackEncoding::kUtf8ThenLatin1;
    EXPECT_EQ(textOf("<a>\xE9</a>", limits), "\xC3\xA9");
    EXPECT_EQ(textOf("<a>\xC3\xA9</a>", limits), "\xC3\xA9");
    EXPECT_EQ(outcome(declared("UTF-8", "<a>\xE9</a>"), limits), "schema");
    limits.fallback_encoding = FallbackEncoding::kLatin1;
    EXPECT_EQ(textOf("<a>\xC3\xA9</a>", limits), "\xC3\x83\xC2\xA9");
}

}  // namespace
}  // namespace hubsdk::xml
