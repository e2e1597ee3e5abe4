/* A plugin without the SDK's library: what the binary interface asks of any language. */
#include <hubsdk/plugin.h>
#include <string.h>

extern const char hub_manifest_begin[] __attribute__((visibility("hidden")));
extern const char hub_manifest_end[] __attribute__((visibility("hidden")));

static hub_view viewOf(const char* text) {
    const hub_view view = {text, strlen(text)};
    return view;
}

static hub_status say(const hub_sink* sink, const char* text) {
    return sink->write(sink->context, viewOf(text));
}

static int contains(hub_view text, const char* needle) {
    const uint64_t size = strlen(needle);
    for (uint64_t at = 0; at + size <= text.size; ++at) {
        if (memcmp(text.data + at, needle, size) == 0) return 1;
    }
    return 0;
}

static hub_view describe(void) {
    const hub_view all = {hub_manifest_begin, (uint64_t)(hub_manifest_end - hub_manifest_begin)};
    return all;
}

static hub_status claim(const hub_call* call, const hub_sink* sink) {
    (void)call;
    return say(
        sink,
        "{\"proofs\":[{\"algorithm\":\"hmac-sha256\",\"message\":[{\"slice\":{\"of\":\"body\"}}],"
        "\"presented\":[{\"slice\":{\"of\":\"header\",\"name\":\"X-Signature\"}}],"
        "\"secrets\":[\"webhook_secret\"]}]}");
}

static hub_status interpret(const hub_call* call, const hub_sink* sink) {
    const int is_done = call->blob_count > 0 && contains(call->blobs[0], "done");
    return say(sink,
               is_done
                   ? "{\"observations\":[{\"kind\":\"screening\",\"order_status\":\"completed\"}]}"
                   : "{\"observations\":[]}");
}

static hub_status advance(const hub_call* call, const hub_sink* sink) {
    if (!contains(call->document, "\"command\":\"account.test\"")) {
        say(sink,
            "{\"class\":\"validation\",\"message\":\"no such "
            "command\",\"path\":\"inputs.command\"}");
        return HUB_INVALID;
    }
    if (contains(call->document, "\"label\":\"ping\"")) {
        return say(sink, "{\"action\":\"done\",\"result\":{\"ok\":true}}");
    }
    return say(sink,
               "{\"action\":\"call\",\"calls\":[{\"label\":\"ping\",\"method\":\"GET\","
               "\"host\":\"api.vendor.example\",\"path\":\"/ping\",\"repeat\":\"safe\"}]}");
}

static const void* query(hub_view id) {
    (void)id;
    return 0;
}

const hub_plugin_table* hub_plugin_entry(void) {
    static const hub_plugin_table table = {sizeof(hub_plugin_table),
                                           HUB_ABI_MAJOR,
                                           HUB_ABI_MINOR,
                                           describe,
                                           claim,
                                           interpret,
                                           advance,
                                           query};
    return &table;
}
