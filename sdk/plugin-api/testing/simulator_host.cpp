#include "sdk/plugin-api/testing/simulator_host.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <vector>

namespace hubsdk::testing {

namespace {

constexpr int kWrongUsage = 2;
constexpr long kLedgerEveryNs = 200'000'000;  // how old the ledger file may get

struct CommandLine {
    std::string vendor;
    std::string config_file;
    std::string ledger_file;
    std::uint16_t port = 0;
};

/// Nothing if the command line is good, else the exit code.
std::optional<int> readCommandLine(int argc, const char* const* argv,
                                   std::span<const SimulatorEntry> entries, CommandLine& line) {
    CLI::App app("Simulates a screening vendor on the loopback interface.");
    std::vector<std::string> vendors;
    for (const SimulatorEntry& entry : entries) vendors.emplace_back(entry.vendor);
    app.add_option("--vendor", line.vendor, "Whom to simulate")
        ->required()
        ->check(CLI::IsMember(vendors));
    app.add_option("--port", line.port, "Port of 127.0.0.1; 0 takes any free one");
    app.add_option("--config", line.config_file, "JSON file with the vendor's settings")
        ->check(CLI::ExistingFile);
    app.add_option("--ledger", line.ledger_file, "File to keep the ledger in");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kWrongUsage;
    }
    return std::nullopt;
}

std::string contentOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool keepLedger(const CommandLine& line, const std::string& text) {
    const Result<void> written = replaceFile(line.ledger_file, text);
    if (!written) std::cerr << written.error().text() << '\n';
    return written.ok();
}

/// Waits for one of `signals`; meanwhile the ledger file follows the simulator.
bool serveUntil(const sigset_t& signals, const Simulator& simulator, const CommandLine& line) {
    const timespec pause{0, kLedgerEveryNs};
    std::string written;
    while (true) {
        const int caught = line.ledger_file.empty() ? sigwaitinfo(&signals, nullptr)
                                                    : sigtimedwait(&signals, nullptr, &pause);
        std::string text = line.ledger_file.empty() ? std::string() : simulator.ledger();
        if (text != written) {
            if (!keepLedger(line, text)) return false;
            written = std::move(text);
        }
        if (caught > 0) return true;
    }
}

}  // namespace

Result<void> replaceFile(const std::string& path, std::string_view text) {
    const std::string beside = path + ".new";
    {
        std::ofstream file(beside, std::ios::binary | std::ios::trunc);
        file << text;
        file.flush();
        if (!file) return makeError(ErrorCode::kUnavailable, "the file cannot be written", path);
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) {
        return makeError(ErrorCode::kUnavailable, "the file cannot be replaced", path);
    }
    return {};
}

int runSimulator(int argc, const char* const* argv, std::span<const SimulatorEntry> entries) {
    CommandLine line;
    if (const auto code = readCommandLine(argc, argv, entries, line)) return *code;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&](const auto& own) { return own.vendor == line.vendor; });
    const std::unique_ptr<Simulator> simulator = entry->make();
    SimulatorOptions options;
    options.port = line.port;
    if (!line.config_file.empty()) options.config_json = contentOf(line.config_file);
    const Result<std::uint16_t> port = simulator->start(options);
    if (!port) {
        std::cerr << line.vendor << " simulator: " << port.error().text() << '\n';
        return 1;
    }
    std::cout << line.vendor << " simulator listening on http://127.0.0.1:" << *port << std::endl;
    const bool well = serveUntil(signals, *simulator, line);
    simulator->stop();
    return well ? 0 : 1;
}

}  // namespace hubsdk::testing
