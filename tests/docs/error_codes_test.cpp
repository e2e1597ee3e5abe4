// The table of docs/errors.md and the codes of <hubsdk/cpp/result.hpp> are the same.
#include <hubsdk/cpp/result.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>

namespace {

using hubsdk::ErrorCode;

// Rows "| `invalid` | 422 | …" of the document, by name.
std::map<std::string, int> documentedCodes() {
    std::map<std::string, int> rows;
    std::ifstream file(std::string(HUB_SOURCE_DIR) + "/docs/errors.md");
    const std::regex row(R"(^\| `([a-z_]+)` \| ([0-9]{3}) \|.*)");
    std::smatch parts;
    for (std::string line; std::getline(file, line);) {
        if (std::regex_match(line, parts, row)) rows[parts[1]] = std::stoi(parts[2]);
    }
    return rows;
}

std::map<std::string, int> codesOfTheHeader() {
    std::map<std::string, int> rows;
    for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
        const auto value = static_cast<ErrorCode>(code);
        rows[std::string(hubsdk::nameOf(value))] = hubsdk::httpStatus(value);
    }
    return rows;
}

TEST(ErrorCodes, DocumentAndHeaderAgree) {
    EXPECT_EQ(documentedCodes(), codesOfTheHeader());
    EXPECT_EQ(codesOfTheHeader().size(), 12U);
}

}  // namespace
