#include "portal-api/key_handler.hpp"

#include <gmock/gmock.h>

#include "hub/storage/sealed_columns.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace portal {
namespace {

using hub::storage::Connection;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;
using ::testing::ElementsAre;

class KeyHandlerTest : public hub::storage::StorageTest {
protected:
    KeyHandlerTest() {
        open();
        scope_ = tenant("acme");
        repositories_ = std::make_unique<hub::storage::Repositories>(*vault_);
        plugins_ = std::make_unique<hub::plugins::PluginRegistry>(folder_ / "plugin-cache");
        services_.emplace(PortalServices{
            *database_, *repositories_, *plugins_, *vault_, [] { return std::int64_t{0}; },
            [](std::string_view, std::string_view) { return ""; }, [] {}});
        for (int i = 0; i < kAccounts; ++i) addAccount("a" + std::to_string(i));
    }

    void addAccount(const std::string& code) {
        hub::storage::NewAccount account;
        account.plugin_key = "trial";
        account.provider_name = account.provider_code = code;
        account.secrets["api_key"].push_back({"secret of " + code, std::nullopt});
        const auto made = database_->writeFor(WriteQueue::kPortal, [&](Connection& connection) {
            return repositories_->accounts.create(connection, scope_, account, now_).id;
        });
        accounts_.push_back(made.value());
    }

    ApiCall call() {
        ApiCall made{*services_, scope_, "key-7", {"plugin.manage"}, {}, "", std::nullopt, now_};
        return made;
    }

    ResealView resealToTheEnd() {
        ResealKeys place;
        ResealView all;
        for (int i = 0; i < 1000 && !all.finished; ++i) {
            const auto view = resealValues(call(), place);
            EXPECT_TRUE(view.ok());
            if (!view) break;
            all.resealed += view->resealed;
            all.finished = view->finished;
            place = {view->column, view->after_row};
        }
        return all;
    }

    std::string secretOf(const std::string& id) {
        return database_->read([&](Connection& connection) {
            return repositories_->accounts.openSecrets(connection, scope_, id)
                .at("api_key")
                .front()
                .text;
        });
    }

    static constexpr int kAccounts = 400;
    std::int64_t now_ = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    hub::storage::TenantScope scope_ = hub::storage::TenantScope::fromLeasedRow("none");
    std::unique_ptr<hub::storage::Repositories> repositories_;
    std::unique_ptr<hub::plugins::PluginRegistry> plugins_;
    std::optional<PortalServices> services_;
    std::vector<std::string> accounts_;
};

// TM-DATA-5
TEST_F(KeyHandlerTest, RotatesResealsAndRetires) {
    const auto rotated = rotateKey(call(), {});
    ASSERT_TRUE(rotated.ok()) << rotated.error().text();
    EXPECT_EQ(rotated->active_key_id, "k2");
    EXPECT_THAT(rotated->key_ids, ElementsAre("k1", "k2"));

    EXPECT_EQ(retireKeys(call(), {}).error().code, ErrorCode::kConflict) << "too soon";
    now_ += 2 * kKeysStayMs;  // the clock of the file is the real one
    EXPECT_EQ(retireKeys(call(), {}).error().code, ErrorCode::kConflict) << "still needed";
    EXPECT_EQ(rotateKey(call(), {}).error().code, ErrorCode::kConflict) << "one at a time";

    const auto resealed = resealToTheEnd();
    EXPECT_TRUE(resealed.finished);
    EXPECT_GE(resealed.resealed, 2 * kAccounts) << "a token and secrets each";
    EXPECT_EQ(resealToTheEnd().resealed, 0);

    const auto retired = retireKeys(call(), {});
    ASSERT_TRUE(retired.ok()) << retired.error().text();
    EXPECT_THAT(retired->key_ids, ElementsAre("k2"));
    EXPECT_EQ(secretOf(accounts_.front()), "secret of a0");
    EXPECT_EQ(secretOf(accounts_.back()), "secret of a399");
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action IN ('key_rotated', "
                    "'keys_retired')"),
              2);
    const auto again = rotateKey(call(), {});
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(again->active_key_id, "k3") << "no id is used twice";
}

TEST_F(KeyHandlerTest, RefusesAPlaceThatNoAnswerNamed) {
    EXPECT_EQ(resealValues(call(), {-1, ""}).error().path, "column");
    EXPECT_EQ(resealValues(call(), {1000, ""}).error().path, "column");
    const auto end = static_cast<std::int64_t>(hub::storage::sealedColumns().size());
    const auto view = resealValues(call(), {end, ""});
    ASSERT_TRUE(view.ok());
    EXPECT_TRUE(view->finished);
}

TEST_F(KeyHandlerTest, RetiresNothingWhereThereIsOneKey) {
    const auto retired = retireKeys(call(), {});
    ASSERT_TRUE(retired.ok());
    EXPECT_THAT(retired->key_ids, ElementsAre("k1"));
}

}  // namespace
}  // namespace portal
