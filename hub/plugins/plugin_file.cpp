#include "hub/plugins/plugin_file.hpp"

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/security/digest.hpp"

namespace hub::plugins {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

#if defined(__x86_64__)
constexpr GElf_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr GElf_Half kMachine = EM_AARCH64;
#else
#error "name this machine's ELF number"
#endif

constexpr std::string_view kEntry = "hub_plugin_entry";

hubsdk::Error broken(std::string rule, std::string message) {
    return makeError(ErrorCode::kInvalid, std::move(message), std::move(rule));
}

struct ElfEnd {
    void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

/// A view of the sections of one ELF image in memory.
class ElfImage {
public:
    explicit ElfImage(std::string& bytes) {
        elf_version(EV_CURRENT);
        elf_.reset(elf_memory(bytes.data(), bytes.size()));
    }

    Result<void> checkKind() const {
        GElf_Ehdr header{};
        if (elf_ == nullptr || elf_kind(elf_.get()) != ELF_K_ELF ||
            gelf_getehdr(elf_.get(), &header) == nullptr) {
            return broken("elf", "the file is no ELF file");
        }
        if (gelf_getclass(elf_.get()) != ELFCLASS64 || header.e_machine != kMachine) {
            return broken("machine", "the file was built for another machine");
        }
        if (header.e_type != ET_DYN) return broken("kind", "the file is no shared library");
        return {};
    }

    /// The bytes of the section of that name; nothing if there is none or it lies outside the file.
    std::optional<std::string> section(std::string_view wanted) const {
        std::optional<std::string> found;
        forEachSection([&](Elf_Scn* scn, const GElf_Shdr&, std::string_view name) {
            if (name != wanted || found) return;
            const Elf_Data* data = elf_rawdata(scn, nullptr);
            if (data == nullptr || data->d_buf == nullptr) return;
            found.emplace(static_cast<const char*>(data->d_buf), data->d_size);
        });
        return found;
    }

    std::vector<std::string> exports() const {
        std::vector<std::string> names;
        forEachSection([&](Elf_Scn* scn, const GElf_Shdr& head, std::string_view) {
            if (head.sh_type != SHT_DYNSYM) return;
            Elf_Data* data = elf_getdata(scn, nullptr);
            GElf_Sym symbol{};
            for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
                if (!isExported(symbol)) continue;
                names.push_back(text(head.sh_link, symbol.st_name));
            }
        });
        std::ranges::sort(names);
        return names;
    }

    std::vector<std::string> needed() const {
        std::vector<std::string> names;
        forEachSection([&](Elf_Scn* scn, const GElf_Shdr& head, std::string_view) {
            if (head.sh_type != SHT_DYNAMIC) return;
            Elf_Data* data = elf_getdata(scn, nullptr);
            GElf_Dyn row{};
            for (int i = 0; data != nullptr && gelf_getdyn(data, i, &row) != nullptr; ++i) {
                if (row.d_tag == DT_NEEDED) names.push_back(text(head.sh_link, row.d_un.d_val));
            }
        });
        return names;
    }

private:
    static bool isExported(const GElf_Sym& symbol) {
        const auto binding = GELF_ST_BIND(symbol.st_info);
        const auto visibility = GELF_ST_VISIBILITY(symbol.st_other);
        const bool global =
            binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE;
        return symbol.st_shndx != SHN_UNDEF && global &&
               (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
    }

    std::string text(std::size_t table, std::size_t offset) const {
        const char* name = elf_strptr(elf_.get(), table, offset);
        return name == nullptr ? std::string("?") : std::string(name);
    }

    template <class Visit>
    void forEachSection(Visit visit) const {
        std::size_t names = 0;
        if (elf_getshdrstrndx(elf_.get(), &names) != 0) return;
        for (Elf_Scn* scn = elf_nextscn(elf_.get(), nullptr); scn != nullptr;
             scn = elf_nextscn(elf_.get(), scn)) {
            GElf_Shdr head{};
            if (gelf_getshdr(scn, &head) == nullptr) continue;
            const char* name = elf_strptr(elf_.get(), names, head.sh_name);
            visit(scn, head, name == nullptr ? std::string_view() : std::string_view(name));
        }
    }

    ElfHandle elf_;
};

Result<void> checkExports(const std::vector<std::string>& exports) {
    if (std::ranges::find(exports, kEntry) == exports.end()) {
        return broken("exports", "the file does not export hub_plugin_entry");
    }
    for (const std::string& name : exports) {
        if (name != kEntry) {
            return broken("exports", "the file exports more than hub_plugin_entry: " + name);
        }
    }
    return {};
}

Result<void> readManifestSection(const ElfImage& image, PluginFile& file) {
    auto manifest = image.section(".hub.manifest");
    if (!manifest) return broken("manifest", "the file has no section .hub.manifest");
    if (manifest->empty() || manifest->back() != '\0') {
        return broken("manifest", "section .hub.manifest does not end with a zero byte");
    }
    manifest->pop_back();
    file.manifest_json = std::move(*manifest);
    auto read = hubsdk::readManifest(file.manifest_json);
    if (!read) return broken("manifest", read.error().text());
    file.manifest = std::move(read).value();
    return {};
}

struct Descriptor {
    int number;
    explicit Descriptor(int opened) : number(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

}  // namespace

Result<std::string> readFileBytes(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (file.number < 0 || ::fstat(file.number, &status) != 0 || !S_ISREG(status.st_mode)) {
        return makeError(ErrorCode::kNotFound, "cannot be read as a file");
    }
    if (static_cast<std::uint64_t>(status.st_size) > kPluginBytesMax) {
        return makeError(ErrorCode::kTooLarge, "the file is larger than 256 MiB", "size");
    }
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t got = ::read(file.number, bytes.data() + size, bytes.size() - size);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

Result<PluginFile> readPluginBytes(std::string bytes) {
    if (bytes.size() > kPluginBytesMax) {
        return makeError(ErrorCode::kTooLarge, "the file is larger than 256 MiB", "size");
    }
    PluginFile file;
    file.sha256 = security::sha256Hex(bytes);
    file.bytes = std::move(bytes);
    {
        const ElfImage image(file.bytes);
        auto checked = image.checkKind();
        if (!checked) return std::move(checked).error();
        file.exports = image.exports();
        file.needed = image.needed();
        checked = readManifestSection(image, file);
        if (checked) checked = checkExports(file.exports);
        if (!checked) return std::move(checked).error();
        file.fixtures = image.section(".hub.fixtures").value_or("");
    }
    return file;
}

Result<PluginFile> readPluginFile(const std::filesystem::path& path) {
    auto bytes = readFileBytes(path);
    if (!bytes) return std::move(bytes).error();
    return readPluginBytes(std::move(bytes).value());
}

}  // namespace hub::plugins
