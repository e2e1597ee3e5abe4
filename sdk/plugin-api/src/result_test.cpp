#include <hubsdk/cpp/result.hpp>

#include <gmock/gmock.h>
#include <fstream>
#include <set>
#include <sstream>

namespace hubsdk {
namespace {

constexpr int kCodeCount = static_cast<int>(ErrorCode::kInternal) + 1;

// "kNotFound" as "not_found": how an enumerator's name becomes the code's text.
std::string textOfEnumerator(std::string_view name) {
    std::string text;
    for (const char c : name.substr(1)) {
        if (c >= 'A' && c <= 'Z' && !text.empty()) text += '_';
        text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

// The enumerators of ErrorCode as the header lists them.
std::vector<std::string> enumeratorsOfHeader() {
    std::ifstream file(HUB_SOURCE_DIR "/sdk/plugin-api/include/hubsdk/cpp/result.hpp");
    std::vector<std::string> names;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("enum class ErrorCode")) inside = true;
        if (line.starts_with("};")) inside = false;
        const std::size_t name = line.find('k');
        const std::size_t comma = line.find(',');
        if (inside && line.starts_with("    k")) names.push_back(line.substr(name, comma - name));
    }
    return names;
}

TEST(Result, TheTextOfEachCodeIsItsNameInTheHeader) {
    const auto names = enumeratorsOfHeader();
    ASSERT_EQ(names.size(), static_cast<std::size_t>(kCodeCount));
    for (int i = 0; i < kCodeCount; ++i) {
        EXPECT_EQ(nameOf(static_cast<ErrorCode>(i)),
                  textOfEnumerator(names[static_cast<std::size_t>(i)]));
    }
}

TEST(Result, CodesAreTwelveAndDifferent) {
    std::set<std::string_view> names;
    for (int i = 0; i < kCodeCount; ++i) names.insert(nameOf(static_cast<ErrorCode>(i)));
    EXPECT_EQ(names.size(), 12U);
}

TEST(Result, EveryCodeHasAnErrorStatus) {
    for (int i = 0; i < kCodeCount; ++i) {
        const int status = httpStatus(static_cast<ErrorCode>(i));
        EXPECT_TRUE(status >= 400 && status <= 504) << nameOf(static_cast<ErrorCode>(i));
    }
    EXPECT_EQ(httpStatus(ErrorCode::kInvalid), 422);
    EXPECT_EQ(httpStatus(ErrorCode::kUnauthorized), 401);
    EXPECT_EQ(httpStatus(ErrorCode::kUnavailable), 503);
}

TEST(Result, HoldsAValueOrAnError) {
    Result<std::string> good = std::string("x");
    Result<std::string> bad = makeError(ErrorCode::kNotFound, "no such order", "order.id");
    EXPECT_TRUE(good.ok());
    EXPECT_EQ(*good, "x");
    EXPECT_EQ(std::move(good).value(), "x");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().text(), "order.id: no such order");
    EXPECT_EQ(makeError(ErrorCode::kInternal, "alone").text(), "alone");
    Result<void> done;
    EXPECT_TRUE(done);
    Result<void> refused = makeError(ErrorCode::kConflict, "no");
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace hubsdk
