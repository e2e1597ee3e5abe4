/// The router over a database and all routes, without an edge.
#pragma once

#include "hub/storage/storage_fixture.hpp"
#include "portal-api/routes.hpp"

#include <memory>
#include <string>
#include <vector>

namespace portal::testing {

class RouterFixture : public hub::storage::StorageTest {
protected:
    RouterFixture() {
        open();
        scope_ = tenant("acme");
        repositories_ = std::make_unique<hub::storage::Repositories>(*vault_);
        plugins_ = std::make_unique<hub::plugins::PluginRegistry>(folder_ / "plugin-cache");
        router_ = std::make_unique<Router>(
            PortalServices{*database_, *repositories_, *plugins_, *vault_,
                           [] { return hub::storage::kNow; },
                           [](std::string_view, std::string_view) { return std::string(); }, [] {}},
            work_, routes());
    }
    ~RouterFixture() override { work_.stop(); }

    /// A new key of the tenant with these permissions.
    std::string keyWith(const std::vector<std::string>& permissions) {
        return database_
            ->writeFor(hub::storage::WriteQueue::kSystem,
                       [&](hub::storage::Connection& connection) {
                           return repositories_->api_keys
                               .create(connection, scope_, "test", permissions, std::nullopt,
                                       hub::storage::kNow)
                               .key;
                       })
            .value();
    }

    hub::storage::TenantScope scope_ = hub::storage::TenantScope::fromLeasedRow("none");
    std::unique_ptr<hub::storage::Repositories> repositories_;
    std::unique_ptr<hub::plugins::PluginRegistry> plugins_;
    hub::app::WorkPool work_{2, 64};
    std::unique_ptr<Router> router_;
};

}  // namespace portal::testing
