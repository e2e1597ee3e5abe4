// TM-PARSE-2: what a hostile document may cost, as limits that the kernel sets on a process that
// reads it: one that needs more memory or processor time does not answer.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

namespace fs = std::filesystem;
using test::repeated;

// A process that reads "<a/>" needs 64 MiB of addresses, nearly all of them for its libraries.
constexpr int kAddressesMaxMiB = 128;
#ifdef HUB_SANITIZED
constexpr int kProcessorMaxS = 20;
#else
constexpr int kProcessorMaxS = 2;
#endif

class XmlCost : public ::testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::path(::testing::TempDir()) / ("xml_cost_" + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    // The first word that the probe prints about the document; "" if it did not get so far.
    std::string answerTo(std::string_view document,
                         [[maybe_unused]] int addresses_mib = kAddressesMaxMiB) const {
        const fs::path file = folder_ / "document.xml";
        std::ofstream(file, std::ios::binary) << document;
        std::string command = "ulimit -c 0; ulimit -t " + std::to_string(kProcessorMaxS) + "; ";
#ifndef HUB_SANITIZED  // a sanitizer reserves terabytes of addresses
        command += "ulimit -v " + std::to_string(addresses_mib * 1024) + "; ";
#endif
        const fs::path schema = test::vendorsFolder() / "tazworks/tazworks-xml-profile.xsd";
        command += "exec '" XML_PROBE "' '" + file.string() + "' '" + schema.string() + "' 2>&1";
        return firstWordOf(command);
    }

private:
    static std::string firstWordOf(const std::string& command) {
        FILE* output = ::popen(command.c_str(), "r");
        std::array<char, 256> line{};
        const bool printed = std::fgets(line.data(), line.size(), output) != nullptr;
        const int status = ::pclose(output);
        const bool answered = printed && WIFEXITED(status) && WEXITSTATUS(status) <= 1;
        if (!answered) return "";
        const std::string text(line.data());
        return text.substr(0, text.find(' '));
    }

    fs::path folder_;
};

TEST_F(XmlCost, AMillionLevelsAreRefusedCheaply) {
    const std::string open = repeated("<a>", 1'000'000);
    EXPECT_EQ(answerTo(open), "unsafe_xml");
    EXPECT_EQ(answerTo(open + repeated("</a>", 1'000'000)), "unsafe_xml");
}

TEST_F(XmlCost, TwoHundredThousandAttributesAreRefusedCheaply) {
    std::string document = "<a";
    for (int i = 0; i < 200'000; ++i) document += " b" + std::to_string(i) + "='1'";
    EXPECT_EQ(answerTo(document + "/>"), "unsafe_xml");
}

// Ten entities of ten each: ten thousand million letters, if one were expanded.
TEST_F(XmlCost, EntitiesThatMultiplyAreRefusedCheaply) {
    std::string document = "<!DOCTYPE a [<!ENTITY e0 'x'>";
    for (int i = 1; i <= 10; ++i) {
        const std::string inner = "&e" + std::to_string(i - 1) + ";";
        document += "<!ENTITY e" + std::to_string(i) + " '" + repeated(inner, 10) + "'>";
    }
    EXPECT_EQ(answerTo(document + "]><a>&e10;</a>"), "unsafe_xml");
    const std::string quadratic = "<!DOCTYPE a [<!ENTITY x '" + repeated("x", 50'000) + "'>]><a>" +
                                  repeated("&x;", 50'000) + "</a>";
    EXPECT_EQ(answerTo(quadratic), "unsafe_xml");
}

TEST_F(XmlCost, TheLimitsAreReal) {
    EXPECT_EQ(answerTo("<a/>"), "schema") << "a harmless document that the schema does not know";
#ifndef HUB_SANITIZED
    EXPECT_EQ(answerTo("<a/>", 16), "");
#endif
}

}  // namespace
}  // namespace hubsdk::xml
