// /health, /ready and the scrape, each reason by itself.
#include "hub/app/monitor.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "hub/app/config.hpp"
#include "hub/app/work_pool.hpp"
#include "hub/flows/flow_control.hpp"
#include "hub/http/client.hpp"
#include "hub/ingress/answer_desk.hpp"
#include "hub/ingress/inbox_worker.hpp"
#include "hub/ingress/inbox_writer.hpp"
#include "hub/observe/testing/metrics_text.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/security/digest.hpp"
#include "hub/storage/database.hpp"

namespace hub::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HealthFacts good() {
    HealthFacts facts;
    facts.phase = Phase::kRunning;
    facts.plugins = 1;
    facts.calls_stuck_max = 2;
    return facts;
}

TEST(Readiness, NamesEachReason) {
    struct Case {
        const char* word;
        void (*spoil)(HealthFacts&);
        bool restart;
    };
    const Case kCases[] = {
        {"starting", [](HealthFacts& f) { f.phase = Phase::kStarting; }, false},
        {"stopping", [](HealthFacts& f) { f.phase = Phase::kStopping; }, false},
        {"plugins", [](HealthFacts& f) { f.plugins = 0; }, false},
        {"database", [](HealthFacts& f) { f.database_silent_ms = kDatabaseSilentMs; }, false},
        {"storage_full", [](HealthFacts& f) { f.storage_full = true; }, false},
        {"writer_stalled", [](HealthFacts& f) { f.longest_batch_ms = kWriterStalledMs; }, true},
        {"plugin_stuck", [](HealthFacts& f) { f.calls_stuck = 2; }, true},
    };
    EXPECT_EQ(readyAnswer(good()).status, 200);
    EXPECT_EQ(readyAnswer(good()).body, R"({"ready":true,"reasons":[],"warnings":[]})");
    for (const Case& one : kCases) {
        HealthFacts facts = good();
        one.spoil(facts);
        EXPECT_THAT(reasonsOf(facts).red, ElementsAre(one.word));
        EXPECT_EQ(readyAnswer(facts).status, 503) << one.word;
        EXPECT_EQ(healthAnswer(facts).status, one.restart ? 503 : 200) << one.word;
    }
}

TEST(Readiness, IsGreenJustBelowItsBounds) {
    HealthFacts facts = good();
    facts.database_silent_ms = kDatabaseSilentMs - 1;
    facts.longest_batch_ms = kWriterStalledMs - 1;
    EXPECT_EQ(readyAnswer(facts).status, 200);
}

// One plugin that hangs takes no work from the others.
TEST(Readiness, WarnsOfAStuckCallWhileThreadsAreLeft) {
    HealthFacts facts = good();
    facts.calls_stuck = 1;
    EXPECT_EQ(readyAnswer(facts).status, 200);
    EXPECT_EQ(readyAnswer(facts).body,
              R"({"ready":true,"reasons":[],"warnings":["plugin_stuck"]})");
    EXPECT_EQ(healthAnswer(facts).status, 200);
}

class MonitorTest : public ::testing::Test {
protected:
    MonitorTest() { std::filesystem::create_directory(folder_); }
    ~MonitorTest() override {
        if (monitor_) monitor_->stop();
        database_.stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Monitor& start(MonitorLimits limits = {}) {
        MetricSources sources;
        sources.database = &database_;
        sources.plugins = &plugins_;
        sources.calls = &calls_;
        sources.flows = &flows_;
        sources.work = &work_;
        sources.desk = &desk_;
        sources.portal_desk = &portal_desk_;
        sources.client = &client_;
        sources.inbox = &inbox_;
        sources.writer = [] { return ingress::InboxWriterView{7, 2}; };
        sources.door = &door_;
        sources.server = [] { return std::optional<http::ServerView>(); };
        sources.now_ms = [] { return std::int64_t{1'760'000'000'000}; };
        monitor_ = std::make_unique<Monitor>(std::move(sources), std::move(limits));
        monitor_->start();
        return *monitor_;
    }
    http::Response scrapeOnce() {
        std::promise<http::Response> told;
        monitor_->answerScrape(
            [&told](http::Response answer) { told.set_value(std::move(answer)); });
        return told.get_future().get();
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("monitor-" + security::randomToken());
    struct MakeFolder {
        explicit MakeFolder(const std::filesystem::path& path) {
            std::filesystem::create_directories(path);
        }
    } made_{folder_};
    storage::Database database_{"sqlite:" + (folder_ / "hub.db").string()};
    plugins::PluginRegistry plugins_{folder_ / "cache"};
    plugins::CallWatch calls_;
    flows::FlowControl flows_;
    WorkPool work_{1, 1};
    ingress::AnswerDesk desk_;
    ingress::AnswerDesk portal_desk_;
    http::Client client_{http::ClientConfig{}};
    ingress::InboxStats inbox_;
    observe::LabelledCounter door_;
    std::unique_ptr<Monitor> monitor_;
};

TEST_F(MonitorTest, SeesACallThatDoesNotEnd) {
    MonitorLimits limits;
    limits.plugin_stuck_ms = 1;
    Monitor& monitor = start(limits);
    EXPECT_EQ(monitor.facts().calls_stuck, 0U);
    {
        const plugins::CallWatch::Guard call(calls_, "trial");
        while (monitor.facts().calls_stuck == 0) std::this_thread::yield();
        EXPECT_EQ(calls_.view(1'000'000).stuck, 0U);
    }
    EXPECT_EQ(monitor.facts().calls_stuck, 0U);
}

TEST_F(MonitorTest, SeesAWriterThatDoesNotEnd) {
    Monitor& monitor = start();
    std::promise<void> release;
    database_.submit(storage::WriteQueue::kFlow,
                     [&](storage::Connection&) { release.get_future().wait(); }, {});
    while (monitor.facts().longest_batch_ms == 0) std::this_thread::yield();
    release.set_value();
    while (monitor.facts().longest_batch_ms > 0) std::this_thread::yield();
}

TEST_F(MonitorTest, SeesThatSpaceIsShort) {
    MonitorLimits limits;
    limits.free_bytes_min = std::numeric_limits<std::int64_t>::max();
    limits.folders = {folder_.string()};
    EXPECT_TRUE(start(limits).facts().storage_full);
}

TEST_F(MonitorTest, SeesThatTheDatabaseAnswers) {
    EXPECT_LT(start().facts().database_silent_ms, kDatabaseSilentMs);
}

TEST_F(MonitorTest, AnswersAScrapeThatParses) {
    start();
    flows_.stats.calls.add("trial", "2xx");
    flows_.breaker.failed("trial", "account-1", 1'760'000'000'000);
    work_.stop();
    inbox_.threads = 3;
    inbox_.busy = 1;
    const http::Response answer = scrapeOnce();
    EXPECT_EQ(answer.status, 200);
    const observe::testing::MetricsText text(answer.body);
    EXPECT_THAT(text.problems(), IsEmpty());
    EXPECT_EQ(text.value("hub_vendor_calls_total{vendor=\"trial\",outcome=\"2xx\"}"), 1);
    EXPECT_EQ(text.value("hub_breakers{vendor=\"trial\",state=\"closed\"}"), 1);
    EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("account-1")));
    EXPECT_EQ(text.value("hub_inbox_rows_waiting"), 7);
    EXPECT_EQ(text.value("hub_inbox_batches"), 2);
    EXPECT_EQ(text.value("hub_inbox_threads{state=\"busy\"}"), 1);
    EXPECT_EQ(text.value("hub_inbox_threads{state=\"idle\"}"), 2);
    EXPECT_EQ(text.value("hub_callers_waiting"), 0);
    EXPECT_EQ(text.value("hub_vendor_calls_open"), 0);
    EXPECT_EQ(text.value("hub_names_waiting"), 0);
}

// TM-HTTP-7: who asks too often is told so, and a stop leaves nobody waiting.
TEST_F(MonitorTest, RefusesScrapesAfterItsStop) {
    start().stop();
    EXPECT_EQ(scrapeOnce().status, 503);
}

TEST(Metrics, AreAllExplained) {
    std::ifstream file(HUB_SOURCE_DIR "/docs/operations.md");
    const std::string docs((std::istreambuf_iterator<char>(file)), {});
    for (const observe::Metric* metric : metricTable())
        EXPECT_THAT(docs, HasSubstr("`" + std::string(metric->name) + "`"));
    for (const ConfigKey& key : configKeys())
        EXPECT_THAT(docs, HasSubstr("`" + std::string(key.name) + "`"));
}

}  // namespace
}  // namespace hub::app
