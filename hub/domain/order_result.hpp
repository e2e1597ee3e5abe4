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
};

/// pending, clear, data_not_found, pending_review, discrepancy, consider or fail. `overall` is the
/// vendor's own verdict where one vendor order covers all checks: it replaces the roll-up, but a
/// clear is lowered to pending_review if an ordered check did not run. Any thread.
[[nodiscard]] std::string_view orderResult(const std::vector<CheckResult>& checks,
                                           std::optional<std::string_view> overall);

/// Share of finished checks, 0 to 100 (section 8.3).
[[nodiscard]] int completionPercentage(const std::vector<CheckResult>& checks);

}  // namespace hub::domain
