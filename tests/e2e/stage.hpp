/// Where stories are played: a hub, the vendor's twin, and a connection between them.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/e2e/stored_rows.hpp"
#include "tests/e2e/twin.hpp"

namespace hub::e2e {

inline constexpr std::string_view kApiKey = "checkr-test-key";

/// Asks every 20 ms until it holds; false after `seconds`.
template <class Holds>
bool waitFor(int seconds, Holds holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (std::chrono::steady_clock::now() < end) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

/// Starts both and runs `account.connect`, so that the vendor knows where its webhooks go.
class Stage : public ::testing::Test {
protected:
    explicit Stage(const std::map<std::string, std::string>& settings = {});

    /// Runs a command on the provider to its end.
    void runCommand(const std::string& command);
    /// Orders for NAME@example.com, whose story the twin chooses by the name. The order's id.
    std::string placeOrder(const std::string& name);
    /// GET /orders/ID.
    [[nodiscard]] hubsdk::JsonDocument order(const std::string& id) const;
    [[nodiscard]] std::string statusOf(const std::string& id) const;
    /// The order once it has that status, and as it is after 30 s if it never has.
    [[nodiscard]] hubsdk::JsonDocument orderIn(const std::string& status,
                                               const std::string& id) const;
    /// Until what the hub knows of every open order is too old. Starts the hub anew.
    void letHoursPass();
    Twin twin_{kApiKey};
    RunningHub hub_;
    std::string provider_id_;
};

/// True if no delivery waits and no flow runs.
[[nodiscard]] bool atRest(const RunningHub& hub);

/// The values of this member in all items of a list, sorted.
[[nodiscard]] std::vector<std::string> sortedTexts(hubsdk::Json list, std::string_view member);

struct Ran {
    int code = -1;
    std::string out;
};

/// `hubctl audit verify` on that hub, as it answers now.
[[nodiscard]] Ran verifyAudit(const RunningHub& hub);
/// The same when every entry has its number, which takes up to a second.
[[nodiscard]] Ran verifyWhenNumbered(const RunningHub& hub);

}  // namespace hub::e2e
