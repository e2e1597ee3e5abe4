/// Loads one server over keep-alive connections, bounded in count and time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace bench {

struct LoadPlan {
    std::uint16_t port = 0;  ///< on 127.0.0.1
    int connections = 32;
    std::uint64_t requests_max = 200'000;
    std::int64_t time_ms = 4'000;
    /// The bytes of the n-th request, head and body. Called on the loading thread.
    std::function<std::string(std::uint64_t n)> request;
};

struct LoadResult {
    std::uint64_t good = 0;   ///< answered 200
    std::uint64_t other = 0;  ///< answered otherwise, or cut
    double per_second = 0;    ///< good ones
    double p50_ms = 0;
    double p99_ms = 0;
};

/// One thread, one request under way on each connection. What is under way when the time is over is
/// waited for (5 s at most). Throws std::runtime_error if it cannot connect.
[[nodiscard]] LoadResult runLoad(const LoadPlan& plan);

}  // namespace bench
