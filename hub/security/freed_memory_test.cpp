// TM-DATA-6: what is freed holds no key in its text form. This file replaces the allocation
// functions of the whole test program to look at every block before it is given back.
#include "hub/security/vault.hpp"

#include <malloc.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>

#include "hub/security/digest.hpp"

namespace {

// Of this thread: what is looked for, and how often it was found.
thread_local const char* wanted = nullptr;
thread_local std::size_t wanted_size = 0;
thread_local int found = 0;

void look(const void* block) noexcept {
    if (wanted == nullptr || block == nullptr) return;
    const std::size_t size = malloc_usable_size(const_cast<void*>(block));
    if (memmem(block, size, wanted, wanted_size) != nullptr) ++found;
}

}  // namespace

void* operator new(std::size_t size) {
    void* block = std::malloc(size == 0 ? 1 : size);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}
void operator delete(void* block) noexcept {
    look(block);
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    look(block);
    std::free(block);
}

namespace hub::security {
namespace {

class FreedMemory : public ::testing::Test {
protected:
    FreedMemory() { std::filesystem::create_directory(folder_); }
    ~FreedMemory() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string file() const { return (folder_ / "master.key").string(); }
    /// The text of the index key, which every version of the file holds.
    [[nodiscard]] std::string indexKeyText() const {
        std::ifstream in(file());
        std::string word;
        std::string text;
        in >> word >> text;
        return text;
    }
    /// How many blocks were freed during `step` that hold `text`.
    static int freedWith(const std::string& text, const std::function<void()>& step) {
        found = 0;
        wanted_size = text.size();
        wanted = text.c_str();
        step();
        wanted = nullptr;
        return found;
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("freed-" + randomToken());
};

TEST_F(FreedMemory, IsLookedAt) {
    const std::string text = "a text that is long enough for a block of its own";
    EXPECT_GE(freedWith(text, [&] { const std::string copy = text + "!"; }), 1);
}

TEST_F(FreedMemory, HoldsNoKeyTextAfterARotation) {
    auto vault = Vault::open(file());
    ASSERT_TRUE(vault.ok());
    const std::string text = indexKeyText();
    ASSERT_EQ(text.size(), 44U);
    EXPECT_EQ(freedWith(text, [&] { EXPECT_TRUE((*vault)->rotate().ok()); }), 0);
    EXPECT_EQ(freedWith(text, [&] { EXPECT_TRUE((*vault)->retireOlderKeys().ok()); }), 0);
    EXPECT_EQ(freedWith(text, [&] { EXPECT_TRUE(Vault::open(file()).ok()); }), 0);
}

}  // namespace
}  // namespace hub::security
