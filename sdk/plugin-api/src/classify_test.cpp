#include <hubsdk/cpp/flow.hpp>

#include <gtest/gtest.h>

#include <array>

namespace hubsdk {
namespace {

struct StatusCase {
    int status;
    ErrorClass error_class;
    bool retryable;
};

TEST(Classify, StatusesFollowTheRetryClasses) {
    // screening-canonical.md, "Retry classes (all vendors)".
    constexpr std::array<StatusCase, 18> kCases{{
        {408, ErrorClass::kVendorUnavailable, true},
        {425, ErrorClass::kVendorUnavailable, true},
        {429, ErrorClass::kRateLimited, true},
        {500, ErrorClass::kVendorUnavailable, true},
        {502, ErrorClass::kVendorUnavailable, true},
        {503, ErrorClass::kVendorUnavailable, true},
        {504, ErrorClass::kVendorUnavailable, true},
        {400, ErrorClass::kValidation, false},
        {401, ErrorClass::kAuth, false},
        {403, ErrorClass::kForbidden, false},
        {404, ErrorClass::kNotFound, false},
        {405, ErrorClass::kValidation, false},
        {409, ErrorClass::kConflict, false},
        {410, ErrorClass::kNotFound, false},
        {422, ErrorClass::kValidation, false},
        {451, ErrorClass::kForbidden, false},
        {418, ErrorClass::kValidation, false},
        {302, ErrorClass::kVendorUnavailable, false},
    }};
    for (const StatusCase& row : kCases) {
        Entry entry;
        entry.reply.emplace().status = row.status;
        const VendorError error = classifyByStatus(Reply(&entry, "x"));
        EXPECT_EQ(error.error_class, row.error_class) << row.status;
        EXPECT_EQ(error.retryable, row.retryable) << row.status;
        EXPECT_EQ(error.vendor_code, std::to_string(row.status));
    }
}

TEST(Classify, RetryAfterIsSecondsAndAtMostADay) {
    const auto after = [](std::string value) {
        Entry entry;
        entry.reply.emplace().status = 503;
        entry.reply->headers.push_back({"Retry-After", std::move(value)});
        return classifyByStatus(Reply(&entry, "x")).retry_after_ms;
    };
    EXPECT_EQ(after("0"), 0);
    EXPECT_EQ(after("120"), 120'000);
    EXPECT_EQ(after("999999999"), 86'400'000);
    EXPECT_EQ(after("-1"), std::nullopt);
    EXPECT_EQ(after("Wed, 21 Oct 2026 07:28:00 GMT"), std::nullopt);
    EXPECT_EQ(after("99999999999999999999"), std::nullopt);
}

}  // namespace
}  // namespace hubsdk
