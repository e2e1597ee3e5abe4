/// The real hubd as a process of its own on a temporary folder, and a small client for it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/json.hpp>

namespace hub::e2e {

struct HttpAnswer {
    int status = 0;
    std::string head;
    std::string body;
};

/// Made by the constructor, removed with everything in it by the destructor.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A program that this test started and ends by its process id.
class Process {
public:
    /// Starts `path` with arguments; standard output and error go to `log_file`.
    Process(const std::string& path, const std::vector<std::string>& arguments,
            std::string log_file);
    /// Ends it with SIGTERM and waits.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// The rest of the first line that contains `mark`, behind it; waits up to 20 s. "" if none.
    [[nodiscard]] std::string waitForLine(std::string_view mark) const;
    [[nodiscard]] int id() const { return process_id_; }
    /// SIGKILL, and waits.
    void kill();
    /// SIGTERM, and waits; the exit code, -1 if a signal ended it.
    int terminate();
    /// Sends a signal and does not wait.
    void signal(int signal) const;
    /// Waits for its end; the exit code, -1 if a signal ended it.
    int waitForExit();

private:
    int end(int signal);
    std::string log_file_;
    int process_id_ = 0;
};

/// hubd with the built plugins, on SQLite, or on MariaDB if HUB_TEST_STORAGE says so. Started by
/// the constructor; folder and rows go with it.
class RunningHub {
public:
    /// `settings` are configuration keys beside those that the fixture sets.
    explicit RunningHub(std::map<std::string, std::string> settings = {});

    [[nodiscard]] const std::string& folder() const { return folder_.path(); }
    /// The hub's data.dir.
    [[nodiscard]] std::string dataFolder() const;
    [[nodiscard]] const std::string& storageUrl() const { return storage_url_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const std::string& key() const { return key_; }

    /// One request on a connection of its own.
    [[nodiscard]] HttpAnswer send(std::string_view method, std::string_view path,
                                  const std::map<std::string, std::string>& headers,
                                  std::string_view body) const;
    /// A portal call with the admin key; the parsed answer.
    [[nodiscard]] hubsdk::JsonDocument api(std::string_view method, std::string_view path,
                                           std::string_view json = {}) const;

    struct Provider {
        std::string id;
        std::string webhook_path;
    };
    /// Connects a vendor; `json` is the body of POST /providers.
    [[nodiscard]] Provider connect(std::string_view json) const;
    /// Connects a Checkr account with this key; gives its id and keeps the webhook path.
    std::string connectCheckr(std::string_view api_key);
    [[nodiscard]] const std::string& webhookPath() const { return webhook_path_; }
    /// A delivery signed like the vendor signs it.
    [[nodiscard]] HttpAnswer deliver(std::string_view body, std::string_view api_key) const;

    /// A configuration key for the next start.
    void set(const std::string& name, const std::string& value) { settings_[name] = value; }
    void start();
    /// Ends the hub and starts it anew with output to a file that cannot be read back.
    void startLoggingTo(const std::string& file);
    void kill();
    int terminate();
    [[nodiscard]] Process& process() { return *process_; }

private:
    TemporaryFolder folder_;
    std::string storage_url_;
    std::map<std::string, std::string> settings_;
    std::unique_ptr<Process> process_;
    std::uint16_t port_ = 0;
    std::string key_;
    std::string webhook_path_;
};

/// The whole text of a file; "" if it cannot be read.
[[nodiscard]] std::string readFile(const std::string& path);

}  // namespace hub::e2e
