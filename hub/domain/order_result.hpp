/// The result of an order, computed from its checks (canonical-model.md section 8.2).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace hub::domain {

/// What counts of one check.
struct CheckResult {
    std::string_view status;
    std::optional<std::string_view> result;
    bool ordered = true;  ///< false: the vendor added it
    bool withdrawn = false;
    bool may_run = true;  ///< false: its vendor order is final, so what is open will not run
};

/// pending, clear, data_not_found, pending_review, discrepancy, consider or fail. A check that did
/// not run counts as pending_review: error, cancelled, open without hope, ordered and withdrawn.
/// `overall` is the vendor's own verdict where one vendor order covers all checks: it replaces the
/// roll-up, but a clear is lowered to pending_review if an ordered check did not run. Any thread.
[[nodiscard]] std::string_view orderResult(const std::vector<CheckResult>& checks,
                                           std::optional<std::string_view> overall);

/// The worse of two results of an order; pending is worse than none.
[[nodiscard]] std::string_view worseResult(std::string_view one, std::string_view other);

/// Share of finished checks, 0 to 99: 100 is for a completed order (section 8.3).
[[nodiscard]] int completionPercentage(const std::vector<CheckResult>& checks);

}  // namespace hub::domain
