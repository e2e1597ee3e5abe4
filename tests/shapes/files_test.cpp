#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace {

constexpr int kLinesMax = 60;
constexpr int kShapeCount = 10;

int linesOf(const std::filesystem::path& file) {
    std::ifstream text(file);
    int lines = 0;
    for (std::string line; std::getline(text, line);) ++lines;
    return lines;
}

TEST(ShapeFiles, EachPluginIsAtMostSixtyLines) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(HUB_SOURCE_DIR "/tests/shapes")) {
        const std::filesystem::path source = entry.path() / "plugin.cpp";
        if (!std::filesystem::exists(source)) continue;
        ++count;
        EXPECT_LE(linesOf(source), kLinesMax) << source;
    }
    EXPECT_EQ(count, kShapeCount);
}

}  // namespace
