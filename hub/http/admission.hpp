/// Who may open one more connection (TM-HTTP-7). Internal.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace hub::http {

/// Counts connections in total and for each sender: an IPv4 address, or an IPv6 network of 64 bits,
/// for whoever has one address of it has them all. Any thread.
class Admission {
public:
    Admission(std::size_t total_max, std::size_t per_sender_max)
        : total_max_(total_max), per_sender_max_(per_sender_max) {}

    /// False if there is no place. `address` is the text of an address; an exempt one has only the
    /// total as its limit, and takes no place of its network.
    [[nodiscard]] bool enter(std::string_view address, bool exempt);

    /// Gives back what the same call of enter took.
    void leave(std::string_view address, bool exempt);

    [[nodiscard]] std::size_t total();

    /// Waits until no connection is left; returns false when time is up before.
    bool waitForNone(std::int64_t wait_ms);

private:
    const std::size_t total_max_;
    const std::size_t per_sender_max_;
    std::mutex mutex_;
    std::condition_variable none_left_;
    std::size_t total_ = 0;                          ///< guarded by mutex_
    std::map<std::string, std::size_t> per_sender_;  ///< guarded by mutex_
};

}  // namespace hub::http
