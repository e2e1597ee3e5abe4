/// Keeps a second hub out of a folder that one works in.
#pragma once

#include <string>

#include <hubsdk/cpp/result.hpp>

namespace hub::app {

/// Held as long as it lives; the system gives it back however the process ends. Owned by one
/// thread.
class FolderLock {
public:
    FolderLock() = default;
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    /// Takes `folder`/hub.lock. kConflict if another process has it, kUnavailable if the file
    /// cannot be made. Once.
    [[nodiscard]] hubsdk::Result<void> take(const std::string& folder);

private:
    int descriptor_ = -1;
};

}  // namespace hub::app
