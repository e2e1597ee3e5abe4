/// The table of everything that a hub shows at /metrics, and the one place that fills it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "hub/app/readiness.hpp"
#include "hub/http/server.hpp"
#include "hub/observe/metrics.hpp"
#include "hub/storage/backlog.hpp"

namespace hub::storage {
class Database;
}
namespace hub::plugins {
class PluginRegistry;
class CallWatch;
}  // namespace hub::plugins
namespace hub::flows {
struct FlowControl;
}
namespace hub::http {
class Client;
}
namespace hub::ingress {
class AnswerDesk;
struct InboxStats;
struct InboxWriterView;
}  // namespace hub::ingress
namespace hub::observe {
class LabelledCounter;
}

namespace hub::app {

class WorkPool;

/// What is read at a scrape. Everything outlives whoever holds it; pointers are never null.
struct MetricSources {
    storage::Database* database = nullptr;
    plugins::PluginRegistry* plugins = nullptr;
    plugins::CallWatch* calls = nullptr;
    flows::FlowControl* flows = nullptr;
    WorkPool* work = nullptr;
    ingress::AnswerDesk* desk = nullptr;
    ingress::AnswerDesk* portal_desk = nullptr;
    http::Client* client = nullptr;
    ingress::InboxStats* inbox = nullptr;
    observe::LabelledCounter* door = nullptr;
    std::function<ingress::InboxWriterView()> writer;
    std::function<std::optional<http::ServerView>()> server;  ///< nothing while none listens
    std::function<std::int64_t()> now_ms;
};

/// The text of one scrape. `backlog` is nothing while the database cannot be asked. Reads counters
/// and takes short locks; no database, no plugin. Any thread.
[[nodiscard]] std::string scrape(const MetricSources& sources,
                                 const std::optional<storage::Backlog>& backlog,
                                 const HealthFacts& facts);

/// Every metric there is, in the order of the text.
[[nodiscard]] std::span<const observe::Metric* const> metricTable();

}  // namespace hub::app
