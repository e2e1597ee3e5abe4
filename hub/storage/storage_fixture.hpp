/// Test base: a database, a vault and one tenant of their own; on SQLite, or on MariaDB if
/// HUB_TEST_STORAGE says so.
#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "hub/security/digest.hpp"
#include "hub/security/vault.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/tenant_scope.hpp"
#include "hub/storage/testing/mariadb_server.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {

inline constexpr std::int64_t kNow = 1'760'000'000'000;  // 2025-10-09 08:53:20 UTC

class StorageTest : public ::testing::Test {
protected:
    StorageTest() {
        std::filesystem::create_directory(folder_);
        vault_ = security::Vault::open((folder_ / "master.key").string()).value();
    }
    ~StorageTest() override {
        database_.reset();
        std::filesystem::remove_all(folder_);
    }

    /// The file on SQLite.
    [[nodiscard]] std::string file() const { return (folder_ / "hub.db").string(); }
    /// The test's own database; made at the first call.
    [[nodiscard]] const std::string& url() {
        if (!url_.empty()) return url_;
        if (testing::onMariadb()) {
            auto& server = testing::MariadbServer::shared();
            url_ = server.socketUrl(server.migratedDatabase());
        } else {
            url_ = "sqlite:" + file();
        }
        return url_;
    }
    void useUrl(std::string url) { url_ = std::move(url); }
    Database& open(const DatabaseLimits& limits = {}) {
        database_.reset();
        database_ = std::make_unique<Database>(url(), limits);
        return *database_;
    }
    /// Adds a tenant row and gives its scope.
    TenantScope tenant(const std::string& slug) {
        const std::string id = security::uuid7(kNow);
        const auto added = database_->write(WriteQueue::kSystem, [&](Connection& connection) {
            connection.run(
                "INSERT INTO tenant (id, path, kind, name, slug, status, settings, created_at, "
                "updated_at) VALUES (?,?,'client',?,?,'active','{}',?,?)",
                {id, id, slug, slug, timeText(kNow), timeText(kNow)});
        });
        EXPECT_TRUE(added.ok());
        return TenantScope::afterAuthentication(id);
    }
    std::int64_t count(std::string_view sql, std::initializer_list<Value> params = {}) {
        std::int64_t found = 0;
        database_->read([&](Connection& connection) {
            connection.query(sql, params, [&](const Row& row) { found = row.integer(0); });
        });
        return found;
    }
    /// Tasks of this kind for the subject.
    std::int64_t tasksOn(std::string_view kind, std::string_view subject_id) {
        return count("SELECT COUNT(*) FROM task WHERE kind = ? AND subject_id = ?",
                     {kind, subject_id});
    }

    /// TM-DATA-1: none of `planted` is in the database's files, as it is or written otherwise. What
    /// is no secret must be: else the wrong files were looked at.
    void expectNotInFiles(std::initializer_list<std::string_view> planted,
                          std::string_view no_secret) const {
        const std::filesystem::path files =
            testing::onMariadb()
                ? std::filesystem::path(testing::MariadbServer::shared().dataFolder())
                : folder_;
        bool found = false;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(files)) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            const std::string bytes{std::istreambuf_iterator<char>(in), {}};
            found = found || bytes.find(no_secret) != std::string::npos;
            for (const std::string_view text : planted) {
                EXPECT_EQ(bytes.find(text), std::string::npos) << text << " in " << entry.path();
                for (const std::string& written :
                     {security::base64UrlEncode(text), security::hexEncode(text)})
                    EXPECT_EQ(bytes.find(written), std::string::npos) << written;
            }
        }
        EXPECT_TRUE(found) << "these are not the files";
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("storage-" + security::randomToken());
    std::unique_ptr<security::Vault> vault_;
    std::unique_ptr<Database> database_;

private:
    std::string url_;
};

}  // namespace hub::storage
