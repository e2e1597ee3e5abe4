/// Which calls of plugins are running and how the others ended: a plugin that hangs is seen.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include "hub/observe/counter.hpp"

namespace hub::plugins {

/// Any thread. Must outlive its guards.
class CallWatch {
    using Clock = std::chrono::steady_clock;
    struct Running {
        std::string vendor;
        Clock::time_point since;
    };

public:
    /// One call that is running; ends with the guard.
    class [[nodiscard]] Guard {
    public:
        Guard(CallWatch& watch, std::string_view vendor) : watch_(watch) {
            std::list<Running> made{{std::string(vendor), Clock::now()}};
            call_ = made.begin();
            const std::lock_guard lock(watch_.mutex_);
            watch_.running_.splice(watch_.running_.end(), made);
        }
        ~Guard() {
            const std::lock_guard lock(watch_.mutex_);
            watch_.running_.erase(call_);
        }
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;

    private:
        CallWatch& watch_;
        std::list<Running>::iterator call_;
    };

    struct View {
        std::size_t running = 0;
        std::int64_t longest_ms = 0;  ///< how long the oldest takes by now
        std::size_t stuck = 0;        ///< calls that take longer than was asked for
    };
    /// What runs; `stuck_ms` is how long a call may take before it counts as stuck.
    [[nodiscard]] View view(std::int64_t stuck_ms) const {
        const auto now = Clock::now();
        const std::lock_guard lock(mutex_);
        View view;
        view.running = running_.size();
        for (const Running& call : running_) {
            const std::int64_t ms =
                std::chrono::duration_cast<std::chrono::milliseconds>(now - call.since).count();
            view.longest_ms = std::max(view.longest_ms, ms);
            if (ms >= stuck_ms) ++view.stuck;
        }
        return view;
    }

    /// Calls that ended, by vendor and status: ok, invalid, unsupported, oversize, failed.
    observe::LabelledCounter ended;

private:
    mutable std::mutex mutex_;
    std::list<Running> running_;  ///< guarded by mutex_
};

}  // namespace hub::plugins
