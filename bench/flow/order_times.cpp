#include "bench/flow/order_times.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>

#include "hub/storage/connection.hpp"

namespace bench {
namespace {

using hub::storage::Row;

struct FlowTimes {
    std::int64_t created_ms = 0;
    std::int64_t finished_ms = 0;
    std::int64_t first_call_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t calls_ms = 0;
    int calls = 0;

    [[nodiscard]] std::int64_t waited() const { return first_call_ms - created_ms; }
    [[nodiscard]] std::int64_t own() const { return finished_ms - first_call_ms - calls_ms; }
};

struct Order {
    FlowTimes submit;
    std::vector<FlowTimes> fetches;  ///< oldest first
};

enum StageIndex : std::uint8_t {
    kSubmitWaits,
    kSubmitCalls,
    kSubmitOwn,
    kVendor,
    kFetchWaits,
    kFetchCalls,
    kFetchOwn,
    kStages,
};
constexpr std::array<const char*, kStages> kNames{
    "submission waits for its turn",
    "the vendor answers the submission",
    "hub between these calls",
    "the vendor works and reports; earlier fetches",
    "the last fetch waits for its turn",
    "the vendor answers the fetch",
    "hub applies the result",
};

std::unique_ptr<hub::storage::Connection> openFor(const std::string& url) {
    return hub::storage::makeDriver(url)->open(hub::storage::Access::kRead);
}

std::map<std::string, FlowTimes> readFlows(hub::storage::Connection& connection,
                                           std::string_view command,
                                           std::map<std::string, std::string>& subjects) {
    std::map<std::string, FlowTimes> flows;
    connection.query(
        "SELECT f.id, f.subject_id, f.created_at, f.finished_at, s.intent_at, s.entry_at "
        "FROM flow f JOIN flow_step s ON s.flow_id = f.id WHERE f.command = ? "
        "AND f.finished_at IS NOT NULL AND s.kind = 'call' AND s.entry_at IS NOT NULL",
        {command}, [&](const Row& row) {
            const std::string id = row.string(0);
            subjects[id] = row.string(1);
            FlowTimes& flow = flows[id];
            flow.created_ms = row.time(2);
            flow.finished_ms = row.time(3);
            flow.first_call_ms = std::min(flow.first_call_ms, row.time(4));
            flow.calls_ms += row.time(5) - row.time(4);
            ++flow.calls;
        });
    return flows;
}

std::vector<Order> readOrders(hub::storage::Connection& connection) {
    std::map<std::string, Order> orders;
    std::map<std::string, std::string> subjects;
    for (const auto& [id, flow] : readFlows(connection, "order.submit", subjects)) {
        orders[subjects[id]].submit = flow;
    }
    for (const auto& [id, flow] : readFlows(connection, "order.refresh", subjects)) {
        const auto order = orders.find(subjects[id]);
        if (order != orders.end()) order->second.fetches.push_back(flow);
    }
    std::vector<Order> list;
    for (auto& [subject, order] : orders) {
        std::ranges::sort(order.fetches, {}, &FlowTimes::created_ms);
        if (!order.fetches.empty()) list.push_back(std::move(order));
    }
    return list;
}

std::array<std::int64_t, kStages> stagesOf(const Order& order) {
    const FlowTimes& last = order.fetches.back();
    return {order.submit.waited(),
            order.submit.calls_ms,
            order.submit.own(),
            last.created_ms - order.submit.finished_ms,
            last.waited(),
            last.calls_ms,
            last.own()};
}

double median(std::vector<std::int64_t> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return static_cast<double>(*middle);
}

std::vector<Stage> summary(const std::vector<Order>& orders) {
    std::array<std::vector<std::int64_t>, kStages> of_stage;
    double all = 0;
    for (const Order& order : orders) {
        const auto stages = stagesOf(order);
        for (std::size_t i = 0; i < kStages; ++i) {
            of_stage.at(i).push_back(stages.at(i));
            all += static_cast<double>(stages.at(i));
        }
    }
    std::vector<Stage> stages;
    for (std::size_t i = 0; i < kStages; ++i) {
        double sum = 0;
        for (const std::int64_t ms : of_stage.at(i)) sum += static_cast<double>(ms);
        stages.push_back({kNames.at(i), median(of_stage.at(i)), sum / std::max(all, 1.0)});
    }
    return stages;
}

double perSecond(std::size_t orders, std::int64_t from_ms, std::int64_t to_ms) {
    return 1000.0 * static_cast<double>(orders) /
           static_cast<double>(std::max<std::int64_t>(to_ms - from_ms, 1));
}

}  // namespace

int finishedOrders(const std::string& storage_url) {
    int finished = 0;
    openFor(storage_url)
        ->query(
            "SELECT COUNT(*) FROM screening_order WHERE status IN ('completed', "
            "'pending_review')",
            {}, [&](const Row& row) { finished = static_cast<int>(row.integer(0)); });
    return finished;
}

OrderTimes readOrderTimes(const std::string& storage_url) {
    const auto orders = readOrders(*openFor(storage_url));
    OrderTimes times;
    if (orders.empty()) return times;
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    std::int64_t submitted = 0;
    std::int64_t completed = 0;
    int calls = 0;
    for (const Order& order : orders) {
        first = std::min(first, order.submit.created_ms);
        submitted = std::max(submitted, order.submit.finished_ms);
        completed = std::max(completed, order.fetches.back().finished_ms);
        calls += order.submit.calls;
        for (const FlowTimes& fetch : order.fetches) calls += fetch.calls;
    }
    times.submitted_per_s = perSecond(orders.size(), first, submitted);
    times.completed_per_s = perSecond(orders.size(), first, completed);
    times.calls_per_order = static_cast<double>(calls) / static_cast<double>(orders.size());
    times.stages = summary(orders);
    return times;
}

}  // namespace bench
