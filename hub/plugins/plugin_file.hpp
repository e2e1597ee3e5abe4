/// What a plugin file says about itself, read from its ELF sections without running any of it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <hubsdk/model/manifest.hpp>

namespace hub::plugins {

/// Largest plugin file.
inline constexpr std::size_t kPluginBytesMax = std::size_t{256} * 1024 * 1024;

/// A file that passed every check that needs no code to run.
struct PluginFile {
    std::string bytes;          ///< the whole file, as it was checked
    std::string sha256;         ///< of `bytes`, lower-case hex
    std::string manifest_json;  ///< section .hub.manifest, without its closing zero byte
    hubsdk::Manifest manifest;
    std::string fixtures;              ///< section .hub.fixtures (tar.gz); may be empty
    std::vector<std::string> exports;  ///< exported names, sorted
    std::vector<std::string> needed;   ///< libraries it asks the loader for
};

/// The bytes of a regular file of at most kPluginBytesMax, read through one descriptor: what is
/// checked is what was read, whatever happens to the path meanwhile. kNotFound, kTooLarge.
[[nodiscard]] hubsdk::Result<std::string> readFileBytes(const std::filesystem::path& path);

/// Checks the bytes of a plugin file. Fails with kInvalid or kTooLarge; `path` is the rule that was
/// broken (elf, kind, machine, manifest, exports, size), the message one sentence. Any thread.
[[nodiscard]] hubsdk::Result<PluginFile> readPluginBytes(std::string bytes);

/// Reads and checks a file. Also fails with kNotFound if it cannot be read or is no regular file.
[[nodiscard]] hubsdk::Result<PluginFile> readPluginFile(const std::filesystem::path& path);

}  // namespace hub::plugins
