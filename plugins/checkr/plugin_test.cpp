// The plugin's documents: manifest, and its own fixtures compared whole.
#include <gtest/gtest.h>

#include <algorithm>

#include "plugins/checkr/checkr_test_support.hpp"

namespace vendor::checkr {
namespace {

using namespace testing;

std::string compact(const std::string& text) {
    const auto document = hubsdk::JsonDocument::parse(text);
    EXPECT_TRUE(document.ok());
    return document ? hubsdk::toText(document->root()) : std::string();
}

TEST(CheckrPlugin, ManifestIsValidAndEveryCommandHasAFlow) {
    const auto manifest = plugin().manifest();
    ASSERT_TRUE(manifest.ok()) << manifest.error().text();
    EXPECT_EQ(manifest->vendor, "checkr");
    for (const std::string& name : manifest->commands) {
        hubsdk::AdvanceInput input;
        input.inputs = commandOf(name);
        const auto action = plugin().advance(input);
        ASSERT_TRUE(action.ok()) << name;
        const bool unknown =
            action->error && action->error->error_class == hubsdk::ErrorClass::kUnsupported;
        EXPECT_FALSE(unknown) << name;
    }
}

// Each host in full: "*.amazonaws.com" is everybody's storage, not the vendor's.
TEST(CheckrPlugin, AllowsDownloadsFromTheVendorsStorageOnly) {
    const auto manifest = plugin().manifest();
    ASSERT_TRUE(manifest.ok());
    for (const std::string& host : manifest->download_hosts) {
        EXPECT_EQ(host.find('*'), std::string::npos) << host;
    }
    const hubsdk::Result<hubsdk::JsonDocument> document =
        hubsdk::JsonDocument::parse(sample("document_pdf.json"));
    ASSERT_TRUE(document.ok());
    std::string_view host = document->root()["download_uri"].text();
    host.remove_prefix(std::string_view("https://").size());
    host = host.substr(0, host.find('/'));
    EXPECT_NE(std::ranges::find(manifest->download_hosts, host), manifest->download_hosts.end());
}

TEST(CheckrPlugin, InterpretsItsOwnDelivery) {
    const auto file = hubsdk::testing::readDelivery(fixture("report_engaged.delivery.json"));
    ASSERT_TRUE(file.ok()) << file.error().text();
    const auto observations = plugin().interpret((*file)->delivery);
    ASSERT_TRUE(observations.ok());
    EXPECT_EQ(hubsdk::writeShape(*observations),
              compact(fixture("report_engaged.observations.json")));
}

TEST(CheckrPlugin, PlaysItsOwnScript) {
    const std::string command_text = fixture("submit_hosted.command.json");
    const auto command = hubsdk::readShape<Command>(std::string_view(command_text));
    ASSERT_TRUE(command.ok()) << command.error().text();
    const auto script = hubsdk::testing::readScript(fixture("submit_hosted.script.json"));
    ASSERT_TRUE(script.ok()) << script.error().text();
    const auto played =
        hubsdk::testing::ScriptedTransport(plugin().advancer(), *script).playTwice(*command);
    ASSERT_TRUE(played.ok()) << played.error().text();
    EXPECT_EQ(hubsdk::writeShape(played->actions), compact(fixture("submit_hosted.actions.json")));
}

}  // namespace
}  // namespace vendor::checkr
