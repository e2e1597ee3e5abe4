/// A file system of a few MiB, for tests that fill it.
#pragma once

#include <cstddef>
#include <string>

#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {

/// A tmpfs that only this process and those it starts can see: it is gone when they are. Needs the
/// right to mount.
class SmallDisk {
public:
    explicit SmallDisk(std::size_t mebibytes);
    ~SmallDisk();
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    /// Why there is none; empty if there is.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] const std::string& path() const { return folder_.path(); }

    /// Takes every byte that is left. May be called again for what has become free since.
    void fill();
    /// Gives back what fill() took.
    void makeRoom();

private:
    TemporaryFolder folder_;
    std::string problem_;
    int filler_ = -1;
};

}  // namespace hub::e2e
