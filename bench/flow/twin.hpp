/// The vendor's twin as a process of its own, with many accounts and next to no pace.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/e2e/running_hub.hpp"

namespace bench {

class Twin {
public:
    explicit Twin(int accounts);
    ~Twin();
    Twin(const Twin&) = delete;
    Twin& operator=(const Twin&) = delete;

    /// The API key of an account, from 0.
    [[nodiscard]] static std::string key(int account);
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string address() const;
    /// A call that reads, with the key of one of `accounts`, as bytes.
    [[nodiscard]] static std::string packagesRequest(int n, int accounts);

private:
    std::string folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<hub::e2e::Process> process_;
};

}  // namespace bench
