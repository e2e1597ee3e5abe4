#include "hub/security/key_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/security/digest.hpp"

namespace hub::security {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

namespace {

constexpr mode_t kOthersBits = S_IRWXG | S_IRWXO;

class Descriptor {
public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
    ~Descriptor() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

bool writeAll(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(descriptor) == 0;
}

bool flushFolder(const std::string& path) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    const Descriptor descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return descriptor.get() >= 0 && ::fsync(descriptor.get()) == 0;
}

hubsdk::Error away(std::string_view what) {
    return makeError(ErrorCode::kUnavailable, std::string("key file cannot be ").append(what));
}

}  // namespace

Result<std::string> readKeyFile(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (file.get() < 0) {
        if (errno == ENOENT) return makeError(ErrorCode::kNotFound, "no key file");
        if (errno == ELOOP) return makeError(ErrorCode::kForbidden, "the key file is a link");
        return away("opened");
    }
    struct stat state {};
    if (::fstat(file.get(), &state) != 0) return away("examined");
    if (!S_ISREG(state.st_mode) || state.st_uid != ::geteuid() ||
        (state.st_mode & kOthersBits) != 0)
        return makeError(ErrorCode::kForbidden,
                         "the key file must be a regular file of this user with mode 0600");
    if (static_cast<std::size_t>(state.st_size) > kKeyFileBytesMax)
        return makeError(ErrorCode::kTooLarge, "the key file is too large");
    std::string text(static_cast<std::size_t>(state.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + have, text.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return away("read");
        have += static_cast<std::size_t>(got);
    }
    return text;
}

Result<void> writeKeyFile(const std::string& path, std::string_view text, KeyFileWrite mode) {
    const std::string next = path + ".new-" + randomToken(kTokenBytesMin);
    bool written = false;
    {
        const Descriptor file{::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (file.get() < 0) return away("created");
        written = writeAll(file.get(), text);
    }
    if (!written) {
        ::unlink(next.c_str());
        return away("written");
    }
    // link() refuses an existing target, rename() replaces it.
    const bool create = mode == KeyFileWrite::kCreate;
    const int moved =
        create ? ::link(next.c_str(), path.c_str()) : ::rename(next.c_str(), path.c_str());
    const bool exists = create && moved != 0 && errno == EEXIST;
    ::unlink(next.c_str());
    if (exists) return makeError(ErrorCode::kConflict, "a key file exists already");
    if (moved != 0 || !flushFolder(path)) return away("written");
    return {};
}

}  // namespace hub::security
