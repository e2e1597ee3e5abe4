#include "hub/plugins/settings.hpp"

#include "hub/plugins/testing/plugin_fixture.hpp"

namespace hub::plugins {
namespace {

class SettingsTest : public ::testing::Test {
protected:
    std::string checked(std::string_view json, MissingSettings missing = MissingSettings::kRefuse) {
        const auto manifest = hubsdk::readManifest(
            testing::contentOf(HUB_SOURCE_DIR "/hub/plugins/testing/manifest.json"));
        const auto result = validateSettings(*manifest, json, missing);
        return result ? *result : result.error().text();
    }
};

TEST_F(SettingsTest, FillsDefaultsInTheOrderOfTheManifest) {
    EXPECT_EQ(checked(R"({"node":"n"})"),
              R"({"environment":"production","node":"n","strict":false})");
    EXPECT_EQ(checked(R"({"packages":{"basic":"p1","plus":2},"limit":1.5,"strict":true,)"
                      R"("node":"n","environment":"staging"})"),
              R"({"environment":"staging","node":"n","limit":1.5,"strict":true,)"
              R"("packages":{"basic":"p1","plus":2}})");
    EXPECT_EQ(checked(R"({"node":"n","environment":null})"),
              R"({"environment":"production","node":"n","strict":false})");
}

TEST_F(SettingsTest, NamesTheSettingThatIsWrong) {
    EXPECT_EQ(checked("{}"), "node: is required");
    EXPECT_EQ(checked(""), "node: is required");
    EXPECT_EQ(checked("", MissingSettings::kAllow),
              R"({"environment":"production","strict":false})");
    EXPECT_EQ(checked(R"({"nodes":"n"})"), "nodes: is no setting of trial");
    EXPECT_EQ(checked(R"({"node":5})"), "node: must be a text");
    EXPECT_EQ(checked(R"({"node":"n","environment":"test"})"),
              "environment: is none of production, staging");
    EXPECT_EQ(checked(R"({"node":"n","environment":1})"),
              "environment: is none of production, staging");
    EXPECT_EQ(checked(R"({"node":"n","limit":"5"})"), "limit: must be a number");
    EXPECT_EQ(checked(R"({"node":"n","strict":"yes"})"), "strict: must be true or false");
    EXPECT_EQ(checked(R"({"node":"n","packages":[]})"), "packages: must be an object");
    EXPECT_EQ(checked(R"({"node":"n","packages":{"a":[]}})"),
              "packages.a: must be a text, number or flag");
    EXPECT_EQ(checked("[]"), "settings must be an object");
    EXPECT_NE(checked("{"), "{}");
}

}  // namespace
}  // namespace hub::plugins
