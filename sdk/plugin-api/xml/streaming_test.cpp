#include <stdexcept>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

using test::outcomeOf;

// Writes the events down, and fails or throws when it meets a given name.
class Recorder : public Handler {
public:
    Result<void> startElement(const ElementStart& element) override {
        if (element.name == "fail") return makeError(ErrorCode::kConflict, "not this one");
        if (element.name == "throw") throw std::runtime_error("handler");
        seen += "<" + std::string(element.namespace_uri) + "|" + std::string(element.name);
        for (const AttributeView& attribute : element.attributes) {
            seen += " " + std::string(attribute.name) + "=" + std::string(attribute.value);
        }
        seen += ">";
        return {};
    }
    Result<void> text(std::string_view piece) override {
        seen += piece;
        return {};
    }
    Result<void> endElement(std::string_view name) override {
        seen += "</" + std::string(name) + ">";
        return {};
    }
    std::string seen;
};

TEST(XmlStreaming, ReportsEventsInDocumentOrder) {
    Recorder recorder;
    const auto read =
        readStreaming("<a xmlns='u' k='v'>1<b>2&amp;</b><![CDATA[3]]><c/></a>", {}, recorder);
    EXPECT_EQ(outcomeOf(read), "ok");
    EXPECT_EQ(recorder.seen, "<u|a k=v>1<u|b>2&</b>3<u|c></c></a>");
}

TEST(XmlStreaming, StopsWithTheHandlersError) {
    Recorder recorder;
    const auto read = readStreaming("<a><b/><fail/><c/></a>", {}, recorder);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::kConflict);
    EXPECT_EQ(errorClass(read.error()), "");
    EXPECT_EQ(recorder.seen, "<|a><|b></b>");
}

TEST(XmlStreaming, PassesTheHandlersExceptionOn) {
    Recorder recorder;
    EXPECT_THROW(static_cast<void>(readStreaming("<a><throw/><c/></a>", {}, recorder)),
                 std::runtime_error);
    EXPECT_EQ(recorder.seen, "<|a>");
}

TEST(XmlStreaming, DeliversNothingFromADocumentWithADoctype) {
    Recorder recorder;
    EXPECT_EQ(outcomeOf(readStreaming("<!DOCTYPE a><a>x</a>", {}, recorder)), "unsafe_xml");
    EXPECT_EQ(recorder.seen, "");
}

TEST(XmlStreaming, SurvivesACutAtEveryByte) {
    const std::string whole =
        "<?xml version='1.0' encoding='UTF-8'?><!-- c --><a xmlns='u' k='&amp;'>\xC3\xA9"
        "<?p i?><b>t</b><![CDATA[x]]>&#65;</a>";
    for (std::size_t length = 0; length < whole.size(); ++length) {
        Recorder recorder;
        const auto read = readStreaming(std::string_view(whole).substr(0, length), {}, recorder);
        EXPECT_EQ(outcomeOf(read), "schema") << length;
    }
}

}  // namespace
}  // namespace hubsdk::xml
