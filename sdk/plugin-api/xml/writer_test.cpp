#include <gtest/gtest.h>
#include <hubsdk/cpp/xml_writer.hpp>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

TEST(XmlWriter, WritesNestedElements) {
    XmlWriter xml;
    xml.start("a").attribute("k", "v").element("b", "t").start("c").end().text("x").end();
    const std::string text = std::move(xml).finish();
    ASSERT_TRUE(text.starts_with(kHead)) << text;
    EXPECT_EQ(text.substr(kHead.size()), "<a k=\"v\"><b>t</b><c/>x</a>");
}

TEST(XmlWriter, EscapesText) {
    EXPECT_EQ(escapeText("a & <b> \"c\"\n\t\r"), "a &amp; &lt;b&gt; \"c\"\n\t&#13;");
}

TEST(XmlWriter, EscapesAttributesWithLineEndsAndTabs) {
    EXPECT_EQ(escapeAttribute("p<>&\"'\n\t\r"), "p&lt;&gt;&amp;&quot;'&#10;&#9;&#13;");
}

TEST(XmlWriter, DropsForbiddenCharactersAndReplacesBadBytes) {
    EXPECT_EQ(escapeText("a\0b\x01\x0B\x1F\xEF\xBF\xBE\xEF\xBF\xBF"
                         "c"sv),
              "abc");
    EXPECT_EQ(escapeText("\xE9z"), "\xEF\xBF\xBDz");
    EXPECT_EQ(escapeText("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(escapeText("\xC3\xA9\xF0\x9F\x98\x80"), "\xC3\xA9\xF0\x9F\x98\x80");
}

TEST(XmlWriter, IsReadBackUnchanged) {
    const std::string value = "]]> & <x y='1'> \"q\"\r\n\tend &#38; &amp; \xE2\x82\xAC";
    XmlWriter xml;
    xml.start("a").attribute("k", value).text(value).end();
    const std::string bytes = std::move(xml).finish();
    const auto document = readDocument(bytes, {});
    ASSERT_TRUE(document.ok()) << document.error().text();
    EXPECT_EQ(document->root().attribute("k"), value);
    EXPECT_EQ(document->root().rawText(), value);
}

TEST(XmlWriter, MakesSchemaValidDocuments) {
    XmlWriter xml;
    xml.start("BackgroundReports").start("BackgroundReportPackage").start("ScreeningStatus");
    xml.element("OrderStatus", "x:ready").end().end().end();
    const std::string bytes = std::move(xml).finish();
    EXPECT_EQ(test::outcomeOf(readValidated(bytes, test::tazworksSchema(), {})), "ok");
}

}  // namespace
}  // namespace hubsdk::xml
