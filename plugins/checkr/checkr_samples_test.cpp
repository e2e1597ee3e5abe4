// Every shared sample maps exactly as its *.expected.json says (screening-canonical.md).
#include "plugins/checkr/checkr_test_support.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "sdk/plugin-api/testing/expected_document.hpp"

namespace vendor::checkr {
namespace {

using namespace testing;
using hubsdk::JsonDocument;

constexpr std::string_view kEnding = ".expected.json";

std::vector<std::string> expectedFiles() {
    std::vector<std::string> names;
    std::error_code problem;
    for (const auto& file :
         std::filesystem::directory_iterator(HUB_SHARED_DIR "/vendors/checkr/samples", problem)) {
        const std::string name = file.path().filename().string();
        if (name.ends_with(kEnding)) names.push_back(name.substr(0, name.size() - kEnding.size()));
    }
    return names;
}

std::string observationText(const hubsdk::Observation& observation) {
    return hubsdk::writeShape(observation);
}

// {"error": …} of a flow that asked for a report and got this whole response.
std::string errorText(Json input) {
    Exchange exchange{"GET", "/v1/reports/r1", ""};
    exchange.status = static_cast<int>(input["http"]["status"].asInt64().value_or(0));
    for (const auto& header : input["http"]["headers"].members()) {
        exchange.headers.push_back(
            {std::string(header.name), std::string(Json(&header.value).text())});
    }
    const Json body = input["body"];
    exchange.body = body.asString() ? std::string(*body.asString()) : hubsdk::toText(body);
    const Played played = play(commandOf("order.refresh", "", {{"report", "r1"}}), {exchange});
    EXPECT_TRUE(played.observations.empty());
    return "{\"error\":" + hubsdk::writeShape(errorOf(played)) + "}";
}

// The observation of a refresh whose answer is this object.
std::string refreshText(Json input, const std::string& body) {
    const bool report = input["object"].text() == "report";
    const std::string id(input["id"].text());
    const std::string path = (report ? "/v1/reports/" : "/v1/invitations/") + id;
    const Played played =
        play(commandOf("order.refresh", "", {{report ? "report" : "invitation", id}}),
             {{"GET", path, body}});
    EXPECT_EQ(played.observations.size(), 1U);
    return played.observations.empty() ? "{}" : observationText(played.observations.front());
}

class CheckrSample : public ::testing::TestWithParam<std::string> {};

TEST_P(CheckrSample, MapsExactly) {
    const std::string body = sample(GetParam() + ".json");
    const auto input = JsonDocument::parse(body);
    ASSERT_TRUE(input.ok());
    std::string actual;
    if (GetParam().starts_with("webhook_")) {
        actual = observationText(interpreted(body));
    } else if (input->root()["http"].present()) {
        actual = errorText(input->root());
    } else {
        actual = refreshText(input->root(), body);
    }
    const std::string expected = sample(GetParam() + std::string(kEnding));
    EXPECT_THAT(hubsdk::testing::differencesFrom(expected, actual), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Shared, CheckrSample, ::testing::ValuesIn(expectedFiles()),
                         [](const auto& row) { return row.param; });

TEST(CheckrSamples, AreAllThere) { EXPECT_GE(expectedFiles().size(), 28U); }

}  // namespace
}  // namespace vendor::checkr
