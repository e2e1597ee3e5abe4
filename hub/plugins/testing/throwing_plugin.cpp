// A plugin whose exports let exceptions out, as one written without the SDK's guard may do.
#include <hubsdk/plugin.h>

#include <cstdint>

extern "C" __attribute__((visibility("hidden"))) const char hub_manifest_begin[];
extern "C" __attribute__((visibility("hidden"))) const char hub_manifest_end[];

namespace {

struct Unheard {
    virtual ~Unheard() = default;  // its type lives in the plugin
};

hub_status thrower(const hub_call*, const hub_sink*) { throw Unheard(); }
const void* query(hub_view) { return nullptr; }
hub_view describe() {
    return {hub_manifest_begin, static_cast<std::uint64_t>(hub_manifest_end - hub_manifest_begin)};
}

}  // namespace

extern "C" HUB_EXPORT const hub_plugin_table* hub_plugin_entry(void) {
    static const hub_plugin_table kTable{sizeof(hub_plugin_table),
                                         HUB_ABI_MAJOR,
                                         HUB_ABI_MINOR,
                                         &describe,
                                         &thrower,
                                         &thrower,
                                         &thrower,
                                         &query};
    return &kTable;
}
