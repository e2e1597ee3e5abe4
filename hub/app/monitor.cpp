#include "hub/app/monitor.hpp"

#include <chrono>
#include <filesystem>

#include "hub/ingress/answer_desk.hpp"
#include "hub/observe/log.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/storage/database.hpp"

namespace hub::app {
namespace {

std::int64_t steadyMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Monitor::Monitor(MetricSources sources, MonitorLimits limits)
    : sources_(std::move(sources)), limits_(std::move(limits)) {}

Monitor::~Monitor() { stop(); }

void Monitor::start() {
    look();
    thread_ = std::thread([this] { loop(); });
}

void Monitor::stop() {
    std::vector<http::Respond> waiting;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        waiting.swap(scrapes_);
    }
    changed_.notify_all();
    for (const http::Respond& respond : waiting) respond(ingress::unavailableAnswer());
    if (thread_.joinable()) thread_.join();
}

HealthFacts Monitor::facts() const {
    HealthFacts facts;
    const std::int64_t now = steadyMs();
    facts.phase = phase_;
    facts.plugins = sources_.plugins->list().size();
    facts.database_silent_ms = now - database_seen_ms_;
    facts.longest_batch_ms = sources_.database->writerView().longest_batch_ms;
    facts.calls_stuck = sources_.calls->view(limits_.plugin_stuck_ms).stuck;
    facts.calls_stuck_max = limits_.calls_stuck_max;
    const std::int64_t full_at = sources_.database->counters().full_at_ms;
    facts.storage_full = lacks_space_ || (full_at > 0 && now - full_at < kStorageFullShownMs);
    return facts;
}

void Monitor::answerScrape(http::Respond respond) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ && scrapes_.size() < kScrapesMax) {
            scrapes_.push_back(std::move(respond));
            respond = nullptr;
        }
    }
    if (respond) return respond(ingress::unavailableAnswer());
    changed_.notify_all();
}

bool Monitor::lacksSpace() const {
    for (const std::string& folder : limits_.folders) {
        std::error_code problem;
        const auto space = std::filesystem::space(folder, problem);
        if (problem) continue;
        if (space.available < static_cast<std::uintmax_t>(limits_.free_bytes_min)) return true;
    }
    return false;
}

void Monitor::look() {
    lacks_space_ = lacksSpace();
    try {
        sources_.database->read([](storage::Connection& connection) {
            connection.query("SELECT 1", {}, [](const storage::Row&) {});
        });
        database_seen_ms_ = steadyMs();
    } catch (const storage::StorageError& error) {
        observe::log(observe::Level::kWarning, "monitor.database_away", {{"why", error.what()}});
    }
}

void Monitor::answerAll(const std::vector<http::Respond>& waiting) {
    const std::int64_t now = steadyMs();
    if (now - backlog_at_ms_ >= kBacklogEveryMs) {
        backlog_at_ms_ = now;
        try {
            backlog_ = sources_.database->read([this](storage::Connection& connection) {
                // Each answer counts: all of them together may take longer than one look may.
                return storage::readBacklog(connection, storage::SystemScope::forWorker(),
                                            {sources_.now_ms(), storage::kBacklogRowsMax,
                                             [this] { database_seen_ms_ = steadyMs(); }});
            });
        } catch (const storage::StorageError& error) {
            backlog_.reset();
            observe::log(observe::Level::kWarning, "monitor.backlog_failed",
                         {{"why", error.what()}});
        }
    }
    http::Response response;
    response.headers.push_back({"Content-Type", std::string(observe::kMetricsContentType)});
    response.body = scrape(sources_, backlog_, facts());
    for (const http::Respond& respond : waiting) respond(response);
}

void Monitor::loop() {
    std::int64_t looked_at = steadyMs();
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        changed_.wait_for(lock, std::chrono::milliseconds(kLookEveryMs),
                          [this] { return stopping_ || !scrapes_.empty(); });
        std::vector<http::Respond> waiting;
        waiting.swap(scrapes_);
        const bool stopping = stopping_;
        lock.unlock();
        if (!waiting.empty() && !stopping) answerAll(waiting);
        if (!stopping && steadyMs() - looked_at >= kLookEveryMs) {
            look();
            looked_at = steadyMs();
        }
        waiting.clear();
        lock.lock();
    }
}

}  // namespace hub::app
