#include "hub/domain/order_result.hpp"

#include <algorithm>
#include <array>

namespace hub::domain {
namespace {

// Best first; a later one wins.
constexpr std::array<std::string_view, 6> kWorse{"clear",       "data_not_found", "pending_review",
                                                 "discrepancy", "consider",       "fail"};
constexpr int kBeforeCompletedMax = 99;

// What a vendor added and took back was never asked for.
bool counts(const CheckResult& check) {
    return check.status != "not_applicable" && !(check.withdrawn && !check.ordered);
}

bool isFinished(const CheckResult& check) {
    return check.status == "completed" || check.status == "error" || check.status == "cancelled";
}

bool didNotRun(const CheckResult& check) {
    if (check.withdrawn) return !check.may_run;
    if (check.status == "completed") return false;
    return isFinished(check) || !check.may_run;
}

bool isPending(const CheckResult& check) {
    return !didNotRun(check) && (check.withdrawn || !isFinished(check));
}

std::string_view resultOf(const CheckResult& check) {
    if (didNotRun(check)) return "pending_review";
    return check.result.value_or("pending_review");
}

std::size_t placeOf(std::string_view result) {
    return static_cast<std::size_t>(std::ranges::find(kWorse, result) - kWorse.begin());
}

std::string_view rollUp(const std::vector<CheckResult>& checks) {
    bool pending = false;
    std::size_t worst = 0;
    bool any = false;
    for (const CheckResult& check : checks) {
        if (!counts(check)) continue;
        any = true;
        if (isPending(check)) {
            pending = true;
            continue;
        }
        worst = std::max(worst, placeOf(resultOf(check)));
    }
    if (worst == placeOf("fail")) return "fail";
    // No check at all is no proof of anything, so it is never clear.
    if (pending || !any) return "pending";
    return kWorse.at(worst);
}

}  // namespace

std::string_view orderResult(const std::vector<CheckResult>& checks,
                             std::optional<std::string_view> overall) {
    if (!overall) return rollUp(checks);
    if (*overall != "clear") return *overall;
    const bool incomplete = std::ranges::any_of(checks, [](const CheckResult& check) {
        return counts(check) && (didNotRun(check) || isPending(check));
    });
    return incomplete ? "pending_review" : "clear";
}

std::string_view worseResult(std::string_view one, std::string_view other) {
    if (one == "fail" || other == "fail") return "fail";
    if (one == "pending" || other == "pending") return "pending";
    return kWorse.at(std::max(placeOf(one), placeOf(other)));
}

int completionPercentage(const std::vector<CheckResult>& checks) {
    const auto all = std::ranges::count_if(checks, [](const CheckResult& check) {
        return counts(check) && check.status != "cancelled";
    });
    if (all == 0) return 0;
    const auto finished = std::ranges::count_if(checks, [](const CheckResult& check) {
        return counts(check) && !check.withdrawn &&
               (check.status == "completed" || check.status == "error");
    });
    return std::min(static_cast<int>(finished * 100 / all), kBeforeCompletedMax);
}

}  // namespace hub::domain
