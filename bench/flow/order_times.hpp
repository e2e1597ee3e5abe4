/// Where the time of an order goes, read back from the flows and steps that the hub stored.
#pragma once

#include <string>
#include <vector>

namespace bench {

struct Stage {
    std::string name;
    double median_ms = 0;
    double share = 0;  ///< of all orders' time together, 0 to 1
};

struct OrderTimes {
    double submitted_per_s = 0;  ///< over the time from the first order to the last submission
    double completed_per_s = 0;  ///< over the time from the first order to the last result
    double calls_per_order = 0;  ///< to the vendor
    std::vector<Stage> stages;
};

/// Orders that the vendor finished and whose result is stored.
[[nodiscard]] int finishedOrders(const std::string& storage_url);

/// Of all orders in the database, each with one submission.
[[nodiscard]] OrderTimes readOrderTimes(const std::string& storage_url);

}  // namespace bench
