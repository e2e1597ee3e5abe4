/* The binary interface between hub and plugin. Compiles as C11 and as C++20.
 *
 * Conventions (each has its measurement in docs/adr/0003-plugin-abi.md):
 * 1. One exported function, hub_plugin_entry. Everything else is reached through its table.
 * 2. Every struct begins with its size. Members are only ever appended; a member is read only if
 *    struct_size covers it and, for a pointer, if it is not null.
 * 3. Memory never changes owner. Inputs are views that are valid during the call; outputs go
 *    through a sink that the host owns. Nothing is freed across the border.
 * 4. Documents are UTF-8 JSON (the types of <hubsdk/model/...>). Raw bytes (bodies) lie beside the
 *    document: {"blob": n} in it means call->blobs[n].
 * 5. Plugin functions are pure: same inputs, same bytes. No clock, randomness, files, sockets,
 *    threads, environment or changing globals.
 * 6. Nothing thrown may leave a plugin.
 * Tags: [any-thread] may be called from every thread, also at the same time.
 */
#ifndef HUBSDK_PLUGIN_H
#define HUBSDK_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A host refuses a plugin of another major, and one whose minor is above its own. */
#define HUB_ABI_MAJOR 1
#define HUB_ABI_MINOR 0

/* Most blobs one call may carry, and most bytes a call may write to its sink. */
#define HUB_BLOBS_MAX 128
#define HUB_OUTPUT_BYTES_MAX (32u * 1024u * 1024u)

/* Bytes owned by somebody else. data may be null if size is 0; not terminated by NUL. */
typedef struct hub_view {
    const char* data;
    uint64_t size; /* bytes */
} hub_view;

/* Result of a call. On anything but HUB_OK the sink holds one error document
 * {"class", "message", "path"?} instead of the answer, or nothing. */
typedef int32_t hub_status;
#define HUB_OK 0
#define HUB_INVALID 1     /* the input is wrong: error document names the field */
#define HUB_UNSUPPORTED 2 /* the plugin does not offer this */
#define HUB_OVERSIZE 3    /* the sink refused a chunk */
#define HUB_FAILED 4      /* a fault of the plugin, for example an exception */

/* Where a call writes its answer. Ownership: host; valid during the call. [any-thread] */
typedef struct hub_sink {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    void* context;     /* handed back unchanged */
    /* Appends a chunk. HUB_OVERSIZE once the total would pass the limit of the call: the plugin
     * then stops and returns HUB_OVERSIZE. Ownership: chunk stays the plugin's; it is copied before
     * the call returns. [any-thread] */
    hub_status (*write)(void* context, hub_view chunk);
} hub_sink;

/* What a host offers during a call. Small on purpose: plugin functions are pure.
 * Ownership: host; valid during the call. [any-thread] */
typedef struct hub_host {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    void* context;     /* handed back unchanged */
    /* Writes one line to the hub's log. level: 0 debug, 1 info, 2 warning, 3 error. The host cuts
     * it at 1 KiB, escapes control characters and redacts it. Ownership: message stays the
     * plugin's; it is copied before the call returns. [any-thread] */
    void (*log)(void* context, int32_t level, hub_view message);
    /* A host capability by id, for example "hub.clock-trace/1"; null if not offered. Ownership: the
     * table is the host's, static. [any-thread] */
    const void* (*query)(void* context, hub_view id);
} hub_host;

/* The input of one call. Ownership: host; valid during the call. */
typedef struct hub_call {
    uint32_t struct_size;
    uint32_t blob_count;   /* at most HUB_BLOBS_MAX */
    hub_view document;     /* UTF-8 JSON */
    const hub_view* blobs; /* blob_count views; null if 0 */
    const hub_host* host;  /* may be null */
} hub_call;

/* The plugin. Ownership: plugin; static, valid until the library is unloaded. */
typedef struct hub_plugin_table {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;

    /* The manifest: the very bytes of section .hub.manifest. Required. Ownership: plugin, static.
     * [any-thread] */
    hub_view (*describe)(void);

    /* ClaimInput -> Claim: the proof that a delivery offers; the host checks it. Null if the plugin
     * has no inbound routes or if all its claims are templates of the manifest. Ownership: call and
     * answer are the host's, valid during the call. [any-thread] */
    hub_status (*claim)(const hub_call* call, const hub_sink* answer);

    /* ClaimInput -> Interpretation: what a proven delivery says. Null as for claim. Ownership: as
     * for claim. [any-thread] */
    hub_status (*interpret)(const hub_call* call, const hub_sink* answer);

    /* AdvanceInput -> Action: the next action of a flow. Null if the plugin has no commands.
     * Ownership: as for claim. [any-thread] */
    hub_status (*advance)(const hub_call* call, const hub_sink* answer);

    /* A capability of the plugin by id ("hub.settings-migrate/1"), or null. Required. Ownership: id
     * stays the host's; the table is the plugin's, static. [any-thread] */
    const void* (*query)(hub_view id);
} hub_plugin_table;

#if defined(__GNUC__)
#define HUB_EXPORT __attribute__((visibility("default")))
#else
#define HUB_EXPORT
#endif

/* The one exported name. Returns the plugin's table; never null in a working plugin.
 * Called once after the load. Ownership: plugin, static. [any-thread] */
HUB_EXPORT const hub_plugin_table* hub_plugin_entry(void);

#ifdef __cplusplus
}
#endif

#endif /* HUBSDK_PLUGIN_H */
