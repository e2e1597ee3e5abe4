/// A Server whose handler records what reaches it. For tests.
#pragma once

#include "hub/http/server.hpp"
#include "hub/http/testing/raw_socket.hpp"

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hub::http::testing {

/// Starts at construction on a free port. Answers every request with 200 and its path as body,
/// or as `answer` says.
class RecordingServer {
public:
    using Answer = std::function<Response(const Request&)>;

    explicit RecordingServer(ServerConfig config = {}, Answer answer = {})
        : answer_(std::move(answer)),
          server_(std::move(config), [this](Request request, const Respond& respond) {
              handle(std::move(request), respond);
          }) {
        if (const auto started = server_.start(); !started) {
            throw std::runtime_error(started.error().text());
        }
    }

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] Server& server() { return server_; }

    [[nodiscard]] std::vector<Request> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

    /// Sends bytes on a new connection and returns everything that comes back until it is closed.
    [[nodiscard]] std::string talk(std::string_view bytes) const {
        RawSocket socket = RawSocket::connectTo(port());
        socket.send(bytes);
        return socket.readToEnd();
    }

private:
    void handle(Request request, const Respond& respond) {
        Response response;
        if (answer_) {
            response = answer_(request);
        } else {
            response.body = request.path;
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(std::move(request));
        }
        respond(std::move(response));
    }

    Answer answer_;
    std::mutex mutex_;
    std::vector<Request> requests_;
    Server server_;
};

/// The status of a raw answer, or 0 when there is none.
[[nodiscard]] inline int statusOf(const std::string& answer) {
    return answer.size() < 12 || !answer.starts_with("HTTP/1.1 ") ? 0
                                                                  : std::stoi(answer.substr(9, 3));
}

}  // namespace hub::http::testing
