#include "hub/ingress/testing/ingress_fixture.hpp"

namespace hub::ingress::testing {

using storage::Connection;
using storage::WriteQueue;

IngressTest::IngressTest() {
    open();
    scope_ = tenant("acme");
    repositories_ = std::make_unique<storage::Repositories>(*vault_);
    plugins::PluginHost host;
    host.watch = calls_;
    plugins_ = std::make_unique<plugins::PluginRegistry>(folder_ / "plugin-cache", host);
    for (const char* file : {"shape_many_accounts.so", "shape_inbound_answer.so"}) {
        const auto plugin = plugins_->install(std::filesystem::path(SHAPES_DIR) / file);
        if (!plugin) throw std::runtime_error(plugin.error().text());
    }
    work_ = std::make_unique<app::WorkPool>(4, 2048);
    desk_ = std::make_unique<AnswerDesk>();
    openDoor();
}

IngressTest::~IngressTest() {
    work_->stop();
    desk_->stop();
    database_->stop();
}

void IngressTest::openDoor(std::int64_t answer_deadline_ms, std::int64_t knocks_per_second) {
    IngressServices services{*database_,
                             *repositories_,
                             *plugins_,
                             *work_,
                             *desk_,
                             [this] { return now_.load(); },
                             [](std::string_view vendor, std::string_view token) {
                                 return "https://hub.example/" + std::string(vendor) + "/" +
                                        std::string(token);
                             },
                             [] {},
                             [this] { ++flows_changed_; },
                             answer_deadline_ms};
    services.knocks_per_second = knocks_per_second;
    services.without_endpoint = without_endpoint_;
    services.steady_ms = [this] { return steady_ms_.load(); };
    ingress_ = std::make_unique<Ingress>(std::move(services));
}

IngressTest::Made IngressTest::account(const storage::TenantScope& scope, const std::string& code,
                                       const std::optional<std::string>& external_ref,
                                       const std::optional<std::string>& connection_id,
                                       const std::string& plugin_key) {
    storage::NewAccount account;
    account.plugin_key = plugin_key;
    account.provider_name = account.provider_code = code;
    account.state = storage::AccountState::kEnabled;
    account.external_account_ref = external_ref;
    account.connection_id = connection_id;
    if (!connection_id) {
        account.secrets["webhook_secret"].push_back({std::string(kSecret), std::nullopt});
    }
    const auto made = database_->writeFor(WriteQueue::kPortal, [&](Connection& connection) {
        return repositories_->accounts.create(connection, scope, account, now_);
    });
    if (!made) throw std::runtime_error(made.error().text());
    return {made->id, made->endpoint_token};
}

void IngressTest::setState(const std::string& account_id, storage::AccountState state) {
    const auto done = database_->write(WriteQueue::kPortal, [&](Connection& connection) {
        repositories_->accounts.setState(connection, scope_, account_id, state, now_);
    });
    ASSERT_TRUE(done.ok()) << done.error().text();
}

void IngressTest::addSecret(const std::string& account_id, const std::string& value) {
    const auto done = database_->write(WriteQueue::kPortal, [&](Connection& connection) {
        repositories_->accounts.captureSecret(
            connection, scope_, account_id,
            {"webhook_secret", {value, std::nullopt}, storage::CaptureMode::kAdd}, now_);
    });
    ASSERT_TRUE(done.ok()) << done.error().text();
}

storage::TenantScope IngressTest::tenantBelow(const storage::TenantScope& parent,
                                              const std::string& slug) {
    storage::TenantScope scope = tenant(slug);
    const auto done = database_->write(WriteQueue::kSystem, [&](Connection& connection) {
        connection.run("UPDATE tenant SET parent_id = ? WHERE id = ?",
                       {parent.tenantId(), scope.tenantId()});
    });
    EXPECT_TRUE(done.ok());
    return scope;
}

http::Request IngressTest::request(const Sent& sent) {
    http::Request request;
    request.method = "POST";
    request.path = std::string(kWebhookPrefix) + sent.vendor + "/" + sent.token + sent.tail;
    request.target = request.path;
    request.body = sent.body;
    request.peer_address = sent.from;
    request.headers.push_back({"Content-Type", "application/json"});
    const std::string time = std::to_string(sent.signed_at_s);
    if (sent.is_signed) {
        const bool timed = sent.vendor == "shape_many_accounts";
        const std::string message = timed ? time + "." + sent.body : sent.body;
        request.headers.push_back({"X-Timestamp", time});
        request.headers.push_back(
            {"X-Signature", security::hexEncode(
                                security::hmac(security::HashAlg::kSha256, sent.secret, message))});
    }
    for (const auto& field : sent.more_headers) request.headers.push_back(field);
    return request;
}

std::future<http::Response> IngressTest::knockLater(const Sent& sent) {
    auto promise = std::make_shared<std::promise<http::Response>>();
    auto answered = std::make_shared<std::atomic<bool>>(false);
    auto future = promise->get_future();
    ingress_->handle(request(sent), [promise, answered](http::Response response) {
        if (!answered->exchange(true)) promise->set_value(std::move(response));
    });
    return future;
}

http::Response IngressTest::knock(const Sent& sent) {
    auto future = knockLater(sent);
    if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready) {
        ADD_FAILURE() << "no answer";
        return {};
    }
    return future.get();
}

std::string IngressTest::text(std::string_view sql, std::initializer_list<storage::Value> params) {
    std::string found;
    database_->read([&](Connection& connection) {
        connection.query(sql, params,
                         [&](const storage::Row& row) { found = row.optString(0).value_or(""); });
        return 0;
    });
    return found;
}

}  // namespace hub::ingress::testing
