#include "sdk/plugin-api/testing/simulator_host.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

/// A folder of its own, removed at the end.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "vendor_sim_XXXXXX").string();
        if (mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// vendor-sim with these arguments, its standard output on a pipe.
class Process {
public:
    explicit Process(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), HUB_VENDOR_SIM);
        std::vector<char*> argv;
        argv.reserve(arguments.size() + 1);
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
        pid_ = fork();
        if (pid_ == 0) {
            dup2(ends[1], STDOUT_FILENO);
            execv(argv[0], argv.data());
            _exit(127);
        }
        close(ends[1]);
        output_ = ends[0];
    }
    ~Process() {
        if (pid_ > 0) kill(pid_, SIGKILL), wait();
        if (output_ >= 0) close(output_);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] std::string line() const {
        std::string text;
        char c = 0;
        while (read(output_, &c, 1) == 1 && c != '\n') text.push_back(c);
        return text;
    }
    void end() const { kill(pid_, SIGTERM); }
    /// The exit code, or -1 if a signal ended it.
    int wait() {
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    pid_t pid_ = -1;
    int output_ = -1;
};

std::string contentOf(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(VendorSim, SaysWhereItListensAndLeavesItsLedger) {
    const Folder folder;
    Process process({"--vendor", "checkr", "--port", "0", "--ledger", folder.file("ledger.json")});
    EXPECT_TRUE(process.line().starts_with("checkr simulator listening on http://127.0.0.1:"));
    process.end();
    EXPECT_EQ(process.wait(), 0);
    EXPECT_NE(contentOf(folder.file("ledger.json")).find(R"("requests":0)"), std::string::npos);
}

TEST(VendorSim, RefusesAVendorItDoesNotKnow) {
    Process process({"--vendor", "nobody"});
    EXPECT_EQ(process.wait(), 2);
}

TEST(VendorSim, RefusesABadConfiguration) {
    const Folder folder;
    std::ofstream(folder.file("config.json")) << R"({"pace":1})";
    Process process({"--vendor", "checkr", "--config", folder.file("config.json")});
    EXPECT_EQ(process.wait(), 1);
}

TEST(VendorSim, EndsWhenItsLedgerCannotBeWritten) {
    const Folder folder;
    Process process({"--vendor", "checkr", "--ledger", folder.file("none/ledger.json")});
    EXPECT_EQ(process.wait(), 1);
}

TEST(ReplaceFile, SaysWhichFileCannotBeWritten) {
    const auto written = hubsdk::testing::replaceFile("/proc/none/ledger.json", "{}");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().path, "/proc/none/ledger.json");
}

}  // namespace
