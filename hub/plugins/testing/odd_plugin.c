/* A plugin in plain C that is wrong in one way, which the build chooses by a macro. Everything else
 * about it is right, so that a refusal can only have this one reason. */
#include <hubsdk/plugin.h>

#include <string.h>

extern const char hub_manifest_begin[] __attribute__((visibility("hidden")));
extern const char hub_manifest_end[] __attribute__((visibility("hidden")));

static hub_view describe(void) {
    hub_view view;
    view.data = hub_manifest_begin;
    view.size = (uint64_t)(hub_manifest_end - hub_manifest_begin);
#ifdef ODD_DESCRIBE
    view.size -= 1;
#endif
    return view;
}

static hub_status answer(const hub_sink* sink, const char* text) {
    hub_view chunk;
    chunk.data = text;
    chunk.size = strlen(text);
    return sink->write(sink->context, chunk);
}

static hub_status claim(const hub_call* call, const hub_sink* sink) {
    (void)call;
    return answer(sink, "{\"proofs\":[]}");
}

/* The body of the delivery says how to misbehave. */
static hub_status interpret(const hub_call* call, const hub_sink* sink) {
    static const char kilobyte[1024] = {' '};
    hub_view body = call->blobs[0];
    hub_view chunk;
    chunk.data = kilobyte;
    chunk.size = sizeof kilobyte;
    if (body.size == 0) return answer(sink, "{\"observations\":[]}");
    switch (body.data[0]) {
        case 'o': /* writes for ever, and ignores that it was told to stop */
            for (uint64_t i = 0; i < HUB_OUTPUT_BYTES_MAX / sizeof kilobyte + 8; ++i) {
                (void)sink->write(sink->context, chunk);
            }
            return HUB_OK;
        case 'j':
            return answer(sink, "no json");
        case 'm': /* one observation that can be read, and one that cannot */
            return answer(sink,
                          "{\"observations\":[{\"kind\":\"screening\",\"vendor_order_id\":\"r-1\"},"
                          "{\"kind\":\"screening\",\"completed_at\":\"yesterday\"}]}");
        case 'n': /* none that can be read */
            return answer(sink, "{\"observations\":[{\"kind\":\"nothing\"}]}");
        case 's':
            return 99;
        case 'i':
            (void)answer(sink,
                         "{\"class\":\"validation\",\"message\":\"is\\nwrong\",\"path\":\"a.b\"}");
            return HUB_INVALID;
        case 'u':
            return HUB_UNSUPPORTED;
        default:
            return HUB_FAILED;
    }
}

#ifndef ODD_NO_ADVANCE
static hub_status advance(const hub_call* call, const hub_sink* sink) {
    (void)call;
    return answer(sink, "{\"action\":\"done\"}");
}
#endif

static const void* query(hub_view id) {
    (void)id;
    return 0;
}

#ifdef ODD_UNRESOLVED
void hub_name_that_nobody_has(void);
#endif

HUB_EXPORT const hub_plugin_table* hub_plugin_entry(void) {
    static hub_plugin_table table;
    table.struct_size = sizeof table;
    table.abi_major = HUB_ABI_MAJOR;
    table.abi_minor = HUB_ABI_MINOR;
    table.describe = describe;
    table.claim = claim;
    table.interpret = interpret;
#ifndef ODD_NO_ADVANCE
    table.advance = advance;
#endif
    table.query = query;
#ifdef ODD_MAJOR
    table.abi_major = HUB_ABI_MAJOR + 1;
#endif
#ifdef ODD_MINOR
    table.abi_minor = HUB_ABI_MINOR + 1;
#endif
#ifdef ODD_SIZE
    table.struct_size = 16;
#endif
#ifdef ODD_NO_INTERPRET
    table.interpret = 0;
#endif
#ifdef ODD_NO_QUERY
    table.query = 0;
#endif
#ifdef ODD_UNRESOLVED
    hub_name_that_nobody_has();
#endif
#ifdef ODD_NULL
    return 0;
#else
    return &table;
#endif
}

#ifdef ODD_EXPORTS
HUB_EXPORT int hub_second_name(void) { return 2; }
#endif
