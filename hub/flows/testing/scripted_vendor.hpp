/// A vendor on a loopback socket that answers, or fails to, as a test says.
#pragma once

#include "hub/http/testing/raw_socket.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hub::flows::testing {

/// A request as the vendor saw it.
struct SeenRequest {
    std::string method;
    std::string target;  ///< with the query
    std::string head;    ///< every header line
    std::string body;
};

/// The value of a header field of a request; empty if there is none.
[[nodiscard]] std::string headerOf(const SeenRequest& request, const std::string& name);

/// What it does with one request: the bytes of the answer, or none and the connection ends.
struct Behaviour {
    std::string bytes;
    std::function<void()> before = {};  ///< called when the request was read
};
[[nodiscard]] Behaviour answer(int status, const std::string& body = "{}",
                               const std::string& more_headers = {});
/// Reads the request, as if it executed it, and drops the connection.
[[nodiscard]] Behaviour loseReply();

/// Serves one connection after another on its own thread, one request each.
class ScriptedVendor {
public:
    ScriptedVendor();
    ~ScriptedVendor();
    ScriptedVendor(const ScriptedVendor&) = delete;
    ScriptedVendor& operator=(const ScriptedVendor&) = delete;

    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    /// Plays these in order for a path; the last one is repeated. Other paths answer 200 and {}.
    void on(const std::string& path, std::vector<Behaviour> behaviours);
    [[nodiscard]] std::vector<SeenRequest> seen(const std::string& path = {}) const;

private:
    void serve();
    [[nodiscard]] Behaviour next(const SeenRequest& request);

    http::testing::RawListener listener_;
    std::atomic<bool> stopping_ = false;
    mutable std::mutex mutex_;
    std::map<std::string, std::vector<Behaviour>> behaviours_;
    std::vector<SeenRequest> seen_;
    std::thread thread_;
};

}  // namespace hub::flows::testing
