/// A plugin loaded for one run of hubctl.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <hubsdk/cpp/result.hpp>

#include "hub/plugins/plugin.hpp"

namespace hub::cli {

/// A folder of its own below the system's temporary folder, removed at the end.
class TemporaryFolder {
public:
    /// Throws std::runtime_error if it cannot be made.
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Loads a file, after the libraries that its manifest needs. Log lines of the plugin go to
/// standard error. Errors of Plugin::load.
[[nodiscard]] hubsdk::Result<std::shared_ptr<const plugins::Plugin>> loadPlugin(
    const std::string& file, const TemporaryFolder& folder);

/// Prints "hubctl: <text>" to standard error and gives back the code.
int complain(int code, const std::string& text);

/// The milliseconds of `now_s`, or of the system clock.
[[nodiscard]] std::int64_t epochMs(std::optional<std::int64_t> now_s);

}  // namespace hub::cli
