#include "hub/observe/metrics.hpp"

#include <gmock/gmock.h>

#include "hub/observe/counter.hpp"
#include "hub/observe/testing/metrics_text.hpp"

namespace hub::observe {
namespace {

using ::testing::IsEmpty;
using testing::MetricsText;

constexpr Metric kCalls{"hub_trial_calls_total", MetricType::kCounter, "Calls of a trial."};
constexpr Metric kOpen{"hub_trial_open", MetricType::kGauge, "What is open."};

TEST(Scrape, WritesTheTextFormat) {
    Scrape scrape;
    scrape.add(kCalls, 3, {{"vendor", "one"}, {"outcome", "2xx"}});
    scrape.add(kOpen, 0.5);
    scrape.add(kCalls, 4, {{"vendor", "two"}, {"outcome", "2xx"}});
    EXPECT_EQ(scrape.text(),
              "# HELP hub_trial_calls_total Calls of a trial.\n"
              "# TYPE hub_trial_calls_total counter\n"
              "hub_trial_calls_total{vendor=\"one\",outcome=\"2xx\"} 3\n"
              "hub_trial_calls_total{vendor=\"two\",outcome=\"2xx\"} 4\n"
              "# HELP hub_trial_open What is open.\n"
              "# TYPE hub_trial_open gauge\n"
              "hub_trial_open 0.5\n");
    const MetricsText read(scrape.text());
    EXPECT_THAT(read.problems(), IsEmpty());
    EXPECT_EQ(read.value("hub_trial_calls_total{vendor=\"two\",outcome=\"2xx\"}"), 4);
}

// TM-LOG: a line break in a value begins no line of its own.
TEST(Scrape, EscapesValues) {
    Scrape scrape;
    scrape.add(kCalls, 1, {{"vendor", "a\"b\\c\nhub_trial_open 9"}});
    const MetricsText read(scrape.text());
    EXPECT_THAT(read.problems(), IsEmpty());
    EXPECT_EQ(read.series().size(), 1U);
}

TEST(Scrape, LeavesOutWhatIsOverTheBound) {
    Scrape scrape;
    for (std::size_t i = 0; i < kSeriesPerMetricMax + 2; ++i)
        scrape.add(kCalls, 1, {{"vendor", std::to_string(i)}});
    EXPECT_EQ(scrape.dropped(), 2U);
    EXPECT_EQ(MetricsText(scrape.text()).series().size(), kSeriesPerMetricMax);
}

// What the check of the text format is worth: it finds the usual mistakes.
TEST(MetricsText, FindsMistakes) {
    const char* const kBad[] = {
        "hub_x 1\n",                                                       // no head
        "# HELP hub_x x\n# TYPE hub_x gauge\nhub_x 1\nhub_x 2\n",          // twice
        "# HELP hub_x x\n# TYPE hub_x counter\nhub_x 1\n",                 // counter without _total
        "# HELP hub_x x\n# TYPE hub_x gauge\nhub_x{a=\"b} 1\n",            // open quote
        "# HELP hub_x x\n# TYPE hub_x gauge\nhub_x one\n",                 // no number
        "# HELP hub_x x\n# TYPE hub_x gauge\n\nhub_x 1",                   // no line end
        "# HELP hub_x\n# TYPE hub_x gauge\nhub_x 1\n",                     // no help
        "# HELP hub_x x\n# TYPE hub_x gauge\nhub_x{tenant_id=\"1\"} 1\n",  // label of a person
    };
    for (const char* text : kBad) EXPECT_FALSE(MetricsText(text).problems().empty()) << text;
}

TEST(LabelledCounter, CountsWhatIsOverItsBoundTogether) {
    LabelledCounter counter;
    for (std::size_t i = 0; i < kStatSeriesMax + 5; ++i) counter.add("vendor", std::to_string(i));
    counter.add("vendor", "0");
    EXPECT_EQ(counter.values().size(), kStatSeriesMax + 1);
    EXPECT_EQ(counter.of("other", "other"), 5U);
    EXPECT_EQ(counter.of("vendor", "0"), 2U);
}

}  // namespace
}  // namespace hub::observe
