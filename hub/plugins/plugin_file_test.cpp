#include "hub/plugins/plugin_file.hpp"

#include "hub/plugins/testing/plugin_fixture.hpp"
#include "hub/security/digest.hpp"

namespace hub::plugins {
namespace {

using hubsdk::ErrorCode;
using testing::contentOf;
using testing::testPlugin;

class PluginFileTest : public testing::PluginTest {
protected:
    std::string refusal(const std::string& plugin) {
        const auto file = readPluginFile(testPlugin(plugin));
        return file ? "accepted" : file.error().text();
    }
};

TEST_F(PluginFileTest, ReadsManifestFixturesAndNamesWithoutRunningIt) {
    const auto file = readPluginFile(testPlugin("trial_good"));
    ASSERT_TRUE(file.ok()) << file.error().text();
    const std::string manifest = contentOf(HUB_SOURCE_DIR "/hub/plugins/testing/manifest.json");
    EXPECT_EQ(file->manifest_json, manifest);
    EXPECT_EQ(file->fixtures, manifest) << "the test plugins carry the manifest as fixtures too";
    EXPECT_EQ(file->manifest.vendor, "trial");
    EXPECT_EQ(file->exports, std::vector<std::string>{"hub_plugin_entry"});
    EXPECT_EQ(file->sha256, security::sha256Hex(contentOf(testPlugin("trial_good"))));
}

TEST_F(PluginFileTest, NamesTheRuleThatAFileBreaks) {
    EXPECT_EQ(refusal("trial_exports"),
              "exports: the file exports more than hub_plugin_entry: hub_second_name");
    EXPECT_EQ(refusal("trial_no_manifest"), "manifest: the file has no section .hub.manifest");
    EXPECT_EQ(refusal("trial_bad_manifest"),
              "manifest: vendor: must be lower-case letters, digits and '_'");
    EXPECT_EQ(readPluginBytes("hello").error().text(), "elf: the file is no ELF file");
    EXPECT_EQ(readPluginBytes("").error().text(), "elf: the file is no ELF file");
    EXPECT_EQ(readPluginFile(folder_ / "none.so").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(readPluginFile(folder_).error().code, ErrorCode::kNotFound);
}

TEST_F(PluginFileTest, RefusesOtherMachinesAndKinds) {
    std::string bytes = contentOf(testPlugin("trial_odd"));
    constexpr std::size_t kTypeOffset = 16;     // e_type
    constexpr std::size_t kMachineOffset = 18;  // e_machine
    std::string other = bytes;
    other[kMachineOffset] = 8;  // MIPS
    EXPECT_EQ(readPluginBytes(other).error().path, "machine");
    bytes[kTypeOffset] = 1;  // relocatable
    EXPECT_EQ(readPluginBytes(bytes).error().path, "kind");
}

// TM-PLG-1
TEST_F(PluginFileTest, CutAndChangedFilesAreRefusedOrReadButNeverCrash) {
    const std::string bytes = contentOf(testPlugin("trial_odd"));
    for (std::size_t size = 0; size < bytes.size(); size += 97) {
        const auto file = readPluginBytes(bytes.substr(0, size));
        EXPECT_FALSE(file.ok() && file->sha256.empty());
    }
    for (std::size_t at = 0; at < bytes.size(); at += 13) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(~changed[at]);
        const auto file = readPluginBytes(changed);
        EXPECT_FALSE(file.ok() && file->sha256.empty());
    }
}

}  // namespace
}  // namespace hub::plugins
