/// The vendor's twin as a process of its own, beside a hub under test.
#pragma once

#include <set>

#include "tests/e2e/running_hub.hpp"

namespace hub::e2e {

/// The Checkr simulator on a port of its own. It outlives every hub, as a vendor does.
class Twin {
public:
    explicit Twin(std::string_view api_key);
    /// "http://127.0.0.1:PORT".
    [[nodiscard]] const std::string& address() const { return address_; }
    /// The value of `outbound.routes` that leads a hub here.
    [[nodiscard]] std::string routes() const;
    /// What it was asked so far: GET /_sim/ledger.
    [[nodiscard]] hubsdk::JsonDocument ledger() const;
    /// Ids of the events that a hub has answered with 2xx: GET /_sim/acknowledged.
    [[nodiscard]] std::set<std::string> acknowledged() const;
    void setSwitch(const std::string& json) const;

private:
    [[nodiscard]] std::string call(std::string_view method, const std::string& path,
                                   const std::string& body) const;
    TemporaryFolder folder_;
    std::string address_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

}  // namespace hub::e2e
