#include "bench/side_by_side.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {
namespace {

constexpr std::string_view kOurs = "ours";

struct Median {
    std::int64_t order = 0;  // of registration; the runs come shuffled
    std::string subject;
    std::string side;
    double cpu_ns = 0;
};

// Keeps the medians; what Google Benchmark would print says nothing about ratios.
class Collector : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.error_occurred) {
                std::fprintf(stderr, "%s: %s\n", run.benchmark_name().c_str(),
                             run.error_message.c_str());
                failed_ = true;
            }
            if (run.aggregate_name == "median") add(run);
        }
    }
    [[nodiscard]] const std::vector<Median>& medians() const { return medians_; }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    void add(const Run& run) {
        const std::string& name = run.run_name.function_name;
        const std::size_t cut = name.rfind('/');
        Median median;
        median.order = run.family_index;
        median.subject = name.substr(0, cut);
        median.side = name.substr(cut + 1);
        median.cpu_ns = run.GetAdjustedCPUTime();
        medians_.push_back(std::move(median));
    }

    std::vector<Median> medians_;
    bool failed_ = false;
};

std::string readable(double ns) {
    char text[32];
    if (ns < 1000) {
        std::snprintf(text, sizeof text, "%.0f ns", ns);
    } else if (ns < 1'000'000) {
        std::snprintf(text, sizeof text, "%.2f µs", ns / 1000);
    } else {
        std::snprintf(text, sizeof text, "%.2f ms", ns / 1'000'000);
    }
    return text;
}

void printTable(const std::vector<Median>& medians) {
    std::printf("| what | ours | peer | its time | ratio |\n| --- | --- | --- | --- | --- |\n");
    for (const Median& ours : medians) {
        if (ours.side != kOurs) continue;
        bool alone = true;
        for (const Median& peer : medians) {
            if (peer.subject != ours.subject || peer.side == kOurs) continue;
            alone = false;
            std::printf("| %s | %s | %s | %s | %.2f |\n", ours.subject.c_str(),
                        readable(ours.cpu_ns).c_str(), peer.side.c_str(),
                        readable(peer.cpu_ns).c_str(), peer.cpu_ns / ours.cpu_ns);
        }
        if (alone) {
            std::printf("| %s | %s | | | |\n", ours.subject.c_str(), readable(ours.cpu_ns).c_str());
        }
    }
}

}  // namespace

int runSideBySide(int argc, char** argv) {
    // Interleaved, so that what else the machine does hits both sides; the given flags come later.
    std::vector<std::string> flags{argv[0], "--benchmark_enable_random_interleaving=true",
                                   "--benchmark_repetitions=9", "--benchmark_min_time=0.1",
                                   "--benchmark_report_aggregates_only=true"};
    flags.insert(flags.end(), argv + 1, argv + argc);
    std::vector<char*> pointers;
    pointers.reserve(flags.size());
    for (std::string& flag : flags) pointers.push_back(flag.data());
    int count = static_cast<int>(pointers.size());
    benchmark::Initialize(&count, pointers.data());
    if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector);
    std::vector<Median> medians = collector.medians();
    std::ranges::stable_sort(medians, {}, &Median::order);
    printTable(medians);
    return collector.failed() ? 1 : 0;
}

}  // namespace bench
