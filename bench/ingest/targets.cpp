#include "bench/ingest/targets.hpp"

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <stdexcept>

#include "hub/app/work_pool.hpp"
#include "hub/http/server.hpp"
#include "hub/security/digest.hpp"
#include "hub/security/vault.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/inbox_repository.hpp"
#include "hub/storage/mariadb_url.hpp"
#include "hub/storage/testing/mariadb_server.hpp"
#include "tests/e2e/running_hub.hpp"

namespace bench {
namespace {

using hub::storage::Connection;
using hub::storage::testing::MariadbServer;

constexpr std::string_view kApiKey = "key-of-the-benchmark";

std::string body(std::uint64_t n) {
    return R"({"id":"evt_)" + std::to_string(n) +
           R"(","object":"event","type":"report.completed","created_at":"2026-01-19T09:15:30Z",)"
           R"("data":{"object":{"id":"4722c07dd9a10c3985ae4b01","object":"report",)"
           R"("uri":"/v1/reports/4722c07dd9a10c3985ae4b01","status":"complete","result":"clear",)"
           R"("created_at":"2026-01-18T12:34:00Z","completed_at":"2026-01-19T09:15:30Z",)"
           R"("package":"driver_pro","candidate_id":"e44aa283528e6fde7d542194"}}})";
}

std::string post(std::string_view path, std::uint64_t n) {
    const std::string text = body(n);
    const std::string signature = hub::security::hexEncode(
        hub::security::hmac(hub::security::HashAlg::kSha256, kApiKey, text));
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
           "X-Checkr-Signature: " +
           signature + "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

MariadbServer& mariadb() { return MariadbServer::shared(); }

std::int64_t countRows(const std::string& url, std::string_view table) {
    const auto connection = hub::storage::makeDriver(url)->open(hub::storage::Access::kRead);
    std::int64_t rows = 0;
    connection->query("SELECT COUNT(*) FROM " + std::string(table), {},
                      [&](const hub::storage::Row& row) { rows = row.integer(0); });
    return rows;
}

// Counts what was answered over all loads of the target.
class Counted : public Target {
public:
    void check(std::uint64_t answered) override {
        answered_ += static_cast<std::int64_t>(answered);
        const std::int64_t stored = rows();
        if (stored < answered_) {
            throw std::runtime_error("answered " + std::to_string(answered_) + " and stored " +
                                     std::to_string(stored));
        }
    }

protected:
    virtual std::int64_t rows() = 0;

private:
    std::int64_t answered_ = 0;
};

class HubTarget : public Counted {
public:
    explicit HubTarget(const std::string& url) : hub_(settings(url)) {
        hub_.connectCheckr(kApiKey);
    }
    [[nodiscard]] std::uint16_t port() const override { return hub_.port(); }
    [[nodiscard]] std::string request(std::uint64_t n) const override {
        return post(hub_.webhookPath(), n);
    }

private:
    static std::map<std::string, std::string> settings(const std::string& url) {
        // All connections come from one address, as behind a proxy.
        std::map<std::string, std::string> all{{"server.trusted_proxies", "127.0.0.1"},
                                               {"webhooks.rate_per_s", "1000000"},
                                               {"log.level", "error"}};
        if (!url.empty()) all["storage.url"] = url;
        return all;
    }
    std::int64_t rows() override { return countRows(hub_.storageUrl(), "inbound_event"); }

    hub::e2e::RunningHub hub_;
};

// The edge alone: what any receiver on it cannot exceed.
class BareTarget : public Target {
public:
    BareTarget()
        : server_(config(), [](const hub::http::Request&, const hub::http::Respond& respond) {
              respond(hub::http::Response{});
          }) {
        if (auto started = server_.start(); !started.ok()) {
            throw std::runtime_error(started.error().text());
        }
    }
    static hub::http::ServerConfig config() {
        hub::http::ServerConfig config;
        config.trusted_proxies = {"127.0.0.1"};
        return config;
    }
    [[nodiscard]] std::uint16_t port() const override { return server_.port(); }
    [[nodiscard]] std::string request(std::uint64_t n) const override {
        return post("/webhook", n);
    }
    void check(std::uint64_t) override {}

private:
    hub::http::Server server_;
};

// The same edge, vault and table; verifies, seals, and commits every row by itself.
class OneRowTarget : public Counted {
public:
    OneRowTarget(const std::string& url, std::size_t connections)
        : url_(url),
          work_(connections, 4096),
          server_(BareTarget::config(),
                  [this](hub::http::Request request, const hub::http::Respond& respond) {
                      take(std::move(request), respond);
                  }) {
        std::filesystem::create_directories(folder_);
        if (url_.empty()) url_ = "sqlite:" + folder_ + "/hub.db";
        vault_ = hub::security::Vault::open(folder_ + "/master.key").value();
        inbox_ = std::make_unique<hub::storage::InboxRepository>(*vault_);
        hub::storage::Database database(url_);  // migrates
        makeTenant(database);
        database.stop();
        const auto driver = hub::storage::makeDriver(url_);
        for (std::size_t i = 0; i < connections; ++i) {
            idle_.push_back(driver->open(hub::storage::Access::kWrite));
        }
        driver_ = hub::storage::makeDriver(url_);
        if (auto started = server_.start(); !started.ok()) {
            throw std::runtime_error(started.error().text());
        }
    }
    ~OneRowTarget() override {
        server_.stop(1000);
        work_.stop();
        idle_.clear();
        std::filesystem::remove_all(folder_);
    }
    OneRowTarget(const OneRowTarget&) = delete;
    OneRowTarget& operator=(const OneRowTarget&) = delete;

    [[nodiscard]] std::uint16_t port() const override { return server_.port(); }
    [[nodiscard]] std::string request(std::uint64_t n) const override {
        return post("/webhook", n);
    }

private:
    void makeTenant(hub::storage::Database& database) {
        const auto made =
            database.write(hub::storage::WriteQueue::kSystem, [&](Connection& connection) {
                connection.run(
                    "INSERT INTO tenant (id, path, kind, name, slug, status, settings, created_at, "
                    "updated_at) VALUES (?,?,'client','bench',?,'active','{}','2026-01-01 "
                    "00:00:00.000','2026-01-01 00:00:00.000')",
                    {tenant_, tenant_, tenant_});
            });
        if (!made.ok()) throw std::runtime_error(made.error().text());
    }

    void take(hub::http::Request request, const hub::http::Respond& respond) {
        auto held = std::make_shared<hub::http::Request>(std::move(request));
        const bool posted = work_.post("webhook", [this, held, respond] {
            hub::http::Response response;
            response.status = store(*held);
            respond(response);
        });
        if (!posted) respond(hub::http::Response{503, {}, {}});
    }

    int store(const hub::http::Request& request) {
        const auto signature = hub::http::find(request.headers, "X-Checkr-Signature");
        const std::string expected = hub::security::hexEncode(
            hub::security::hmac(hub::security::HashAlg::kSha256, kApiKey, request.body));
        if (!signature || !hub::security::constantTimeEquals(*signature, expected)) return 401;
        const std::int64_t now = 1'780'000'000'000;
        hub::storage::NewDelivery row;
        row.id = hub::security::uuid7(now);
        row.plugin_key = row.source = "checkr";
        row.dedupe_scope = tenant_;
        row.dedupe_key = hub::security::sha256Hex(request.body);
        row.request = R"({"method":"POST","path":"","query":""})";
        row.headers = R"({"fields":[]})";
        row.body = request.body;
        row.proof = "signature";
        row.received_at_ms = now;
        const auto scope = hub::storage::TenantScope::afterProof(tenant_);
        const auto sealed = inbox_->seal(scope, std::move(row));
        auto connection = lend();
        connection->beginWrite();
        inbox_->insertDelivery(*connection, sealed);
        connection->commit();
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(connection));
        return 200;
    }

    // As many threads as connections: one is always there.
    std::unique_ptr<Connection> lend() {
        const std::lock_guard lock(mutex_);
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }

    std::int64_t rows() override { return countRows(url_, "inbound_event"); }

    std::string url_;
    const std::string tenant_ = hub::security::uuid7(1'780'000'000'000);
    const std::string folder_ =
        (std::filesystem::temp_directory_path() / ("bench-" + hub::security::randomToken(8)))
            .string();
    std::unique_ptr<hub::security::Vault> vault_;
    std::unique_ptr<hub::storage::InboxRepository> inbox_;
    std::unique_ptr<hub::storage::Driver> driver_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> idle_;  ///< guarded by mutex_
    hub::app::WorkPool work_;
    hub::http::Server server_;
};

class ExpressTarget : public Counted {
public:
    ExpressTarget() : database_(mariadb().newDatabase()) {
        const std::string url = mariadb().socketUrl(database_);
        const auto parts = hub::storage::parseMariadbUrl(url);
        const std::string password = hub::storage::readPassword(parts);
        const std::pair<const char*, std::string> environment[] = {
            {"PEER_SECRET", std::string(kApiKey)},
            {"PEER_SOCKET", parts.socket},
            {"PEER_USER", parts.user},
            {"PEER_PASSWORD", password},
            {"PEER_DATABASE", database_},
            {"NODE_ENV", "production"}};
        for (const auto& [name, value] : environment) setenv(name, value.c_str(), 1);
        log_ = (std::filesystem::temp_directory_path() /
                ("express-" + hub::security::randomToken(8) + ".log"))
                   .string();
        process_ = std::make_unique<hub::e2e::Process>(
            "/usr/bin/env",
            std::vector<std::string>{"node", HUB_BUILD_DIR "/express-peer/server.js"}, log_);
        const std::string port = process_->waitForLine("listening on http://127.0.0.1:");
        if (port.empty()) {
            throw std::runtime_error(
                "the Express peer did not start; npm needs its packages: see " + log_);
        }
        port_ = static_cast<std::uint16_t>(std::stoi(port));
    }
    ~ExpressTarget() override {
        process_.reset();
        std::filesystem::remove(log_);
    }
    ExpressTarget(const ExpressTarget&) = delete;
    ExpressTarget& operator=(const ExpressTarget&) = delete;

    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] std::string request(std::uint64_t n) const override {
        return post("/webhook", n);
    }

private:
    std::int64_t rows() override { return countRows(mariadb().socketUrl(database_), "peer_event"); }
    std::string database_;
    std::string log_;
    std::unique_ptr<hub::e2e::Process> process_;
    std::uint16_t port_ = 0;
};

std::string freshMariadb() { return mariadb().socketUrl(mariadb().newDatabase()); }

}  // namespace

const std::vector<TargetMaker>& targetMakers() {
    // One commit per row: SQLite has one writer; MariaDB is given as many as the peer's pool.
    static const std::vector<TargetMaker> kMakers{
        {"hubd on SQLite", [] { return std::make_unique<HubTarget>(""); }},
        {"hubd on MariaDB", [] { return std::make_unique<HubTarget>(freshMariadb()); }},
        {"bare Beast, nothing stored", [] { return std::make_unique<BareTarget>(); }},
        {"one commit per row, SQLite", [] { return std::make_unique<OneRowTarget>("", 1); }},
        {"one commit per row, MariaDB",
         [] { return std::make_unique<OneRowTarget>(freshMariadb(), 10); }},
        {kExpressName, [] { return std::make_unique<ExpressTarget>(); }},
    };
    return kMakers;
}

}  // namespace bench
