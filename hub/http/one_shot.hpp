/// A value that one thread sets and one coroutine waits for. Internal: part of the Asio adapter.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace hub::http {

/// The waiting side lives on one I/O thread; `set` may be called from any thread, at any time,
/// also after the waiting side has gone. The first value wins.
template <class T>
class OneShot : public std::enable_shared_from_this<OneShot<T>> {
public:
    explicit OneShot(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// Any thread. Returns whether the value was taken.
    bool set(T value) {
        const std::lock_guard lock(mutex_);
        if (closed_ || value_) return false;
        value_ = std::move(value);
        // Posted under the lock: `close` cannot return, and the executor cannot go, before.
        if (waiting_)
            boost::asio::post(executor_, [self = this->shared_from_this()] { self->wake(); });
        return true;
    }

    /// I/O thread. The value, or nothing when the deadline passed or `abort` was called.
    boost::asio::awaitable<std::optional<T>> wait(std::chrono::steady_clock::time_point deadline) {
        bool have_to_wait = false;
        {
            const std::lock_guard lock(mutex_);
            waiting_ = true;
            have_to_wait = !value_.has_value();
        }
        const Closer closer(*this);
        if (have_to_wait && !aborted_) {
            boost::asio::steady_timer timer(executor_, deadline);
            timer_ = &timer;
            co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            timer_ = nullptr;
        }
        co_return close();
    }

    /// I/O thread. Ends the wait without a value.
    void abort() {
        aborted_ = true;
        wake();
    }

private:
    /// Closes also when the coroutine is destroyed while it waits.
    class Closer {
    public:
        explicit Closer(OneShot& shot) : shot_(shot) {}
        ~Closer() {
            shot_.timer_ = nullptr;
            shot_.close();
        }
        Closer(const Closer&) = delete;
        Closer& operator=(const Closer&) = delete;

    private:
        OneShot& shot_;
    };

    std::optional<T> close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        return std::exchange(value_, std::nullopt);
    }

    void wake() {
        if (timer_ != nullptr) timer_->cancel();
    }

    std::mutex mutex_;
    std::optional<T> value_;  // guarded by mutex_
    bool waiting_ = false;    // guarded by mutex_
    bool closed_ = false;     // guarded by mutex_
    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer* timer_ = nullptr;  // I/O thread only
    bool aborted_ = false;                        // I/O thread only
};

}  // namespace hub::http
