/// Runs the real hubctl and looks at what it prints.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/wait.h>

#include "hub/plugins/testing/plugin_fixture.hpp"

namespace hub::cli::testing {

struct Ran {
    int code = -1;
    std::string out;
    std::string err;
};

/// `text` as one word of the shell.
inline std::string word(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + "'";
}

class ToolTest : public plugins::testing::PluginTest {
protected:
    /// A file of the test's folder with this content; its path.
    std::string file(const std::string& name, std::string_view content) const {
        plugins::testing::write(folder_ / name, content);
        return (folder_ / name).string();
    }

    /// How a message about that file begins: with the path as it was given.
    std::string says(const std::string& name) const {
        return "hubctl: " + (folder_ / name).string() + ": ";
    }

    Ran hubctl(const std::vector<std::string>& arguments) const {
        const std::string errors = (folder_ / "stderr").string();
        std::string line = word(HUBCTL);
        for (const std::string& argument : arguments) line += " " + word(argument);
        line += " 2>" + word(errors) + " </dev/null";
        Ran ran;
        FILE* pipe = ::popen(line.c_str(), "r");
        if (pipe == nullptr) return ran;
        std::array<char, 4096> chunk{};
        for (std::size_t size = 0; (size = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
            ran.out.append(chunk.data(), size);
        }
        const int status = ::pclose(pipe);
        ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        ran.err = plugins::testing::contentOf(errors);
        return ran;
    }
};

}  // namespace hub::cli::testing
