#include "hub/app/hub.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "hub/app/folder_lock.hpp"
#include "hub/app/key_watch.hpp"
#include "hub/app/monitor.hpp"
#include "hub/app/work_pool.hpp"
#include "hub/flows/flow_engine.hpp"
#include "hub/http/address_policy.hpp"
#include "hub/http/client.hpp"
#include "hub/http/server.hpp"
#include "hub/ingress/inbox_worker.hpp"
#include "hub/ingress/ingress.hpp"
#include "hub/observe/log.hpp"
#include "hub/outbox/relay.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/security/digest.hpp"
#include "hub/security/key_file.hpp"
#include "hub/security/vault.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"
#include "hub/storage/sealed_columns.hpp"
#include "portal-api/routes.hpp"

namespace hub::app {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;
using observe::Level;
using storage::Connection;

constexpr std::string_view kMainTenant = "main";

// canonical-model.md section 9: what the key of the first tenant may do.
const std::vector<std::string> kAdminPermissions{
    "order.create", "order.read",         "order.update",          "order.cancel",
    "result.read",  "provider.manage",    "result.read_sensitive", "plugin.manage",
    "audit.read",   "integration.manage", "exception.handle"};

std::int64_t wallClock() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Level levelOf(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Level>, 4> kLevels{
        {{"debug", Level::kDebug},
         {"info", Level::kInfo},
         {"warning", Level::kWarning},
         {"error", Level::kError}}};
    return std::ranges::find(kLevels, name, &std::pair<std::string_view, Level>::first)->second;
}

// Where the rows are, if they are in files of ours.
std::vector<std::string> foldersOf(const HubConfig& config) {
    constexpr std::string_view kSqlite = "sqlite:";
    std::vector<std::string> folders{config.data_dir};
    if (!config.storage_url.starts_with(kSqlite)) return folders;
    const std::filesystem::path file(config.storage_url.substr(kSqlite.size()));
    folders.push_back(file.has_parent_path() ? file.parent_path().string() : ".");
    return folders;
}

// The database holds what another master key has sealed.
std::string lostKey(const HubConfig& config, const Started& started, const char* why) {
    const std::string what = started.master_key_is_new
                                 ? "there is no master key here, but the database "
                                 : "this is not the master key of the database ";
    return what + config.storage_url + " (" + why + "): put back the file that sealed it";
}

}  // namespace

// Members are destroyed bottom-up: who uses another comes after it.
struct Hub::Parts {
    FolderLock lock;
    std::unique_ptr<security::Vault> vault;
    std::unique_ptr<storage::Database> database;
    std::unique_ptr<storage::Repositories> repositories;
    std::unique_ptr<KeyWatch> keys;
    std::unique_ptr<plugins::PluginRegistry> plugins;
    std::unique_ptr<http::Client> client;
    flows::FlowControl flow_control;
    observe::LabelledCounter door;
    ingress::InboxStats inbox_stats;
    std::shared_ptr<plugins::CallWatch> calls = std::make_shared<plugins::CallWatch>();
    std::unique_ptr<WorkPool> work;
    std::unique_ptr<flows::FlowEngine> flows;
    std::unique_ptr<ingress::InboxWorker> inbox;
    std::unique_ptr<outbox::Relay> relay;
    std::unique_ptr<ingress::AnswerDesk> desk;
    std::unique_ptr<ingress::AnswerDesk> portal_desk;  ///< apart: callers crowd out no vendor
    std::unique_ptr<ingress::Ingress> ingress;
    std::unique_ptr<portal::Router> router;
    std::unique_ptr<Monitor> monitor;
    std::unique_ptr<http::Server> health;  ///< a port of its own for those who watch (TM-HTTP-7)
    std::unique_ptr<http::Server> server;
    std::atomic<http::Server*> listening{nullptr};  ///< for the monitor
    std::string public_url;
    bool stopped = false;

    [[nodiscard]] std::string webhookUrl(std::string_view vendor, std::string_view token) const {
        return public_url + std::string(ingress::kWebhookPrefix) + std::string(vendor) + "/" +
               std::string(token);
    }

    Result<void> openStorage(const HubConfig& config, Started& started);
    Result<void> bootstrap(const HubConfig& config, Started& started);
    void loadPlugins(const HubConfig& config, Started& started);
    Result<void> listen(const HubConfig& config);
    Result<void> listenForHealth(const HubConfig& config);
    void buildWorkers(const HubConfig& config);
    void buildMonitor(const HubConfig& config);
    void handle(http::Request request, http::Respond respond);
    void answerWatcher(const http::Request& request, http::Respond respond) const;
};

Result<void> Hub::Parts::openStorage(const HubConfig& config, Started& started) {
    std::error_code problem;
    std::filesystem::create_directories(config.data_dir, problem);
    if (problem)
        return makeError(ErrorCode::kInvalid, "cannot be made: " + problem.message(), "data.dir");
    // Keys and personal data lie here: nobody but the hub's user may look.
    std::filesystem::permissions(config.data_dir, std::filesystem::perms::owner_all, problem);
    // Two hubs on one SQLite file would both believe to be its only writer.
    if (auto locked = lock.take(config.data_dir); !locked.ok()) {
        hubsdk::Error error = std::move(locked).error();
        error.path = "data.dir";
        return error;
    }
    started.master_key_file = config.data_dir + "/master.key";
    started.master_key_is_new = !std::filesystem::exists(started.master_key_file);
    auto opened = security::Vault::open(started.master_key_file);
    if (!opened) {
        hubsdk::Error error = std::move(opened).error();
        error.path = started.master_key_file;
        return error;
    }
    vault = std::move(opened).value();
    try {
        database = std::make_unique<storage::Database>(config.storage_url, config.storage);
        database->read([&](Connection& connection) {
            storage::requireKeys(connection, storage::SystemScope::forStartup(), *vault);
        });
    } catch (const storage::StorageError& error) {
        if (error.code() != storage::StorageErrorCode::kCorrupt)
            return makeError(ErrorCode::kUnavailable,
                             std::string(error.what()) + ": " + config.storage_url, "storage.url");
        // A key that was made just now must not stay: it would look like the right one.
        if (started.master_key_is_new) std::filesystem::remove(started.master_key_file, problem);
        return makeError(ErrorCode::kInternal, lostKey(config, started, error.what()),
                         started.master_key_file);
    }
    repositories = std::make_unique<storage::Repositories>(*vault);
    repositories->orders.fillNumbersFrom(*database);
    keys = std::make_unique<KeyWatch>(*database, *repositories, *vault, &wallClock);
    return {};
}

Result<void> Hub::Parts::bootstrap(const HubConfig& config, Started& started) {
    started.admin_key_file = config.data_dir + "/admin.key";
    const std::int64_t now = wallClock();
    auto known = database->read([&](Connection& connection) {
        return repositories->tenants.findBySlug(connection, storage::SystemScope::forStartup(),
                                                kMainTenant);
    });
    if (known && std::filesystem::exists(started.admin_key_file)) return {};
    auto key = database->writeFor(storage::WriteQueue::kSystem, [&](Connection& connection) {
        const auto system = storage::SystemScope::forStartup();
        auto tenant = repositories->tenants.findBySlug(connection, system, kMainTenant);
        if (!tenant) {
            tenant = repositories->tenants.create(
                connection, system, {kMainTenant, "Main", "client", std::nullopt}, now);
        }
        const auto scope = storage::TenantScope::afterAuthentication(tenant->id);
        return repositories->api_keys
            .create(connection, scope, "admin", kAdminPermissions, std::nullopt, now)
            .key;
    });
    if (!key) return std::move(key).error();
    started.admin_key_is_new = true;
    return security::writeKeyFile(started.admin_key_file, *key, security::KeyFileWrite::kReplace);
}

void Hub::Parts::loadPlugins(const HubConfig& config, Started& started) {
    plugins::PluginHost host;
    host.log = [](int level, std::string_view vendor, std::string_view line) {
        observe::log(level >= 2 ? Level::kWarning : Level::kInfo, "plugin.log",
                     {{"vendor", vendor}, {"line", line}});
    };
    host.watch = calls;
    host.keeps_words = false;
    plugins = std::make_unique<plugins::PluginRegistry>(config.data_dir + "/plugin-cache", host);
    std::error_code problem;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(config.plugins_dir, problem)) {
        if (entry.path().extension() == ".so") files.push_back(entry.path());
    }
    const std::string folder = std::filesystem::absolute(config.plugins_dir).string();
    if (problem) {
        started.warnings.push_back("plugins.dir: " + folder + ": " + problem.message() +
                                   "; no plugin is loaded");
    } else if (files.empty()) {
        started.warnings.push_back("plugins.dir: " + folder +
                                   " holds no *.so; no plugin is loaded");
    }
    std::ranges::sort(files);
    std::vector<std::string> hosts;
    for (const auto& file : files) {
        auto plugin = plugins->install(file);
        if (!plugin) {
            started.refused.push_back(file.string() + ": " + plugin.error().text());
            continue;
        }
        const auto& manifest = (*plugin)->manifest();
        started.plugins.push_back(manifest.vendor + " " + manifest.version + " (sha256 " +
                                  (*plugin)->sha256().substr(0, 12) + "…)");
        hosts.insert(hosts.end(), manifest.hosts.begin(), manifest.hosts.end());
        hosts.insert(hosts.end(), manifest.download_hosts.begin(), manifest.download_hosts.end());
    }
    // A typing error here would send what is meant for a simulator to the vendor.
    for (const auto& [name, url] : config.routes) {
        if (!http::hostAllowed(name, hosts))
            started.warnings.push_back("outbound.routes: no loaded plugin calls " + name);
    }
}

void Hub::Parts::buildWorkers(const HubConfig& config) {
    const std::string owner = "hub-" + security::randomToken(16);
    http::ClientConfig client_config;
    client_config.routes = config.routes;
    client_config.ca_file = config.ca_file;
    client = std::make_unique<http::Client>(client_config);
    work = std::make_unique<WorkPool>(config.work_threads, config.work_jobs_max);
    const auto url = [this](std::string_view vendor, std::string_view token) {
        return webhookUrl(vendor, token);
    };
    flows::FlowServices flow_services{
        *database,
        *repositories,
        *plugins,
        *client,
        flow_control,
        &wallClock,
        [this](const storage::Account& account, const std::string& token) {
            return webhookUrl(account.plugin_key, token);
        },
        [this] {
            desk->wake();
            portal_desk->wake();
        },
        [this] { inbox->wake(); }};
    flows = std::make_unique<flows::FlowEngine>(flow_services, owner, config.flow_threads);
    const auto flows_changed = [this] { flows->wake(); };
    inbox = std::make_unique<ingress::InboxWorker>(
        ingress::InboxServices{*database, *repositories, *plugins, &wallClock, flows_changed,
                               &inbox_stats},
        owner, config.inbox_threads);
    desk = std::make_unique<ingress::AnswerDesk>();
    portal_desk = std::make_unique<ingress::AnswerDesk>();
    ingress::IngressServices door_services{
        *database,    *repositories, *plugins, *work,
        *desk,        &wallClock,    url,      [this] { inbox->wake(); },
        flows_changed};
    door_services.answers = &door;
    door_services.knocks_per_second = config.webhook_rate_per_s;
    door_services.without_endpoint = config.webhooks_without_endpoint;
    ingress = std::make_unique<ingress::Ingress>(std::move(door_services));
    relay = std::make_unique<outbox::Relay>(
        outbox::RelayServices{*database, *repositories, &wallClock}, owner);
    router = std::make_unique<portal::Router>(
        portal::PortalServices{*database, *repositories, *plugins, *vault, &wallClock, url,
                               flows_changed, &flow_control, portal_desk.get(),
                               config.portal_body_bytes_max},
        *work, portal::routes());
}

void Hub::Parts::buildMonitor(const HubConfig& config) {
    MetricSources sources;
    sources.database = database.get();
    sources.plugins = plugins.get();
    sources.calls = calls.get();
    sources.flows = &flow_control;
    sources.work = work.get();
    sources.desk = desk.get();
    sources.portal_desk = portal_desk.get();
    sources.client = client.get();
    sources.inbox = &inbox_stats;
    sources.writer = [this] { return ingress->writerView(); };
    sources.door = &door;
    sources.server = [this]() -> std::optional<http::ServerView> {
        const http::Server* running = listening;
        if (running == nullptr) return std::nullopt;
        return running->view();
    };
    sources.now_ms = &wallClock;
    MonitorLimits limits;
    limits.plugin_stuck_ms = config.plugin_stuck_ms;
    limits.calls_stuck_max =
        std::min({config.work_threads, config.inbox_threads, config.flow_threads});
    limits.free_bytes_min = config.free_bytes_min;
    limits.folders = foldersOf(config);
    monitor = std::make_unique<Monitor>(std::move(sources), std::move(limits));
    monitor->start();
}

void Hub::Parts::handle(http::Request request, http::Respond respond) {
    if (request.path.starts_with(ingress::kWebhookPrefix)) {
        return ingress->handle(std::move(request), std::move(respond));
    }
    if (request.path.starts_with(portal::kApiPrefix)) {
        return router->handle(std::move(request), respond);
    }
    answerWatcher(request, std::move(respond));
}

// What says how the hub is; everything else is no path of ours.
void Hub::Parts::answerWatcher(const http::Request& request, http::Respond respond) const {
    if (request.path == "/health") return respond(healthAnswer(monitor->facts()));
    if (request.path == "/ready") return respond(readyAnswer(monitor->facts()));
    if (request.path == "/metrics") return monitor->answerScrape(std::move(respond));
    respond(portal::errorAnswer(makeError(ErrorCode::kNotFound, "no such path"),
                                portal::AnswerMark{wallClock(), portal::requestIdOf(request)}));
}

// Plain HTTP and one thread: it must answer when the first port's connections are used up.
Result<void> Hub::Parts::listenForHealth(const HubConfig& config) {
    if (config.health_port == 0) return {};
    http::ServerConfig server_config;
    server_config.bind_address = config.address;
    server_config.port = config.health_port;
    health = std::make_unique<http::Server>(
        std::move(server_config), [this](const http::Request& request, http::Respond respond) {
            answerWatcher(request, std::move(respond));
        });
    auto begun = health->start();
    if (begun) return begun;
    hubsdk::Error error = std::move(begun).error();
    error.path = "server.health_port";
    return error;
}

Result<void> Hub::Parts::listen(const HubConfig& config) {
    http::ServerConfig server_config;
    server_config.bind_address = config.address;
    server_config.port = config.port;
    server_config.threads = config.server_threads;
    server_config.allowed_hosts = config.allowed_hosts;
    server_config.trusted_proxies = config.trusted_proxies;
    server_config.tls_certificate_file = config.tls_certificate_file;
    server_config.tls_key_file = config.tls_key_file;
    server_config.limits = config.edge;
    const std::size_t portal_max = config.portal_body_bytes_max;
    server_config.body_bytes_max = [this, portal_max](std::string_view, std::string_view path) {
        return path.starts_with(ingress::kWebhookPrefix) ? ingress->bodyBytesMax(path) : portal_max;
    };
    server_config.refusal_answer = [](const http::Refusal& refusal) {
        return portal::errorAnswer(portal::edgeError(refusal.status, refusal.reason),
                                   portal::AnswerMark{wallClock()});
    };
    server = std::make_unique<http::Server>(std::move(server_config),
                                            [this](http::Request request, http::Respond respond) {
                                                handle(std::move(request), std::move(respond));
                                            });
    auto begun = server->start();
    if (!begun) return begun;
    listening = server.get();
    const bool tls = !config.tls_certificate_file.empty();
    public_url = !config.public_url.empty()
                     ? config.public_url
                     : std::string(tls ? "https://" : "http://") + config.address + ":" +
                           std::to_string(server->port());
    return begun;
}

Hub::Hub(HubConfig config) : config_(std::move(config)), parts_(std::make_unique<Parts>()) {}

Hub::~Hub() { stop(); }

Result<Started> Hub::start() {
    observe::setLevel(levelOf(config_.log_level));
    Started started;
    if (auto opened = parts_->openStorage(config_, started); !opened)
        return std::move(opened).error();
    if (auto made = parts_->bootstrap(config_, started); !made) return std::move(made).error();
    parts_->loadPlugins(config_, started);
    try {
        parts_->buildWorkers(config_);
    } catch (const std::invalid_argument& problem) {
        // Only if a file changed since the configuration was read.
        return makeError(ErrorCode::kInvalid, problem.what());
    }
    parts_->buildMonitor(config_);
    if (auto watched = parts_->listenForHealth(config_); !watched)
        return std::move(watched).error();
    if (auto listening = parts_->listen(config_); !listening) return std::move(listening).error();
    parts_->keys->start();
    parts_->relay->start();
    parts_->inbox->start();
    parts_->flows->start();
    parts_->monitor->setPhase(Phase::kRunning);
    started.port = parts_->server->port();
    started.public_url = parts_->public_url;
    return started;
}

void Hub::stop() {
    if (parts_->stopped) return;
    parts_->stopped = true;
    if (parts_->monitor) parts_->monitor->setPhase(Phase::kStopping);
    // Who watches /ready has this long to send nothing more; what comes is still served.
    if (parts_->server && parts_->listening != nullptr)
        std::this_thread::sleep_for(std::chrono::milliseconds(config_.drain_delay_ms));
    if (parts_->server) parts_->server->stop(config_.stop_grace_ms);
    if (parts_->desk) parts_->desk->stop();
    if (parts_->portal_desk) parts_->portal_desk->stop();
    if (parts_->inbox) parts_->inbox->stop();
    if (parts_->flows) parts_->flows->stop();
    if (parts_->work) parts_->work->stop();
    if (parts_->health) parts_->health->stop(0);
    if (parts_->monitor) parts_->monitor->stop();
    if (parts_->relay) parts_->relay->stop();  // after all who write entries
    if (parts_->keys) parts_->keys->stop();
    if (parts_->database) parts_->database->stop();
}

}  // namespace hub::app
