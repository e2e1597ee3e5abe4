#include "bench/ingest/load_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEventsMax = 64;
constexpr auto kLastAnswers = std::chrono::seconds(5);

struct Peer {
    int socket = -1;
    std::string out;
    std::size_t sent = 0;
    std::string in;
    Clock::time_point asked;
    bool busy = false;
};

// The size of the whole answer once its head is there; 0 before.
std::size_t answerSize(const std::string& bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    std::string head = bytes.substr(0, end);
    std::ranges::transform(head, head.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t field = head.find("content-length:");
    const std::size_t body = field == std::string::npos ? 0 : std::stoul(head.substr(field + 15));
    return end + 4 + body;
}

class Load {
public:
    explicit Load(const LoadPlan& plan)
        : plan_(plan),
          epoll_(epoll_create1(EPOLL_CLOEXEC)),
          peers_(static_cast<std::size_t>(plan.connections)) {}
    ~Load() {
        for (const Peer& peer : peers_) close(peer.socket);
        close(epoll_);
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    LoadResult run() {
        const auto start = Clock::now();
        end_ = start + std::chrono::milliseconds(plan_.time_ms);
        for (Peer& peer : peers_) {
            connectTo(peer);
            ask(peer);
        }
        while (busy_ > 0 && Clock::now() < end_ + kLastAnswers) serveEvents();
        const std::chrono::duration<double> taken = last_ - start;
        LoadResult result;
        result.good = good_;
        result.other = other_;
        result.per_second = static_cast<double>(good_) / std::max(taken.count(), 0.001);
        result.p50_ms = percentile(0.50);
        result.p99_ms = percentile(0.99);
        return result;
    }

private:
    void connectTo(Peer& peer) {
        if (peer.socket >= 0) close(peer.socket);
        peer.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(plan_.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(peer.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("cannot connect to port " + std::to_string(plan_.port));
        }
        const int on = 1;
        setsockopt(peer.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &peer;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.socket, &event);
    }

    void ask(Peer& peer) {
        if (asked_ >= plan_.requests_max || Clock::now() >= end_) return;
        const std::string bytes = plan_.request(asked_++);
        peer.in.clear();
        peer.asked = Clock::now();
        // Small enough for the socket's buffer, so one blocking send does it.
        if (send(peer.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(bytes.size())) {
            ++other_;
            return;
        }
        peer.busy = true;
        ++busy_;
    }

    void serveEvents() {
        epoll_event events[kEventsMax];
        const int count = epoll_wait(epoll_, events, kEventsMax, 100);
        for (int i = 0; i < count; ++i) serve(*static_cast<Peer*>(events[i].data.ptr));
    }

    void serve(Peer& peer) {
        char buffer[16 * 1024];
        const ssize_t size = recv(peer.socket, buffer, sizeof buffer, MSG_DONTWAIT);
        if (size <= 0) return reopen(peer);
        peer.in.append(buffer, static_cast<std::size_t>(size));
        const std::size_t whole = answerSize(peer.in);
        if (whole == 0 || peer.in.size() < whole || !peer.busy) return;
        finish(peer);
        // The last request of a connection is answered with "close".
        if (peer.in.find("onnection: close") != std::string::npos) connectTo(peer);
        ask(peer);
    }

    void finish(Peer& peer) {
        last_ = Clock::now();
        peer.busy = false;
        --busy_;
        if (peer.in.starts_with("HTTP/1.1 200")) {
            ++good_;
            waits_.push_back(std::chrono::duration<double, std::milli>(last_ - peer.asked).count());
        } else {
            ++other_;
        }
    }

    void reopen(Peer& peer) {
        if (peer.busy) {
            peer.busy = false;
            --busy_;
            ++other_;
        }
        connectTo(peer);
        ask(peer);
    }

    double percentile(double part) {
        if (waits_.empty()) return 0;
        const auto at = static_cast<std::size_t>(part * static_cast<double>(waits_.size() - 1));
        std::nth_element(waits_.begin(), waits_.begin() + static_cast<std::ptrdiff_t>(at),
                         waits_.end());
        return waits_[at];
    }

    const LoadPlan& plan_;
    int epoll_;
    std::vector<Peer> peers_;
    Clock::time_point end_;
    Clock::time_point last_ = Clock::now();
    std::uint64_t asked_ = 0;
    std::uint64_t good_ = 0;
    std::uint64_t other_ = 0;
    int busy_ = 0;
    std::vector<double> waits_;
};

}  // namespace

LoadResult runLoad(const LoadPlan& plan) { return Load(plan).run(); }

}  // namespace bench
