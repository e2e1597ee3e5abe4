// TM-PARSE-3: every vendor sample is read, or refused with the class its expected file names.
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

namespace fs = std::filesystem;
using test::bytesOf;
using test::outcomeOf;
using test::vendorsFolder;

constexpr const char* kHrxmlNamespace = "http://ns.hr-xml.org/2007-04-15";

Limits expecting(const char* uri) {
    Limits limits;
    limits.expected_namespace = uri;
    return limits;
}

// "ok", or the error class of NAME.expected.json when that is about refusing the XML itself.
std::string expectedOutcome(const fs::path& sample) {
    const fs::path file = fs::path(sample).replace_extension(".expected.json");
    if (!fs::exists(file)) return "ok";
    const std::string text = bytesOf(file);
    for (const char* name : {"unsafe_xml", "schema"}) {
        if (text.find("\"class\": \"" + std::string(name) + "\"") != std::string::npos) return name;
    }
    return "ok";
}

void checkFolder(const fs::path& folder, const Schema& schema, const Limits& limits) {
    int refused = 0;
    for (const fs::path& sample : test::xmlFilesOf(folder)) {
        const auto document = readValidated(bytesOf(sample), schema, limits);
        const std::string detail = document.ok() ? "" : document.error().text();
        EXPECT_EQ(outcomeOf(document), expectedOutcome(sample)) << sample << " " << detail;
        if (!document.ok()) ++refused;
        const bool bad = sample.filename().string().find("bad") != std::string::npos;
        EXPECT_EQ(!document.ok(), bad) << sample;
    }
    EXPECT_GT(refused, 0);
}

TEST(XmlSamples, HrxmlSamplesValidateOrAreRefusedWithTheirClass) {
    checkFolder(vendorsFolder() / "hrxml/samples", test::hrxmlSchema(), expecting(kHrxmlNamespace));
}

TEST(XmlSamples, TazworksSamplesValidateOrAreRefusedWithTheirClass) {
    checkFolder(vendorsFolder() / "tazworks/samples", test::tazworksSchema(), expecting(""));
}

TEST(XmlSamples, OtherXmlVendorsReadWithoutSchema) {
    for (const auto& entry : fs::directory_iterator(vendorsFolder() / "sterling/samples")) {
        if (entry.path().extension() != ".xml") continue;
        EXPECT_EQ(test::outcome(bytesOf(entry.path())), expectedOutcome(entry.path()));
    }
}

// The validator's view and the streaming view must tell the same story.
TEST(XmlSamples, BothReadersSeeTheSameValues) {
    for (const fs::path& sample : test::xmlFilesOf(vendorsFolder() / "hrxml/samples")) {
        const std::string bytes = bytesOf(sample);
        const auto validated = readValidated(bytes, test::hrxmlSchema(), {});
        if (!validated.ok()) continue;
        const auto plain = readDocument(bytes, {});
        ASSERT_TRUE(plain.ok());
        const std::function<void(const Element&, const Element&)> compare =
            [&](const Element& left, const Element& right) {
                EXPECT_EQ(left.name(), right.name());
                EXPECT_EQ(left.namespaceUri(), right.namespaceUri());
                EXPECT_EQ(left.text(), right.text());
                for (const AttributeView& attribute : right.attributes()) {
                    if (!attribute.namespace_uri.empty()) continue;
                    EXPECT_EQ(left.attribute(attribute.name), attribute.value);
                }
                const auto lefts = left.children();
                const auto rights = right.children();
                ASSERT_EQ(lefts.size(), rights.size());
                for (std::size_t i = 0; i < lefts.size(); ++i) compare(lefts[i], rights[i]);
            };
        compare(validated->root(), plain->root());
    }
}

TEST(XmlSamples, OneSchemaServesManyThreads) {
    const std::string good = bytesOf(vendorsFolder() / "hrxml/samples/05-completed-hit.xml");
    const std::string bad = bytesOf(vendorsFolder() / "hrxml/samples/bad-07-bad-enum.xml");
    constexpr int kThreads = 4;
    constexpr int kRounds = 25;
    std::vector<int> right(kThreads, 0);
    std::vector<std::thread> workers;
    workers.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
        workers.emplace_back([&, i] {
            for (int round = 0; round < kRounds; ++round) {
                const auto valid = readValidated(good, test::hrxmlSchema(), {});
                const auto invalid = readValidated(bad, test::hrxmlSchema(), {});
                if (outcomeOf(valid) == "ok" && outcomeOf(invalid) == "schema") {
                    ++right[static_cast<std::size_t>(i)];
                }
            }
        });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(right, std::vector<int>(kThreads, kRounds));
}

TEST(XmlSamples, SurvivesACutAtEveryByte) {
    const std::string whole = bytesOf(vendorsFolder() / "hrxml/samples/06-cancelled.xml");
    const std::size_t end = whole.rfind('>');
    for (std::size_t length = 0; length < end; ++length) {
        const auto cut = readValidated(whole.substr(0, length), test::hrxmlSchema(), {});
        EXPECT_EQ(outcomeOf(cut), "schema") << length;
    }
}

}  // namespace
}  // namespace hubsdk::xml
