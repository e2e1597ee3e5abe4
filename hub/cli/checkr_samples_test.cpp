// Every recorded document of Checkr through the real hubctl and the real plugin file, compared with
// what it must mean (screening-canonical.md).
#include <algorithm>

#include <gmock/gmock.h>

#include "hub/cli/testing/tool_fixture.hpp"
#include "sdk/plugin-api/testing/expected_document.hpp"

namespace hub::cli {
namespace {

namespace fs = std::filesystem;
using hubsdk::Json;
using hubsdk::JsonDocument;
using hubsdk::testing::differencesFrom;
using plugins::testing::contentOf;
using testing::Ran;

const fs::path kSamples = fs::path(HUB_SHARED_DIR) / "vendors/checkr/samples";

// The names of the samples that begin so and have an expected file.
std::vector<std::string> samples(const std::vector<std::string>& prefixes) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(kSamples)) {
        const std::string name = entry.path().filename().string();
        constexpr std::string_view kEnd = ".expected.json";
        const bool begins = std::ranges::any_of(
            prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
        if (begins && name.ends_with(kEnd)) {
            names.push_back(name.substr(0, name.size() - kEnd.size()));
        }
    }
    std::ranges::sort(names);
    return names;
}

JsonDocument parsed(const std::string& text) {
    auto document = JsonDocument::parse(text.substr(0, text.find_last_not_of(" \n") + 1));
    EXPECT_TRUE(document.ok()) << text;
    return document ? std::move(document).value() : JsonDocument::parse("null").value();
}

std::string bodyOf(const std::string& name) { return contentOf(kSamples / (name + ".json")); }
JsonDocument expectedOf(const std::string& name) {
    return parsed(contentOf(kSamples / (name + ".expected.json")));
}

class CheckrSamples : public testing::ToolTest, public ::testing::WithParamInterface<std::string> {
protected:
    // The last action of a played command, which ends it.
    JsonDocument played(std::string_view command, const std::string& script) {
        const Ran ran = hubctl({"plugin", "run", CHECKR, "--command", file("command.json", command),
                                "--script", file("script.json", script), "--now", "1705667730"});
        EXPECT_NE(ran.code, 2) << ran.err;
        if (ran.out.empty()) return JsonDocument::parse("null").value();
        const std::string lines = ran.out.substr(0, ran.out.size() - 1);
        const std::size_t start = lines.rfind('\n');
        return parsed(start == std::string::npos ? lines : lines.substr(start + 1));
    }
};

using Webhooks = CheckrSamples;
TEST_P(Webhooks, AreInterpretedAsExpected) {
    const std::string delivery =
        R"({"method":"POST","headers":{"Content-Type":"application/json"},"body":)" +
        hubsdk::quoted(bodyOf(GetParam())) + "}";
    const Ran ran = hubctl({"plugin", "interpret", CHECKR, file("delivery.json", delivery)});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const JsonDocument told = parsed(ran.out);
    ASSERT_EQ(told.root().size(), 1U) << ran.out;
    const JsonDocument expected = expectedOf(GetParam());
    EXPECT_THAT(differencesFrom(expected.root(), told.root().at(0)), ::testing::IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Checkr, Webhooks, ::testing::ValuesIn(samples({"webhook_"})),
                         [](const auto& sample) { return sample.param; });

using Replies = CheckrSamples;
TEST_P(Replies, AreReadAsExpected) {
    const std::string body = bodyOf(GetParam());
    const JsonDocument document = parsed(body);
    const std::string path = std::string(document.root()["uri"].text());
    ASSERT_FALSE(path.empty());
    const JsonDocument last = played(
        R"({"command":"order.refresh","vendor_order_id":)" +
            hubsdk::quoted(document.root()["id"].text()) + "}",
        R"([{"request":{"method":"GET","path":)" + hubsdk::quoted(path) +
            R"(},"reply":{"status":200,"headers":{"Content-Type":"application/json"},"body":)" +
            body + "}}]");
    ASSERT_EQ(last.root()["action"].text(), "done") << hubsdk::toText(last.root());
    ASSERT_EQ(last.root()["observations"].size(), 1U);
    const JsonDocument expected = expectedOf(GetParam());
    EXPECT_THAT(differencesFrom(expected.root(), last.root()["observations"].at(0)),
                ::testing::IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Checkr, Replies, ::testing::ValuesIn(samples({"report_", "invitation_"})),
                         [](const auto& sample) { return sample.param; });

using Errors = CheckrSamples;
TEST_P(Errors, HaveTheExpectedClass) {
    const JsonDocument sample = parsed(bodyOf(GetParam()));
    const Json http = sample.root()["http"];
    const JsonDocument last = played(
        R"({"command":"order.refresh","links":[{"type":"report","id":"r1"}]})",
        R"([{"request":{"method":"GET","path":"/v1/reports/r1"},"reply":{"status":)" +
            hubsdk::toText(http["status"]) + R"(,"headers":)" + hubsdk::toText(http["headers"]) +
            R"(,"body":)" + hubsdk::toText(sample.root()["body"]) + "}}]");
    const JsonDocument document = expectedOf(GetParam());
    const Json expected = document.root()["error"];
    const bool again = last.root()["action"].text() == "again";
    EXPECT_EQ(again, expected["retryable"].asBool().value_or(false)) << hubsdk::toText(last.root());
    const Json error = again ? last.root()["again"]["error"] : last.root()["error"];
    EXPECT_THAT(differencesFrom(expected, error), ::testing::IsEmpty());
    EXPECT_EQ(last.root()["observations"].size(), 0U) << "nothing else may be stored";
}
INSTANTIATE_TEST_SUITE_P(Checkr, Errors, ::testing::ValuesIn(samples({"error_"})),
                         [](const auto& sample) { return sample.param; });

// A missing folder would make all of the above pass by testing nothing.
TEST(CheckrSampleFiles, AreThere) {
    EXPECT_EQ(samples({"webhook_"}).size(), 8U);
    EXPECT_EQ(samples({"report_", "invitation_"}).size(), 10U);
    EXPECT_EQ(samples({"error_"}).size(), 10U);
}

// TM-IN-1
class CheckrProof : public testing::ToolTest {};
TEST_F(CheckrProof, TheVendorsVectorIsAuthenticAndAChangedOneIsNot) {
    const JsonDocument file_of_vectors = parsed(bodyOf("signature_vector_vendor"));
    const Json vector = file_of_vectors.root()["vectors"].at(0);
    const std::string key = hubsdk::toText(vector["secrets"]);
    const auto verify = [&](std::string_view body, const std::string& secrets) {
        const std::string delivery =
            R"({"method":"POST","headers":{)" + hubsdk::quoted(vector["header_name"].text()) + ":" +
            hubsdk::quoted(vector["header"].text()) + R"(},"body":)" + hubsdk::quoted(body) + "}";
        return hubctl({"plugin", "verify", CHECKR, "--secrets", file("secrets.json", secrets),
                       file("delivery.json", delivery)});
    };
    const std::string body(vector["payload_text"].text());
    // Checkr signs with the API key, and what a partner application is sent with its client secret.
    for (const std::string& secrets :
         {R"({"api_key":)" + key + "}", R"({"client_secret":)" + key + "}",
          R"({"api_key":["another"],"client_secret":)" + key + "}"}) {
        const Ran authentic = verify(body, secrets);
        EXPECT_EQ(authentic.code, 0) << secrets << authentic.err;
        EXPECT_EQ(authentic.out, "authentic\n") << secrets;
        const Ran refused = verify(body + " ", secrets);
        EXPECT_EQ(refused.code, 1) << secrets;
        EXPECT_EQ(refused.out, "refused: bad_signature\n") << secrets;
    }
    EXPECT_EQ(verify(body, R"({"client_secret":["another"]})").code, 1);
}

}  // namespace
}  // namespace hub::cli
