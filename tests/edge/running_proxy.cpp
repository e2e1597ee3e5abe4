#include "tests/edge/running_proxy.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "hub/http/testing/raw_socket.hpp"

namespace hub::edge {
namespace {

constexpr int kStartsMax = 5;  // the free port may be taken by somebody else in between
constexpr int kConnectTries = 100;

std::string haproxyConfig(std::uint16_t port, std::uint16_t target) {
    return "defaults\n"
           "    mode http\n"
           "    timeout connect 2s\n    timeout server 5s\n"
           "    timeout client 300ms\n    timeout http-request 300ms\n"
           "frontend edge\n"
           // `option httpclose` would close towards the hub too.
           "    timeout http-keep-alive 10ms\n"
           "    http-request reject if { var(sess.had) -m found }\n"
           "    http-request set-var(sess.had) int(1)\n"
           "    option forwardfor\n"
           "    bind 127.0.0.1:" +
           std::to_string(port) +
           "\n    default_backend hub\n"
           "backend hub\n"
           "    http-reuse always\n"
           "    server hub 127.0.0.1:" +
           std::to_string(target) + "\n";
}

std::string nginxConfig(const std::string& folder, std::uint16_t port, std::uint16_t target) {
    return "daemon off;\nmaster_process off;\npid " + folder + "/nginx.pid;\nerror_log " + folder +
           "/error.log;\nevents { worker_connections 256; }\nhttp {\n"
           "  access_log off;\n"
           "  client_body_temp_path " +
           folder + "/body;\n  proxy_temp_path " + folder + "/proxy;\n  fastcgi_temp_path " +
           folder + "/fastcgi;\n  uwsgi_temp_path " + folder + "/uwsgi;\n  scgi_temp_path " +
           folder +
           "/scgi;\n"
           "  client_header_timeout 300ms;\n  client_body_timeout 300ms;\n"
           "  lingering_close off;\n  keepalive_timeout 0;\n"
           "  upstream hub { server 127.0.0.1:" +
           std::to_string(target) +
           "; keepalive 4; }\n"
           "  server {\n    listen 127.0.0.1:" +
           std::to_string(port) +
           ";\n    location / {\n"
           "      proxy_pass http://hub;\n      proxy_http_version 1.1;\n"
           "      proxy_request_buffering off;\n"
           "      proxy_set_header Connection \"\";\n      proxy_set_header Host $http_host;\n"
           "      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
           "    }\n  }\n}\n";
}

bool answers(std::uint16_t port) {
    for (int i = 0; i < kConnectTries; ++i) {
        try {
            (void)http::testing::RawSocket::connectTo(port);
            return true;
        } catch (const std::runtime_error&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    return false;
}

}  // namespace

RunningProxy::RunningProxy(ProxyKind kind, std::uint16_t target_port) {
    std::string pattern = (std::filesystem::temp_directory_path() / "hub-edge-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    for (int i = 0; i < kStartsMax; ++i)
        if (tryStart(kind, target_port)) return;
    throw std::runtime_error("the proxy does not start: " + e2e::readFile(folder_ + "/log") +
                             e2e::readFile(folder_ + "/error.log"));
}

RunningProxy::~RunningProxy() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

bool RunningProxy::tryStart(ProxyKind kind, std::uint16_t target_port) {
    process_.reset();
    port_ = http::testing::RawListener().port();
    const std::string file = folder_ + "/proxy.conf";
    const bool haproxy = kind == ProxyKind::kHaproxy;
    std::ofstream(file) << (haproxy ? haproxyConfig(port_, target_port)
                                    : nginxConfig(folder_, port_, target_port));
    // Debian has both in sbin, which is not in everybody's path.
    if (haproxy) {
        process_ = std::make_unique<e2e::Process>(
            HUB_HAPROXY, std::vector<std::string>{"-db", "-f", file}, folder_ + "/log");
    } else {
        process_ = std::make_unique<e2e::Process>(
            HUB_NGINX, std::vector<std::string>{"-p", folder_, "-c", file}, folder_ + "/log");
    }
    return answers(port_);
}

}  // namespace hub::edge
