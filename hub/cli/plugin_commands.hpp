/// What `hubctl plugin …` does once its arguments are read. Every function prints its answer to
/// standard output and its troubles to standard error, and returns the exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hub::cli {

/// Exit codes (architecture section 13).
enum ExitCode : int {
    kOk = 0,        ///< inspected; authentic; interpreted; the flow ended done or says again
    kRefused = 1,   ///< the plugin or the proof is refused; a call of the plugin or the flow failed
    kBadInput = 2,  ///< wrong arguments, or an input file that cannot be used
};

struct InspectArguments {
    std::string plugin;
    bool as_json = false;
};

struct VerifyArguments {
    std::string plugin;
    std::string secrets;
    std::optional<std::string> settings;
    std::optional<std::int64_t> now_s;  ///< Unix seconds; the system clock if absent
    std::string delivery;
};

struct InterpretArguments {
    std::string plugin;
    std::optional<std::string> settings;
    std::string delivery;
};

struct RunArguments {
    std::string plugin;
    std::string command;
    std::string script;
    std::optional<std::string> settings;
    std::optional<std::int64_t> now_s;  ///< Unix seconds; the system clock if absent
};

int inspectPlugin(const InspectArguments& arguments);
int verifyDelivery(const VerifyArguments& arguments);
int interpretDelivery(const InterpretArguments& arguments);
int runFlow(const RunArguments& arguments);

}  // namespace hub::cli
