#include "hub/app/folder_lock.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "hub/security/digest.hpp"

namespace hub::app {
namespace {

TEST(FolderLock, IsHeldByOneAtATime) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("lock-" + security::randomToken());
    std::filesystem::create_directory(folder);
    {
        FolderLock first;
        ASSERT_TRUE(first.take(folder.string()).ok());
        FolderLock second;
        const auto refused = second.take(folder.string());
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, hubsdk::ErrorCode::kConflict);
    }
    FolderLock later;
    EXPECT_TRUE(later.take(folder.string()).ok());
    FolderLock nowhere;
    EXPECT_EQ(nowhere.take((folder / "none").string()).error().code,
              hubsdk::ErrorCode::kUnavailable);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hub::app
