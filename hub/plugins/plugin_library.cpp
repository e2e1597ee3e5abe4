// The only place that knows the dynamic loader.
#include "hub/plugins/plugin_library.hpp"

#include <algorithm>
#include <cstddef>

#include <dlfcn.h>
#include <boost/dll/shared_library.hpp>

#include "hub/plugins/plugin_cache.hpp"

namespace hub::plugins {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

// The table of ABI 1.0; later members are read only if struct_size covers them.
constexpr std::uint32_t kTableSizeMin =
    offsetof(hub_plugin_table, query) + sizeof(hub_plugin_table::query);

hubsdk::Error half(std::string message) {
    return makeError(ErrorCode::kInvalid, std::move(message), "capability");
}

Result<void> checkVersion(const hub_plugin_table* table) {
    if (table == nullptr) {
        return makeError(ErrorCode::kUnsupported, "hub_plugin_entry returned no table", "abi");
    }
    if (table->struct_size < kTableSizeMin) {
        return makeError(ErrorCode::kUnsupported, "the table is smaller than that of ABI 1.0",
                         "abi");
    }
    const std::string version =
        std::to_string(table->abi_major) + "." + std::to_string(table->abi_minor);
    if (table->abi_major != HUB_ABI_MAJOR || table->abi_minor > HUB_ABI_MINOR) {
        return makeError(ErrorCode::kUnsupported,
                         "the plugin was built for ABI " + version + ", this hub offers " +
                             std::to_string(HUB_ABI_MAJOR) + "." + std::to_string(HUB_ABI_MINOR),
                         "abi");
    }
    if (table->describe == nullptr || table->query == nullptr) {
        return half("describe and query are required");
    }
    return {};
}

Result<void> checkCapabilities(const hub_plugin_table& table, const hubsdk::Manifest& manifest) {
    const auto isRequest = [](const hubsdk::InboundRoute& route) {
        return route.kind == "request";
    };
    const auto hasTemplate = [](const hubsdk::InboundRoute& route) {
        return route.claim.has_value();
    };
    const bool has_requests = std::ranges::any_of(manifest.inbound, isRequest);
    const bool has_events = !std::ranges::all_of(manifest.inbound, isRequest);
    const bool offers_answers =
        std::ranges::find(manifest.commands, "inbound.request") != manifest.commands.end();
    if (!manifest.commands.empty() && table.advance == nullptr) {
        return half("the manifest lists commands, but the plugin has no advance");
    }
    if (!std::ranges::all_of(manifest.inbound, hasTemplate) && table.claim == nullptr) {
        return half(
            "the manifest has an inbound route without a claim, and the plugin has no claim");
    }
    if (has_events && table.interpret == nullptr) {
        return half(
            "the manifest has an inbound route for events, but the plugin has no interpret");
    }
    if (has_requests && !offers_answers) {
        return half(
            "the manifest has an inbound route for requests, but no command inbound.request");
    }
    // What a feed delivers is interpreted too, although nothing comes in by a route.
    const bool interprets = table.interpret != nullptr && manifest.feeds.empty();
    if (manifest.inbound.empty() && (table.claim != nullptr || interprets)) {
        return half("the plugin has claim or interpret, but the manifest has no inbound route");
    }
    if (manifest.commands.empty() && table.advance != nullptr) {
        return half("the plugin has advance, but the manifest lists no commands");
    }
    return {};
}

// Boost gives an error code only; the loader itself says which name is missing.
std::string loaderWords(const std::filesystem::path& file) {
    const char* words = ::dlerror();
    if (words == nullptr) return "no reason given";
    std::string_view text(words);
    const std::string prefix = file.string() + ": ";
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    return std::string(text);
}

}  // namespace

Result<void> checkTable(const hub_plugin_table* table, const PluginFile& file) {
    auto checked = checkVersion(table);
    if (!checked) return checked;
    const hub_view manifest = table->describe();
    if (std::string_view(manifest.data, manifest.size) != file.manifest_json) {
        return makeError(ErrorCode::kInvalid,
                         "describe() returns another manifest than section .hub.manifest",
                         "manifest");
    }
    return checkCapabilities(*table, file.manifest);
}

struct PluginLibrary::Code {
    boost::dll::shared_library library;
};

PluginLibrary::PluginLibrary(PluginFile file, std::filesystem::path mapped_path,
                             std::unique_ptr<Code> code, const hub_plugin_table* table)
    : code_(std::move(code)),
      file_(std::move(file)),
      mapped_path_(std::move(mapped_path)),
      table_(table) {}

PluginLibrary::~PluginLibrary() = default;

Result<std::shared_ptr<const PluginLibrary>> PluginLibrary::load(
    const std::filesystem::path& path, const std::filesystem::path& cache_dir) {
    auto file = readPluginFile(path);
    if (!file) return std::move(file).error();
    auto copy = storeInCache(*file, cache_dir);
    if (!copy) return std::move(copy).error();

    auto code = std::make_unique<Code>();
    std::error_code failed;
    // Now: an unresolved name must show here, not in a call. Local: no name of a plugin may answer
    // for another (style-anchors section 4, rule 8).
    code->library.load(*copy, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local,
                       failed);
    if (failed) {
        return makeError(ErrorCode::kInvalid, "the loader refuses the file: " + loaderWords(*copy),
                         "load");
    }
    if (!code->library.has("hub_plugin_entry")) {
        return makeError(ErrorCode::kInvalid, "hub_plugin_entry cannot be found", "load");
    }
    const auto& entry = code->library.get<const hub_plugin_table*()>("hub_plugin_entry");
    const hub_plugin_table* table = entry();
    auto checked = checkTable(table, *file);
    if (!checked) return std::move(checked).error();
    file->bytes = std::string();  // mapped now; no need to hold it twice
    return std::shared_ptr<const PluginLibrary>(new PluginLibrary(
        std::move(file).value(), std::move(copy).value(), std::move(code), table));
}

}  // namespace hub::plugins
