#include <hubsdk/cpp/plugin.hpp>

#include <cstddef>

namespace hubsdk {
namespace {

// The host of the call that this thread is in; a plain pointer, see flow.cpp.
thread_local const hub_host* current_host = nullptr;

struct HostOfCall {
    explicit HostOfCall(const hub_call* call) { current_host = call->host; }
    HostOfCall(const HostOfCall&) = delete;
    HostOfCall& operator=(const HostOfCall&) = delete;
    ~HostOfCall() { current_host = nullptr; }
};

std::string_view textOf(hub_view view) { return {view.data, static_cast<std::size_t>(view.size)}; }

hub_status answer(const hub_sink* sink, std::string_view text) {
    return sink->write(sink->context, hub_view{text.data(), text.size()});
}

hub_status refuse(const hub_sink* sink, hub_status status, const Error& error) {
    std::string text;
    JsonWriter writer(text);
    writer.beginObject();
    writer.member("class", status == HUB_INVALID ? "validation" : "internal");
    writer.member("message", error.message);
    if (!error.path.empty()) writer.member("path", error.path);
    writer.endObject();
    answer(sink, text);
    return status;
}

// One catch for everything that author's code may throw.
template <class Work>
hub_status guarded(const hub_call* call, const hub_sink* sink, Work work) noexcept {
    try {
        const HostOfCall host(call);
        return work();
    } catch (const FlowEnd& end) {
        return refuse(sink, HUB_FAILED, makeError(ErrorCode::kInternal, end.error().message));
    } catch (const std::exception& problem) {
        return refuse(sink, HUB_FAILED, makeError(ErrorCode::kInternal, problem.what()));
    } catch (...) {
        return HUB_FAILED;
    }
}

std::vector<std::string_view> blobsOf(const hub_call* call) {
    std::vector<std::string_view> blobs;
    blobs.reserve(call->blob_count);
    for (std::uint32_t i = 0; i < call->blob_count; ++i) blobs.push_back(textOf(call->blobs[i]));
    return blobs;
}

// Journals hold many settings and replies, all of which were limited before.
constexpr JsonLimits kCallLimits{std::size_t{32} * 1024 * 1024, 96};

template <class Input, class Work>
hub_status withInput(const hub_call* call, const hub_sink* sink, Work work) noexcept {
    return guarded(call, sink, [&]() -> hub_status {
        const std::vector<std::string_view> blobs = blobsOf(call);
        ReadOptions options;
        options.blobs = blobs;
        auto input = readShape<Input>(textOf(call->document), options, kCallLimits);
        if (!input) return refuse(sink, HUB_INVALID, input.error());
        return work(*input);
    });
}

template <class Work>
hub_status withDelivery(const hub_call* call, const hub_sink* sink, Work work) noexcept {
    return withInput<ClaimInput>(call, sink, [&](const ClaimInput& input) -> hub_status {
        auto settings =
            JsonDocument::parse(input.settings.json.empty() ? "{}" : input.settings.json);
        if (!settings) return refuse(sink, HUB_INVALID, settings.error());
        return work(input.delivery, settings->root());
    });
}

}  // namespace

void log(int level, std::string_view message) {
    const hub_host* host = current_host;
    if (host == nullptr || host->log == nullptr) return;
    host->log(host->context, level, hub_view{message.data(), message.size()});
}

namespace internal {

hub_status guardClaim(const hub_call* call, const hub_sink* sink,
                      Claim (*function)(const Delivery&, Json)) noexcept {
    return withDelivery(call, sink, [&](const Delivery& delivery, Json settings) {
        return answer(sink, writeShape(function(delivery, settings)));
    });
}

hub_status guardInterpret(const hub_call* call, const hub_sink* sink,
                          std::vector<Observation> (*function)(const Delivery&, Json)) noexcept {
    return withDelivery(call, sink, [&](const Delivery& delivery, Json settings) {
        Interpretation interpretation;
        interpretation.observations = function(delivery, settings);
        return answer(sink, writeShape(interpretation));
    });
}

hub_status guardInterpret(const hub_call* call, const hub_sink* sink,
                          Interpretation (*function)(const Delivery&, Json)) noexcept {
    return withDelivery(call, sink, [&](const Delivery& delivery, Json settings) {
        return answer(sink, writeShape(function(delivery, settings)));
    });
}

hub_status guardAdvance(const hub_call* call, const hub_sink* sink, std::span<const FlowRow> table,
                        Defaults (*defaults)(const Account&), Classify classify) noexcept {
    return withInput<AdvanceInput>(call, sink, [&](const AdvanceInput& input) {
        return answer(sink, writeShape(runFlow(table, input, defaults, classify)));
    });
}

hub_status guardMigrate(const hub_call* call, const hub_sink* sink,
                        Result<Raw> (*function)(std::string_view, Json)) noexcept {
    return withInput<SettingsMigration>(
        call, sink, [&](const SettingsMigration& input) -> hub_status {
            auto settings = JsonDocument::parse(input.settings.json);
            if (!settings) return refuse(sink, HUB_INVALID, settings.error());
            const auto migrated = function(input.from_version, settings->root());
            if (!migrated) return refuse(sink, HUB_INVALID, migrated.error());
            return answer(sink, migrated->json);
        });
}

}  // namespace internal
}  // namespace hubsdk
