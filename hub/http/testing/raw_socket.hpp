/// A blocking TCP socket for tests that need exact bytes on the wire. Loopback only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hub::http::testing {

/// Every call ends after kPatienceMs at the latest.
class RawSocket {
public:
    static constexpr int kPatienceMs = 20'000;

    explicit RawSocket(int descriptor) : descriptor_(descriptor) {}
    ~RawSocket();
    RawSocket(RawSocket&& other) noexcept;
    RawSocket& operator=(RawSocket&&) = delete;
    RawSocket(const RawSocket&) = delete;
    RawSocket& operator=(const RawSocket&) = delete;

    /// Connects to a port of 127.0.0.1, from `source_address` when given (127.0.0.0/8).
    [[nodiscard]] static RawSocket connectTo(std::uint16_t port,
                                             const std::string& source_address = {});

    /// Sends everything; returns false when the peer is gone.
    bool send(std::string_view bytes);
    /// Reads until `mark` has come or the stream has ended; returns all bytes read.
    [[nodiscard]] std::string readUntil(std::string_view mark);
    /// Reads what comes next; empty when the stream has ended.
    [[nodiscard]] std::string readSome();
    /// Reads until the stream has ended, in order or by reset.
    [[nodiscard]] std::string readToEnd();
    void shutdownSend();
    /// Closes so that the peer sees a reset.
    void reset();

private:
    int descriptor_;
};

/// A listening socket on a free port of 127.0.0.1.
class RawListener {
public:
    RawListener();
    ~RawListener();
    RawListener(const RawListener&) = delete;
    RawListener& operator=(const RawListener&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] RawSocket accept();

private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

}  // namespace hub::http::testing
