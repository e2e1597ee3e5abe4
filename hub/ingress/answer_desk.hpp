/// Where vendors wait whose request a flow answers, and callers who wait for the end of a flow
/// (plugin-contract sections 4 and 8).
#pragma once

#include "hub/http/message.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

namespace hub::ingress {

/// Requests that may wait at once; each holds a connection.
inline constexpr std::size_t kAnswersWaitingMax = 256;
/// An answer that another node wrote is seen after this at the latest.
inline constexpr std::int64_t kAnswerPollMs = 100;

/// 503 with Retry-After.
[[nodiscard]] http::Response unavailableAnswer();

/// Owns one thread. Any thread may wait and wake; start and stop belong to the owner.
class AnswerDesk {
public:
    /// Looks once for the answer; nothing if there is none yet. Runs on the desk's thread; what it
    /// throws of std::exception counts as nothing.
    using Look = std::function<std::optional<http::Response>()>;

    explicit AnswerDesk(std::size_t waiting_max = kAnswersWaitingMax);
    /// Like stop().
    ~AnswerDesk();
    AnswerDesk(const AnswerDesk&) = delete;
    AnswerDesk& operator=(const AnswerDesk&) = delete;

    /// What is answered when nothing was found in time, when too many wait, or when the desk stops.
    using Late = std::function<http::Response()>;

    /// Answers as soon as `look` finds something, with `late` after `deadline_ms` from now, and at
    /// once with `late` if too many wait or the desk stopped.
    void wait(Look look, std::int64_t deadline_ms, const http::Respond& respond,
              const Late& late = &unavailableAnswer);
    /// How many wait.
    [[nodiscard]] std::size_t waiting();
    /// Some answer may be there.
    void wake();
    /// Answers what waits with its `late`. Idempotent.
    void stop();

private:
    using Clock = std::chrono::steady_clock;
    struct Waiting {
        Look look;
        Clock::time_point deadline;
        http::Respond respond;
        Late late;
    };
    bool take(Waiting waiting);
    void loop();
    std::size_t settleAll();

    const std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Waiting> arrived_;          ///< guarded by mutex_; not yet seen by the thread
    std::size_t count_ = 0;               ///< guarded by mutex_
    bool woken_ = false;                  ///< guarded by mutex_
    std::atomic<bool> stopping_ = false;  ///< set under mutex_, for those who wait
    std::list<Waiting> waiting_;          ///< the thread's own
    std::thread thread_;
};

}  // namespace hub::ingress
