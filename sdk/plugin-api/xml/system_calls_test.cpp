// TM-PARSE-1: no file beside the given ones is opened and no socket is made, seen from the kernel.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

namespace fs = std::filesystem;

// What the loader, the C library and ICU read while a process starts.
constexpr std::string_view kSystemPrefixes[] = {
    "/lib/",
    "/lib64/",
    "/usr/lib/",
    "/usr/local/lib/",
    "/etc/ld.so.",
    "/proc/self/",
    "/usr/share/locale",
    "/dev/null",
    "/etc/gnutls/config",
    "/etc/ssl/",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/crypto-policies",
    "/dev/urandom",
    "/proc/sys/crypto",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
#ifdef HUB_SANITIZED
    "/tmp/tsan.rodata.",  // the thread sanitizer's own start-up
#endif
};

struct Trace {
    int exit_code = -1;
    std::string printed;
    std::vector<std::string> opened;
    std::vector<std::string> network;
};

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// The first string argument of a traced call: openat(AT_FDCWD, "/x", …).
std::string pathIn(const std::string& line) {
    const std::size_t begin = line.find('"');
    if (begin == std::string::npos) return {};
    return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
}

void readLog(const fs::path& log, Trace& trace) {
    std::ifstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        if (line.find("open") != std::string::npos) trace.opened.push_back(pathIn(line));
        const bool network =
            line.find("socket(") != std::string::npos || line.find("connect(") != std::string::npos;
        if (network) trace.network.push_back(line);
    }
}

Trace traceProbe(const fs::path& document, const fs::path& schema) {
    const fs::path folder =
        fs::path(::testing::TempDir()) / ("xml_trace_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const fs::path log = folder / "calls";
    const fs::path out = folder / "out";
    // A leak check needs ptrace, which strace already uses.
    std::string command = "ASAN_OPTIONS=detect_leaks=0 strace -f -o " + quoted(log) +
                          " -e trace=openat,open,connect,socket " + quoted(XML_PROBE) + " " +
                          quoted(document);
    if (!schema.empty()) command += " " + quoted(schema);
    command += " > " + quoted(out);
    Trace trace;
    const int status = std::system(command.c_str());
    trace.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    trace.printed = test::bytesOf(out);
    if (fs::exists(log)) readLog(log, trace);
    fs::remove_all(folder);
    return trace;
}

bool isAllowed(const std::string& path, const fs::path& document, const fs::path& schema) {
    if (path == document.string() || path == schema.string()) return true;
    for (const std::string_view prefix : kSystemPrefixes) {
        if (path.starts_with(prefix)) return true;
    }
    return false;
}

void expectSealed(const fs::path& document, const fs::path& schema, std::string_view printed) {
    const Trace trace = traceProbe(document, schema);
    EXPECT_TRUE(trace.printed.starts_with(printed)) << document << ": " << trace.printed;
    EXPECT_TRUE(trace.network.empty()) << document << ": " << trace.network.front();
    // Proves that the trace sees what the probe opens.
    EXPECT_EQ(std::count(trace.opened.begin(), trace.opened.end(), document.string()), 1);
    for (const std::string& path : trace.opened) {
        EXPECT_TRUE(isAllowed(path, document, schema)) << document << " opened " << path;
    }
}

class XmlSystemCalls : public ::testing::Test {
protected:
    void SetUp() override {
        const int status = std::system("strace -V > /dev/null 2>&1");
        ASSERT_EQ(status, 0) << "strace is missing; it is a dependency of the tests";
        folder_ = fs::path(::testing::TempDir()) / ("xml_calls_" + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path write(std::string_view name, std::string_view bytes) const {
        fs::path file = folder_ / name;
        std::ofstream(file, std::ios::binary) << bytes;
        return file;
    }

    fs::path folder_;
};

TEST_F(XmlSystemCalls, HostileSamplesOpenNothing) {
    const fs::path hrxml = test::vendorsFolder() / "hrxml";
    for (const char* name :
         {"bad-01-xxe.xml", "bad-02-billion-laughs.xml", "bad-09-external-dtd.xml"}) {
        const fs::path sample = hrxml / "samples" / name;
        expectSealed(sample, {}, "unsafe_xml");
        expectSealed(sample, hrxml / "background-check-profile.xsd", "unsafe_xml");
    }
}

TEST_F(XmlSystemCalls, GoodSamplesOpenNothing) {
    const fs::path hrxml = test::vendorsFolder() / "hrxml";
    expectSealed(hrxml / "samples/05-completed-hit.xml", hrxml / "background-check-profile.xsd",
                 "ok BackgroundReports");
}

TEST_F(XmlSystemCalls, SchemaLocationsAreNotFollowed) {
    const fs::path evil =
        write("evil.xsd", "<s:schema xmlns:s='http://www.w3.org/2001/XMLSchema'/>");
    const fs::path document =
        write("hint.xml",
              "<BackgroundReports xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
              " xsi:noNamespaceSchemaLocation='" +
                  evil.string() +
                  "'"
                  " xsi:schemaLocation='urn:x http://127.0.0.1:9/evil.xsd'>"
                  "<BackgroundReportPackage><ScreeningStatus><OrderStatus>x:new</OrderStatus>"
                  "</ScreeningStatus></BackgroundReportPackage></BackgroundReports>");
    expectSealed(document, test::vendorsFolder() / "tazworks/tazworks-xml-profile.xsd",
                 "ok BackgroundReports");
    expectSealed(document, {}, "ok BackgroundReports");
}

TEST_F(XmlSystemCalls, SchemaImportsAreNotFollowed) {
    const fs::path evil =
        write("evil.xsd", "<s:schema xmlns:s='http://www.w3.org/2001/XMLSchema'/>");
    const fs::path schema =
        write("import.xsd",
              "<s:schema xmlns:s='http://www.w3.org/2001/XMLSchema'><s:import namespace='urn:e'"
              " schemaLocation='" +
                  evil.string() + "'/><s:element name='a'/></s:schema>");
    expectSealed(write("a.xml", "<a/>"), schema, "ok a");
}

TEST_F(XmlSystemCalls, ForeignEncodingsLoadNoCode) {
    for (const char* name : {"UTF-7", "IBM037", "EBCDIC"}) {
        const fs::path document =
            write("encoding.xml", "<?xml version='1.0' encoding='" + std::string(name) + "'?><a/>");
        const Trace trace = traceProbe(document, {});
        EXPECT_TRUE(trace.printed.starts_with("unsafe_xml")) << trace.printed;
        for (const std::string& path : trace.opened) {
            EXPECT_EQ(path.find("gconv/"), std::string::npos) << path;
        }
    }
}

}  // namespace
}  // namespace hubsdk::xml
