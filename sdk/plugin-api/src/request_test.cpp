#include <hubsdk/cpp/flow.hpp>

#include <gtest/gtest.h>

namespace hubsdk {
namespace {

TEST(Request, MayGoWithoutDefaults) {
    Request request = get("label", "/path").withoutDefaults();
    EXPECT_FALSE(request.takesDefaults());
    EXPECT_EQ(request.call().credentials, "account") << "secrets it names itself are put in";
    EXPECT_FALSE(get("label", "/path").bare().takesDefaults());
    EXPECT_TRUE(get("label", "/path").takesDefaults());
}

TEST(Request, MayBeAssignedFromItself) {
    Request request = get("label", "/path");
    request = std::move(request).query("a", "1");
    EXPECT_EQ(request.call().label, "label");
    EXPECT_EQ(request.call().query, "a=1");
}

}  // namespace
}  // namespace hubsdk
