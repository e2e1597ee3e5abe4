#include "hub/plugins/registry.hpp"

#include <atomic>

namespace hub::plugins {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

PluginRegistry::PluginRegistry(std::filesystem::path cache_dir, PluginHost host)
    : cache_dir_(std::move(cache_dir)),
      host_(std::move(host)),
      table_(std::make_shared<const Table>()) {}

// The free functions, not std::atomic<shared_ptr>: that of g++ 12 fails under TSan.
std::shared_ptr<const PluginRegistry::Table> PluginRegistry::table() const {
    return std::atomic_load(&table_);
}

void PluginRegistry::publish(Table table) {
    std::atomic_store(&table_, std::make_shared<const Table>(std::move(table)));
}

std::shared_ptr<const Plugin> PluginRegistry::find(std::string_view vendor) const {
    const auto now = table();
    const auto found = now->find(vendor);
    return found == now->end() ? nullptr : found->second.current;
}

std::shared_ptr<const Plugin> PluginRegistry::find(std::string_view vendor,
                                                   std::string_view sha256) const {
    const auto now = table();
    const auto found = now->find(vendor);
    if (found == now->end()) return nullptr;
    const auto version = found->second.versions.find(sha256);
    return version == found->second.versions.end() ? nullptr : version->second;
}

std::vector<std::shared_ptr<const Plugin>> PluginRegistry::list() const {
    const auto now = table();
    std::vector<std::shared_ptr<const Plugin>> all;
    for (const auto& [name, vendor] : *now) {
        for (const auto& [sha256, plugin] : vendor.versions) all.push_back(plugin);
    }
    return all;
}

Result<std::shared_ptr<const Plugin>> PluginRegistry::install(const std::filesystem::path& path) {
    auto loaded = Plugin::load(path, cache_dir_, host_);
    if (!loaded) return loaded;
    const std::lock_guard lock(changing_);
    Table next = *table();
    Vendor& vendor = next[(*loaded)->manifest().vendor];
    vendor.current = vendor.versions.try_emplace((*loaded)->sha256(), *loaded).first->second;
    auto current = vendor.current;
    publish(std::move(next));
    return current;
}

Result<void> PluginRegistry::remove(std::string_view vendor, std::string_view sha256) {
    const std::lock_guard lock(changing_);
    Table next = *table();
    const auto found = next.find(vendor);
    if (found == next.end() || found->second.versions.count(sha256) == 0) {
        return makeError(ErrorCode::kNotFound, "this version is not loaded");
    }
    Vendor& rest = found->second;
    const bool is_current = rest.current->sha256() == sha256;
    if (is_current && rest.versions.size() > 1) {
        return makeError(ErrorCode::kConflict,
                         "new work goes to this version; choose another first");
    }
    if (is_current) {
        next.erase(found);
    } else {
        rest.versions.erase(rest.versions.find(sha256));
    }
    publish(std::move(next));
    return {};
}

}  // namespace hub::plugins
