#include "hub/plugins/plugin_library.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "hub/plugins/plugin.hpp"
#include "hub/plugins/testing/plugin_fixture.hpp"

namespace hub::plugins {
namespace {

namespace fs = std::filesystem;
using hubsdk::ErrorCode;
using testing::contentOf;
using testing::testPlugin;

class PluginLibraryTest : public testing::PluginTest {
protected:
    std::string refusal(const std::string& plugin) {
        const auto library = PluginLibrary::load(testPlugin(plugin), cache());
        return library ? "accepted" : library.error().text();
    }
};

mode_t modeOf(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
}

std::size_t mappingsOf(const std::string& name) {
    std::ifstream maps("/proc/self/maps");
    std::string line;
    std::size_t count = 0;
    while (std::getline(maps, line)) count += line.find(name) == std::string::npos ? 0U : 1U;
    return count;
}

TEST_F(PluginLibraryTest, MapsACopyThatIsNamedByItsHash) {
    const auto library = PluginLibrary::load(testPlugin("trial_good"), cache());
    ASSERT_TRUE(library.ok()) << library.error().text();
    const PluginFile& file = (*library)->file();
    EXPECT_EQ((*library)->mappedPath(), cache() / ("trial-" + file.sha256 + ".so"));
    EXPECT_EQ(modeOf(cache()), 0700U);
    EXPECT_EQ(modeOf((*library)->mappedPath()), 0600U);
    EXPECT_GT(mappingsOf(file.sha256), 0U);
    EXPECT_EQ(mappingsOf("test-plugins"), 0U);
    const auto left = std::distance(fs::directory_iterator(cache()), fs::directory_iterator());
    EXPECT_EQ(left, 1) << "no temporary file stays";
}

// TM-PLG-5
TEST_F(PluginLibraryTest, SaysWithOneSentenceWhatIsMissing) {
    EXPECT_EQ(refusal("trial_major"), "abi: the plugin was built for ABI 2.0, this hub offers 1.0");
    EXPECT_EQ(refusal("trial_minor"), "abi: the plugin was built for ABI 1.1, this hub offers 1.0");
    EXPECT_EQ(refusal("trial_size"), "abi: the table is smaller than that of ABI 1.0");
    EXPECT_EQ(refusal("trial_null"), "abi: hub_plugin_entry returned no table");
    EXPECT_EQ(refusal("trial_no_query"), "capability: describe and query are required");
    EXPECT_EQ(refusal("trial_no_advance"),
              "capability: the manifest lists commands, but the plugin has no advance");
    EXPECT_EQ(refusal("trial_no_interpret"),
              "capability: the manifest has an inbound route for events, but the plugin has no "
              "interpret");
    EXPECT_EQ(refusal("trial_describe"),
              "manifest: describe() returns another manifest than section .hub.manifest");
    EXPECT_EQ(refusal("trial_unresolved"),
              "load: the loader refuses the file: undefined symbol: hub_name_that_nobody_has");
    EXPECT_EQ(refusal("trial_odd"), "accepted");
}

TEST_F(PluginLibraryTest, ARefusedLibraryIsNotLeftMapped) {
    EXPECT_NE(refusal("trial_describe"), "accepted");
    EXPECT_EQ(mappingsOf(cache().string()), 0U);
}

TEST_F(PluginLibraryTest, ChecksHalfCapabilitiesAgainstTheManifest) {
    const auto library = PluginLibrary::load(testPlugin("trial_odd"), cache());
    ASSERT_TRUE(library.ok());
    const auto refusalOf = [&](hub_plugin_table table, auto change) {
        PluginFile file = (*library)->file();
        change(table, file);
        const auto checked = checkTable(&table, file);
        return checked ? std::string("accepted") : checked.error().message;
    };
    const hub_plugin_table good = (*library)->table();
    EXPECT_EQ(refusalOf(good, [](hub_plugin_table& table, PluginFile&) { table.claim = nullptr; }),
              "the manifest has an inbound route without a claim, and the plugin has no claim");
    EXPECT_EQ(refusalOf(good, [](hub_plugin_table&, PluginFile& f) { f.manifest.inbound.clear(); }),
              "the plugin has claim or interpret, but the manifest has no inbound route");
    EXPECT_EQ(
        refusalOf(good, [](hub_plugin_table&, PluginFile& f) { f.manifest.commands.clear(); }),
        "the plugin has advance, but the manifest lists no commands");
    EXPECT_EQ(refusalOf(good, [](hub_plugin_table&,
                                 PluginFile& f) { f.manifest.inbound[0].kind = "request"; }),
              "the manifest has an inbound route for requests, but no command inbound.request");
}

// TM-PLG-1
TEST_F(PluginLibraryTest, RefusesAFolderThatOthersMayWriteTo) {
    fs::create_directory(cache());
    fs::permissions(cache(), fs::perms::all);
    const auto library = PluginLibrary::load(testPlugin("trial_odd"), cache());
    EXPECT_EQ(library.error().code, ErrorCode::kForbidden);
    fs::remove(cache());
    fs::create_directory(folder_ / "real");
    fs::permissions(folder_ / "real", fs::perms::owner_all);
    fs::create_directory_symlink(folder_ / "real", cache());
    EXPECT_EQ(PluginLibrary::load(testPlugin("trial_odd"), cache()).error().code,
              ErrorCode::kForbidden);
}

TEST_F(PluginLibraryTest, SaysThatTheFolderCannotBeWritten) {
    testing::write(folder_ / "file", "x");
    const auto library = PluginLibrary::load(testPlugin("trial_odd"), folder_ / "file" / "cache");
    EXPECT_EQ(library.error().code, ErrorCode::kUnavailable);
}

// TM-PLG-1: somebody put other bytes, or a link, under the name that the hash leads to.
TEST_F(PluginLibraryTest, ReplacesForeignBytesUnderItsName) {
    const std::string bytes = contentOf(testPlugin("trial_odd"));
    const fs::path target =
        PluginLibrary::load(testPlugin("trial_odd"), cache()).value()->mappedPath();
    testing::write(target, "other bytes");
    EXPECT_TRUE(PluginLibrary::load(testPlugin("trial_odd"), cache()).ok());
    EXPECT_EQ(contentOf(target), bytes);

    fs::remove(target);
    testing::write(folder_ / "elsewhere", bytes);
    fs::create_symlink(folder_ / "elsewhere", target);
    EXPECT_TRUE(PluginLibrary::load(testPlugin("trial_odd"), cache()).ok());
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(target)));
}

// The given file may be replaced while its plugin runs; overwriting a mapped file would kill us.
TEST_F(PluginLibraryTest, ReplacedFilesDoNotTouchWhatRuns) {
    const fs::path given = folder_ / "given.so";
    testing::write(given, contentOf(testPlugin("trial_good")));
    const auto first = Plugin::load(given, cache()).value();
    testing::write(given, contentOf(testPlugin("trial_good_again")));
    const auto second = Plugin::load(given, cache()).value();
    EXPECT_NE(first->sha256(), second->sha256());
    hubsdk::Delivery delivery;
    delivery.body.bytes = "r-1";
    EXPECT_EQ(first->interpret(delivery, "")->observations.at(0).version, "1");
    EXPECT_EQ(second->interpret(delivery, "")->observations.at(0).version, "2");
}

// TM-PLG-3
TEST_F(PluginLibraryTest, AThousandLoadsCallsAndUnloadsLeaveNothingMapped) {
    const auto callOnce = [&](const std::string& name) {
        const auto plugin = Plugin::load(testPlugin(name), cache());
        ASSERT_TRUE(plugin.ok()) << plugin.error().text();
        hubsdk::Delivery delivery;
        delivery.body.bytes = "r-1";
        ASSERT_TRUE((*plugin)->interpret(delivery, "").ok());
        hubsdk::AdvanceInput input;
        input.inputs.command = "account.test";
        ASSERT_EQ((*plugin)->advance(input)->calls.size(), 1U);
        ASSERT_GT(mappingsOf((*plugin)->sha256()), 0U);
    };
    callOnce("trial_good");
    callOnce("trial_good_again");
    const std::size_t before = mappingsOf("");
    for (int i = 0; i < 500; ++i) {
        callOnce("trial_good");
        callOnce("trial_good_again");
        ASSERT_EQ(mappingsOf(cache().string()), 0U) << "after cycle " << i;
    }
    // The heap may grow by a mapping or two, a sanitizer's by more; a thousand libraries would
    // show.
#ifdef HUB_SANITIZED
    constexpr std::size_t kHeapMappings = 200;
#else
    constexpr std::size_t kHeapMappings = 8;
#endif
    EXPECT_LE(mappingsOf(""), before + kHeapMappings);
}

}  // namespace
}  // namespace hub::plugins
