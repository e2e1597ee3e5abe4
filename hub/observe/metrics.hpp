/// One scrape in the Prometheus text format. The only place that knows the Prometheus library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace hub::observe {

/// Series of one metric in one scrape at most: a mistake with a label must not grow without end.
inline constexpr std::size_t kSeriesPerMetricMax = 1'000;
/// The value of the header field Content-Type for Scrape::text.
inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

enum class MetricType : std::uint8_t { kCounter, kGauge };

/// A row of the table of metrics: what it is called and means.
struct Metric {
    std::string_view name;  ///< hub_NOUN_UNIT; counters end in _total
    MetricType type = MetricType::kGauge;
    std::string_view help;
};

/// Values come from bounded sets (plugins that are loaded, words of the code) and never hold
/// personal data; `name` is of the code.
struct MetricLabel {
    std::string_view name;
    std::string_view value;
};

/// Takes values as they are read and writes them all. One thread.
class Scrape {
public:
    Scrape();
    ~Scrape();
    Scrape(const Scrape&) = delete;
    Scrape& operator=(const Scrape&) = delete;

    /// Adds one series. A metric's series appear under one head in the order of their adding; what
    /// is over kSeriesPerMetricMax is left out and counted by `dropped`.
    void add(const Metric& metric, double value, std::initializer_list<MetricLabel> labels = {});

    [[nodiscard]] std::size_t dropped() const;

    /// Everything in the text format 0.0.4.
    [[nodiscard]] std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace hub::observe
