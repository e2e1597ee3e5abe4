#include "portal-api/json_case.hpp"

#include <gtest/gtest.h>

namespace portal {
namespace {

TEST(JsonCase, KeepsTheNamesThatAPluginMade) {
    const auto document = hubsdk::JsonDocument::parse(
        R"({"provider_id":"p","settings":{"client_id":"x"},"result":{"webhook_id":"w"}})");
    ASSERT_TRUE(document);
    EXPECT_EQ(camelCased(document->root()),
              R"({"providerId":"p","settings":{"client_id":"x"},"result":{"webhook_id":"w"}})");
}

TEST(JsonCase, NamesAFieldAsTheCallerWritesIt) {
    EXPECT_EQ(camelCasePath("applicant.first_name"), "applicant.firstName");
    EXPECT_EQ(camelCasePath("provider_code"), "providerCode");
    EXPECT_EQ(camelCasePath("secrets.api_key"), "secrets.api_key");
    EXPECT_EQ(camelCasePath("settings.client_id"), "settings.client_id");
}

}  // namespace
}  // namespace portal
