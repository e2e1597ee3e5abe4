#include "hub/security/vault.hpp"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "hub/security/digest.hpp"

namespace hub::security {
namespace {

namespace fs = std::filesystem;
using hubsdk::ErrorCode;

class VaultTest : public ::testing::Test {
protected:
    VaultTest() { fs::create_directory(folder_); }
    ~VaultTest() override { fs::remove_all(folder_); }
    [[nodiscard]] std::string keyFile() const { return (folder_ / "master.key").string(); }
    void writeKeyFile(std::string_view text) const {
        std::ofstream(keyFile(), std::ios::binary) << text;
        fs::permissions(keyFile(), fs::perms::owner_read | fs::perms::owner_write);
    }

    fs::path folder_ = fs::temp_directory_path() / ("vault-" + randomToken());
    CellAddress cell_{"tenant-1", "person", "ssn_enc", "row-1"};
};

TEST_F(VaultTest, OpensWhatItSealedAlsoAfterARestart) {
    const std::string sealed = Vault::open(keyFile()).value()->seal(cell_, "123-45-6789");
    EXPECT_TRUE(sealed.starts_with("v1.k1-p2.")) << sealed;
    EXPECT_EQ(sealed.find("6789"), std::string::npos);
    EXPECT_EQ(Vault::open(keyFile()).value()->open(cell_, sealed).value(), "123-45-6789");
    EXPECT_EQ(fs::status(keyFile()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(VaultTest, SealsEmptyAndBinaryValues) {
    const auto vault = Vault::open(keyFile()).value();
    EXPECT_EQ(vault->open(cell_, vault->seal(cell_, "")).value(), "");
    const std::string bytes("\0\xff\n", 3);
    EXPECT_EQ(vault->open(cell_, vault->seal(cell_, bytes)).value(), bytes);
}

// TM-DATA-2
TEST_F(VaultTest, RefusesAValueMovedToAnotherCell) {
    const auto vault = Vault::open(keyFile()).value();
    const std::string sealed = vault->seal(cell_, "value");
    const CellAddress others[] = {{"tenant-2", "person", "ssn_enc", "row-1"},
                                  {"tenant-1", "people", "ssn_enc", "row-1"},
                                  {"tenant-1", "person", "dob_enc", "row-1"},
                                  {"tenant-1", "person", "ssn_enc", "row-2"},
                                  {"tenant-1", "personssn_enc", "", "row-1"}};
    for (const auto& other : others) {
        const auto opened = vault->open(other, sealed);
        ASSERT_FALSE(opened.ok());
        EXPECT_EQ(opened.error().code, ErrorCode::kForbidden);
        EXPECT_EQ(opened.error().text().find("value moved"), std::string::npos);
    }
}

TEST_F(VaultTest, RefusesChangedAndForeignText) {
    const auto vault = Vault::open(keyFile()).value();
    const std::string sealed = vault->seal(cell_, "value");
    std::string changed = sealed;
    changed[12] = changed[12] == 'A' ? 'B' : 'A';
    EXPECT_EQ(vault->open(cell_, changed).error().code, ErrorCode::kForbidden);
    std::string renamed;
    for (const char* unknown : {"v1.k9-p2.", "v1.k1-p9.", "v1.k1-."}) {
        renamed = unknown + sealed.substr(9);
        EXPECT_EQ(vault->open(cell_, renamed).error().code, ErrorCode::kNotFound) << unknown;
    }
    for (const char* bad : {"", "v1.", "v1.k1", "v1.k1.", "v1.k1.AAAA", "v2.k1.AAAA", "plain"})
        EXPECT_EQ(vault->open(cell_, bad).error().code, ErrorCode::kInvalid) << bad;
}

// TM-DATA-3
TEST_F(VaultTest, NeverRepeatsANonce) {
    const auto vault = Vault::open(keyFile()).value();
    std::set<std::string> nonces;
    constexpr std::size_t kRounds = 2000;
    for (std::size_t i = 0; i < kRounds; ++i)
        nonces.insert(base64Decode(vault->seal(cell_, "x").substr(9)).value().substr(0, 12));
    EXPECT_EQ(nonces.size(), kRounds);
}

// TM-DATA-1, R-SEC-02: a key that leaked opens no other class and no other tenant.
TEST_F(VaultTest, EachClassHasAKeyOfItsOwn) {
    const auto vault = Vault::open(keyFile()).value();
    CellAddress identifier = cell_;
    identifier.key_class = KeyClass::kIdentifier;
    const std::string sealed = vault->seal(identifier, "123-45-6789");
    EXPECT_TRUE(sealed.starts_with("v1.k1-p3.")) << sealed;
    EXPECT_EQ(vault->open(identifier, sealed).value(), "123-45-6789");
    // The class is in the name of the key, so a column can change its class and still be read.
    EXPECT_EQ(vault->open(cell_, sealed).value(), "123-45-6789");
    const std::string as_other_class = "v1.k1-p2." + sealed.substr(9);
    EXPECT_EQ(vault->open(identifier, as_other_class).error().code, ErrorCode::kForbidden);
    EXPECT_EQ(vault->activeKeyId(KeyClass::kSecret), "k1-s");
}

// The value was computed outside of this program.
TEST_F(VaultTest, OpensWhatWasSealedBeforeThereWereClasses) {
    const std::string key(32, 'k');
    writeKeyFile("index " + base64Encode(key) + "\nkey k1 " + base64Encode(key) + "\n");
    const auto vault = Vault::open(keyFile()).value();
    const std::string before = "v1.k1.AAECAwQFBgcICQoLzorAMaJNj9Ig3JVf2a6DQGrgVrazAHhHVpE2";
    EXPECT_EQ(vault->open(cell_, before).value(), "123-45-6789");
}

// TM-DATA-3
TEST_F(VaultTest, CountsTheUsesOfEachKey) {
    const auto vault = Vault::open(keyFile()).value();
    CellAddress other = cell_;
    other.tenant = "tenant-2";
    (void)vault->seal(cell_, "a");
    (void)vault->seal(cell_, "b");
    const std::string sealed = vault->seal(other, "c");
    (void)vault->open(other, sealed);
    const auto of = [](const std::vector<KeyUse>& uses, std::string_view tenant) {
        std::int64_t found = 0;
        for (const KeyUse& use : uses)
            if (use.tenant == tenant && use.key_id == "k1-p2") found += use.uses;
        return found;
    };
    const auto uses = vault->takeUses();
    EXPECT_EQ(of(uses, "tenant-1"), 2);
    EXPECT_EQ(of(uses, "tenant-2"), 1) << "opening is no use";
    EXPECT_TRUE(vault->takeUses().empty());
    vault->giveBack(uses);
    EXPECT_EQ(of(vault->takeUses(), "tenant-1"), 2);
}

// TM-DATA-4
TEST_F(VaultTest, BlindIndexIsStableAndOfTheTenant) {
    const auto vault = Vault::open(keyFile()).value();
    const std::string index = vault->blindIndex("tenant-1", "123456789");
    EXPECT_EQ(index.size(), 64U);
    EXPECT_NE(vault->blindIndex("tenant-2", "123456789"), index);
    EXPECT_NE(vault->blindIndex("tenant-1", "123456780"), index);
    ASSERT_TRUE(vault->rotate().ok());
    EXPECT_EQ(vault->blindIndex("tenant-1", "123456789"), index);
}

// TM-DATA-5
TEST_F(VaultTest, RotationReadsOldAndWritesNew) {
    const auto vault = Vault::open(keyFile()).value();
    const std::string old = vault->seal(cell_, "old");
    ASSERT_TRUE(vault->rotate().ok());
    EXPECT_EQ(vault->activeKeyId(), "k2");
    EXPECT_TRUE(vault->seal(cell_, "new").starts_with("v1.k2-p2."));
    EXPECT_EQ(vault->open(cell_, old).value(), "old");
    const auto restarted = Vault::open(keyFile()).value();
    EXPECT_EQ(restarted->open(cell_, old).value(), "old");
    EXPECT_EQ(restarted->activeKeyId(), "k2");
}

// TM-DATA-5
TEST_F(VaultTest, RetiresOlderKeysAndUsesNoIdTwice) {
    const auto vault = Vault::open(keyFile()).value();
    const std::string index = vault->blindIndex("tenant-1", "123456789");
    const std::string old = vault->seal(cell_, "old");
    ASSERT_TRUE(vault->rotate().ok());
    const std::string fresh = vault->seal(cell_, "new");
    ASSERT_TRUE(vault->retireOlderKeys().ok());
    EXPECT_EQ(vault->keyIds(), std::vector<std::string>{"k2"});
    EXPECT_EQ(vault->open(cell_, old).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(vault->open(cell_, fresh).value(), "new");
    const auto restarted = Vault::open(keyFile()).value();
    EXPECT_EQ(restarted->open(cell_, fresh).value(), "new");
    EXPECT_EQ(restarted->blindIndex("tenant-1", "123456789"), index);
    ASSERT_TRUE(restarted->rotate().ok());
    EXPECT_EQ(restarted->activeKeyId(), "k3");
}

TEST_F(VaultTest, FailedRotationChangesNothing) {
    const auto vault = Vault::open(keyFile()).value();
    fs::rename(folder_, folder_.string() + "-gone");
    EXPECT_EQ(vault->rotate().error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(vault->activeKeyId(), "k1");
    fs::rename(folder_.string() + "-gone", folder_);
}

// TM-DATA-6
TEST_F(VaultTest, RefusesAFileOthersMayTouch) {
    ASSERT_TRUE(Vault::open(keyFile()).ok());
    for (const auto bit : {fs::perms::group_read, fs::perms::group_write, fs::perms::others_read,
                           fs::perms::others_exec}) {
        fs::permissions(keyFile(), fs::perms::owner_read | fs::perms::owner_write | bit);
        EXPECT_EQ(Vault::open(keyFile()).error().code, ErrorCode::kForbidden);
    }
}

TEST_F(VaultTest, RefusesALinkAndAFolder) {
    ASSERT_TRUE(Vault::open(keyFile()).ok());
    const std::string link = (folder_ / "link").string();
    fs::create_symlink(keyFile(), link);
    EXPECT_EQ(Vault::open(link).error().code, ErrorCode::kForbidden);
    EXPECT_EQ(Vault::open(folder_.string()).error().code, ErrorCode::kForbidden);
}

TEST_F(VaultTest, RefusesADamagedFile) {
    const std::string key = base64Encode(std::string(32, 'k'));
    for (const std::string& bad :
         {std::string("index " + key + "\n"), "key k1 " + key + "\n",
          "index " + key + "\nkey k1 " + key, std::string("index AAAA\nkey k1 AAAA\n"),
          std::string("noise\n"), std::string(),
          "index " + key + "\nindex " + key + "\nkey k1 " + key + "\n"}) {
        writeKeyFile(bad);
        EXPECT_EQ(Vault::open(keyFile()).error().code, ErrorCode::kInvalid) << bad;
    }
    writeKeyFile(std::string(70 * 1024, 'x'));
    EXPECT_EQ(Vault::open(keyFile()).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace hub::security
