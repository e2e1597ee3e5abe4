/// What the flow engine counts, for whoever shows it. Values only grow from the start of the
/// process.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace hub::flows {

/// Series of one table at most; what comes beyond is counted under "other".
inline constexpr std::size_t kStatSeriesMax = 1'000;

/// Counters with two labels. Any thread.
class LabelledCounter {
public:
    using Labels = std::pair<std::string, std::string>;

    void add(std::string_view first, std::string_view second) {
        const std::lock_guard lock(mutex_);
        Labels labels{first, second};
        if (values_.size() >= kStatSeriesMax && !values_.contains(labels))
            labels = {"other", "other"};
        ++values_[std::move(labels)];
    }
    [[nodiscard]] std::map<Labels, std::uint64_t> values() const {
        const std::lock_guard lock(mutex_);
        return values_;
    }
    [[nodiscard]] std::uint64_t of(const std::string& first, const std::string& second) const {
        const std::lock_guard lock(mutex_);
        const auto found = values_.find(Labels(first, second));
        return found == values_.end() ? 0 : found->second;
    }

private:
    mutable std::mutex mutex_;
    std::map<Labels, std::uint64_t> values_;  ///< guarded by mutex_
};

/// Any thread.
struct FlowStats {
    LabelledCounter started;                   ///< by command and vendor
    LabelledCounter ended;                     ///< by command and state
    LabelledCounter calls;                     ///< by vendor and outcome: 2xx … 5xx, lost …
    LabelledCounter sleeps;                    ///< by vendor and what is waited for
    std::atomic<std::uint64_t> lost{0};        ///< steps without a reply
    std::atomic<std::uint64_t> uncertain{0};   ///< flows that wait for a person
    std::atomic<std::uint64_t> lease_lost{0};  ///< commits that came too late
    std::atomic<std::uint64_t> steps_repeated{0};
    std::atomic<std::uint64_t> rows_swept{0};  ///< old entries, inputs and results
};

}  // namespace hub::flows
