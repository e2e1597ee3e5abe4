#include "hub/app/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace hub::app {

using hubsdk::ErrorCode;
using hubsdk::makeError;

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
}

hubsdk::Result<void> FolderLock::take(const std::string& folder) {
    constexpr int kOwnerOnly = 0600;
    const std::string file = folder + "/hub.lock";
    descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
    if (descriptor_ < 0) {
        return makeError(ErrorCode::kUnavailable,
                         file + ": " + std::generic_category().message(errno));
    }
    if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return {};
    return makeError(ErrorCode::kConflict, "another hub works in " + folder);
}

}  // namespace hub::app
