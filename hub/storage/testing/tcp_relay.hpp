/// A relay on a loopback port for tests: records what passes, and loses connections on demand.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hub::storage::testing {

class TcpRelay {
public:
    enum class Fate : std::uint8_t {
        kPass,
        kDropBefore,  ///< the bytes are not passed on, both sides are closed
        kDropAfter,   ///< the bytes are passed on, the answer is not
    };
    /// Asked for each piece that comes from the client, on the relay's thread.
    using Judge = std::function<Fate(std::string_view bytes)>;

    explicit TcpRelay(std::uint16_t to_port, Judge judge = {});
    ~TcpRelay();
    TcpRelay(const TcpRelay&) = delete;
    TcpRelay& operator=(const TcpRelay&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Everything that passed so far, in both directions.
    [[nodiscard]] std::string seen() const;

private:
    void accept();
    void carry(int client);
    [[nodiscard]] bool passOn(int from, int to, bool judged);

    std::uint16_t to_port_;
    Judge judge_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::string seen_;                   ///< guarded by mutex_
    std::vector<std::thread> carriers_;  ///< the acceptor's until it ends
    std::thread acceptor_;
};

}  // namespace hub::storage::testing
