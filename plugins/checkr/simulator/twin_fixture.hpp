/// A running twin, a caller with a key, and a receiver of its webhooks. For tests.
#pragma once

#include "plugins/checkr/simulator/twin.hpp"

#include "hub/http/client.hpp"
#include "hub/http/server.hpp"

#include <hubsdk/cpp/json.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr::simulator {

/// The deadline of every wait.
inline constexpr int kPatienceMs = 30'000;

/// Takes webhooks and keeps them.
class Receiver {
public:
    Receiver();

    [[nodiscard]] std::string url() const;
    /// The status of the answers from now on.
    void answerWith(int status);
    /// Waits until `count` deliveries have come, at most kPatienceMs. Returns all so far.
    [[nodiscard]] std::vector<hub::http::Request> waitFor(std::size_t count);
    /// Waits until a delivery of this type has come. Returns all so far.
    [[nodiscard]] std::vector<hub::http::Request> waitForType(std::string_view type);

private:
    using Enough = std::function<bool(const std::vector<hub::http::Request>&)>;
    std::vector<hub::http::Request> wait(const Enough& enough);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<hub::http::Request> requests_;  // guarded by mutex_
    int status_ = 200;                          // guarded by mutex_
    hub::http::Server server_;
};

/// A call to the twin under the vendor's own host names.
struct Ask {
    std::string method = "GET";
    std::string target;
    std::string body;
    std::vector<hub::http::HeaderField> headers;
    std::string host = "api.checkr.com";
    std::string key = "checkr-test-key";  ///< empty: no credentials
};

class RunningTwin {
public:
    explicit RunningTwin(std::string_view config = R"({"pace_ms":1,"retry_ms":1})");

    [[nodiscard]] hub::http::SendResult send(const Ask& ask);
    void sendLater(const Ask& ask, hub::http::SendCallback callback);
    /// Ends the twin; open calls end without an answer.
    void stop();
    /// The same for a call that must be answered.
    [[nodiscard]] hub::http::Reply call(const Ask& ask);
    [[nodiscard]] hub::http::Reply get(const std::string& target);
    [[nodiscard]] hub::http::Reply post(const std::string& target, const std::string& body);
    void switchTo(const std::string& switches);
    [[nodiscard]] hubsdk::JsonDocument ledger();
    /// Asks for the ledger until `pointer` has this value there, at most kPatienceMs.
    [[nodiscard]] bool waitForLedger(std::string_view pointer, std::int64_t value);

    /// Registers the receiver with the first account.
    void listenWith(const Receiver& receiver, bool include_object = true);
    /// Orders by hosted invitation; returns the invitation's id.
    [[nodiscard]] std::string invite(const std::string& email,
                                     const std::string& custom_id = "O-1");

private:
    Twin twin_;
    std::unique_ptr<hub::http::Client> client_;
};

/// The document of a body that must be JSON.
[[nodiscard]] hubsdk::JsonDocument parsed(std::string_view body);
/// One text of a body, by JSON pointer; a number or truth value as written.
[[nodiscard]] std::string at(std::string_view body, std::string_view pointer);
[[nodiscard]] std::vector<std::string> typesOf(const std::vector<hub::http::Request>& deliveries);
/// The id of the object of the first delivery of this type.
[[nodiscard]] std::string idOf(const std::vector<hub::http::Request>& deliveries,
                               std::string_view type);

}  // namespace vendor::checkr::simulator
