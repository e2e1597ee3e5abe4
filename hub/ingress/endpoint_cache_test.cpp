#include "hub/ingress/endpoint_cache.hpp"

#include <gtest/gtest.h>

#include "hub/ingress/testing/ingress_fixture.hpp"

namespace hub::ingress {
namespace {

using testing::IngressTest;
using testing::Sent;

std::shared_ptr<const Endpoint> endpoint() { return std::make_shared<const Endpoint>(); }

TEST(EndpointCache, KeepsAnEntryForAMoment) {
    EndpointCache cache;
    const auto kept = endpoint();
    cache.keep("a", kept, 1'000);
    EXPECT_EQ(cache.find("a", 1'000 + kEndpointKeptMs - 1), kept);
    EXPECT_EQ(cache.find("b", 1'000), nullptr);
    EXPECT_EQ(cache.find("a", 1'000 + kEndpointKeptMs), nullptr);
}

TEST(EndpointCache, TakesAnEntryOfTheFutureForOld) {
    EndpointCache cache;
    cache.keep("a", endpoint(), 1'000);
    EXPECT_EQ(cache.find("a", 999), nullptr);
}

TEST(EndpointCache, ForgetsAndStaysBounded) {
    EndpointCache cache;
    cache.keep("a", endpoint(), 0);
    cache.forget("a");
    EXPECT_EQ(cache.find("a", 0), nullptr);
    std::size_t there = 0;
    for (std::size_t i = 0; i < 2 * kEndpointsKeptMax; ++i) {
        cache.keep(std::to_string(i), endpoint(), 0);
    }
    for (std::size_t i = 0; i < 2 * kEndpointsKeptMax; ++i) {
        if (cache.find(std::to_string(i), 0)) ++there;
    }
    EXPECT_LE(there, kEndpointsKeptMax);
    EXPECT_GT(there, 0U);
}

// TM-IN-1: what is kept opens the door of its own vendor only.
TEST_F(IngressTest, AKeptEndpointIsNoDoorForAnotherVendor) {
    Sent sent;
    sent.token = account(scope_, "one", "acct_1").token;
    ASSERT_EQ(knock(sent).status, 200);
    const std::int64_t before = deliveries();
    sent.vendor = "shape_inbound_answer";
    EXPECT_EQ(knock(sent).status, 401);
    EXPECT_EQ(deliveries(), before);
}

TEST_F(IngressTest, BelievesANewSecretAtOnce) {
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    ASSERT_EQ(knock(sent).status, 200);
    addSecret(made.id, "the-new-one");
    sent.body = R"({"id":"evt_2","type":"paid","account":"acct_1"})";
    sent.secret = "the-new-one";
    EXPECT_EQ(knock(sent).status, 200) << "though the endpoint is kept without it";
    sent.secret = "a-third";
    EXPECT_EQ(knock(sent).status, 401);
}

TEST_F(IngressTest, RefusesARetiredAccountAfterAMoment) {
    const auto made = account(scope_, "one");
    Sent sent;
    sent.token = made.token;
    ASSERT_EQ(knock(sent).status, 200);
    setState(made.id, storage::AccountState::kRetired);
    now_ += kEndpointKeptMs;
    EXPECT_EQ(knock(sent).status, 401);
}

}  // namespace
}  // namespace hub::ingress
