// TM-PARSE-1: no file beside the given ones is opened and no socket is made, seen from the kernel.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include <hubsdk/cpp/json.hpp>

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

// The class %network of strace.
constexpr std::string_view kNetworkCalls[] = {
    "accept",  "accept4", "bind",       "connect",  "getpeername", "getsockname", "getsockopt",
    "listen",  "recv",    "recvfrom",   "recvmmsg", "recvmsg",     "send",        "sendmmsg",
    "sendmsg", "sendto",  "setsockopt", "shutdown", "socket",      "socketpair",
};

struct Trace {
    int exit_code = -1;
    std::string printed;
    std::vector<std::string> touched;  // every path that a call names: opened, stat, read as a link
    std::vector<std::string> network;
};

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// The first string argument of a traced call: openat(AT_FDCWD, "/x", …).
std::string pathIn(const std::string& line) {
    const std::size_t begin = line.find('"');
    if (begin == std::string::npos) return {};
    return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
}

// "openat" of `17 openat(AT_FDCWD, "/x", …`.
std::string callIn(const std::string& line) {
    const std::size_t end = line.find('(');
    if (end == std::string::npos) return {};
    const std::size_t begin = line.rfind(' ', end);
    return line.substr(begin + 1, end - begin - 1);
}

void readLog(const fs::path& log, Trace& trace) {
    std::ifstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        const std::string call = callIn(line);
        if (std::ranges::find(kNetworkCalls, call) != std::end(kNetworkCalls)) {
            trace.network.push_back(line);
        } else if (const std::string path = pathIn(line); !path.empty()) {
            trace.touched.push_back(path);
        }
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
                          " -e trace=%file,%network " + quoted(XML_PROBE) + " " + quoted(document);
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
    if (path == document.string() || path == schema.string() || path == XML_PROBE) return true;
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
    EXPECT_EQ(std::ranges::count(trace.touched, document.string()), 1);
    for (const std::string& path : trace.touched) {
        EXPECT_TRUE(isAllowed(path, document, schema)) << document << " touched " << path;
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

// The class of a sample's *.expected.json.
std::string expectedClassOf(const fs::path& sample) {
    fs::path file = sample;
    file.replace_extension(".expected.json");
    const auto document = JsonDocument::parse(test::bytesOf(file));
    EXPECT_TRUE(document.ok()) << file;
    return document ? std::string(document->root()["error"]["class"].text()) : "";
}

TEST_F(XmlSystemCalls, HostileSamplesTouchNothing) {
    const fs::path hrxml = test::vendorsFolder() / "hrxml";
    std::size_t hostile = 0;
    for (const fs::path& sample : test::xmlFilesOf(hrxml / "samples")) {
        if (!sample.filename().string().starts_with("bad-")) continue;
        ++hostile;
        const std::string expected = expectedClassOf(sample);
        ASSERT_FALSE(expected.empty()) << sample;
        expectSealed(sample, hrxml / "background-check-profile.xsd", expected);
        // What breaks only the schema is a good document without it.
        expectSealed(sample, {}, expected == "unsafe_xml" ? expected : "");
    }
    EXPECT_EQ(hostile, 9U);
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
        for (const std::string& path : trace.touched) {
            EXPECT_EQ(path.find("gconv/"), std::string::npos) << path;
        }
    }
}

}  // namespace
}  // namespace hubsdk::xml
