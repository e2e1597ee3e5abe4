#include "hub/domain/order_result.hpp"

#include <algorithm>
#include <array>

namespace hub::domain {
namespace {

// Best first; a later one wins.
constexpr std::array<std::string_view, 6> kWorse{"clear",       "data_not_found", "pending_review",
                                                 "discrepancy", "consider",       "fail"};

bool counts(const CheckResult& check) {
    return check.status != "not_applicable" && !check.withdrawn;
}

bool didNotRun(const CheckResult& check) {
    return check.status == "error" || check.status == "cancelled";
}

bool isFinished(const CheckResult& check) {
    return check.status == "completed" || didNotRun(check);
}

std::string_view resultOf(const CheckResult& check) {
    if (didNotRun(check)) return "pending_review";
    return check.result.value_or("pending_review");
}

std::string_view rollUp(const std::vector<CheckResult>& checks) {
    bool pending = false;
    std::size_t worst = 0;
    bool any = false;
    for (const CheckResult& check : checks) {
        if (!counts(check)) continue;
        any = true;
        if (!isFinished(check)) {
            pending = true;
            continue;
        }
        const auto place = std::ranges::find(kWorse, resultOf(check)) - kWorse.begin();
        worst = std::max(worst, static_cast<std::size_t>(place));
    }
    if (kWorse[worst] == "fail") return "fail";
    // No check at all is no proof of anything, so it is never clear.
    if (pending || !any) return "pending";
    return kWorse[worst];
}

}  // namespace

std::string_view orderResult(const std::vector<CheckResult>& checks,
                             std::optional<std::string_view> overall) {
    if (!overall) return rollUp(checks);
    if (*overall != "clear") return *overall;
    const bool incomplete = std::ranges::any_of(checks, [](const CheckResult& check) {
        return counts(check) && (didNotRun(check) || !isFinished(check));
    });
    return incomplete ? "pending_review" : "clear";
}

int completionPercentage(const std::vector<CheckResult>& checks) {
    const auto all = std::ranges::count_if(checks, counts);
    if (all == 0) return 0;
    const auto finished = std::ranges::count_if(
        checks, [](const CheckResult& check) { return counts(check) && isFinished(check); });
    return static_cast<int>(finished * 100 / all);
}

}  // namespace hub::domain
