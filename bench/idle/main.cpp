// How long hubd takes from its start to a green /ready, and how much memory it holds when nothing
// happens: on SQLite, with the plugins of the build.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "hub/http/testing/raw_socket.hpp"
#include "tests/e2e/running_hub.hpp"

namespace {

using hub::e2e::Process;
using hub::e2e::TemporaryFolder;
using hub::http::testing::RawSocket;
using Clock = std::chrono::steady_clock;

constexpr int kStarts = 9;
constexpr std::chrono::seconds kStartMax{20};
constexpr std::chrono::milliseconds kLookEvery{1};
constexpr std::chrono::seconds kIdle{3};

bool isReady(std::uint16_t port) {
    try {
        auto socket = RawSocket::connectTo(port);
        socket.send("GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        return socket.readToEnd().starts_with("HTTP/1.1 200");
    } catch (const std::runtime_error&) {
        return false;  // nobody listens yet
    }
}

class Hubd {
public:
    explicit Hubd(const std::string& folder) : begun_(Clock::now()) {
        port_ = hub::http::testing::RawListener().port();
        const std::string config = folder + "/hubd.properties";
        std::ofstream(config) << "server.port = " << port_ << "\ndata.dir = " << folder
                              << "/data\nplugins.dir = " << HUB_BUILD_DIR << "/plugins\n";
        begun_ = Clock::now();
        process_ = std::make_unique<Process>(HUB_BUILD_DIR "/bin/hubd",
                                             std::vector<std::string>{"--config=" + config},
                                             folder + "/hubd.log");
    }
    double waitUntilReady() const {
        while (!isReady(port_)) {
            if (Clock::now() - begun_ > kStartMax) throw std::runtime_error("hubd is not ready");
            std::this_thread::sleep_for(kLookEvery);
        }
        return std::chrono::duration<double, std::milli>(Clock::now() - begun_).count();
    }
    // A line of /proc/PID/status in MiB.
    double memory(const std::string& name) const {
        std::ifstream status("/proc/" + std::to_string(process_->id()) + "/status");
        std::string line;
        while (std::getline(status, line)) {
            if (!line.starts_with(name + ":")) continue;
            std::istringstream words(line.substr(name.size() + 1));
            double kibibytes = 0;
            words >> kibibytes;
            return kibibytes / 1024;
        }
        throw std::runtime_error("no " + name);
    }

private:
    Clock::time_point begun_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void print(const char* what, double value, const char* unit) {
    std::printf("| %s | %.0f %s |\n", what, value, unit);
}

}  // namespace

int main() {
    std::vector<double> first;
    for (int i = 0; i < kStarts; ++i) {
        const TemporaryFolder folder;
        first.push_back(Hubd(folder.path()).waitUntilReady());
    }
    const TemporaryFolder folder;
    Hubd(folder.path()).waitUntilReady();
    std::vector<double> later;
    later.reserve(kStarts);
    for (int i = 0; i < kStarts; ++i) later.push_back(Hubd(folder.path()).waitUntilReady());
    const Hubd idle(folder.path());
    idle.waitUntilReady();
    std::this_thread::sleep_for(kIdle);
    std::printf("| hubd on SQLite, Checkr plugin, nothing to do | |\n| --- | --- |\n");
    print("first start to ready (new folder, keys, all migrations)", median(first), "ms");
    print("start to ready", median(later), "ms");
    print("resident memory", idle.memory("VmRSS"), "MiB");
    print("of it not shared with a file", idle.memory("RssAnon"), "MiB");
    return 0;
}
