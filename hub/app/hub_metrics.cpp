#include "hub/app/hub_metrics.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <map>
#include <set>

#include "hub/app/work_pool.hpp"
#include "hub/flows/flow_control.hpp"
#include "hub/http/client.hpp"
#include "hub/ingress/answer_desk.hpp"
#include "hub/ingress/inbox_worker.hpp"
#include "hub/ingress/inbox_writer.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/storage/database.hpp"

namespace hub::app {
namespace {

using observe::Metric;
using observe::MetricLabel;
using observe::Scrape;
constexpr auto kCounter = observe::MetricType::kCounter;
constexpr auto kGauge = observe::MetricType::kGauge;

// docs/operations.md explains each; a test compares.
constexpr Metric kReady{"hub_ready", kGauge, "1 if /ready is green."};
constexpr Metric kNotReady{"hub_not_ready", kGauge, "1 for each reason of /ready and /health."};
constexpr Metric kPlugin{"hub_plugin_loaded", kGauge, "1 for each loaded version of a plugin."};
constexpr Metric kWebhooks{"hub_webhooks_total", kCounter,
                           "Requests at the webhook door by vendor, answer and reason."};
constexpr Metric kDeliveries{"hub_deliveries_total", kCounter,
                             "Stored deliveries looked at, by vendor and outcome."};
constexpr Metric kObservations{"hub_observations_total", kCounter,
                               "Observations applied, by vendor and outcome."};
constexpr Metric kUnmapped{
    "hub_unmapped_words_total", kCounter,
    "Words of vendors that their plugin does not map, by vendor and source."};
constexpr Metric kDeliveriesWaiting{"hub_deliveries_waiting", kGauge,
                                    "Stored deliveries by vendor and status; dead ones wait for "
                                    "a person."};
constexpr Metric kDeliveryAge{"hub_deliveries_oldest_seconds", kGauge,
                              "Age of the oldest delivery that is to be processed."};
constexpr Metric kFlowsStarted{"hub_flows_started_total", kCounter,
                               "Flows begun by this process, by command and vendor."};
constexpr Metric kFlowsEnded{"hub_flows_ended_total", kCounter,
                             "Flows that came to an end or a halt, by command and state."};
constexpr Metric kFlowsSlept{"hub_flows_slept_total", kCounter,
                             "Sleeps of flows, by vendor and what they wait for."};
constexpr Metric kFlowsOpen{"hub_flows_open", kGauge, "Open flows by command and state."};
constexpr Metric kFlowsDue{"hub_flows_due", kGauge, "Flows that could be leased now."};
constexpr Metric kFlowFaults{"hub_flow_faults_total", kCounter,
                             "Lost replies, lost leases, repeated steps and uncertain flows."};
constexpr Metric kFlowRowsSwept{"hub_flow_rows_swept_total", kCounter,
                                "Old journal entries, inputs and results deleted."};
constexpr Metric kCalls{"hub_vendor_calls_total", kCounter,
                        "Calls to vendors by vendor and outcome."};
constexpr Metric kBreakers{"hub_breakers", kGauge,
                           "Accounts whose breaker is not at rest, by vendor and state."};
constexpr Metric kPluginCalls{"hub_plugin_calls_total", kCounter,
                              "Calls of plugins by vendor and status."};
constexpr Metric kPluginRunning{"hub_plugin_calls_running", kGauge, "Calls of plugins that run."};
constexpr Metric kPluginLongest{"hub_plugin_call_longest_seconds", kGauge,
                                "How long the oldest running call of a plugin takes by now."};
constexpr Metric kAlerts{"hub_alerts_open", kGauge, "New alerts by type."};
constexpr Metric kTasks{"hub_tasks_open", kGauge, "Open tasks by kind."};
constexpr Metric kRelayRows{"hub_relay_unnumbered_rows", kGauge,
                            "Committed audit entries and events without their number."};
constexpr Metric kRelayAge{"hub_relay_lag_seconds", kGauge, "Age of the oldest of these."};
constexpr Metric kDatabaseUp{"hub_database_up", kGauge, "1 if the database answered a moment ago."};
constexpr Metric kWriteQueue{"hub_write_queue_units", kGauge, "Units that wait, by queue."};
constexpr Metric kWriteRefused{"hub_write_units_refused_total", kCounter,
                               "Units that found their queue full."};
constexpr Metric kUnits{"hub_write_units_total", kCounter, "Units by outcome."};
constexpr Metric kCommits{"hub_write_commits_total", kCounter, "Commits; one holds many units."};
constexpr Metric kRepeats{"hub_write_repeats_total", kCounter,
                          "Batches repeated or split, units repeated."};
constexpr Metric kWriters{"hub_writers", kGauge, "Write threads by state."};
constexpr Metric kWriterLongest{"hub_writer_batch_longest_seconds", kGauge,
                                "How long the oldest running batch takes by now."};
constexpr Metric kReaders{"hub_readers", kGauge, "Read connections by state."};
constexpr Metric kReadersMaxMetric{"hub_readers_max", kGauge, "Read connections at most."};
constexpr Metric kReaderTimeouts{"hub_reader_timeouts_total", kCounter,
                                 "Reads that found no free connection in time."};
constexpr Metric kWorkQueue{"hub_work_queue_jobs", kGauge, "Jobs that wait, by lane."};
constexpr Metric kWorkRefused{"hub_work_jobs_refused_total", kCounter,
                              "Jobs that found their lane full."};
constexpr Metric kWorkers{"hub_work_threads", kGauge, "Threads of the work pool by state."};
constexpr Metric kAnswersWaiting{"hub_answers_waiting", kGauge,
                                 "Vendors that wait for the answer of a flow."};
constexpr Metric kCallersWaiting{"hub_callers_waiting", kGauge,
                                 "Callers of the portal API that wait for the end of a flow."};
constexpr Metric kRowsWaiting{"hub_inbox_rows_waiting", kGauge,
                              "Proven deliveries that wait for a shared commit."};
constexpr Metric kRowBatches{"hub_inbox_batches", kGauge, "Shared commits that are under way."};
constexpr Metric kInboxThreads{"hub_inbox_threads", kGauge,
                               "Threads that interpret deliveries, by state."};
constexpr Metric kCallsOpen{"hub_vendor_calls_open", kGauge,
                            "Calls to vendors that are under way."};
constexpr Metric kNamesWaiting{"hub_names_waiting", kGauge,
                               "Look-ups of host names that wait for a thread."};
constexpr Metric kConnections{"hub_http_connections", kGauge, "Open connections."};
constexpr Metric kAccepted{"hub_http_connections_total", kCounter,
                           "Connections by what the edge did: accepted, over_cap."};
constexpr Metric kAnswers{"hub_http_answers_total", kCounter,
                          "Answers of handlers by class of status."};
constexpr Metric kRefusals{"hub_http_refusals_total", kCounter,
                           "Requests refused by the edge, by status."};
constexpr Metric kCut{"hub_http_requests_cut_total", kCounter,
                      "Requests that began and never became whole: slow, or cut off."};
constexpr Metric kBodyBytes{"hub_http_body_bytes", kGauge,
                            "Bytes of bodies that are read or answered."};
constexpr Metric kStart{"process_start_time_seconds", kGauge,
                        "When the process began, in seconds since 1970."};
constexpr Metric kResident{"process_resident_memory_bytes", kGauge, "Resident memory."};
constexpr Metric kDropped{"hub_scrape_series_dropped", kGauge,
                          "Series left out of this scrape because their metric has too many."};

constexpr std::array kTable{
    &kReady,
    &kNotReady,
    &kPlugin,
    &kWebhooks,
    &kDeliveries,
    &kObservations,
    &kUnmapped,
    &kDeliveriesWaiting,
    &kDeliveryAge,
    &kFlowsStarted,
    &kFlowsEnded,
    &kFlowsSlept,
    &kFlowsOpen,
    &kFlowsDue,
    &kFlowFaults,
    &kFlowRowsSwept,
    &kCalls,
    &kBreakers,
    &kPluginCalls,
    &kPluginRunning,
    &kPluginLongest,
    &kAlerts,
    &kTasks,
    &kRelayRows,
    &kRelayAge,
    &kDatabaseUp,
    &kWriteQueue,
    &kWriteRefused,
    &kUnits,
    &kCommits,
    &kRepeats,
    &kWriters,
    &kWriterLongest,
    &kReaders,
    &kReadersMaxMetric,
    &kReaderTimeouts,
    &kWorkQueue,
    &kWorkRefused,
    &kWorkers,
    &kAnswersWaiting,
    &kCallersWaiting,
    &kRowsWaiting,
    &kRowBatches,
    &kInboxThreads,
    &kCallsOpen,
    &kNamesWaiting,
    &kConnections,
    &kAccepted,
    &kAnswers,
    &kRefusals,
    &kCut,
    &kBodyBytes,
    &kStart,
    &kResident,
    &kDropped,
};

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000.0; }

template <class Number>
double real(const Number& number) {
    return static_cast<double>(number);
}

void addPairs(Scrape& out, const Metric& metric, const observe::LabelledCounter& counter,
              std::string_view first, std::string_view second) {
    for (const auto& [labels, value] : counter.values())
        out.add(metric, real(value), {{first, labels.first}, {second, labels.second}});
}

void addHealth(Scrape& out, const HealthFacts& facts) {
    const HealthReasons reasons = reasonsOf(facts);
    out.add(kReady, reasons.red.empty() ? 1 : 0);
    for (const std::string_view word : reasons.red)
        out.add(kNotReady, 1, {{"reason", word}, {"severity", "red"}});
    for (const std::string_view word : reasons.warnings)
        out.add(kNotReady, 1, {{"reason", word}, {"severity", "warning"}});
    out.add(kDatabaseUp, facts.database_silent_ms < kDatabaseSilentMs ? 1 : 0);
}

void addPlugins(Scrape& out, const MetricSources& sources) {
    // Two builds may say the same version: one series, not two.
    std::set<std::pair<std::string, std::string>> versions;
    for (const auto& plugin : sources.plugins->list())
        versions.emplace(plugin->manifest().vendor, plugin->manifest().version);
    for (const auto& [vendor, version] : versions)
        out.add(kPlugin, 1, {{"vendor", vendor}, {"version", version}});
    const auto view = sources.calls->view(0);
    addPairs(out, kPluginCalls, sources.calls->ended, "vendor", "status");
    out.add(kPluginRunning, real(view.running));
    out.add(kPluginLongest, seconds(view.longest_ms));
}

void addDoor(Scrape& out, const MetricSources& sources) {
    for (const auto& [labels, value] : sources.door->values()) {
        const std::string_view words = labels.second;
        const std::size_t blank = std::min(words.find(' '), words.size());
        out.add(kWebhooks, real(value),
                {{"vendor", labels.first},
                 {"answer", words.substr(0, blank)},
                 {"reason", words.substr(std::min(blank + 1, words.size()))}});
    }
    addPairs(out, kDeliveries, sources.inbox->deliveries, "vendor", "outcome");
    addPairs(out, kObservations, sources.inbox->observations, "vendor", "outcome");
    addPairs(out, kUnmapped, sources.inbox->unmapped, "vendor", "source");
    addPairs(out, kUnmapped, sources.flows->stats.unmapped, "vendor", "source");
    out.add(kAnswersWaiting, real(sources.desk->waiting()));
}

void addQueues(Scrape& out, const MetricSources& sources) {
    out.add(kCallersWaiting, real(sources.portal_desk->waiting()));
    const ingress::InboxWriterView rows = sources.writer();
    out.add(kRowsWaiting, real(rows.waiting));
    out.add(kRowBatches, real(rows.batches));
    const std::size_t busy = sources.inbox->busy;
    const std::size_t threads = sources.inbox->threads;
    out.add(kInboxThreads, real(busy), {{"state", "busy"}});
    out.add(kInboxThreads, real(threads - std::min(busy, threads)), {{"state", "idle"}});
    const http::ClientView calls = sources.client->view();
    out.add(kCallsOpen, real(calls.calls));
    out.add(kNamesWaiting, real(calls.names_waiting));
}

void addFlows(Scrape& out, const MetricSources& sources) {
    const flows::FlowStats& stats = sources.flows->stats;
    addPairs(out, kFlowsStarted, stats.started, "command", "vendor");
    addPairs(out, kFlowsEnded, stats.ended, "command", "state");
    addPairs(out, kFlowsSlept, stats.sleeps, "vendor", "waits_for");
    addPairs(out, kCalls, stats.calls, "vendor", "outcome");
    out.add(kFlowFaults, real(stats.lost.load()), {{"fault", "reply_lost"}});
    out.add(kFlowFaults, real(stats.lease_lost.load()), {{"fault", "lease_lost"}});
    out.add(kFlowFaults, real(stats.steps_repeated.load()), {{"fault", "step_repeated"}});
    out.add(kFlowFaults, real(stats.uncertain.load()), {{"fault", "uncertain"}});
    out.add(kFlowRowsSwept, real(stats.rows_swept.load()));
    // By vendor: accounts are too many for labels, /api/v1/admin/breakers names them.
    std::map<std::pair<std::string, std::string>, std::size_t> breakers;
    for (const auto& breaker : sources.flows->breaker.list(sources.now_ms()))
        ++breakers[{breaker.vendor, std::string(flows::nameOf(breaker.state))}];
    for (const auto& [labels, count] : breakers)
        out.add(kBreakers, real(count), {{"vendor", labels.first}, {"state", labels.second}});
}

void addBacklog(Scrape& out, const storage::Backlog& backlog) {
    for (const auto& [labels, rows] : backlog.deliveries)
        out.add(kDeliveriesWaiting, real(rows),
                {{"vendor", labels.first}, {"status", labels.second}});
    out.add(kDeliveryAge, seconds(backlog.oldest_delivery_ms));
    for (const auto& [labels, rows] : backlog.flows)
        out.add(kFlowsOpen, real(rows), {{"command", labels.first}, {"state", labels.second}});
    out.add(kFlowsDue, real(backlog.flows_due));
    for (const auto& [type, rows] : backlog.open_alerts)
        out.add(kAlerts, real(rows), {{"type", type}});
    for (const auto& [kind, rows] : backlog.open_tasks)
        out.add(kTasks, real(rows), {{"kind", kind}});
    out.add(kRelayRows, real(backlog.entries_unnumbered), {{"table", "audit_entry"}});
    out.add(kRelayRows, real(backlog.events_unnumbered), {{"table", "outbound_event"}});
    out.add(kRelayAge, seconds(backlog.oldest_unnumbered_ms));
}

void addDatabase(Scrape& out, storage::Database& database) {
    constexpr std::array<std::string_view, storage::kWriteQueues> kQueues{
        "ingress", "flow", "apply", "portal", "system"};
    const storage::WriterView writer = database.writerView();
    for (std::size_t i = 0; i < kQueues.size(); ++i)
        out.add(kWriteQueue, real(writer.queued.at(i)), {{"queue", kQueues.at(i)}});
    const auto& counters = database.counters();
    out.add(kWriteRefused, real(writer.refused));
    out.add(kUnits, real(counters.units_committed.load()), {{"outcome", "committed"}});
    out.add(kUnits, real(counters.units_failed.load()), {{"outcome", "failed"}});
    out.add(kCommits, real(counters.commits.load()));
    out.add(kRepeats, real(counters.batches_repeated.load()), {{"what", "batch_repeated"}});
    out.add(kRepeats, real(counters.batches_split.load()), {{"what", "batch_split"}});
    out.add(kRepeats, real(counters.units_repeated.load()), {{"what", "unit_repeated"}});
    out.add(kWriters, real(writer.busy), {{"state", "busy"}});
    out.add(kWriters, real(writer.threads - writer.busy), {{"state", "idle"}});
    out.add(kWriterLongest, seconds(writer.longest_batch_ms));
    const storage::ReaderView readers = database.readerView();
    out.add(kReaders, real(readers.lent), {{"state", "lent"}});
    out.add(kReaders, real(readers.idle), {{"state", "idle"}});
    out.add(kReadersMaxMetric, real(readers.max));
    out.add(kReaderTimeouts, real(readers.timed_out));
}

void addWork(Scrape& out, WorkPool& work) {
    const WorkPoolView view = work.view();
    std::size_t queued = 0;
    for (const auto& [lane, jobs] : view.queued) {
        out.add(kWorkQueue, real(jobs), {{"lane", lane}});
        queued += jobs;
    }
    if (queued == 0) out.add(kWorkQueue, 0, {{"lane", "portal"}});  // an idle pool is not a gap
    out.add(kWorkRefused, real(view.refused));
    out.add(kWorkers, real(view.busy), {{"state", "busy"}});
    out.add(kWorkers, real(view.threads - view.busy), {{"state", "idle"}});
}

void addEdge(Scrape& out, const http::ServerView& view) {
    constexpr std::array<std::string_view, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
    out.add(kConnections, real(view.connections));
    out.add(kAccepted, real(view.accepted), {{"edge", "accepted"}});
    out.add(kAccepted, real(view.over_cap), {{"edge", "over_cap"}});
    for (std::size_t i = 0; i < kClasses.size(); ++i)
        out.add(kAnswers, real(view.answers.at(i)), {{"status", kClasses.at(i)}});
    for (const auto& [status, times] : view.refusals)
        out.add(kRefusals, real(times), {{"status", std::to_string(status)}});
    out.add(kCut, real(view.cut));
    out.add(kBodyBytes, real(view.body_bytes));
}

// Field 22 of /proc/self/stat, in ticks since boot, behind the name that may hold blanks.
double startTime() {
    std::ifstream stat("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    const std::size_t behind_name = text.rfind(')');
    double ticks = 0;
    if (behind_name != std::string::npos) {
        std::size_t at = behind_name;
        for (int field = 2; field < 22 && at != std::string::npos; ++field)
            at = text.find(' ', at + 1);
        if (at != std::string::npos) ticks = std::strtod(text.c_str() + at, nullptr);
    }
    double boot = 0;
    std::ifstream system("/proc/stat");
    for (std::string line; std::getline(system, line);)
        if (line.starts_with("btime ")) boot = std::strtod(line.c_str() + 6, nullptr);
    return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double residentBytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0;
    double resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string scrape(const MetricSources& sources, const std::optional<storage::Backlog>& backlog,
                   const HealthFacts& facts) {
    static const double started_at = startTime();
    Scrape out;
    addHealth(out, facts);
    addPlugins(out, sources);
    addDoor(out, sources);
    addQueues(out, sources);
    addFlows(out, sources);
    if (backlog) addBacklog(out, *backlog);
    addDatabase(out, *sources.database);
    addWork(out, *sources.work);
    if (const auto view = sources.server()) addEdge(out, *view);
    out.add(kStart, started_at);
    out.add(kResident, residentBytes());
    out.add(kDropped, real(out.dropped()));
    return out.text();
}

std::span<const observe::Metric* const> metricTable() { return kTable; }

}  // namespace hub::app
