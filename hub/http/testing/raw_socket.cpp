#include "hub/http/testing/raw_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <span>
#include <stdexcept>
#include <utility>

namespace hub::http::testing {

namespace {

sockaddr_in loopback(std::uint16_t port, const std::string& address) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &result.sin_addr);
    return result;
}

void setPatience(int descriptor) {
    timeval patience{};
    patience.tv_sec = RawSocket::kPatienceMs / 1000;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// A child that a test started ends when it likes: its signal is no end of the stream.
ssize_t receive(int descriptor, std::span<char> buffer) {
    while (true) {
        const ssize_t got = ::recv(descriptor, buffer.data(), buffer.size(), 0);
        if (got >= 0 || errno != EINTR) return got;
    }
}

}  // namespace

RawSocket::~RawSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

RawSocket::RawSocket(RawSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

RawSocket RawSocket::connectTo(std::uint16_t port, const std::string& source_address) {
    RawSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    setPatience(socket.descriptor_);
    if (!source_address.empty()) {
        const sockaddr_in source = loopback(0, source_address);
        if (::bind(socket.descriptor_, generic(source), sizeof source) != 0) {
            throw std::runtime_error("cannot bind to the source address");
        }
    }
    const sockaddr_in target = loopback(port, "127.0.0.1");
    if (::connect(socket.descriptor_, generic(target), sizeof target) != 0) {
        throw std::runtime_error("cannot connect");
    }
    return socket;
}

bool RawSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string RawSocket::readUntil(std::string_view mark) {
    std::string all;
    std::array<char, 16 * 1024> buffer{};
    while (mark.empty() || all.find(mark) == std::string::npos) {
        const auto got = receive(descriptor_, buffer);
        if (got <= 0) break;
        all.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return all;
}

std::string RawSocket::readSome() {
    std::array<char, 16 * 1024> buffer{};
    const auto got = receive(descriptor_, buffer);
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::string RawSocket::readToEnd() { return readUntil({}); }

void RawSocket::shutdownSend() { ::shutdown(descriptor_, SHUT_WR); }

void RawSocket::reset() {
    const linger now{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(descriptor_, -1));
}

RawListener::RawListener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0, "127.0.0.1");
    socklen_t size = sizeof address;
    if (::bind(descriptor_, generic(address), size) != 0 || ::listen(descriptor_, 16) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("cannot listen");
    }
    setPatience(descriptor_);
    port_ = ntohs(address.sin_port);
}

RawListener::~RawListener() { ::close(descriptor_); }

RawSocket RawListener::accept() {
    const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("nobody connected");
    setPatience(descriptor);
    return RawSocket(descriptor);
}

}  // namespace hub::http::testing
