/// Handlers as the router calls them, over a database without a running engine.
#pragma once

#include "hub/flows/commands.hpp"
#include "hub/flows/flow_control.hpp"
#include "hub/storage/storage_fixture.hpp"
#include "portal-api/routes.hpp"

#include <algorithm>

namespace portal::testing {

using hub::storage::Connection;
using hub::storage::FlowState;
using hub::storage::WriteQueue;

class HandlerTest : public hub::storage::StorageTest {
protected:
    template <class F>
    auto write(F&& unit) {
        return database_->writeFor(WriteQueue::kPortal, std::forward<F>(unit)).value();
    }

    HandlerTest() {
        open();
        scope_ = tenant("acme");
        repositories_ = std::make_unique<hub::storage::Repositories>(*vault_);
        plugins_ = std::make_unique<hub::plugins::PluginRegistry>(folder_ / "plugin-cache");
        account_id_ = addAccount("trial");
    }

    /// An enabled account of that plugin, whether it is loaded or not.
    std::string addAccount(const std::string& plugin_key) {
        hub::storage::NewAccount account;
        account.plugin_key = plugin_key;
        account.provider_name = account.provider_code = plugin_key;
        account.state = hub::storage::AccountState::kEnabled;
        return write([&](Connection& connection) {
            return repositories_->accounts.create(connection, scope_, account, now_).id;
        });
    }

    std::string startFlow(const std::string& command) {
        const auto account = database_->read([&](Connection& connection) {
            return *repositories_->accounts.find(connection, scope_, account_id_);
        });
        return write([&](Connection& connection) {
            return hub::flows::startAccountFlow(connection, *repositories_, scope_, account,
                                                {command, "{}", std::string(64, 'a')}, now_)
                .id;
        });
    }

    void endFlow(const std::string& id, FlowState state) {
        (void)write([&](Connection& connection) {
            const auto& flows = repositories_->flows;
            for (const auto& lease :
                 flows.leaseDue(connection, hub::storage::SystemScope::forWorker(), "test", now_,
                                {1000, 100})) {
                if (lease.flow_id == id)
                    flows.finish(connection, lease, state, std::nullopt, "reply lost", now_);
            }
            return 0;
        });
    }

    hubsdk::Result<ApiAnswer> ask(std::string_view method, std::string_view pattern,
                                  std::vector<std::string> parameters = {},
                                  std::string_view body = "{}", std::string_view query = {}) {
        const auto all = routes();
        const auto route = std::ranges::find_if(
            all, [&](const Route& one) { return one.method == method && one.pattern == pattern; });
        EXPECT_NE(route, all.end());
        const PortalServices services{*database_,
                                      *repositories_,
                                      *plugins_,
                                      *vault_,
                                      [this] { return now_; },
                                      [](std::string_view, std::string_view) { return ""; },
                                      [this] { ++woken_; },
                                      &control_};
        ApiCall call{services,
                     scope_,
                     "key-7",
                     {std::string(route->permission)},
                     std::move(parameters),
                     body,
                     std::nullopt,
                     now_};
        call.query = query;
        return route->handler(call);
    }

    std::int64_t now_ = hub::storage::kNow;
    int woken_ = 0;
    hub::storage::TenantScope scope_ = hub::storage::TenantScope::fromLeasedRow("none");
    std::string account_id_;
    std::unique_ptr<hub::storage::Repositories> repositories_;
    std::unique_ptr<hub::plugins::PluginRegistry> plugins_;
    hub::flows::FlowControl control_;
};

}  // namespace portal::testing
