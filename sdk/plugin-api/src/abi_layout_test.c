/* The layout as C11 sees it; the sizes are handed to the C++ test, which compares them. */
#include "sdk/plugin-api/src/abi_layout.h"

size_t hub_test_sizes_in_c(size_t* sizes, size_t count_max);

size_t hub_test_sizes_in_c(size_t* sizes, size_t count_max) {
    const size_t all[] = {sizeof(hub_view), sizeof(hub_sink),         sizeof(hub_host),
                          sizeof(hub_call), sizeof(hub_plugin_table), sizeof(hub_settings_migrate)};
    const size_t count = sizeof(all) / sizeof(all[0]);
    for (size_t i = 0; i < count && i < count_max; ++i) sizes[i] = all[i];
    return count;
}
