#include "hub/storage/testing/tcp_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace hub::storage::testing {
namespace {

constexpr int kPollMs = 50;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool sendAll(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

TcpRelay::TcpRelay(std::uint16_t to_port, Judge judge)
    : to_port_(to_port), judge_(std::move(judge)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, generic, &size) != 0)
        throw std::runtime_error("relay: cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
}

TcpRelay::~TcpRelay() {
    stopping_ = true;
    acceptor_.join();
    for (auto& carrier : carriers_) carrier.join();
    close(listener_);
}

std::string TcpRelay::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

void TcpRelay::accept() {
    while (!stopping_) {
        pollfd ready{listener_, POLLIN, 0};
        if (poll(&ready, 1, kPollMs) <= 0) continue;
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client >= 0) carriers_.emplace_back([this, client] { carry(client); });
    }
}

void TcpRelay::carry(int client) {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(to_port_);
    bool open = connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    while (open && !stopping_) {
        std::array<pollfd, 2> ready{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
        if (poll(ready.data(), ready.size(), kPollMs) <= 0) continue;
        if (ready[0].revents != 0) open = passOn(client, server, true);
        if (open && ready[1].revents != 0) open = passOn(server, client, false);
    }
    close(server);
    close(client);
}

bool TcpRelay::passOn(int from, int to, bool judged) {
    std::array<char, 16 * 1024> buffer{};
    const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    {
        const std::lock_guard lock(mutex_);
        seen_.append(bytes);
    }
    const Fate fate = judged && judge_ ? judge_(bytes) : Fate::kPass;
    if (fate == Fate::kDropBefore) return false;
    if (!sendAll(to, bytes)) return false;
    if (fate == Fate::kPass) return true;
    // The answer is waited for, so that the server has done what it was told to.
    [[maybe_unused]] const ssize_t answered = recv(to, buffer.data(), buffer.size(), 0);
    return false;
}

}  // namespace hub::storage::testing
