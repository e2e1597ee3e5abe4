/// Which plugin versions are loaded, and which one new work of a vendor goes to.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hub/plugins/plugin.hpp"

namespace hub::plugins {

/// An immutable table of plugins, replaced as a whole. Any thread. Look-ups take no lock that a
/// writer holds while it loads; a call in flight keeps its version alive after a swap, and the last
/// one to let go unloads it.
class PluginRegistry {
public:
    /// `cache_dir` is where loaded files are copied to.
    explicit PluginRegistry(std::filesystem::path cache_dir, PluginHost host = {});

    /// The version that new work of the vendor goes to; null if none is loaded.
    [[nodiscard]] std::shared_ptr<const Plugin> find(std::string_view vendor) const;
    /// A pinned version; null if it is not loaded.
    [[nodiscard]] std::shared_ptr<const Plugin> find(std::string_view vendor,
                                                     std::string_view sha256) const;
    /// Every loaded version, by vendor and hash.
    [[nodiscard]] std::vector<std::shared_ptr<const Plugin>> list() const;

    /// Loads a file and makes it its vendor's version for new work. The same bytes again only
    /// choose the version that is loaded already. Errors of Plugin::load; the table then stays.
    hubsdk::Result<std::shared_ptr<const Plugin>> install(const std::filesystem::path& path);

    /// Takes a version out of the table; it is unloaded when its last user is done. Fails with
    /// kNotFound, or kConflict if it is its vendor's version for new work and others are loaded.
    hubsdk::Result<void> remove(std::string_view vendor, std::string_view sha256);

private:
    struct Vendor {
        std::shared_ptr<const Plugin> current;
        std::map<std::string, std::shared_ptr<const Plugin>, std::less<>> versions;  // by hash
    };
    using Table = std::map<std::string, Vendor, std::less<>>;

    [[nodiscard]] std::shared_ptr<const Table> table() const;
    void publish(Table table);

    const std::filesystem::path cache_dir_;
    const PluginHost host_;
    std::mutex changing_;                 // one writer at a time
    std::shared_ptr<const Table> table_;  // through std::atomic_load and std::atomic_store only
};

}  // namespace hub::plugins
