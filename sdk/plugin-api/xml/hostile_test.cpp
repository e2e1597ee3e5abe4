// TM-PARSE-1, TM-PARSE-2: hostile documents are refused with their class, at bounded cost.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

using test::outcome;
using test::outcomeOf;
using test::repeated;
using ::testing::HasSubstr;
using ::testing::Not;

struct HostileCase {
    const char* name;
    std::string document;
};

std::vector<HostileCase> doctypeCases() {
    return {
        {"xxe", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///hub-test/canary'>]><a>&x;</a>"},
        {"parameter entity",
         "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://canary.invalid/p'>%p;]><a/>"},
        {"billion laughs",
         "<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;&l;&l;&l;&l;'>"
         "<!ENTITY n '&m;&m;&m;&m;&m;&m;&m;&m;'>]><a>&n;</a>"},
        {"quadratic", "<!DOCTYPE a [<!ENTITY x '" + repeated("x", 50'000) + "'>]><a>" +
                          repeated("&x;", 50'000) + "</a>"},
        {"external", "<!DOCTYPE a SYSTEM 'http://canary.invalid/a.dtd'><a/>"},
        {"public", "<!DOCTYPE a PUBLIC '-//X//Y' 'http://canary.invalid/a.dtd'><a/>"},
        {"bare", "<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE a><a/>"},
        {"html", "<!doctype html><html/>"},
        {"unfinished", "<!DOCTYPE a ["},
        {"latin1", "<?xml version='1.0' encoding='ISO-8859-1'?><!DOCTYPE a><a/>"},
    };
}

TEST(XmlHostile, RefusesEveryDocumentTypeDeclaration) {
    for (const HostileCase& hostile : doctypeCases()) {
        EXPECT_EQ(outcome(hostile.document), "unsafe_xml") << hostile.name;
        EXPECT_EQ(outcomeOf(readValidated(hostile.document, test::tazworksSchema(), {})),
                  "unsafe_xml")
            << hostile.name;
    }
}

TEST(XmlHostile, IgnoresSchemaLocationsOfTheDocument) {
    const std::string hint =
        " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
        " xsi:noNamespaceSchemaLocation='file:///hub-test/evil.xsd'"
        " xsi:schemaLocation='urn:x http://canary.invalid/evil.xsd'";
    const std::string body =
        "><BackgroundReportPackage><ScreeningStatus><OrderStatus>x:new</OrderStatus>"
        "</ScreeningStatus></BackgroundReportPackage></BackgroundReports>";
    const std::string document = "<BackgroundReports" + hint + body;
    EXPECT_EQ(outcomeOf(readValidated(document, test::tazworksSchema(), {})), "ok");
}

// Runs in a worker with the stack every worker has, where a recursive destruction would overflow.
std::string outcomeInWorker(const std::string& document) {
    std::string seen;
    std::thread worker([&] {
        seen = outcome(document);
        seen += "/" + outcomeOf(readValidated(document, test::tazworksSchema(), {}));
    });
    worker.join();
    return seen;
}

TEST(XmlHostile, RefusesAMillionLevels) {
    const std::string open = repeated("<a>", 1'000'000);
    EXPECT_EQ(outcomeInWorker(open), "unsafe_xml/unsafe_xml");
    EXPECT_EQ(outcomeInWorker(open + repeated("</a>", 1'000'000)), "unsafe_xml/unsafe_xml");
}

TEST(XmlHostile, RefusesTwoHundredThousandAttributes) {
    std::string document = "<a";
    for (int i = 0; i < 200'000; ++i) document += " b" + std::to_string(i) + "='1'";
    EXPECT_EQ(outcomeInWorker(document + "/>"), "unsafe_xml/unsafe_xml");
}

TEST(XmlHostile, RefusesManyNamespaceDeclarationsInScope) {
    std::string document;
    for (int level = 0; level < 5; ++level) {
        document += "<a";
        for (int i = 0; i < 60; ++i) {
            document += " xmlns:p" + std::to_string(level * 60 + i) + "='urn:x'";
        }
        document += ">";
    }
    EXPECT_EQ(outcome(document + repeated("</a>", 5)), "unsafe_xml");
}

TEST(XmlHostile, ForgetsNamespaceDeclarationsThatEnded) {
    const std::string child = "<b xmlns:x='urn:x' xmlns:y='urn:y'></b>";
    EXPECT_EQ(outcome("<a>" + repeated(child, 1'000) + "</a>"), "ok");
}

std::string nested(std::size_t depth) { return repeated("<a>", depth) + repeated("</a>", depth); }

std::string attributes(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += " b" + std::to_string(i) + "='1'";
    return "<a" + text + "/>";
}

struct LimitCase {
    const char* name;
    std::string at_limit;
    std::string over_limit;
};

std::vector<LimitCase> limitCases() {
    const auto text = [](std::string_view name, std::size_t bytes) {
        const std::string tag(name);
        return "<r><" + tag + ">" + repeated("x", bytes) + "</" + tag + "></r>";
    };
    const auto split = [](std::size_t bytes) {
        return "<a>" + repeated("x", bytes / 2) + "<b/>" + repeated("x", bytes - bytes / 2) +
               "</a>";
    };
    const auto value = [](std::size_t bytes) { return "<a b='" + repeated("x", bytes) + "'/>"; };
    const auto wide = [](std::size_t count) { return "<a>" + repeated("<b/>", count) + "</a>"; };
    return {
        {"depth", nested(64), nested(65)},
        {"attributes", attributes(64), attributes(65)},
        {"attribute value", value(64 * kKiB), value(64 * kKiB + 1)},
        {"text", text("t", 64 * kKiB), text("t", 64 * kKiB + 1)},
        {"joined text", split(64 * kKiB), split(64 * kKiB + 1)},
        {"image", text("Image", 6 * kMiB), text("Image", 6 * kMiB + 1)},
        {"elements", wide(199'999), wide(200'000)},
        {"document", "<a/>" + repeated(" ", 8 * kMiB - 4), "<a/>" + repeated(" ", 8 * kMiB - 3)},
    };
}

TEST(XmlHostile, HoldsEachLimitExactly) {
    for (const LimitCase& limit : limitCases()) {
        EXPECT_EQ(outcome(limit.at_limit), "ok") << limit.name;
        const auto over = readDocument(limit.over_limit, {});
        EXPECT_EQ(outcomeOf(over), "unsafe_xml") << limit.name;
        ASSERT_FALSE(over.ok()) << limit.name;
        EXPECT_EQ(over.error().code, ErrorCode::kTooLarge) << limit.name;
    }
}

TEST(XmlHostile, CountsTextAfterItsCharacterReferences) {
    Limits limits;
    limits.text_bytes_max = 3;
    EXPECT_EQ(outcome("<a>&#65;&#66;&amp;</a>", limits), "ok");
    EXPECT_EQ(outcome("<a>&#65;<![CDATA[BC]]>D</a>", limits), "unsafe_xml");
}

TEST(XmlHostile, ValidatesALongPatternValueOnAWorkersStack) {
    const std::string document =
        "<BackgroundReports><BackgroundReportPackage><ScreeningStatus><OrderStatus>x:" +
        repeated("a", 60'000) +
        "</OrderStatus></ScreeningStatus></BackgroundReportPackage></BackgroundReports>";
    EXPECT_EQ(outcomeInWorker(document), "ok/schema");
}

TEST(XmlHostile, KeepsValuesOutOfMessages) {
    const std::string secret = "078-05-1120";
    const std::string status =
        "<BackgroundReports><BackgroundReportPackage><ScreeningStatus><OrderStatus>" + secret +
        "</OrderStatus></ScreeningStatus></BackgroundReportPackage></BackgroundReports>";
    const auto invalid = readValidated(status, test::tazworksSchema(), {});
    ASSERT_FALSE(invalid.ok());
    EXPECT_EQ(errorClass(invalid.error()), "schema");
    EXPECT_THAT(invalid.error().text(), Not(HasSubstr(secret)));
    EXPECT_THAT(invalid.error().path, HasSubstr("ScreeningStatus/OrderStatus"));
    for (const std::string& bad :
         {"<a>" + secret + "</b>", "<a b='" + secret + "' b='2'/>", "<a>&x" + secret + ";</a>"}) {
        const auto malformed = readDocument(bad, {});
        ASSERT_FALSE(malformed.ok());
        EXPECT_THAT(malformed.error().text(), Not(HasSubstr(secret)));
    }
}

TEST(XmlHostile, CutsMessagesAndPaths) {
    const std::string uri = "urn:" + repeated("u", 10'000);
    Limits limits;
    limits.expected_namespace = "urn:a";
    const auto wrong = readDocument("<a xmlns='" + uri + "'/>", limits);
    ASSERT_FALSE(wrong.ok());
    EXPECT_LE(wrong.error().message.size(), 200U);
    const std::string name = repeated("n", 10'000);
    const auto unknown = readValidated("<" + name + "/>", test::tazworksSchema(), {});
    ASSERT_FALSE(unknown.ok());
    EXPECT_LE(unknown.error().text().size(), 450U);
}

}  // namespace
}  // namespace hubsdk::xml
