#include "hub/storage/account_repository.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "hub/storage/api_key_repository.hpp"
#include "hub/storage/storage_fixture.hpp"
#include "hub/storage/tenant_repository.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;

class AccountTest : public StorageTest {
protected:
    AccountTest() { open(); }
    void SetUp() override { scope_ = tenant("acme"); }

    template <class F>
    auto write(F&& unit) {
        return database_->writeFor(WriteQueue::kPortal, std::forward<F>(unit));
    }
    hubsdk::Result<void> run(const Unit& unit) {
        return database_->write(WriteQueue::kPortal, unit);
    }
    CreatedAccount create(const std::string& code) {
        NewAccount account;
        account.plugin_key = "checkr";
        account.provider_name = "Checkr";
        account.provider_code = code;
        account.settings = R"({"package":"basic"})";
        putSecret(account.secrets, "api_key", {"hush-hush", std::nullopt}, CaptureMode::kReplace);
        return write([&](Connection& connection) {
                   return accounts_.create(connection, scope_, account, kNow);
               })
            .value();
    }
    std::optional<Account> byToken(const std::string& token, std::int64_t now_ms) {
        return database_->read([&](Connection& connection) {
            return accounts_.findByEndpoint(connection, AccountRepository::hashEndpointToken(token),
                                            now_ms);
        });
    }

    AccountRepository accounts_{*vault_};
    TenantScope scope_ = TenantScope::afterAuthentication("none");
};

TEST_F(AccountTest, IsFoundByItsEndpoint) {
    const auto created = create("a");
    const auto found = byToken(created.endpoint_token, kNow);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->id, created.id);
    EXPECT_EQ(found->tenant_id, scope_.tenantId());
    EXPECT_EQ(found->state, AccountState::kSetup);
    EXPECT_EQ(found->settings, R"({"package":"basic"})");
    EXPECT_EQ(found->secret_names, std::vector<std::string>{"api_key"});
    EXPECT_FALSE(byToken(created.endpoint_token + "x", kNow).has_value());
    EXPECT_EQ(database_->read([&](Connection& connection) {
        return accounts_.endpointToken(connection, scope_, created.id);
    }),
              created.endpoint_token);
}

TEST_F(AccountTest, RotatedEndpointOverlapsUntilItsTime) {
    const auto created = create("a");
    const std::string next =
        write([&](Connection& connection) {
            return accounts_.rotateEndpoint(connection, scope_, created.id, kNow + 1000, kNow);
        }).value();
    EXPECT_TRUE(byToken(next, kNow).has_value());
    EXPECT_TRUE(byToken(created.endpoint_token, kNow + 999).has_value());
    EXPECT_FALSE(byToken(created.endpoint_token, kNow + 1000).has_value());
    const auto rotateAt = [&](std::int64_t now_ms, std::int64_t until_ms) {
        return write([&](Connection& connection) {
            return accounts_.rotateEndpoint(connection, scope_, created.id, until_ms, now_ms);
        });
    };
    EXPECT_EQ(rotateAt(kNow + 999, kNow + 2000).error().code, ErrorCode::kConflict);
    EXPECT_TRUE(rotateAt(kNow + 1000, kNow + 2000));
}

TEST_F(AccountTest, CapturedSecretsAreAddedOrReplaced) {
    const auto created = create("a");
    const auto capture = [&](const std::string& text, CaptureMode mode) {
        EXPECT_TRUE(run([&](Connection& connection) {
                        accounts_.captureSecret(connection, scope_, created.id,
                                                {"webhook_secret", {text, kNow}, mode}, kNow);
                    }).ok());
    };
    const auto secrets = [&] {
        return database_->read([&](Connection& connection) {
            return accounts_.openSecrets(connection, scope_, created.id);
        });
    };
    capture("one", CaptureMode::kAdd);
    capture("two", CaptureMode::kAdd);
    ASSERT_EQ(secrets()["webhook_secret"].size(), 2U);
    EXPECT_EQ(secrets()["webhook_secret"].front().text, "two");
    EXPECT_EQ(secrets()["webhook_secret"].front().expires_at_ms, kNow);
    EXPECT_EQ(secrets()["api_key"].front().text, "hush-hush");
    capture("three", CaptureMode::kReplace);
    EXPECT_EQ(secrets()["webhook_secret"].size(), 1U);
}

// All secrets are one cell, and two writers may change it at once.
TEST_F(AccountTest, TwoCapturesAtOnceKeepBoth) {
    const auto created = create("a");
    std::promise<void> first_read;
    std::promise<hubsdk::Result<void>> first;
    database_->submit(
        WriteQueue::kFlow,
        [&, told = std::make_shared<std::atomic<bool>>(false)](Connection& connection) {
            accounts_.captureSecret(connection, scope_, created.id,
                                    {"token", {"t", std::nullopt}, CaptureMode::kReplace}, kNow);
            if (!told->exchange(true)) first_read.set_value();
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
        },
        [&](hubsdk::Result<void> done) { first.set_value(std::move(done)); });
    first_read.get_future().wait();
    EXPECT_TRUE(run([&](Connection& connection) {
                    accounts_.captureSecret(
                        connection, scope_, created.id,
                        {"webhook_secret", {"w", std::nullopt}, CaptureMode::kReplace}, kNow);
                }).ok());
    EXPECT_TRUE(first.get_future().get().ok());
    auto secrets = database_->read([&](Connection& connection) {
        return accounts_.openSecrets(connection, scope_, created.id);
    });
    ASSERT_EQ(secrets["token"].size(), 1U);
    ASSERT_EQ(secrets["webhook_secret"].size(), 1U);
    EXPECT_EQ(secrets["webhook_secret"].front().text, "w");
}

TEST_F(AccountTest, StoresNoPlainSecret) {
    create("a");
    EXPECT_EQ(count("SELECT COUNT(*) FROM provider_config WHERE auth_config_enc LIKE '%hush%'"), 0);
}

// TM-DB-4
TEST_F(AccountTest, SettingsKeepTheFirstOfTwoChanges) {
    const auto created = create("a");
    const auto change = [&](const char* settings) {
        return run([&](Connection& connection) {
            accounts_.setSettings(connection, scope_, created.id, settings, 1, kNow);
        });
    };
    EXPECT_TRUE(change("{}").ok());
    EXPECT_EQ(change("[]").error().code, ErrorCode::kConflict);
}

TEST_F(AccountTest, CodeIsUniqueInTheTenantOnly) {
    create("a");
    NewAccount same;
    same.plugin_key = "checkr";
    same.provider_name = same.provider_code = "a";
    const auto add = [&](const TenantScope& scope) {
        return write([&](Connection& connection) {
            return accounts_.create(connection, scope, same, kNow);
        });
    };
    EXPECT_EQ(add(scope_).error().code, ErrorCode::kConflict);
    EXPECT_TRUE(add(tenant("other")).ok());
    const auto listed =
        database_->read([&](Connection& connection) { return accounts_.list(connection, scope_); });
    EXPECT_EQ(listed.size(), 1U);
}

TEST_F(AccountTest, ForeignIdIsNotFound) {
    const auto created = create("a");
    const TenantScope other = tenant("other");
    EXPECT_FALSE(database_->read([&](Connection& connection) {
        return accounts_.find(connection, other, created.id).has_value();
    }));
    const Unit attempts[] = {
        [&](Connection& c) { (void)accounts_.openSecrets(c, other, created.id); },
        [&](Connection& c) { (void)accounts_.endpointToken(c, other, created.id); },
        [&](Connection& c) {
            accounts_.setState(c, other, created.id, AccountState::kEnabled, kNow);
        },
        [&](Connection& c) { accounts_.setSettings(c, other, created.id, "{}", 1, kNow); },
        [&](Connection& c) { accounts_.pin(c, other, created.id, "x", kNow); },
        [&](Connection& c) { accounts_.rotateEndpoint(c, other, created.id, kNow, kNow); },
    };
    for (const auto& attempt : attempts) EXPECT_EQ(run(attempt).error().code, ErrorCode::kNotFound);
}

TEST(SecretMap, ReadsOnlyItsOwnForm) {
    SecretMap secrets;
    putSecret(secrets, "a", {"1:x,", 7}, CaptureMode::kAdd);
    putSecret(secrets, "b", {std::string("\0", 1), std::nullopt}, CaptureMode::kAdd);
    const SecretMap read = decodeSecrets(encodeSecrets(secrets)).value();
    EXPECT_EQ(read.at("a").front().text, "1:x,");
    EXPECT_EQ(read.at("b").front().text, std::string("\0", 1));
    for (const char* bad : {"x", "1:", "9:a", "1:a", "1:a1:b", "1:a1:b1:x", "-1:a"})
        EXPECT_FALSE(decodeSecrets(bad).ok()) << bad;
}

TEST(SecretMap, KeepsABoundedNumberOfValuesNewestFirst) {
    SecretMap secrets;
    for (std::size_t i = 0; i <= kSecretValuesMax; ++i)
        putSecret(secrets, "a", {std::to_string(i), std::nullopt}, CaptureMode::kAdd);
    EXPECT_EQ(secrets["a"].size(), kSecretValuesMax);
    EXPECT_EQ(secrets["a"].front().text, std::to_string(kSecretValuesMax));
    putSecret(secrets, "a", {"5", std::nullopt}, CaptureMode::kAdd);
    EXPECT_EQ(secrets["a"].size(), kSecretValuesMax);
    EXPECT_EQ(secrets["a"].front().text, "5");
}

TEST_F(AccountTest, ApiKeysAreFoundUntilRevokedOrExpired) {
    const ApiKeyRepository keys;
    const auto created = write([&](Connection& connection) {
                             return keys.create(connection, scope_, "ci",
                                                {"order.read", "order.create"}, kNow + 1000, kNow);
                         }).value();
    const auto find = [&](const std::string& key, std::int64_t now_ms) {
        return database_->read(
            [&](Connection& connection) { return keys.findValid(connection, key, now_ms); });
    };
    ASSERT_TRUE(find(created.key, kNow).has_value());
    EXPECT_EQ(find(created.key, kNow)->permissions.size(), 2U);
    EXPECT_EQ(find(created.key, kNow)->tenant_id, scope_.tenantId());
    EXPECT_FALSE(find(created.key, kNow + 1000).has_value());
    EXPECT_FALSE(find(created.key + "x", kNow).has_value());
    const TenantScope other = tenant("other");
    EXPECT_EQ(run([&](Connection& c) { keys.revoke(c, other, created.id, kNow); }).error().code,
              ErrorCode::kNotFound);
    EXPECT_TRUE(run([&](Connection& c) { keys.revoke(c, scope_, created.id, kNow); }).ok());
    EXPECT_FALSE(find(created.key, kNow).has_value());
    EXPECT_EQ(run([&](Connection& c) { keys.create(c, scope_, "x", {"a b"}, std::nullopt, kNow); })
                  .error()
                  .code,
              ErrorCode::kInvalid);
}

TEST_F(AccountTest, TenantsFormAPath) {
    const TenantRepository tenants;
    const auto system = SystemScope::forStartup();
    const auto add = [&](const char* slug, const std::optional<std::string>& parent) {
        return write([&](Connection& connection) {
            return tenants.create(connection, system, {slug, slug, "client", parent}, kNow);
        });
    };
    const Tenant root = add("root", std::nullopt).value();
    const Tenant child = add("child", root.id).value();
    EXPECT_EQ(child.path, root.id + "/" + child.id + "/");
    EXPECT_EQ(add("child", std::nullopt).error().code, ErrorCode::kConflict);
    EXPECT_EQ(add("lost", "no-such-id").error().code, ErrorCode::kNotFound);
    database_->read([&](Connection& connection) {
        EXPECT_EQ(tenants.findBySlug(connection, system, "child")->id, child.id);
        EXPECT_EQ(tenants.own(connection, scope_)->slug, "acme");
    });
}

}  // namespace
}  // namespace hub::storage
