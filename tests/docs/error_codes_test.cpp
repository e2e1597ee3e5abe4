// The table of docs/errors.md, the codes of <hubsdk/cpp/result.hpp> and those that the portal sends
// are the same.
#include "portal-api/api_error.hpp"

#include <hubsdk/cpp/result.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <utility>

namespace {

using hubsdk::ErrorCode;

// Status and the name inside, by the word that is sent.
using Codes = std::map<std::string, std::pair<int, std::string>>;

// Rows "| `NOT_FOUND` | 404 | `not_found` | …" of the document.
Codes documentedCodes() {
    Codes rows;
    std::ifstream file(std::string(HUB_SOURCE_DIR) + "/docs/errors.md");
    const std::regex row(R"(^\| `([A-Z_]+)` \| ([0-9]{3}) \| (`([a-z_]+)`)? *\|.*)");
    std::smatch parts;
    for (std::string line; std::getline(file, line);) {
        if (std::regex_match(line, parts, row)) rows[parts[1]] = {std::stoi(parts[2]), parts[4]};
    }
    return rows;
}

Codes sentCodes() {
    Codes rows;
    for (const portal::PortalCode& code : portal::portalCodes()) {
        const std::string inside(code.cause ? hubsdk::nameOf(*code.cause) : "");
        rows[std::string(code.word)] = {code.status, inside};
    }
    return rows;
}

TEST(ErrorCodes, DocumentAndPortalAgree) { EXPECT_EQ(documentedCodes(), sentCodes()); }

TEST(ErrorCodes, EveryCodeOfTheHeaderIsSentWithItsStatus) {
    std::map<std::string, int> header;
    for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
        const auto value = static_cast<ErrorCode>(code);
        header[std::string(hubsdk::nameOf(value))] = hubsdk::httpStatus(value);
    }
    std::map<std::string, int> sent;
    for (const auto& [word, row] : sentCodes()) {
        if (!row.second.empty()) sent[row.second] = row.first;
    }
    EXPECT_EQ(sent, header);
    EXPECT_EQ(header.size(), 12U);
}

}  // namespace
