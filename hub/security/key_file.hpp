/// Reads and replaces a small secret file that only its owner may touch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <hubsdk/cpp/result.hpp>

namespace hub::security {

inline constexpr std::size_t kKeyFileBytesMax = 64 * 1024;

/// The whole file. kNotFound if there is none; kForbidden if it is a link, not a regular file, of
/// another owner, or if its mode has group or other bits; kTooLarge; kUnavailable on a read error.
[[nodiscard]] hubsdk::Result<std::string> readKeyFile(const std::string& path);

enum class KeyFileWrite : std::uint8_t {
    kCreate,   ///< there must be no file yet: two first starts must not each keep their own key
    kReplace,  ///< the file is exchanged in one step
};

/// Writes `text` to a new 0600 file beside `path`, flushes it and moves it to `path`, so that a
/// crash leaves the old or the new file. kConflict if kCreate finds a file; kUnavailable on other
/// failures.
[[nodiscard]] hubsdk::Result<void> writeKeyFile(const std::string& path, std::string_view text,
                                                KeyFileWrite mode);

}  // namespace hub::security
