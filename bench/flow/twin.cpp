#include "bench/flow/twin.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "hub/security/digest.hpp"

namespace bench {

Twin::Twin(int accounts)
    : folder_(
          (std::filesystem::temp_directory_path() / ("bench-twin-" + hub::security::randomToken(8)))
              .string()) {
    std::filesystem::create_directories(folder_);
    std::string keys;
    for (int i = 0; i < accounts; ++i) keys += (keys.empty() ? "\"" : ",\"") + key(i) + "\"";
    const std::string config = folder_ + "/checkr.json";
    std::ofstream(config) << R"({"api_key":[)" << keys << R"(],"pace_ms":1,"retry_ms":200})";
    process_ = std::make_unique<hub::e2e::Process>(
        HUB_BUILD_DIR "/bin/vendor-sim",
        std::vector<std::string>{"--vendor", "checkr", "--port", "0", "--config", config},
        folder_ + "/checkr.log");
    const std::string port = process_->waitForLine("listening on http://127.0.0.1:");
    if (port.empty()) throw std::runtime_error("the twin did not start");
    port_ = static_cast<std::uint16_t>(std::stoi(port));
}

Twin::~Twin() {
    process_.reset();
    std::filesystem::remove_all(folder_);
}

std::string Twin::key(int account) { return "bench-key-" + std::to_string(account); }

std::string Twin::address() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::string Twin::packagesRequest(int n, int accounts) {
    const std::string user = hub::security::base64Encode(key(n % accounts) + ":");
    return "GET /v1/packages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic " + user +
           "\r\n\r\n";
}

}  // namespace bench
