/// The thread that looks after the hub itself: asks the database whether it is there and answers
/// scrapes, apart from the pools that may be full or stuck (TM-HTTP-7).
#pragma once

#include "hub/app/hub_metrics.hpp"
#include "hub/app/readiness.hpp"
#include "hub/http/message.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hub::app {

/// Pause between two looks at the database and the disk.
inline constexpr std::int64_t kLookEveryMs = 500;
/// The tables are counted for a scrape at most this often.
inline constexpr std::int64_t kBacklogEveryMs = 1'000;
/// Scrapes that may wait at once; more are answered 503.
inline constexpr std::size_t kScrapesMax = 16;

struct MonitorLimits {
    std::int64_t plugin_stuck_ms = 60'000;
    std::size_t calls_stuck_max = 1;   ///< see HealthFacts
    std::int64_t free_bytes_min = 0;   ///< 0: not looked at
    std::vector<std::string> folders;  ///< whose file systems must have that much
};

/// start and stop belong to the owner; the rest: any thread, never waits.
class Monitor {
public:
    Monitor(MetricSources sources, MonitorLimits limits);
    /// Like stop().
    ~Monitor();
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// Looks once, then goes on in its own thread.
    void start();
    /// Answers waiting scrapes with 503 and ends the thread. Idempotent.
    void stop();

    void setPhase(Phase phase) { phase_ = phase; }
    [[nodiscard]] HealthFacts facts() const;
    /// Answers /metrics from the monitor's thread.
    void answerScrape(http::Respond respond);

private:
    void loop();
    void look();
    [[nodiscard]] bool lacksSpace() const;
    void answerAll(const std::vector<http::Respond>& waiting);

    MetricSources sources_;
    MonitorLimits limits_;
    std::atomic<Phase> phase_{Phase::kStarting};
    std::atomic<std::int64_t> database_seen_ms_{0};  ///< of the steady clock
    std::atomic<bool> lacks_space_{false};
    std::optional<storage::Backlog> backlog_;  ///< the thread's own
    std::int64_t backlog_at_ms_ = 0;           ///< the thread's own
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<http::Respond> scrapes_;  ///< guarded by mutex_
    bool stopping_ = false;               ///< guarded by mutex_
    std::thread thread_;
};

}  // namespace hub::app
