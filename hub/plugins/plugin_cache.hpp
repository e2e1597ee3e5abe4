/// The folder that loaded plugins are mapped from.
#pragma once

#include <filesystem>

#include "hub/plugins/plugin_file.hpp"

namespace hub::plugins {

/// Puts the bytes of the file at `<cache_dir>/<vendor>-<sha256>.so` unless they are there already,
/// by rename, so that no reader ever sees a part. Returns the absolute path. Fails with kForbidden
/// (the folder is not ours alone) or kUnavailable (it cannot be written).
[[nodiscard]] hubsdk::Result<std::filesystem::path> storeInCache(
    const PluginFile& file, const std::filesystem::path& cache_dir);

}  // namespace hub::plugins
