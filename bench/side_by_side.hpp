/// Runs benchmarks beside their peers and prints one table of ratios.
#pragma once

namespace bench {

/// Runs every registered benchmark, interleaved and repeated, and prints the medians as a Markdown
/// table on stdout. Benchmarks are named "subject/ours" and "subject/PEER"; the ratio of a peer is
/// its time by ours, so above 1 we are faster. A "subject/ours" alone has no ratio. The flags of
/// Google Benchmark in `argv` win over the defaults. Gives the exit status of the program.
int runSideBySide(int argc, char** argv);

}  // namespace bench
