// Every shared sample maps exactly as its *.expected.json says (screening-canonical.md).
#include "plugins/checkr/checkr_test_support.hpp"

#include <hubsdk/cpp/text.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace vendor::checkr {
namespace {

using namespace testing;
using hubsdk::JsonDocument;
using hubsdk::JsonKind;

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

// Members absent from the expected document are not compared; null and absent are the same.
void compare(Json expected, Json actual, const std::string& path);

void compareChecks(Json expected, Json actual, const std::string& path) {
    EXPECT_EQ(expected.size(), actual.size()) << path;
    for (const auto& node : expected.items()) {
        const Json check(&node);
        Json found;
        for (const auto& candidate : actual.items()) {
            if (Json(&candidate)["vendor_check_id"].text() == check["vendor_check_id"].text()) {
                found = Json(&candidate);
            }
        }
        compare(check, found, path + "/" + std::string(check["vendor_check_id"].text()));
    }
}

void compare(Json expected, Json actual, const std::string& path) {
    constexpr std::array<std::string_view, 3> kNotCompared{"input", "vendor", "note"};
    if (expected.empty()) {
        EXPECT_TRUE(actual.empty()) << path << " is " << hubsdk::toText(actual);
        return;
    }
    if (expected.kind() == JsonKind::kArray) {
        ASSERT_EQ(expected.size(), actual.size()) << path;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            compare(expected.at(i), actual.at(i), path + "/" + std::to_string(i));
        }
        return;
    }
    if (expected.kind() != JsonKind::kObject) {
        EXPECT_EQ(hubsdk::toText(expected), hubsdk::toText(actual)) << path;
        return;
    }
    for (const auto& member : expected.members()) {
        if (std::ranges::find(kNotCompared, member.name) != kNotCompared.end()) continue;
        const Json value(&member.value);
        const std::string at = path + "/" + std::string(member.name);
        if (member.name == "checks") {
            compareChecks(value, actual["checks"], at);
        } else if (member.name == "message_contains") {
            EXPECT_TRUE(hubsdk::containsNoCase(actual["message"].text(), value.text())) << at;
        } else {
            compare(value, actual[member.name], at);
        }
    }
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
    const std::string expected_text = sample(GetParam() + std::string(kEnding));
    const auto input = JsonDocument::parse(body);
    const auto expected = JsonDocument::parse(expected_text);
    ASSERT_TRUE(input.ok() && expected.ok());
    std::string actual_text;
    if (GetParam().starts_with("webhook_")) {
        actual_text = observationText(interpreted(body));
    } else if (input->root()["http"].present()) {
        actual_text = errorText(input->root());
    } else {
        actual_text = refreshText(input->root(), body);
    }
    const auto actual = JsonDocument::parse(actual_text);
    ASSERT_TRUE(actual.ok());
    compare(expected->root(), actual->root(), "");
}

INSTANTIATE_TEST_SUITE_P(Shared, CheckrSample, ::testing::ValuesIn(expectedFiles()),
                         [](const auto& row) { return row.param; });

TEST(CheckrSamples, AreAllThere) { EXPECT_GE(expectedFiles().size(), 28U); }

}  // namespace
}  // namespace vendor::checkr
