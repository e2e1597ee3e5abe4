// bench_sdk: what crossing the border to a plugin costs. Run by `./dev bench sdk`.
#include "bench/side_by_side.hpp"

int main(int argc, char** argv) { return bench::runSideBySide(argc, argv); }
