#include "tests/faults/storm.hpp"

#include <chrono>

namespace hub::faults {
namespace {

constexpr auto kPause = std::chrono::milliseconds(20);

}  // namespace

Storm::Storm(const e2e::RunningHub& hub, std::string provider_id, std::string api_key)
    : hub_(hub),
      provider_id_(std::move(provider_id)),
      api_key_(std::move(api_key)),
      portal_key_(hub.key()) {
    threads_.emplace_back([this] { placeOrders(); });
    threads_.emplace_back([this] { sendWebhooks(); });
}

Storm::~Storm() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
}

void Storm::begin(int orders, int webhooks) {
    orders_wanted_ += orders;
    webhooks_wanted_ += webhooks;
}

bool Storm::settle(int seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (orders_placed_ < orders_wanted_) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(kPause);
    }
    return true;
}

std::map<std::string, std::string> Storm::orders() {
    const std::lock_guard lock(mutex_);
    return orders_;
}

std::set<std::string> Storm::answered() {
    const std::lock_guard lock(mutex_);
    return answered_;
}

void Storm::placeOrders() {
    while (!stopping_) {
        const bool placed = orders_placed_ < orders_wanted_ && placeOrder(orders_placed_);
        if (placed) {
            ++orders_placed_;
        } else {
            std::this_thread::sleep_for(kPause);
        }
    }
}

bool Storm::placeOrder(int number) {
    const std::string who = number % 2 == 0 ? "clear" : "consider";
    const std::string body = R"({"providerId":")" + provider_id_ +
                             R"(","package":"driver_pro","applicant":{"email":")" + who +
                             std::to_string(number) +
                             R"(@example.com","firstName":"John","lastName":"Smith"},)"
                             R"("workLocation":{"country":"US","region":"CA","city":"Oakland"}})";
    try {
        const auto answer = hub_.send("POST", "/api/v1/orders",
                                      {{"Authorization", "Bearer " + portal_key_},
                                       {"Content-Type", "application/json"},
                                       {"Idempotency-Key", "storm-" + std::to_string(number)}},
                                      body);
        if (answer.status != 200 && answer.status != 201) return false;
        const auto read = hubsdk::JsonDocument::parse(answer.body);
        if (!read) return false;
        const std::lock_guard lock(mutex_);
        orders_.emplace(read->root().pointer("/data/id").text(), who);
        return true;
    } catch (const std::exception&) {
        return false;  // the hub is down: the client tries again
    }
}

void Storm::sendWebhooks() {
    int sent = 0;
    while (!stopping_) {
        if (sent < webhooks_wanted_) {
            sendWebhook(sent++);
        } else {
            std::this_thread::sleep_for(kPause);
        }
    }
}

void Storm::sendWebhook(int number) {
    const std::string id = "storm" + std::to_string(number);
    const std::string body =
        R"({"id":")" + id +
        R"(","object":"event","type":"report.completed",)"
        R"("created_at":"2026-01-19T09:15:30Z","data":{"object":{"id":"nobody)" +
        std::to_string(number) + R"(","object":"report"}}})";
    try {
        if (hub_.deliver(body, api_key_).status != 200) return;
    } catch (const std::exception&) {
        return;
    }
    const std::lock_guard lock(mutex_);
    answered_.insert(id);
}

}  // namespace hub::faults
