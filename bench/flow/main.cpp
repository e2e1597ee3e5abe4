// bench_flow: orders submitted and completed a second against the vendor's twin, on both databases,
// and where the time of an order goes. Beside it the twin by itself, called without a hub.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/flow/order_times.hpp"
#include "bench/flow/twin.hpp"
#include "bench/ingest/load_client.hpp"
#include "hub/storage/testing/mariadb_server.hpp"
#include "tests/e2e/running_hub.hpp"

namespace {

using namespace bench;
using Clock = std::chrono::steady_clock;

// The vendor allows a key 1,200 calls a minute, so the orders are spread over many keys.
constexpr int kAccounts = 40;
constexpr int kClients = 8;
constexpr auto kWait = std::chrono::seconds(180);

int ordersWanted() {
    const char* text = std::getenv("HUB_BENCH_ORDERS");
    return text == nullptr ? 600 : std::max(kClients, std::atoi(text));
}

void runCommand(const hub::e2e::RunningHub& hub, const std::string& provider,
                std::string_view command) {
    const auto begun = hub.api("POST", "/providers/" + provider + "/commands",
                               R"({"command":")" + std::string(command) + "\"}");
    const std::string path = "/admin/flows/" + std::string(begun.root().pointer("/data/id").text());
    for (int i = 0; i < 600; ++i) {
        if (hub.api("GET", path).root().pointer("/data/state").text() == "done") return;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error(std::string(command) + " did not end");
}

std::vector<std::string> connectAccounts(const hub::e2e::RunningHub& hub) {
    std::vector<std::string> providers;
    for (int i = 0; i < kAccounts; ++i) {
        const std::string number = std::to_string(i);
        const auto made = hub.api("POST", "/providers",
                                  R"({"pluginKey":"checkr","providerCode":"c)" + number +
                                      R"(","providerName":"Checkr",)"
                                      R"("settings":{"environment":"production"},)"
                                      R"("secrets":{"api_key":")" +
                                      Twin::key(i) + "\"}}");
        providers.emplace_back(made.root().pointer("/data/id").text());
        runCommand(hub, providers.back(), "account.connect");
    }
    return providers;
}

std::string orderOf(const std::string& provider, int number) {
    return R"({"providerId":")" + provider +
           R"(","package":"driver_pro","applicant":{"email":"clear)" + std::to_string(number) +
           R"(@example.com","firstName":"John","lastName":"Smith"},)"
           R"("workLocation":{"country":"US","region":"CA","city":"Oakland"}})";
}

void placeOrders(const hub::e2e::RunningHub& hub, const std::vector<std::string>& providers,
                 int orders) {
    std::vector<std::thread> clients;
    clients.reserve(kClients);
    for (int client = 0; client < kClients; ++client) {
        clients.emplace_back([&, client] {
            for (int i = client; i < orders; i += kClients) {
                const auto& provider = providers[static_cast<std::size_t>(i) % providers.size()];
                (void)hub.api("POST", "/orders", orderOf(provider, i));
            }
        });
    }
    for (auto& client : clients) client.join();
}

struct Outcome {
    std::string name;
    double placed_per_s = 0;
    OrderTimes times;
};

Outcome runHub(const std::string& name, const std::string& url, int orders) {
    Twin twin(kAccounts);
    std::map<std::string, std::string> settings{
        {"log.level", "error"},
        {"flows.threads", "16"},
        {"server.trusted_proxies", "127.0.0.1"},
        {"outbound.routes",
         "api.checkr.com=" + twin.address() + ",documents.checkr.example=" + twin.address()}};
    if (!url.empty()) settings["storage.url"] = url;
    hub::e2e::RunningHub hub(settings);
    const auto providers = connectAccounts(hub);
    const auto start = Clock::now();
    placeOrders(hub, providers, orders);
    const std::chrono::duration<double> placed = Clock::now() - start;
    while (finishedOrders(hub.storageUrl()) < orders) {
        if (Clock::now() - start > kWait) throw std::runtime_error(name + ": orders are left");
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return {name, orders / placed.count(), readOrderTimes(hub.storageUrl())};
}

double twinAlone(int calls) {
    Twin twin(kAccounts);
    LoadPlan plan;
    plan.port = twin.port();
    plan.connections = kClients;
    plan.time_ms = 10'000;
    plan.requests_max = static_cast<std::uint64_t>(calls);
    plan.request = [](std::uint64_t n) {
        return Twin::packagesRequest(static_cast<int>(n), kAccounts);
    };
    return runLoad(plan).per_second;
}

void print(const std::vector<Outcome>& outcomes, double twin_per_s) {
    std::printf("| hub | placed/s | submitted/s | completed/s |\n| --- | --- | --- | --- |\n");
    for (const Outcome& outcome : outcomes) {
        std::printf("| %s | %.0f | %.1f | %.1f |\n", outcome.name.c_str(), outcome.placed_per_s,
                    outcome.times.submitted_per_s, outcome.times.completed_per_s);
    }
    std::printf("\nThe twin by itself answers %.0f reading calls/s; an order takes %.1f calls.\n\n",
                twin_per_s, outcomes.front().times.calls_per_order);
    for (const Outcome& outcome : outcomes) {
        std::printf("| stage of an order, %s | median | share |\n| --- | --- | --- |\n",
                    outcome.name.c_str());
        for (const Stage& stage : outcome.times.stages) {
            std::printf("| %s | %.0f ms | %.0f %% |\n", stage.name.c_str(), stage.median_ms,
                        100 * stage.share);
        }
        std::printf("\n");
    }
}

}  // namespace

int main() {
    setenv("HUB_TEST_DURABLE", "1", 1);  // before the database of the benchmark starts
    auto& server = hub::storage::testing::MariadbServer::shared();
    const int orders = ordersWanted();
    const double twin_per_s = twinAlone(2 * orders);
    std::vector<Outcome> outcomes;
    outcomes.push_back(runHub("hubd on SQLite", "", orders));
    outcomes.push_back(runHub("hubd on MariaDB", server.socketUrl(server.newDatabase()), orders));
    print(outcomes, twin_per_s);
}
