/// The receivers that are loaded: hubd on both databases and its peers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

inline constexpr const char* kExpressName = "Express + mysql2 on MariaDB";

/// A running receiver; ended by its destructor.
class Target {
public:
    virtual ~Target() = default;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// A signed webhook with an event id of its own.
    [[nodiscard]] virtual std::string request(std::uint64_t n) const = 0;
    /// Throws std::runtime_error if fewer rows are stored than were answered 200, since the start.
    virtual void check(std::uint64_t answered) = 0;
};

struct TargetMaker {
    std::string name;
    std::function<std::unique_ptr<Target>()> make;
};

/// Starts them one at a time: each has the machine alone but for the load.
[[nodiscard]] const std::vector<TargetMaker>& targetMakers();

}  // namespace bench
