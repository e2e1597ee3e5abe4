/// What the tests of loader, registry and hubctl share.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace hub::plugins::testing {

inline std::filesystem::path testPlugin(const std::string& name) {
    return std::filesystem::path(HUB_TEST_PLUGIN_DIR) / (name + ".so");
}

inline std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

inline void write(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A folder of its own for each test, removed at the end.
class PluginTest : public ::testing::Test {
protected:
    PluginTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "hub-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~PluginTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    [[nodiscard]] std::filesystem::path cache() const { return folder_ / "cache"; }

    std::filesystem::path folder_;
};

}  // namespace hub::plugins::testing
