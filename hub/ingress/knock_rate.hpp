/// How many webhooks one sender may bring, counted before anything is done for them (TM-IN-7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace hub::ingress {

/// A sender that was quiet may bring what it may bring in so many seconds, at once.
inline constexpr std::int64_t kKnockBurstS = 10;
/// Senders that are told apart; beyond, new ones share one budget until others have been quiet.
inline constexpr std::size_t kKnockSendersMax = 10'000;

/// The generic cell rate algorithm: one number for each vendor and sender (an IPv4 address, or an
/// IPv6 network of 64 bits). A flood is kept to its own sender, so it does not close the door
/// before the vendor itself, unless it comes from more senders than are told apart. In memory. Any
/// thread.
class KnockRate {
public:
    /// `per_second` is from 1 to 1,000,000.
    explicit KnockRate(std::int64_t per_second) : interval_us_(1'000'000 / per_second) {}

    /// 0 and the knock counts, or the milliseconds until this sender may knock again. `vendor` must
    /// come from a bounded set of ours; `sender` is the text of an address.
    [[nodiscard]] std::int64_t take(std::string_view vendor, std::string_view sender,
                                    std::int64_t now_ms);

private:
    [[nodiscard]] std::int64_t& budgetOf(std::string key, std::int64_t now_us);

    const std::int64_t interval_us_;
    std::mutex mutex_;
    std::int64_t swept_us_ = 0;                       ///< guarded by mutex_
    std::map<std::string, std::int64_t> used_until_;  ///< guarded by mutex_; by vendor and sender
};

}  // namespace hub::ingress
