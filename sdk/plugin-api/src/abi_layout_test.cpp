#include "sdk/plugin-api/src/abi_layout.h"

#include <gtest/gtest.h>
#include <array>
#include <type_traits>

extern "C" size_t hub_test_sizes_in_c(size_t* sizes, size_t count_max);

namespace {

TEST(AbiLayout, IsTheSameInCAndInCpp) {
    constexpr std::array<size_t, 6> kSizes{sizeof(hub_view),         sizeof(hub_sink),
                                           sizeof(hub_host),         sizeof(hub_call),
                                           sizeof(hub_plugin_table), sizeof(hub_settings_migrate)};
    std::array<size_t, 6> in_c{};
    ASSERT_EQ(hub_test_sizes_in_c(in_c.data(), in_c.size()), kSizes.size());
    EXPECT_EQ(in_c, kSizes);
}

TEST(AbiLayout, StructsArePlainData) {
    static_assert(std::is_standard_layout_v<hub_plugin_table> &&
                  std::is_trivial_v<hub_plugin_table>);
    static_assert(std::is_standard_layout_v<hub_call> && std::is_trivial_v<hub_call>);
    static_assert(std::is_standard_layout_v<hub_sink> && std::is_trivial_v<hub_sink>);
    static_assert(std::is_standard_layout_v<hub_host> && std::is_trivial_v<hub_host>);
    static_assert(std::is_standard_layout_v<hub_settings_migrate> &&
                  std::is_trivial_v<hub_settings_migrate>);
    static_assert(std::is_same_v<decltype(&hub_plugin_entry), const hub_plugin_table* (*)()>);
}

}  // namespace
