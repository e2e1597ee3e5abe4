/// Sends the twin's webhooks: signed, in order, repeated until received, and wrong on request.
#pragma once

#include "plugins/checkr/simulator/scheduler.hpp"
#include "plugins/checkr/simulator/switches.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace hub::http {
class Client;
}

namespace vendor::checkr::simulator {

/// One event for one URL.
struct Notice {
    std::string url;
    std::string body;
    std::string signature;  ///< of the X-Checkr-Signature header
    std::string event_id;   ///< "" for bytes sent by hand
    std::int64_t tries = 0;
};

/// The header value over a body: hex HMAC-SHA256 (vendors/checkr.md, Signature).
[[nodiscard]] std::string signatureOf(std::string_view key, std::string_view body);

/// What became of the notices so far. An event for two URLs counts twice.
struct NoticeCounts {
    std::int64_t offered = 0;       ///< what the twin had to tell
    std::int64_t dropped = 0;       ///< never sent, on request
    std::int64_t sent = 0;          ///< attempts
    std::int64_t acknowledged = 0;  ///< answered with 2xx
    std::int64_t given_up = 0;      ///< no try left, or no way to the host
    std::int64_t open = 0;          ///< queued, on the way, held or waiting for a retry
};

/// One notice at a time for each URL, so that only the faults reorder. Any thread.
class Notifier {
public:
    /// `scheduler` outlives the notifier and is stopped before the notifier goes.
    /// `routes` says where hosts are; throws std::invalid_argument for one that is not loopback.
    Notifier(Scheduler& scheduler, std::int64_t retry_ms,
             std::map<std::string, std::string> routes);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    /// Queues a notice, with the faults of `switches`.
    void offer(Notice notice, const Switches& switches);

    /// Sends what a reordering fault still holds.
    void release();

    [[nodiscard]] NoticeCounts counts() const;
    /// Ids of the events that were answered with 2xx at least once.
    [[nodiscard]] std::set<std::string> acknowledged() const;

private:
    struct Lane {
        std::deque<Notice> queue;
        std::optional<Notice> held;
        bool busy = false;
    };
    struct Place {
        hub::http::Client* client = nullptr;
        std::string scheme;
        std::string host;
        std::uint16_t port = 0;
        std::string target;
    };

    void queueLocked(Lane& lane, Notice notice, const Switches& switches);
    void pump(const std::string& url);
    void settle(Notice notice, int status);
    std::optional<Place> placeOf(const std::string& url);
    hub::http::Client& clientFor(const std::string& host, const std::string& route);
    hub::http::Client& clientForLocked(const std::string& host, const std::string& route);

    Scheduler& scheduler_;
    const std::int64_t retry_ms_;
    const std::map<std::string, std::string> routes_;
    mutable std::mutex mutex_;
    std::map<std::string, Lane> lanes_;   // guarded by mutex_
    NoticeCounts counts_;                 // guarded by mutex_
    std::set<std::string> acknowledged_;  // guarded by mutex_
    std::int64_t queued_ = 0;             // guarded by mutex_; duplicates are counted from it
    bool stopped_ = false;                // guarded by mutex_
    std::mutex clients_mutex_;
    // Guarded by clients_mutex_. Last, because their callbacks use everything above.
    std::map<std::string, std::unique_ptr<hub::http::Client>> clients_;
};

}  // namespace vendor::checkr::simulator
