/// The base of vendor simulators: what one is, and the command line that runs one.
#pragma once

#include <hubsdk/cpp/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hubsdk::testing {

struct SimulatorOptions {
    std::uint16_t port = 0;   ///< of 127.0.0.1; 0: any free one
    std::string config_json;  ///< in the vendor's own form; empty: defaults
};

/// A vendor's digital twin: stateful, answers and calls back over HTTP on the loopback interface.
class Simulator {
public:
    virtual ~Simulator() = default;

    /// Begins to serve and returns the port. kInvalid for a bad configuration, kUnavailable when
    /// the port is taken. Once only.
    [[nodiscard]] virtual Result<std::uint16_t> start(const SimulatorOptions& options) = 0;

    /// What was asked of it so far, as one JSON object. Any thread, while started.
    [[nodiscard]] virtual std::string ledger() const = 0;

    /// Ends all connections and threads. Does nothing the second time.
    virtual void stop() = 0;
};

struct SimulatorEntry {
    std::string_view vendor;
    std::unique_ptr<Simulator> (*make)();
};

/// Runs `--vendor NAME [--port N] [--config FILE] [--ledger FILE]` until SIGINT or SIGTERM. Prints
/// "NAME simulator listening on http://127.0.0.1:PORT" when it serves and keeps the ledger file up
/// to date. Returns the exit code: 0, or 2 for a wrong command line, 1 for anything else. Call it
/// before other threads exist: it blocks the two signals for all of them.
[[nodiscard]] int runSimulator(int argc, const char* const* argv,
                               std::span<const SimulatorEntry> entries);

/// Replaces a file in one step, so that a reader never sees half of it. kUnavailable on failure.
[[nodiscard]] Result<void> replaceFile(const std::string& path, std::string_view text);

}  // namespace hubsdk::testing
