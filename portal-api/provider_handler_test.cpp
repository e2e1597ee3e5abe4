#include "portal-api/provider_handler.hpp"

#include "hub/storage/storage_fixture.hpp"

#include <gmock/gmock.h>

namespace portal {
namespace {

using hub::storage::Connection;
using hubsdk::ErrorCode;
using ::testing::ElementsAre;

/// Over the plugin file of the hub's own tests, which requires an api_key.
class ProviderHandlerTest : public hub::storage::StorageTest {
protected:
    ProviderHandlerTest() {
        open();
        scope_ = tenant("acme");
        repositories_ = std::make_unique<hub::storage::Repositories>(*vault_);
        plugins_ = std::make_unique<hub::plugins::PluginRegistry>(folder_ / "plugin-cache");
        const auto plugin = plugins_->install(HUB_SECRETS_PLUGIN);
        EXPECT_TRUE(plugin) << plugin.error().text();
        vendor_ = (*plugin)->manifest().vendor;
        services_ = std::make_unique<PortalServices>(PortalServices{
            *database_, *repositories_, *plugins_, *vault_, [] { return hub::storage::kNow; },
            [](std::string_view, std::string_view token) { return "url of " + std::string(token); },
            [] {}});
    }

    ApiCall call(std::vector<std::string> parameters = {}) {
        ApiCall made{
            *services_, scope_,       "key-7",           {"provider.manage"}, std::move(parameters),
            "",         std::nullopt, hub::storage::kNow};
        made.request_id = "req-1";
        return made;
    }
    CreateProvider wanted() {
        CreateProvider request;
        request.plugin_key = vendor_;
        request.provider_code = request.provider_name = "one";
        return request;
    }
    hubsdk::Result<ProviderView> update(const ProviderView& view, UpdateProvider request) {
        request.row_version = view.row_version;
        return updateProvider(call({view.id}), request);
    }

    /// The values of webhook_secret that count that much later, newest first.
    std::vector<std::string> secrets(const std::string& id, std::int64_t later_ms) {
        return database_->read([&](Connection& connection) {
            return hub::storage::valuesOf(
                repositories_->accounts.openSecrets(connection, scope_, id),
                hub::storage::kNow + later_ms)["webhook_secret"];
        });
    }
    std::string token(const std::string& id) {
        return database_->read([&](Connection& connection) {
            return repositories_->accounts.endpointToken(connection, scope_, id);
        });
    }
    bool answersAt(const std::string& token_hash, std::int64_t later_ms) {
        return database_->read([&](Connection& connection) {
            return repositories_->accounts
                .findByEndpoint(connection, token_hash, hub::storage::kNow + later_ms)
                .has_value();
        });
    }
    /// Gives the id of the vendor order.
    std::string openOrder(const std::string& account_id) {
        return database_
            ->writeFor(hub::storage::WriteQueue::kPortal,
                       [&](Connection& connection) {
                           hub::storage::NewOrder order;
                           const auto made = repositories_->orders.create(connection, scope_, order,
                                                                          hub::storage::kNow);
                           return repositories_->vendor_orders
                               .create(connection, scope_,
                                       {made.order_id, account_id, vendor_, "ref-1", std::nullopt},
                                       hub::storage::kNow)
                               .id;
                       })
            .value();
    }
    void setVendorStatus(const std::string& id, const std::string& status) {
        ASSERT_TRUE(database_
                        ->write(hub::storage::WriteQueue::kPortal,
                                [&](Connection& connection) {
                                    auto row =
                                        *repositories_->vendor_orders.find(connection, scope_, id);
                                    row.status = status;
                                    repositories_->vendor_orders.save(connection, scope_, row,
                                                                      hub::storage::kNow);
                                })
                        .ok());
    }

    hub::storage::TenantScope scope_ = hub::storage::TenantScope::fromLeasedRow("none");
    std::string vendor_;
    std::unique_ptr<hub::storage::Repositories> repositories_;
    std::unique_ptr<hub::plugins::PluginRegistry> plugins_;
    std::unique_ptr<PortalServices> services_;
};

TEST_F(ProviderHandlerTest, StaysInSetupUntilItsSecretsAreThere) {
    const auto made = createProvider(call(), wanted());
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_EQ(made->state, "setup");
    EXPECT_THAT(made->missing_secrets, ::testing::ElementsAre("webhook_secret"));
    UpdateProvider enable;
    enable.enabled = true;
    const auto still = update(*made, enable);
    ASSERT_TRUE(still) << still.error().text();
    EXPECT_EQ(still->state, "setup");
    enable.secrets["webhook_secret"] = "hush";
    const auto done = update(*still, enable);
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(done->state, "enabled");
    EXPECT_TRUE(done->missing_secrets.empty());
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'provider_updated'"), 2);
}

TEST_F(ProviderHandlerTest, IsEnabledAtOnceWithItsSecrets) {
    auto request = wanted();
    request.secrets["webhook_secret"] = "hush";
    const auto made = createProvider(call(), request);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_EQ(made->state, "enabled");
    UpdateProvider change;
    change.enabled = false;
    const auto paused = update(*made, change);
    EXPECT_EQ(paused->state, "paused");
    change.enabled = true;
    EXPECT_EQ(update(*paused, change)->state, "enabled");
    EXPECT_EQ(count("SELECT COUNT(*) FROM provider_config WHERE releases_held = 1"), 1)
        << "what came meanwhile becomes due";
}

// TM-IN-1: while a vendor changes its secret, deliveries signed with either one are believed.
TEST_F(ProviderHandlerTest, KeepsAReplacedSecretForTheHoursItIsTold) {
    auto request = wanted();
    request.secrets["webhook_secret"] = "old";
    const auto made = createProvider(call(), request);
    UpdateProvider change;
    change.secrets["webhook_secret"] = "new";
    change.keep_old_hours = 2;
    const auto both = update(*made, change);
    ASSERT_TRUE(both) << both.error().text();
    constexpr std::int64_t kTwoHoursMs = 2 * 3'600'000;
    EXPECT_THAT(secrets(made->id, kTwoHoursMs - 1), ElementsAre("new", "old"));
    EXPECT_THAT(secrets(made->id, kTwoHoursMs), ElementsAre("new"));
    change.secrets["webhook_secret"] = "newest";
    change.keep_old_hours = 24;
    const auto three = update(*both, change);
    EXPECT_THAT(secrets(made->id, kTwoHoursMs), ElementsAre("newest", "new"))
        << "what was to end is not kept for longer";
    change.secrets["webhook_secret"] = "only";
    change.keep_old_hours = 0;
    ASSERT_TRUE(update(*three, change));
    EXPECT_THAT(secrets(made->id, 0), ElementsAre("only"));
    change.keep_old_hours = 721;
    EXPECT_EQ(update(*three, change).error().path, "keep_old_hours");
}

TEST_F(ProviderHandlerTest, GivesANewUrlAndTakesTheOldOneForTheHoursItIsTold) {
    const auto made = createProvider(call(), wanted());
    const std::string old = hub::security::sha256Hex(token(made->id));
    const auto rotated = rotateEndpoint(call({made->id}), {});
    ASSERT_TRUE(rotated) << rotated.error().text();
    EXPECT_EQ(rotated->webhook_url, "url of " + token(made->id));
    EXPECT_EQ(rotated->old_valid_until, "2025-10-10T08:53:20Z");
    constexpr std::int64_t kDayMs = 24 * 3'600'000;
    EXPECT_TRUE(answersAt(old, kDayMs - 1));
    EXPECT_FALSE(answersAt(old, kDayMs));
    // The same call again, by a client that got no answer, must not push out the vendor's URL.
    EXPECT_EQ(rotateEndpoint(call({made->id}), {}).error().code, ErrorCode::kConflict);
    EXPECT_TRUE(answersAt(old, 0));
    RotateEndpoint at_once;
    at_once.keep_old_hours = 0;
    ASSERT_TRUE(rotateEndpoint(call({made->id}), at_once));
    EXPECT_FALSE(answersAt(old, 0));
    at_once.keep_old_hours = -1;
    EXPECT_EQ(rotateEndpoint(call({made->id}), at_once).error().path, "keep_old_hours");
    EXPECT_EQ(rotateEndpoint(call({"nobody"}), {}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'provider_endpoint_rotated'"),
              2);
}

TEST_F(ProviderHandlerTest, RetiresForGoodWhatNothingNeeds) {
    const auto owner = createProvider(call(), wanted());
    auto sharing = wanted();
    sharing.provider_code = "two";
    sharing.connection_id = owner->id;
    sharing.external_account_ref = "their-2";
    const auto member = createProvider(call(), sharing);
    ASSERT_TRUE(member) << member.error().text();
    EXPECT_EQ(rotateEndpoint(call({member->id}), {}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(retireProvider(call({owner->id}), {}).error().code, ErrorCode::kConflict);
    ASSERT_TRUE(retireProvider(call({member->id}), {}));
    ASSERT_TRUE(retireProvider(call({owner->id}), {}));
    ASSERT_TRUE(retireProvider(call({owner->id}), {})) << "once more changes nothing";
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'provider_retired'"), 2);
    const auto retired = readProvider(call({owner->id}), {});
    EXPECT_EQ(retired->state, "retired");
    UpdateProvider enable;
    enable.enabled = true;
    EXPECT_EQ(update(*retired, enable).error().code, ErrorCode::kConflict);
    EXPECT_EQ(rotateEndpoint(call({owner->id}), {}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(retireProvider(call({"nobody"}), {}).error().code, ErrorCode::kNotFound);
    scope_ = tenant("stranger");
    EXPECT_EQ(retireProvider(call({owner->id}), {}).error().code, ErrorCode::kNotFound);
}

TEST_F(ProviderHandlerTest, IsNotRetiredWhileAnOrderIsOpen) {
    const auto made = createProvider(call(), wanted());
    const std::string vendor_order = openOrder(made->id);
    EXPECT_EQ(retireProvider(call({made->id}), {}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(readProvider(call({made->id}), {})->state, "setup");
    setVendorStatus(vendor_order, "completed");
    EXPECT_TRUE(retireProvider(call({made->id}), {}));
}

TEST_F(ProviderHandlerTest, RefusesAChangeOfWhatSomebodyElseChanged) {
    const auto made = createProvider(call(), wanted());
    ASSERT_TRUE(update(*made, {}));
    const auto late = update(*made, {});
    EXPECT_EQ(late.error().code, hubsdk::ErrorCode::kStale);
    UpdateProvider unknown;
    unknown.secrets["password"] = "x";
    EXPECT_EQ(update(*made, unknown).error().path, "secrets.password");
    scope_ = tenant("stranger");
    EXPECT_EQ(update(*made, {}).error().code, hubsdk::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace portal
