/// One loaded plugin library: the file behind it, its code, and its checked table.
#pragma once

#include <filesystem>
#include <memory>

#include <hubsdk/plugin.h>

#include "hub/plugins/plugin_file.hpp"

namespace hub::plugins {

/// Code of one plugin version in this process. Immutable; any thread. Everything that comes out of
/// the table is valid as long as this object lives: whoever uses it holds it by shared_ptr.
class PluginLibrary {
public:
    /// Checks the file, copies the checked bytes to `<cache_dir>/<vendor>-<sha256>.so` and loads
    /// that copy: never the given path, which somebody could replace or overwrite (style-anchors
    /// section 4, rule 11). Makes the folder (0700) if it is not there; one that belongs to another
    /// user or that others may write to is refused (TM-PLG-1). Fails with the errors of
    /// readPluginFile, with kForbidden (folder), kUnsupported (ABI) or kInvalid (does not load,
    /// half a capability, another manifest than its section); `path` is the rule, the message a
    /// sentence.
    [[nodiscard]] static hubsdk::Result<std::shared_ptr<const PluginLibrary>> load(
        const std::filesystem::path& path, const std::filesystem::path& cache_dir);

    ~PluginLibrary();
    PluginLibrary(const PluginLibrary&) = delete;
    PluginLibrary& operator=(const PluginLibrary&) = delete;

    /// The facts of the file; its bytes are dropped after the load.
    [[nodiscard]] const PluginFile& file() const { return file_; }
    [[nodiscard]] const hub_plugin_table& table() const { return *table_; }
    /// The copy that is mapped.
    [[nodiscard]] const std::filesystem::path& mappedPath() const { return mapped_path_; }

private:
    struct Code;  // the library handle; keeps the loader's headers out of here
    PluginLibrary(PluginFile file, std::filesystem::path mapped_path, std::unique_ptr<Code> code,
                  const hub_plugin_table* table);

    // Destroyed bottom-up: the code goes last, after everything that points into it.
    std::unique_ptr<Code> code_;
    PluginFile file_;
    std::filesystem::path mapped_path_;
    const hub_plugin_table* table_;
};

/// Checks a table against the manifest: size, version, required functions, whole capabilities.
/// Fails with kUnsupported or kInvalid. Calls describe().
[[nodiscard]] hubsdk::Result<void> checkTable(const hub_plugin_table* table,
                                              const PluginFile& file);

}  // namespace hub::plugins
