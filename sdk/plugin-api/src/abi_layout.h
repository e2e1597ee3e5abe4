/* The layout of every struct of the binary interface on x86-64, fixed: a change here breaks every
 * plugin that exists. Included by a C and by a C++ file. */
#ifndef HUB_ABI_LAYOUT_H
#define HUB_ABI_LAYOUT_H

#include <hubsdk/ext/settings_migrate.h>
#include <hubsdk/plugin.h>
#include <stddef.h>

#ifdef __cplusplus
#define HUB_SAME(value, expected) static_assert((value) == (expected), #value)
#else
#define HUB_SAME(value, expected) _Static_assert((value) == (expected), #value)
#endif
#define HUB_SIZE(type, expected) HUB_SAME(sizeof(type), expected)
#define HUB_AT(type, member, expected) HUB_SAME(offsetof(type, member), expected)

HUB_SIZE(hub_status, 4);

HUB_SIZE(hub_view, 16);
HUB_AT(hub_view, data, 0);
HUB_AT(hub_view, size, 8);

HUB_SIZE(hub_sink, 24);
HUB_AT(hub_sink, struct_size, 0);
HUB_AT(hub_sink, reserved, 4);
HUB_AT(hub_sink, context, 8);
HUB_AT(hub_sink, write, 16);

HUB_SIZE(hub_host, 32);
HUB_AT(hub_host, struct_size, 0);
HUB_AT(hub_host, reserved, 4);
HUB_AT(hub_host, context, 8);
HUB_AT(hub_host, log, 16);
HUB_AT(hub_host, query, 24);

HUB_SIZE(hub_call, 40);
HUB_AT(hub_call, struct_size, 0);
HUB_AT(hub_call, blob_count, 4);
HUB_AT(hub_call, document, 8);
HUB_AT(hub_call, blobs, 24);
HUB_AT(hub_call, host, 32);

HUB_SIZE(hub_plugin_table, 48);
HUB_AT(hub_plugin_table, struct_size, 0);
HUB_AT(hub_plugin_table, abi_major, 4);
HUB_AT(hub_plugin_table, abi_minor, 6);
HUB_AT(hub_plugin_table, describe, 8);
HUB_AT(hub_plugin_table, claim, 16);
HUB_AT(hub_plugin_table, interpret, 24);
HUB_AT(hub_plugin_table, advance, 32);
HUB_AT(hub_plugin_table, query, 40);

HUB_SIZE(hub_settings_migrate, 16);
HUB_AT(hub_settings_migrate, struct_size, 0);
HUB_AT(hub_settings_migrate, reserved, 4);
HUB_AT(hub_settings_migrate, migrate, 8);

HUB_SAME(HUB_ABI_MAJOR, 1);
HUB_SAME(HUB_ABI_MINOR, 0);
HUB_SAME(HUB_OK, 0);
HUB_SAME(HUB_INVALID, 1);
HUB_SAME(HUB_UNSUPPORTED, 2);
HUB_SAME(HUB_OVERSIZE, 3);
HUB_SAME(HUB_FAILED, 4);

#endif /* HUB_ABI_LAYOUT_H */
