#include "hub/observe/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <utility>
#include <vector>

namespace hub::observe {
namespace {

prometheus::MetricType typeOf(MetricType type) {
    return type == MetricType::kCounter ? prometheus::MetricType::Counter
                                        : prometheus::MetricType::Gauge;
}

}  // namespace

struct Scrape::Families {
    std::vector<prometheus::MetricFamily> all;
    std::map<std::string_view, std::size_t> place;  // by name, which lives in the table of metrics
    std::size_t dropped = 0;

    prometheus::MetricFamily& of(const Metric& metric) {
        const auto [found, is_new] = place.try_emplace(metric.name, all.size());
        if (is_new) {
            prometheus::MetricFamily family;
            family.name = metric.name;
            family.help = metric.help;
            family.type = typeOf(metric.type);
            all.push_back(std::move(family));
        }
        return all[found->second];
    }
};

Scrape::Scrape() : families_(std::make_unique<Families>()) {}
Scrape::~Scrape() = default;

void Scrape::add(const Metric& metric, double value, std::initializer_list<MetricLabel> labels) {
    prometheus::MetricFamily& family = families_->of(metric);
    if (family.metric.size() >= kSeriesPerMetricMax) {
        ++families_->dropped;
        return;
    }
    prometheus::ClientMetric series;
    for (const MetricLabel& label : labels) {
        prometheus::ClientMetric::Label pair;
        pair.name = label.name;
        pair.value = label.value;
        series.label.push_back(std::move(pair));
    }
    if (metric.type == MetricType::kCounter) {
        series.counter.value = value;
    } else {
        series.gauge.value = value;
    }
    family.metric.push_back(std::move(series));
}

std::size_t Scrape::dropped() const { return families_->dropped; }

std::string Scrape::text() const { return prometheus::TextSerializer().Serialize(families_->all); }

}  // namespace hub::observe
