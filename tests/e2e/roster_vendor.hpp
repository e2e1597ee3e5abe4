/// The other side of the test plugin `roster`: a vendor whose truth a test sets.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "hub/http/server.hpp"
#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {

/// A server in this process. Any thread.
class RosterVendor {
public:
    RosterVendor();

    /// Settings of a hub that loads the test plugins of `plugins/e2e` and calls this vendor.
    [[nodiscard]] std::map<std::string, std::string> settings() const;

    /// What GET /persons/ID says from now on; `person` is a JSON object.
    void know(const std::string& id, const std::string& person);
    /// How often the person was asked for.
    [[nodiscard]] int fetches(const std::string& id);
    /// Our reference of each person that was submitted, by id ("p1", "p2", …).
    [[nodiscard]] std::map<std::string, std::string> submitted();

private:
    http::Response answer(const http::Request& request);

    std::mutex mutex_;
    std::map<std::string, std::string> persons_;    ///< guarded by mutex_
    std::map<std::string, std::string> submitted_;  ///< guarded by mutex_
    std::map<std::string, int> fetches_;            ///< guarded by mutex_
    http::Server server_;
};

/// How a delivery of this vendor proves itself.
enum class Proving : std::uint8_t {
    kWhole,     ///< a signature over the whole body
    kPart,      ///< a signature over its first 20 bytes
    kPassword,  ///< a password beside the body
};

/// Sends `body` to a webhook path of the hub.
[[nodiscard]] HttpAnswer deliverRoster(const RunningHub& hub, const std::string& webhook_path,
                                       std::string_view secret, Proving proving,
                                       std::string_view body);

}  // namespace hub::e2e
