// TM-DB-6, architecture section 11, invariant 1: a disk that is really full. Nothing is
// acknowledged that has no row, the hub says why it is not ready, and goes on when there is room.
#include <cstdlib>

#include "hub/storage/testing/mariadb_server.hpp"
#include "tests/e2e/small_disk.hpp"
#include "tests/e2e/stage.hpp"

namespace hub::e2e {
namespace {

using storage::testing::MariadbServer;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr std::size_t kDiskMebibytes = 192;
constexpr std::size_t kBodyBytes = 3'000;
constexpr int kEventsMax = 20'000;
constexpr int kRefusalsWanted = 20;

// The database's files lie on the small disk: SQLite's with the hub's own, or a server's.
class SmallStorage {
public:
    SmallStorage() {
        if (!disk_.problem().empty()) return;
        settings_["storage.free_bytes_min"] = "65536";
        if (!storage::testing::onMariadb()) {
            settings_["data.dir"] = disk_.path() + "/data";
            return;
        }
        setenv("TMPDIR", disk_.path().c_str(), 1);
        server_ = std::make_unique<MariadbServer>();
        unsetenv("TMPDIR");
        settings_["storage.url"] = server_->socketUrl(server_->migratedDatabase());
    }
    SmallDisk& disk() { return disk_; }
    void makeRoom() {
        disk_.makeRoom();
        // Some servers end themselves where they cannot write.
        if (server_) server_->startIfEnded();
    }
    [[nodiscard]] const std::map<std::string, std::string>& settings() const { return settings_; }

private:
    SmallDisk disk_{kDiskMebibytes};
    std::unique_ptr<MariadbServer> server_;
    std::map<std::string, std::string> settings_;
};

std::string eventBody(int number) {
    return R"({"id":"full)" + std::to_string(number) +
           R"(","object":"event","type":"report.completed","created_at":"2026-01-19T09:15:30Z",)"
           R"("data":{"object":{"id":"nobody)" +
           std::to_string(number) + R"(","object":"report"}},"padding":")" +
           std::string(kBodyBytes, 'x') + "\"}";
}

// A base, so that it is there before the hub and goes after it.
struct OnSmallStorage {
    SmallStorage storage_;
};

class FullDisk : private OnSmallStorage, public Stage {
protected:
    FullDisk() : Stage(storage_.settings()) {}

    SmallDisk& disk() { return storage_.disk(); }
    void makeRoom() { storage_.makeRoom(); }
    /// Sends events until so many in a row are refused; every answer is 200 or 503.
    void sendUntilFull() {
        int refused = 0;
        for (int number = 0; number < kEventsMax && refused < kRefusalsWanted; ++number) {
            disk().fill();
            const int status = send(number);
            EXPECT_THAT(status, AnyOf(200, 503));
            refused = status == 200 ? 0 : refused + 1;
        }
        EXPECT_EQ(refused, kRefusalsWanted);
    }
    int send(int number) {
        const int status = hub_.deliver(eventBody(number), kApiKey).status;
        (status == 200 ? stored_ : refused_).insert(number);
        if (status == 200) refused_.erase(number);
        return status;
    }
    void expectRows() {
        StoredRows rows(hub_);
        std::set<int> found;
        for (const auto& id : rows.texts("SELECT vendor_event_id FROM inbound_event"))
            if (id.starts_with("full")) found.insert(std::stoi(id.substr(4)));
        EXPECT_EQ(found, stored_) << "a row for each 200 and for nothing else";
    }

    std::set<int> stored_;
    std::set<int> refused_;
};

TEST_F(FullDisk, RefusesWhatItCannotKeepAndLosesNothing) {
    // A full disk needs a file system of its own, and not every machine lets a test mount one; the
    // failure of a write for want of space is tested without it in hub/storage.
    if (!disk().problem().empty())
        GTEST_SKIP() << "no small disk on this machine: " << disk().problem();
    const std::string before = placeOrder("clear");
    (void)orderIn("completed", before);
    const std::string during = placeOrder("consider");
    sendUntilFull();
    const HttpAnswer ready = hub_.send("GET", "/ready", {}, "");
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, HasSubstr("storage_full"));
    EXPECT_EQ(hub_.send("GET", "/health", {}, "").status, 200) << "a restart would not help";

    makeRoom();
    EXPECT_TRUE(waitFor(60, [&] { return hub_.send("GET", "/ready", {}, "").status == 200; }));
    expectRows();
    for (const int number : std::set<int>(refused_)) EXPECT_EQ(send(number), 200) << number;
    expectRows();
    (void)orderIn("pending_review", during);
    (void)orderIn("completed", placeOrder("clear"));
    EXPECT_EQ(hubsdk::toText(twin_.ledger().root()["duplicates_by_custom_id"]), "{}");
    EXPECT_EQ(verifyWhenNumbered(hub_).code, 0);
}

}  // namespace
}  // namespace hub::e2e
