#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

using test::outcome;
using test::outcomeOf;
using ::testing::HasSubstr;

constexpr std::string_view kReport =
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    "<Report xmlns='urn:a' xmlns:z='urn:z' userId='hub &amp; co' note='a&#10;b &lt;&#38;lt;'>"
    "<z:Status>stranger</z:Status>"
    "<Status flag='x'>\n  New <![CDATA[& <old>]]>&#x20AC;\t</Status>"
    "<List><Item>1</Item><Item z:id='7'>2</Item></List></Report>";

Document read(std::string_view bytes, const Limits& limits = {}) {
    auto document = readDocument(bytes, limits);
    EXPECT_TRUE(document.ok()) << document.error().text();
    return std::move(document).value();
}

Limits expecting(std::string uri) {
    Limits limits;
    limits.expected_namespace = std::move(uri);
    return limits;
}

TEST(XmlDocument, FindsElementsAttributesAndTrimmedText) {
    const Document document = read(kReport, expecting("urn:a"));
    const Element root = document.root();
    EXPECT_EQ(root.name(), "Report");
    EXPECT_EQ(root.namespaceUri(), "urn:a");
    EXPECT_EQ(root.child("Status").text(), "New & <old>\xE2\x82\xAC");
    EXPECT_EQ(root.child("Status").attribute("flag"), "x");
    EXPECT_EQ(root.at("List/Item").text(), "1");
    EXPECT_EQ(root.child("List").children("Item").size(), 2U);
    EXPECT_EQ(root.children().size(), 3U);
}

TEST(XmlDocument, UnescapesAttributeValuesOnce) {
    const Document document = read(kReport);
    EXPECT_EQ(document.root().attribute("userId"), "hub & co");
    EXPECT_EQ(document.root().attribute("note"), "a\nb <&lt;");
}

TEST(XmlDocument, HidesStrangersFromLookUpsWhenANamespaceIsExpected) {
    const Document strict = read(kReport, expecting("urn:a"));
    EXPECT_EQ(strict.root().children("Status").size(), 1U);
    const Document any = read(kReport);
    EXPECT_EQ(any.root().child("Status").text(), "stranger");
}

TEST(XmlDocument, KeepsNamespacedAttributesApart) {
    const Document document = read(kReport);
    const Element item = document.root().child("List").children("Item").at(1);
    EXPECT_FALSE(item.attribute("id").has_value());
    ASSERT_EQ(item.attributes().size(), 1U);
    EXPECT_EQ(item.attributes()[0].namespace_uri, "urn:z");
}

TEST(XmlDocument, GivesEmptyElementsForWhatIsNotThere) {
    const Document document = read(kReport);
    const Element missing = document.root().at("List/Nothing/Item");
    EXPECT_FALSE(missing);
    EXPECT_EQ(missing.text(), "");
    EXPECT_EQ(missing.name(), "");
    EXPECT_FALSE(missing.attribute("id").has_value());
    EXPECT_TRUE(missing.children().empty());
    EXPECT_FALSE(missing.child("x").at("y/z"));
}

TEST(XmlDocument, TreatsPrefixedAndDefaultNamespaceAlike) {
    const Document document = read("<h:A xmlns:h='urn:a'><h:B>1</h:B></h:A>", expecting("urn:a"));
    EXPECT_EQ(document.root().at("B").text(), "1");
}

TEST(XmlDocument, OutlivesTheBytesItCameFrom) {
    auto bytes = std::make_unique<std::string>("<a b='c'>d</a>");
    const Document document = read(*bytes);
    bytes.reset();
    EXPECT_EQ(document.root().text(), "d");
    EXPECT_EQ(document.root().attribute("b"), "c");
}

TEST(XmlDocument, NamesTheNamespaceItRefuses) {
    const auto wrong = readDocument("<a xmlns='urn:other'/>", expecting("urn:a"));
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(errorClass(wrong.error()), "schema");
    EXPECT_THAT(wrong.error().message, HasSubstr("urn:other"));
    EXPECT_EQ(outcome("<a xmlns='urn:other'/>", expecting("")), "schema");
    EXPECT_EQ(outcome("<a/>", expecting("urn:a")), "schema");
    EXPECT_EQ(outcome("<a/>", expecting("")), "ok");
    EXPECT_EQ(outcome("<a xmlns='urn:other'/>"), "ok");
}

TEST(XmlDocument, RefusesWhatIsNotWellFormed) {
    for (const std::string_view bad :
         {"",
          " ",
          "a",
          "<a>",
          "</a>",
          "<a></b>",
          "<a/><b/>",
          "<a/>x",
          "x<a/>",
          "<a b=1/>",
          "<a b='1'c='2'/>",
          "<a b='1' b='2'/>",
          "<a>&nope;</a>",
          "<a b='&nope;'/>",
          "<a>&#0;</a>",
          "<p:a/>",
          "<a p:b='1'/>",
          "<a>\x01</a>",
          "<a b='<'/>",
          "< a/>",
          "<a/",
          "<a><!-- -- ></a>",
          "<a>]]></a>",
          "<!ELEMENT a ANY><a/>",
          "<a/><![CDATA[x]]>",
          "<a x:y='1' xmlns:x=''/>",
          "<a><?xml version='1.0'?></a>",
          "<?xml version='1.1'?><a/>",
          "<?xml encoding='UTF-8'?><a/>",
          "<?xml version='1.0'?><?xml version='1.0' encoding='IBM037'?><a/>",
          "\n<?xml version='1.0'?><a/>",
          "<?XML version='1.0'?><a/>",
          "<?xml?><a/>",
          "<?xml version='1.0' standalone='maybe'?><a/>"}) {
        EXPECT_EQ(outcome(bad), "schema") << bad;
    }
    EXPECT_EQ(outcome(std::string_view("<abc>\0</abc>", 12)), "schema");
}

TEST(XmlDocument, AcceptsTheUsualDeclarationsAndMisc) {
    for (const std::string_view good :
         {"<a/>", "<?xml version='1.0'?><a/>", "<?xml version=\"1.0\" standalone='yes' ?>\r\n<a/>",
          "<?xml-stylesheet href='x'?><a/>", "<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>",
          "\n <a b = '1' \n c='>'></a >\n<!-- end --><?pi?>"}) {
        EXPECT_EQ(outcome(good), "ok") << good;
    }
}

TEST(XmlSchema, RefusesASchemaThatDoesNotCompile) {
    for (const std::string_view bad : {"", "<a/>",
                                       "<s:schema xmlns:s='http://www.w3.org/2001/"
                                       "XMLSchema'><s:element name='a' type='nope'/>"
                                       "</s:schema>"}) {
        const auto schema = Schema::load(bad);
        ASSERT_FALSE(schema.ok()) << bad;
        EXPECT_EQ(schema.error().code, ErrorCode::kInternal);
        EXPECT_EQ(errorClass(schema.error()), "");
    }
}

TEST(XmlSchema, GivesTheTreeTheValidatorSaw) {
    const auto schema = Schema::load(
        "<s:schema xmlns:s='http://www.w3.org/2001/XMLSchema'><s:element name='a'><s:complexType>"
        "<s:sequence><s:element name='b' type='s:int' maxOccurs='2'/></s:sequence>"
        "<s:attribute name='kind' default='plain'/></s:complexType></s:element></s:schema>");
    ASSERT_TRUE(schema.ok()) << schema.error().text();
    const auto document = readValidated("<a>\n<b> 7 </b></a>", *schema, {});
    ASSERT_TRUE(document.ok()) << document.error().text();
    EXPECT_EQ(document->root().attribute("kind"), "plain");
    EXPECT_EQ(document->root().at("b").text(), "7");
    EXPECT_EQ(outcomeOf(readValidated("<b>7</b>", *schema, {})), "schema");
    EXPECT_EQ(outcomeOf(readValidated("<a xmlns='urn:x'><b>7</b></a>", *schema, {})), "schema");
    EXPECT_EQ(outcomeOf(readValidated("<a/>", *schema, {})), "schema");
}

}  // namespace
}  // namespace hubsdk::xml
