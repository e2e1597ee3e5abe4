#include "portal-api/prefer.hpp"

#include <gtest/gtest.h>

namespace portal {
namespace {

struct PreferCase {
    std::vector<std::string> fields;
    std::optional<std::int64_t> seconds;
};

TEST(PreferTest, ReadsTheSecondsOfWait) {
    const std::vector<PreferCase> cases{
        {{}, std::nullopt},
        {{"wait=5"}, 5},
        {{"WAIT = 5"}, 5},
        {{"wait=\"7\""}, 7},
        {{"respond-async, wait=3; unit=s"}, 3},
        {{"foo=\"wait=9, wait=8\", wait=2"}, 2},
        {{"foo=\"a\\\"b,\", wait=2"}, 2},
        {{"return=minimal", "wait=4"}, 4},
        {{"wait=1, wait=9"}, 1},
        {{"wait=10"}, 10},
        {{"wait=11"}, 10},
        {{"wait=99999999999999999999"}, 10},
        {{"wait=0"}, std::nullopt},
        {{"wait=-1"}, std::nullopt},
        {{"wait=1.5"}, std::nullopt},
        {{"wait"}, std::nullopt},
        {{"wait="}, std::nullopt},
        {{"waiting=5"}, std::nullopt},
        {{"\"wait=5"}, std::nullopt},
        {{",,;="}, std::nullopt},
    };
    for (const PreferCase& one : cases) {
        hub::http::Request request;
        for (const std::string& field : one.fields) request.headers.push_back({"prefer", field});
        EXPECT_EQ(preferredWait(request), one.seconds)
            << (one.fields.empty() ? "none" : one.fields.front());
    }
}

}  // namespace
}  // namespace portal
