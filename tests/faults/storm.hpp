/// Orders and webhooks without pause, and a record of what the hub said to each.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/running_hub.hpp"

namespace hub::faults {

/// Sends until it is stopped. Every order is asked for until it is accepted, each time with the
/// same idempotency key, as a client does that got no answer. Webhooks are sent once each.
class Storm {
public:
    Storm(const e2e::RunningHub& hub, std::string provider_id, std::string api_key);
    ~Storm();
    Storm(const Storm&) = delete;
    Storm& operator=(const Storm&) = delete;

    /// Starts another `orders` orders and `webhooks` webhooks.
    void begin(int orders, int webhooks);
    /// Waits until every order that was begun is accepted; false after `seconds`.
    bool settle(int seconds);

    /// Ids of all accepted orders, with the story of each one's applicant: clear or consider.
    [[nodiscard]] std::map<std::string, std::string> orders();
    /// Event ids of all webhooks that were answered 200.
    [[nodiscard]] std::set<std::string> answered();

private:
    void placeOrders();
    void sendWebhooks();
    bool placeOrder(int number);
    void sendWebhook(int number);

    const e2e::RunningHub& hub_;
    const std::string provider_id_;
    const std::string api_key_;
    const std::string portal_key_;  ///< the hub object is restarted beside these threads
    std::atomic<bool> stopping_ = false;
    std::atomic<int> orders_wanted_ = 0;
    std::atomic<int> orders_placed_ = 0;
    std::atomic<int> webhooks_wanted_ = 0;
    std::mutex mutex_;
    std::map<std::string, std::string> orders_;  ///< guarded by mutex_
    std::set<std::string> answered_;             ///< guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace hub::faults
