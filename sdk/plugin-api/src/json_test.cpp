#include <hubsdk/cpp/json.hpp>

#include <gmock/gmock.h>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace hubsdk {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string readFile(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

// The files of JSONTestSuite whose names begin so: y_ must be accepted, n_ refused, i_ either way.
std::vector<std::filesystem::path> suite(std::string_view prefix) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(HUB_SHARED_DIR "/testdata/json-test-suite")) {
        if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
    }
    return files;
}

Error errorOf(std::string_view text, const JsonLimits& limits = {}) {
    auto document = JsonDocument::parse(text, limits);
    return document ? Error{} : document.error();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, AcceptsEveryValidDocumentOfTheSuite) {
    // TM-PARSE-4
    const auto files = suite("y_");
    ASSERT_GE(files.size(), 90U);
    JsonLimits every_key;  // the suite holds two documents with equal keys to be valid
    every_key.unique_keys = false;
    for (const auto& file : files) {
        auto document = JsonDocument::parse(readFile(file), every_key);
        EXPECT_TRUE(document) << file << ": " << document.error().text();
    }
}

TEST(Json, RefusesByDefaultOnlyEqualKeysAmongTheValidDocumentsOfTheSuite) {
    // TM-PARSE-4
    std::vector<std::string> refused;
    for (const auto& file : suite("y_")) {
        if (!JsonDocument::parse(readFile(file))) refused.push_back(file.filename().string());
    }
    EXPECT_THAT(refused, UnorderedElementsAre("y_object_duplicated_key.json",
                                              "y_object_duplicated_key_and_value.json"));
}

TEST(Json, RefusesEveryInvalidDocumentOfTheSuite) {
    // TM-PARSE-4
    const auto files = suite("n_");
    ASSERT_GE(files.size(), 180U);
    for (const auto& file : files) EXPECT_FALSE(JsonDocument::parse(readFile(file))) << file;
}

TEST(Json, DecidesTheOpenDocumentsOfTheSuiteWithoutHarm) {
    // TM-PARSE-4
    const auto files = suite("i_");
    ASSERT_GE(files.size(), 30U);
    for (const auto& file : files) {
        auto document = JsonDocument::parse(readFile(file));
        if (!document) continue;
        EXPECT_TRUE(JsonDocument::parse(toText(document->root()))) << file;
    }
}

TEST(Json, WritesEveryValidDocumentBackEqual) {
    for (const auto& file : suite("y_")) {
        auto document = JsonDocument::parse(readFile(file));
        if (!document) continue;
        const std::string once = toText(document->root());
        auto again = JsonDocument::parse(once);
        ASSERT_TRUE(again) << file << ": " << again.error().text();
        EXPECT_EQ(toText(again->root()), once) << file;
    }
}

TEST(Json, RefusesAKeyThatStandsTwice) {
    // TM-PARSE-4
    EXPECT_EQ(errorOf(R"({"a":1,"b":2,"a":1})").code, ErrorCode::kInvalid);
    EXPECT_THAT(errorOf(R"([{"x":{"a":1,"a":2}}])").message, HasSubstr("twice"));
    EXPECT_THAT(errorOf(R"({"a":1,"\u0061":2})").message, HasSubstr("twice"))
        << "keys compare decoded";
    EXPECT_TRUE(JsonDocument::parse(R"({"a":{"a":1},"A":2})"));
}

TEST(Json, KeepsTheLastOfEqualKeysWhereTheyAreAllowed) {
    JsonLimits limits;
    limits.unique_keys = false;
    auto document = JsonDocument::parse(R"({"a":1,"b":2,"a":{"c":1,"c":2},"d":4})", limits);
    ASSERT_TRUE(document) << document.error().text();
    EXPECT_EQ(toText(document->root()), R"({"b":2,"a":{"c":2},"d":4})");
}

TEST(Json, RefusesADoubleKeyAmongManyMembers) {
    // TM-PARSE-4
    std::string text = "{";
    for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    EXPECT_TRUE(JsonDocument::parse(text + "\"last\":0}"));
    EXPECT_THAT(errorOf(text + "\"k500\":0}").message, HasSubstr("twice"));
}

TEST(Json, RefusesWhatIsDeeperThanTheLimit) {
    // TM-PARSE-4
    EXPECT_TRUE(JsonDocument::parse(nested(64)));
    EXPECT_EQ(errorOf(nested(65)).code, ErrorCode::kTooLarge);
    EXPECT_EQ(errorOf(nested(100'000)).code, ErrorCode::kTooLarge);
    std::string objects;
    for (int i = 0; i < 65; ++i) objects += "{\"a\":";
    EXPECT_EQ(errorOf(objects + "1" + std::string(65, '}')).code, ErrorCode::kTooLarge);
    JsonLimits limits;
    limits.depth_max = 3;
    EXPECT_TRUE(JsonDocument::parse("[[[1]]]", limits));
    EXPECT_EQ(errorOf("[[[[1]]]]", limits).code, ErrorCode::kTooLarge);
}

TEST(Json, RefusesWhatIsLargerThanTheLimit) {
    JsonLimits limits;
    limits.bytes_max = 8;
    EXPECT_TRUE(JsonDocument::parse(R"("123456")", limits));
    EXPECT_EQ(errorOf(R"("1234567")", limits).code, ErrorCode::kTooLarge);
}

TEST(Json, NamesTheByteOfAMistake) {
    const Error error = errorOf(R"({"a": tru})");
    EXPECT_EQ(error.code, ErrorCode::kInvalid);
    EXPECT_THAT(error.path, testing::StartsWith("byte "));
    EXPECT_THAT(errorOf("{} x").message,
                testing::AnyOf(HasSubstr("after the end"), HasSubstr("JSON")));
    EXPECT_EQ(errorOf("").code, ErrorCode::kInvalid);
    EXPECT_EQ(errorOf("\xEF\xBB\xBF{}").code, ErrorCode::kInvalid) << "a byte order mark";
}

TEST(Json, KeepsNumbersAsTheyWereWritten) {
    // TM-PARSE-4
    constexpr std::string_view kText =
        "[1e400,12345678901234567890.10,9223372036854775807,9223372036854775808,-0,1.0,1E2]";
    auto document = JsonDocument::parse(kText);
    ASSERT_TRUE(document) << document.error().text();
    const Json root = document->root();
    EXPECT_EQ(root.at(0).scalarText(), "1e400");
    EXPECT_EQ(root.at(0).asDouble(), std::nullopt) << "not finite";
    EXPECT_EQ(root.at(1).scalarText(), "12345678901234567890.10");
    EXPECT_EQ(root.at(2).asInt64(), 9223372036854775807);
    EXPECT_EQ(root.at(3).asInt64(), std::nullopt);
    EXPECT_EQ(root.at(5).asInt64(), std::nullopt) << "written as a fraction";
    EXPECT_EQ(root.at(6).asDouble(), 100.0);
    EXPECT_EQ(toText(root), kText);
}

TEST(Json, LookUpsOfAbsentThingsChain) {
    auto document = JsonDocument::parse(R"({"a":[{"b/c":{"~":1}},null,true],"s":"x"})");
    ASSERT_TRUE(document);
    const Json root = document->root();
    EXPECT_FALSE(root["no"]["thing"].at(7)["here"].present());
    EXPECT_EQ(root["no"].text("other"), "other");
    EXPECT_EQ(root.pointer("/a/0/b~1c/~0").asInt64(), 1);
    EXPECT_FALSE(root.pointer("/a/3").present());
    EXPECT_FALSE(root.pointer("/a/x").present());
    EXPECT_FALSE(root.pointer("a").present()) << "a pointer begins with a slash";
    EXPECT_TRUE(root.pointer("/a/1").present());
    EXPECT_TRUE(root.pointer("/a/1").empty());
    EXPECT_EQ(root.pointer("").size(), 2U);
    EXPECT_EQ(root.pointer("/a/2").scalarText(), "true");
    EXPECT_EQ(root["s"].asInt64(), std::nullopt);
    EXPECT_EQ(root["a"].asBool(), std::nullopt);
}

TEST(Json, StaysValidAfterItsTextIsGone) {
    auto text = std::make_unique<std::string>(R"({"key":"a rather long value, not inside"})");
    auto document = JsonDocument::parse(*text);
    text.reset();
    ASSERT_TRUE(document);
    JsonDocument moved = std::move(document).value();
    EXPECT_EQ(moved.root()["key"].text(), "a rather long value, not inside");
}

TEST(JsonWriter, WritesBadUtf8AsReplacementCharacters) {
    constexpr std::string_view kMark = "\xEF\xBF\xBD";
    const std::string overlong = "\xC0\xAF";
    const std::string surrogate = "\xED\xA0\x80";
    const std::string beyond = "\xF4\x90\x80\x80";
    const std::string cut = "a\xE2\x82";
    const std::string mark(kMark);
    EXPECT_EQ(hubsdk::quoted(overlong), "\"" + mark + mark + "\"");
    EXPECT_EQ(hubsdk::quoted(surrogate), "\"" + mark + mark + mark + "\"");
    EXPECT_EQ(hubsdk::quoted(beyond), "\"" + mark + mark + mark + mark + "\"");
    EXPECT_EQ(hubsdk::quoted(cut), "\"a" + mark + mark + "\"");
    EXPECT_EQ(hubsdk::quoted("\xFFz"), "\"" + mark + "z\"");
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text{'x', static_cast<char>(byte), 'y'};
        EXPECT_TRUE(JsonDocument::parse(hubsdk::quoted(text))) << byte;
    }
}

TEST(JsonWriter, KeepsGoodUtf8AndEscapesTheRest) {
    const std::string good = "M\xC3\xBCller \xE2\x82\xAC \xF0\x9F\x98\x80";
    EXPECT_EQ(hubsdk::quoted(good), "\"" + good + "\"");
    EXPECT_EQ(hubsdk::quoted(std::string_view("\"\\\b\f\n\r\t\x01\x00", 9)),
              R"("\"\\\b\f\n\r\t\u0001\u0000")");
}

TEST(JsonWriter, MasksWhatPointersLeadTo) {
    auto document = JsonDocument::parse(R"({"a":{"b":[1,{"c":"x"}]},"d":1.50})");
    ASSERT_TRUE(document);
    const std::vector<std::string> pointers{"/a/b/1/c", "/no"};
    EXPECT_EQ(toMaskedText(document->root(), pointers), R"({"a":{"b":[1,{"c":"***"}]},"d":1.50})");
    const std::vector<std::string> all{""};
    EXPECT_EQ(toMaskedText(document->root(), all), R"("***")");
}

TEST(JsonWriter, PlacesCommasItself) {
    std::string out;
    JsonWriter writer(out);
    writer.beginObject();
    writer.member("a", std::int64_t{-1});
    writer.key("b");
    writer.beginArray();
    writer.number(0.1);
    writer.number(std::numeric_limits<double>::infinity());
    writer.beginObject();
    writer.endObject();
    writer.null();
    writer.endArray();
    writer.member("c", true);
    writer.member("d", "x");
    writer.endObject();
    EXPECT_EQ(out, R"({"a":-1,"b":[0.1,null,{},null],"c":true,"d":"x"})");
}

}  // namespace
}  // namespace hubsdk
