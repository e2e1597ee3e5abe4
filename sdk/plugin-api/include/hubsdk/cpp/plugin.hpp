/// What an author writes: a plain struct with static functions, exported by one macro.
///
///     struct Checkr {
///         static Claim claim(const Delivery& delivery, Json settings);
///         static std::vector<Observation> interpret(const Delivery& delivery, Json settings);
///                                       // or Interpretation: observations and follow
///         static Defaults defaults(const Account& account);
///         static VendorError classify(const Reply& reply);          // optional
///         static Result<Raw> migrateSettings(std::string_view from_version, Json settings);
///                                       // optional: hub.settings-migrate/1
///         static constexpr auto kFlows = flowTable(flow<submitOrder>("order.submit"), …);
///     };
///     HUB_EXPORT_PLUGIN(Checkr)
///
/// A struct without claim and interpret has no inbound side; without kFlows it has no commands.
#pragma once

#include <hubsdk/ext/settings_migrate.h>
#include <hubsdk/plugin.h>
#include <hubsdk/cpp/flow.hpp>
#include <hubsdk/model/delivery.hpp>
#include <hubsdk/model/manifest.hpp>

namespace hubsdk {

/// One command and the coroutine that carries it out.
struct FlowRow {
    std::string_view command;
    Flow (*start)(const Command& inputs, const Account& account);
};

namespace internal {

template <class T>
const T& argumentOf(const Command& inputs, const Account& account) {
    if constexpr (std::is_same_v<T, Account>) {
        return account;
    } else if constexpr (std::is_same_v<T, Command>) {
        return inputs;
    } else if constexpr (std::is_same_v<T, Delivery>) {
        if (!inputs.delivery) {
            throw FlowEnd(
                vendorError(ErrorClass::kValidation, "delivery: is required for this command"));
        }
        return *inputs.delivery;
    } else {
        static_assert(std::is_same_v<T, Order>,
                      "a flow takes Order, Delivery, Account and Command");
        if (!inputs.order) {
            throw FlowEnd(
                vendorError(ErrorClass::kValidation, "order: is required for this command"));
        }
        return *inputs.order;
    }
}

template <auto kFunction>
struct FlowStarter;
template <class... Arguments, Flow (*kFunction)(const Arguments&...)>
struct FlowStarter<kFunction> {
    static Flow start(const Command& inputs, const Account& account) {
        return kFunction(argumentOf<Arguments>(inputs, account)...);
    }
};

using AdvanceFunction = Action (*)(const AdvanceInput&);

/// Runs one call of advance over a flow table.
[[nodiscard]] Action runFlow(std::span<const FlowRow> table, const AdvanceInput& input,
                             Defaults (*defaults)(const Account&), Classify classify);

// The guard of every export: parses the input, calls, writes the answer; nothing thrown leaves it.
hub_status guardClaim(const hub_call* call, const hub_sink* sink,
                      Claim (*function)(const Delivery&, Json)) noexcept;
hub_status guardInterpret(const hub_call* call, const hub_sink* sink,
                          std::vector<Observation> (*function)(const Delivery&, Json)) noexcept;
hub_status guardInterpret(const hub_call* call, const hub_sink* sink,
                          Interpretation (*function)(const Delivery&, Json)) noexcept;
hub_status guardAdvance(const hub_call* call, const hub_sink* sink, std::span<const FlowRow> table,
                        Defaults (*defaults)(const Account&), Classify classify) noexcept;
hub_status guardMigrate(const hub_call* call, const hub_sink* sink,
                        Result<Raw> (*function)(std::string_view, Json)) noexcept;

/// The exports of a plugin struct.
template <class Plugin>
struct Exports {
    static hub_status claim(const hub_call* call, const hub_sink* sink) noexcept {
        return guardClaim(call, sink, &Plugin::claim);
    }
    static hub_status interpret(const hub_call* call, const hub_sink* sink) noexcept {
        return guardInterpret(call, sink, &Plugin::interpret);
    }
    static hub_status advance(const hub_call* call, const hub_sink* sink) noexcept {
        Classify classify = &classifyByStatus;
        if constexpr (requires { &Plugin::classify; }) classify = &Plugin::classify;
        return guardAdvance(call, sink, Plugin::kFlows, &Plugin::defaults, classify);
    }
    static hub_status migrate(const hub_call* call, const hub_sink* sink) noexcept {
        return guardMigrate(call, sink, &Plugin::migrateSettings);
    }
    static const void* query(hub_view id) noexcept {
        [[maybe_unused]] const std::string_view name(id.data, id.size);
        if constexpr (requires { &Plugin::migrateSettings; }) {
            static constexpr hub_settings_migrate kMigrate{sizeof(hub_settings_migrate), 0,
                                                           &migrate};
            if (name == HUB_EXT_SETTINGS_MIGRATE) return &kMigrate;
        }
        if constexpr (requires { Plugin::query(name); }) return Plugin::query(name);
        return nullptr;
    }
    static constexpr hub_plugin_table table(hub_view (*describe)(void)) {
        hub_plugin_table all{sizeof(hub_plugin_table),
                             HUB_ABI_MAJOR,
                             HUB_ABI_MINOR,
                             describe,
                             nullptr,
                             nullptr,
                             nullptr,
                             &query};
        if constexpr (requires { &Plugin::claim; }) all.claim = &claim;
        if constexpr (requires { &Plugin::interpret; }) all.interpret = &interpret;
        if constexpr (requires { Plugin::kFlows; }) all.advance = &advance;
        return all;
    }
};

}  // namespace internal

/// A row of a flow table: flow<submitOrder>("order.submit"). The coroutine may take Order,
/// Delivery, Account and Command by const reference, in any order and number.
template <auto kFunction>
constexpr FlowRow flow(std::string_view command) {
    return {command, &internal::FlowStarter<kFunction>::start};
}
template <class... Rows>
constexpr std::array<FlowRow, sizeof...(Rows)> flowTable(Rows... rows) {
    return {rows...};
}

/// Logs one line through the host of the current call. Never log personal data. Outside a call, and
/// if the host offers no log, it does nothing.
void log(int level, std::string_view message);

}  // namespace hubsdk

#define HUB_EMBEDDED __attribute__((visibility("hidden")))
/// The manifest bytes that hub_add_plugin embeds, in section .hub.manifest.
extern "C" HUB_EMBEDDED const char hub_manifest_begin[];
extern "C" HUB_EMBEDDED const char hub_manifest_end[];

/// Exports the one entry of the library. Once per plugin, at the end of plugin.cpp.
#define HUB_EXPORT_PLUGIN(Plugin)                                                      \
    extern "C" HUB_EXPORT const hub_plugin_table* hub_plugin_entry(void) {             \
        static constexpr hub_plugin_table kTable =                                     \
            hubsdk::internal::Exports<Plugin>::table(+[]() -> hub_view {               \
                return {hub_manifest_begin,                                            \
                        static_cast<uint64_t>(hub_manifest_end - hub_manifest_begin)}; \
            });                                                                        \
        return &kTable;                                                                \
    }
