#include "tests/e2e/running_hub.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "hub/http/testing/raw_socket.hpp"
#include "hub/security/digest.hpp"
#include "hub/storage/testing/mariadb_server.hpp"

namespace hub::e2e {
namespace {

constexpr int kWaitTries = 400;
constexpr std::chrono::milliseconds kWaitStep{50};

std::string storageUrlFor(const std::string& data_folder) {
    if (!storage::testing::onMariadb()) return "sqlite:" + data_folder + "/hub.db";
    auto& server = storage::testing::MariadbServer::shared();
    return server.socketUrl(server.migratedDatabase());
}

}  // namespace

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / "hub-e2e-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr)
        throw std::runtime_error("cannot make a temporary folder");
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string readFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Process::Process(const std::string& path, const std::vector<std::string>& arguments,
                 std::string log_file)
    : log_file_(std::move(log_file)) {
    std::vector<std::string> words{path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    process_id_ = fork();
    if (process_id_ < 0) throw std::runtime_error("cannot fork");
    if (process_id_ > 0) return;
    const int log = open(log_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(path.c_str(), argv.data());
    _exit(127);
}

Process::~Process() { end(SIGTERM); }

std::string Process::waitForLine(std::string_view mark) const {
    for (int i = 0; i < kWaitTries; ++i) {
        const std::string text = readFile(log_file_);
        const std::size_t at = text.rfind(mark);
        const std::size_t end = at == std::string::npos ? at : text.find('\n', at);
        if (end != std::string::npos) return text.substr(at + mark.size(), end - at - mark.size());
        std::this_thread::sleep_for(kWaitStep);
    }
    return {};
}

void Process::kill() { end(SIGKILL); }

int Process::terminate() { return end(SIGTERM); }

void Process::signal(int signal) const {
    if (process_id_ > 0) ::kill(process_id_, signal);
}

int Process::end(int signal) {
    if (process_id_ <= 0) return 0;
    this->signal(signal);
    return waitForExit();
}

int Process::waitForExit() {
    if (process_id_ <= 0) return 0;
    int status = 0;
    waitpid(process_id_, &status, 0);
    process_id_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

RunningHub::RunningHub(std::map<std::string, std::string> settings)
    : settings_(std::move(settings)) {
    if (!settings_.contains("storage.url")) settings_["storage.url"] = storageUrlFor(dataFolder());
    storage_url_ = settings_.at("storage.url");
    start();
}

std::string RunningHub::dataFolder() const {
    const auto chosen = settings_.find("data.dir");
    return chosen == settings_.end() ? folder() + "/data" : chosen->second;
}

void RunningHub::start() {
    std::ofstream config(folder() + "/hubd.properties");
    config << "server.port = 0\ndata.dir = " << folder() << "/data\nplugins.dir = " << HUB_BUILD_DIR
           << "/plugins\n";
    for (const auto& [name, value] : settings_) config << name << " = " << value << "\n";
    config.close();
    const std::string log = folder() + "/hubd.log";
    std::filesystem::remove(log);
    process_ = std::make_unique<Process>(
        std::string(HUB_BUILD_DIR) + "/bin/hubd",
        std::vector<std::string>{"--config=" + folder() + "/hubd.properties"}, log);
    const std::string address = process_->waitForLine("listening on http://127.0.0.1:");
    if (address.empty()) throw std::runtime_error("hubd did not start: " + readFile(log));
    port_ = static_cast<std::uint16_t>(std::stoi(address));
    key_ = readFile(dataFolder() + "/admin.key");
}

void RunningHub::startLoggingTo(const std::string& file) {
    process_.reset();
    port_ = http::testing::RawListener().port();
    std::ofstream(folder() + "/hubd.properties", std::ios::app)
        << "server.port = " << port_ << "\n";
    process_ = std::make_unique<Process>(
        std::string(HUB_BUILD_DIR) + "/bin/hubd",
        std::vector<std::string>{"--config=" + folder() + "/hubd.properties"}, file);
    for (int i = 0; i < kWaitTries; ++i) {
        try {
            if (send("GET", "/ready", {}, "").status == 200) return;
        } catch (const std::runtime_error&) {
            // Nobody listens yet.
        }
        std::this_thread::sleep_for(kWaitStep);
    }
    throw std::runtime_error("hubd did not start");
}

void RunningHub::kill() { process_->kill(); }

int RunningHub::terminate() { return process_->terminate(); }

HttpAnswer RunningHub::send(std::string_view method, std::string_view path,
                            const std::map<std::string, std::string>& headers,
                            std::string_view body) const {
    std::string request = std::string(method) + " " + std::string(path) +
                          " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
                          "\r\nConnection: close\r\n";
    for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    auto socket = http::testing::RawSocket::connectTo(port_);
    socket.send(request);
    const std::string answer = socket.readToEnd();
    HttpAnswer parts;
    const std::size_t end = answer.find("\r\n\r\n");
    if (answer.size() < 12 || end == std::string::npos) return parts;
    parts.status = std::stoi(answer.substr(9, 3));
    parts.head = answer.substr(0, end);
    parts.body = answer.substr(end + 4);
    return parts;
}

hubsdk::JsonDocument RunningHub::api(std::string_view method, std::string_view path,
                                     std::string_view json) const {
    const auto answer =
        send(method, "/api/v1" + std::string(path),
             {{"Authorization", "Bearer " + key_}, {"Content-Type", "application/json"}}, json);
    auto document = hubsdk::JsonDocument::parse(answer.body);
    if (!document)
        throw std::runtime_error("no JSON from " + std::string(path) + ": " + answer.body);
    return std::move(document).value();
}

RunningHub::Provider RunningHub::connect(std::string_view json) const {
    const auto answer = api("POST", "/providers", json);
    Provider provider;
    provider.id = answer.root().pointer("/data/id").text();
    const std::string url(answer.root().pointer("/data/webhookUrl").text());
    const std::size_t path = url.find("/api/webhooks/");
    // A member of a shared connection has no URL of its own.
    if (path != std::string::npos) provider.webhook_path = url.substr(path);
    if (provider.id.empty())
        throw std::runtime_error("not connected: " + hubsdk::toText(answer.root()));
    return provider;
}

std::string RunningHub::connectCheckr(std::string_view api_key) {
    const Provider provider =
        connect(R"({"pluginKey":"checkr","providerCode":"checkr","providerName":"Checkr",)"
                R"("settings":{"environment":"production"},"secrets":{"api_key":")" +
                std::string(api_key) + "\"}}");
    webhook_path_ = provider.webhook_path;
    return provider.id;
}

HttpAnswer RunningHub::deliver(std::string_view body, std::string_view api_key) const {
    const std::string signature =
        security::hexEncode(security::hmac(security::HashAlg::kSha256, api_key, body));
    return send("POST", webhook_path_,
                {{"Content-Type", "application/json"}, {"X-Checkr-Signature", signature}}, body);
}

}  // namespace hub::e2e
