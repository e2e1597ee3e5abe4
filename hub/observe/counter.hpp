/// Counters with labels, for whoever shows them (hub/observe/metrics.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace hub::observe {

/// Series of one counter at most; what comes beyond is counted under "other".
inline constexpr std::size_t kStatSeriesMax = 1'000;

/// A counter with two labels, from bounded sets of ours: names of loaded plugins, words of the
/// code, never what a stranger sends. Only grows. Any thread.
class LabelledCounter {
public:
    using Labels = std::pair<std::string, std::string>;

    void add(std::string_view first, std::string_view second, std::uint64_t by = 1) {
        if (by == 0) return;
        const std::lock_guard lock(mutex_);
        Labels labels{first, second};
        if (values_.size() >= kStatSeriesMax && !values_.contains(labels))
            labels = {"other", "other"};
        values_[std::move(labels)] += by;
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

}  // namespace hub::observe
