#include "tests/e2e/small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace hub::e2e {
namespace {

std::string withReason(const std::string& what) { return what + ": " + std::strerror(errno); }

std::string mountOn(const std::string& folder, std::size_t mebibytes) {
    if (unshare(CLONE_NEWNS) != 0) return withReason("no mounts of our own");
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return withReason("mounts cannot be made private");
    const std::string size = "size=" + std::to_string(mebibytes) + "m";
    if (mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) != 0)
        return withReason("tmpfs cannot be mounted");
    return {};
}

}  // namespace

SmallDisk::SmallDisk(std::size_t mebibytes) : problem_(mountOn(folder_.path(), mebibytes)) {}

SmallDisk::~SmallDisk() {
    if (filler_ >= 0) close(filler_);
    if (problem_.empty()) umount2(path().c_str(), MNT_DETACH);
}

void SmallDisk::fill() {
    static constexpr std::array<char, 4096> kBlock{'x'};
    if (filler_ < 0)
        filler_ =
            open((path() + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    while (write(filler_, kBlock.data(), kBlock.size()) > 0) {
    }
}

void SmallDisk::makeRoom() {
    if (filler_ >= 0 && ftruncate(filler_, 0) != 0) problem_ = withReason("no room made");
}

}  // namespace hub::e2e
