#include "hub/plugins/plugin_cache.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hub::plugins {
namespace {

namespace fs = std::filesystem;
using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

Result<void> prepareFolder(const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder.parent_path(), failed);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return makeError(ErrorCode::kUnavailable, "the plugin folder cannot be made", "cache");
    }
    struct stat status {};
    if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        return makeError(ErrorCode::kForbidden, "the plugin folder is no folder", "cache");
    }
    constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
    if (status.st_uid != ::geteuid() || (status.st_mode & kOthersWrite) != 0) {
        return makeError(ErrorCode::kForbidden,
                         "the plugin folder belongs to another user or others may write to it",
                         "cache");
    }
    return {};
}

bool holds(const fs::path& path, const std::string& bytes) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
    const auto there = readFileBytes(path);
    return there && *there == bytes;
}

bool writeAll(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// mkstemp makes the file 0600 and refuses a link that waits under the name.
bool writeByRename(const fs::path& target, std::string_view bytes) {
    std::string temporary = target.string() + ".XXXXXX";
    const int file = ::mkstemp(temporary.data());
    if (file < 0) return false;
    const bool written = writeAll(file, bytes);
    const bool closed = ::close(file) == 0;
    if (written && closed && ::rename(temporary.c_str(), target.c_str()) == 0) return true;
    ::unlink(temporary.c_str());
    return false;
}

}  // namespace

Result<fs::path> storeInCache(const PluginFile& file, const fs::path& cache_dir) {
    std::error_code failed;
    const fs::path folder = fs::absolute(cache_dir, failed).lexically_normal();
    auto prepared = prepareFolder(folder.has_filename() ? folder : folder.parent_path());
    if (!prepared) return std::move(prepared).error();
    fs::path target = folder / (file.manifest.vendor + "-" + file.sha256 + ".so");
    if (!holds(target, file.bytes) && !writeByRename(target, file.bytes)) {
        return makeError(ErrorCode::kUnavailable, "the plugin folder cannot be written", "cache");
    }
    return target;
}

}  // namespace hub::plugins
