#include "portal-api/provider_handler.hpp"

#include "hub/storage/storage_fixture.hpp"

#include <gmock/gmock.h>

namespace portal {
namespace {

using ::testing::HasSubstr;

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
            [](std::string_view, std::string_view) { return std::string("url"); }, [] {}});
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
