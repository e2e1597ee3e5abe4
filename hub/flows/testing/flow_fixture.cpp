#include "hub/flows/testing/flow_fixture.hpp"

namespace hub::flows::testing {
namespace {

using storage::Connection;
using storage::WriteQueue;

constexpr const char* kHost = "api.trial.example";
constexpr int kMovesMax = 200;

std::uint16_t deadPort() { return http::testing::RawListener().port(); }

}  // namespace

FlowEngineTest::FlowEngineTest() {
    open();
    scope_ = tenant("acme");
    repositories_ = std::make_unique<storage::Repositories>(*vault_);
    plugins_ = std::make_unique<plugins::PluginRegistry>(folder_ / "plugin-cache");
    const auto plugin = plugins_->install(FLOW_TRIAL_PLUGIN);
    if (!plugin) throw std::runtime_error(plugin.error().text());
    storage::NewAccount account;
    account.plugin_key = "flow_trial";
    account.provider_name = account.provider_code = "trial";
    account.state = storage::AccountState::kEnabled;
    account.secrets["api_key"].push_back({"key-of-ours", std::nullopt});
    account_id_ = database_
                      ->writeFor(WriteQueue::kFlow,
                                 [&](Connection& connection) {
                                     return repositories_->accounts
                                         .create(connection, scope_, account, storage::kNow)
                                         .id;
                                 })
                      .value();
    connect(vendor_.port());
}

FlowEngineTest::~FlowEngineTest() {
    client_.reset();  // a call that is still open would use what goes next
}

void FlowEngineTest::connect(std::uint16_t port) {
    http::ClientConfig config;
    config.routes[kHost] = "http://127.0.0.1:" + std::to_string(port);
    client_ = std::make_unique<http::Client>(config);
    runner_ = std::make_unique<FlowRunner>(services());
}

FlowServices FlowEngineTest::services() {
    return {*database_,
            *repositories_,
            *plugins_,
            *client_,
            control_,
            [this] { return now_.load(); },
            [](const storage::Account&, const std::string& token) {
                return "https://hub.example/" + token;
            }};
}

void FlowEngineTest::takeVendorAway() { connect(deadPort()); }
void FlowEngineTest::bringVendorBack() { connect(vendor_.port()); }

std::string FlowEngineTest::pluginSha() const { return plugins_->find("flow_trial")->sha256(); }

storage::Account FlowEngineTest::account() {
    return database_->read([&](Connection& connection) {
        return *repositories_->accounts.find(connection, scope_, account_id_);
    });
}

std::string FlowEngineTest::start(const std::string& steps, const std::string& command) {
    const storage::Account from = account();
    return database_
        ->writeFor(WriteQueue::kFlow,
                   [&](Connection& connection) {
                       return startAccountFlow(connection, *repositories_, scope_, from,
                                               {command, steps, pluginSha()}, now_)
                           .id;
                   })
        .value();
}

FlowEngineTest::StartedOrder FlowEngineTest::startOrder(const std::string& settings) {
    sql("UPDATE provider_config SET vendor_options = ?", {settings});
    const storage::Account from = account();
    auto started = database_->writeFor(WriteQueue::kFlow, [&](Connection& connection) {
        storage::NewOrder order;
        order.channel = "external_api";
        order.status = "submitted";
        order.person_document = "{}";
        order.account_id = account_id_;
        const auto created = repositories_->orders.create(connection, scope_, order, now_);
        storage::NewVendorOrder vendor;
        vendor.order_id = created.order_id;
        vendor.account_id = account_id_;
        vendor.plugin_key = "flow_trial";
        vendor.client_reference = created.order_number;
        const auto row = repositories_->vendor_orders.create(connection, scope_, vendor, now_);
        hubsdk::Order sent;
        sent.id = created.order_id;
        sent.number = created.order_number;
        sent.package = "basic";
        sent.applicant.email = "a@b.example";
        const auto flow = startVendorOrderFlow(
            connection, *repositories_, scope_,
            {"order.submit", from, row, pluginSha(), sent, std::nullopt}, now_);
        return StartedOrder{created.order_id, row.id, flow.id};
    });
    return std::move(started).value();
}

std::string FlowEngineTest::startOrderCommand(const std::string& vendor_order_id,
                                              const std::string& command) {
    const storage::Account from = account();
    return database_
        ->writeFor(WriteQueue::kFlow,
                   [&](Connection& connection) {
                       const auto row =
                           repositories_->vendor_orders.find(connection, scope_, vendor_order_id);
                       return startVendorOrderFlow(
                                  connection, *repositories_, scope_,
                                  {command, from, *row, pluginSha(), std::nullopt, std::nullopt},
                                  now_)
                           .id;
                   })
        .value();
}

storage::FlowLease FlowEngineTest::lease() {
    auto leases = database_->writeFor(WriteQueue::kFlow, [&](Connection& connection) {
        return repositories_->flows.leaseDue(connection, storage::SystemScope::forWorker(), "test",
                                             now_, {kLeaseMs, 1});
    });
    if (!leases || leases->empty()) throw std::runtime_error("nothing is due");
    return leases->front();
}

void FlowEngineTest::run() {
    for (int i = 0; i < kMovesMax; ++i) {
        auto leases = database_->writeFor(WriteQueue::kFlow, [&](Connection& connection) {
            return repositories_->flows.leaseDue(connection, storage::SystemScope::forWorker(),
                                                 "test", now_, {kLeaseMs, 1});
        });
        ASSERT_TRUE(leases) << leases.error().text();
        if (leases->empty()) return;
        runner_->run(leases->front());
    }
    FAIL() << "the flows never came to rest";
}

int FlowEngineTest::runToEnd() {
    for (int moves = 0; moves < kMovesMax; ++moves) {
        run();
        std::optional<std::int64_t> next;
        database_->read([&](Connection& connection) {
            connection.query("SELECT MIN(wake_at) FROM flow WHERE state IN ('running', 'waiting')",
                             {}, [&](const storage::Row& row) { next = row.optTime(0); });
            return 0;
        });
        if (!next) return moves;
        now_ = std::max(now_.load() + 1, *next);
    }
    return kMovesMax;
}

std::string FlowEngineTest::deliver(const std::string& body, bool is_hint) {
    storage::NewDelivery row;
    row.id = security::uuid7(now_);
    row.account_id = account_id_;
    row.plugin_key = row.source = "flow_trial";
    row.dedupe_scope = account_id_;
    row.dedupe_key = security::sha256Hex(row.id);
    row.request = R"({"method":"POST","path":"","query":""})";
    row.headers = R"({"fields":[]})";
    row.body = body;
    row.proof = "signature";
    row.is_hint = is_hint;
    row.received_at_ms = now_;
    std::string id = row.id;
    const auto sealed = repositories_->inbox.seal(scope_, std::move(row));
    EXPECT_TRUE(database_
                    ->write(WriteQueue::kApply,
                            [&](Connection& connection) {
                                repositories_->inbox.insertDelivery(connection, sealed);
                            })
                    .ok());
    return id;
}

storage::Flow FlowEngineTest::flow(const std::string& id) {
    return database_->read(
        [&](Connection& connection) { return *repositories_->flows.find(connection, scope_, id); });
}

std::vector<storage::FlowStep> FlowEngineTest::steps(const std::string& id) {
    return database_->read([&](Connection& connection) {
        return repositories_->flows.journal(connection, {id, scope_.tenantId(), 0});
    });
}

storage::VendorOrder FlowEngineTest::vendorOrder(const std::string& id) {
    return database_->read([&](Connection& connection) {
        return *repositories_->vendor_orders.find(connection, scope_, id);
    });
}

std::string FlowEngineTest::orderStatus(const std::string& id) {
    return database_->read([&](Connection& connection) {
        return repositories_->orders.find(connection, scope_, id)->status;
    });
}

void FlowEngineTest::setSecret(const std::string& name, const std::string& value,
                               std::optional<std::int64_t> expires_at_ms) {
    ASSERT_TRUE(database_
                    ->write(WriteQueue::kFlow,
                            [&](Connection& connection) {
                                repositories_->accounts.captureSecret(
                                    connection, scope_, account_id_,
                                    {name, {value, expires_at_ms}, storage::CaptureMode::kReplace},
                                    now_);
                            })
                    .ok());
}

storage::SecretMap FlowEngineTest::secrets() {
    return database_->read([&](Connection& connection) {
        return repositories_->accounts.openSecrets(connection, scope_, account_id_);
    });
}

void FlowEngineTest::sql(const std::string& statement,
                         std::initializer_list<storage::Value> values) {
    ASSERT_TRUE(database_
                    ->write(WriteQueue::kFlow,
                            [&](Connection& connection) { connection.run(statement, values); })
                    .ok());
}

}  // namespace hub::flows::testing
