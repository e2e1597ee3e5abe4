/// haproxy or nginx as a process of its own in front of a port, with a temporary configuration.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/e2e/running_hub.hpp"

namespace hub::edge {

/// Towards clients each takes one request a connection, so that what is hidden behind a request is
/// no request for the proxy; towards the hub connections are kept and shared, so that what the
/// proxy overlooked would poison the next one.
enum class ProxyKind : std::uint8_t { kHaproxy, kNginx };

/// Started by the constructor on a free loopback port, ended by process id. Throws
/// std::runtime_error if it does not start.
class RunningProxy {
public:
    RunningProxy(ProxyKind kind, std::uint16_t target_port);
    ~RunningProxy();
    RunningProxy(const RunningProxy&) = delete;
    RunningProxy& operator=(const RunningProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    [[nodiscard]] bool tryStart(ProxyKind kind, std::uint16_t target_port);

    std::string folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<e2e::Process> process_;
};

}  // namespace hub::edge
