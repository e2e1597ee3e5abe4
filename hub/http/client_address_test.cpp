// TM-OUT-2, TM-OUT-4: where the client goes, and what it must not send.
#include "hub/http/client.hpp"

#include "hub/http/outbound.hpp"
#include "hub/http/testing/client_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace hub::http::testing {
namespace {

// TM-OUT-2, TM-OUT-4: refused before anything is sent.
TEST(ClientAddress, RefusesWhatItMustNotSend) {
    Client client(routed(1));
    const auto codeOf = [&client](const std::function<void(OutboundRequest&)>& change) {
        OutboundRequest sent = request();
        change(sent);
        const SendResult result = client.sendAndWait(std::move(sent));
        EXPECT_FALSE(result);
        EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
        return result.error().error.code;
    };
    using Change = std::function<void(OutboundRequest&)>;
    const std::vector<Change> invalid = {
        [](OutboundRequest& r) { r.host = "127.0.0.1"; },
        [](OutboundRequest& r) { r.host = "user@api.vendor.test"; },
        [](OutboundRequest& r) { r.host = "api.vendor.test."; },
        [](OutboundRequest& r) { r.scheme = "ftp"; },
        [](OutboundRequest& r) { r.method = "GET /"; },
        [](OutboundRequest& r) { r.target = "orders"; },
        [](OutboundRequest& r) { r.target = "/a b"; },
        [](OutboundRequest& r) { r.target = "/a\r\nX: y"; },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"X", "a\r\nY: b"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"X Y", "a"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"hOsT", "a"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"Content-Length", "1"}};
        },
        [](OutboundRequest& r) {
            r.headers = {HeaderField{"Transfer-Encoding", "chunked"}};
        },
        [](OutboundRequest& r) { r.deadline_ms = 0; },
        [](OutboundRequest& r) { r.deadline_ms = 120'001; },
    };
    for (std::size_t i = 0; i < invalid.size(); ++i) {
        EXPECT_EQ(codeOf(invalid[i]), ErrorCode::kInvalid) << i;
    }
    EXPECT_EQ(codeOf([](OutboundRequest& r) { r.host = "other.test"; }), ErrorCode::kForbidden);
    EXPECT_EQ(codeOf([](OutboundRequest& r) { r.allowed_hosts.clear(); }), ErrorCode::kForbidden);
}

/// A client without routes whose resolver gives these addresses.
SendResult resultWithAddresses(const std::vector<std::string>& addresses,
                               const OutboundRequest& sent = request()) {
    ClientConfig config = quickConfig();
    config.resolve = [&addresses](const std::string&) { return addresses; };
    Client client(config);
    return client.sendAndWait(sent);
}

// TM-OUT-2
TEST(ClientAddress, RefusesNamesThatLeadInside) {
    for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1",
                                "::ffff:127.0.0.1", "fd00::1", "not an address"}) {
        const SendResult result = resultWithAddresses({address});
        ASSERT_FALSE(result) << address;
        EXPECT_EQ(result.error().error.code, ErrorCode::kForbidden) << address;
        EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
    }
}

// TM-OUT-2: the second answer for the name is judged like the first, whatever came before.
TEST(ClientAddress, JudgesEveryAnswerOfTheResolver) {
    ClientConfig config = quickConfig();
    config.limits.resolved_ms = 0;
    config.limits.resolved_stale_ms = 0;
    std::atomic<int> asked = 0;
    config.resolve = [&asked](const std::string&) -> Result<std::vector<std::string>> {
        if (++asked == 1) return hubsdk::makeError(ErrorCode::kUnavailable, "no answer");
        return std::vector<std::string>{"127.0.0.1"};
    };
    Client client(config);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kForbidden);
    EXPECT_EQ(asked, 2);
}

TEST(ClientAddress, ServesAnOlderAddressWhenTheResolverFails) {
    ClientConfig config = quickConfig();
    config.limits.resolved_ms = 0;
    std::atomic<int> asked = 0;
    config.resolve = [&asked](const std::string&) -> Result<std::vector<std::string>> {
        if (++asked > 1) return hubsdk::makeError(ErrorCode::kUnavailable, "no answer");
        return std::vector<std::string>{"10.0.0.1"};
    };
    Client client(config);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kForbidden);
    EXPECT_EQ(client.sendAndWait(request()).error().error.code, ErrorCode::kForbidden)
        << "the old answer, not the failure";
    EXPECT_EQ(asked, 2);
}

TEST(ClientAddress, ASlowResolverEndsAtTheConnectDeadline) {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    ClientConfig config = quickConfig();
    config.limits.connect_ms = 100;
    config.resolve = [released](const std::string&) -> Result<std::vector<std::string>> {
        released.wait();
        return std::vector<std::string>{"127.0.0.1"};
    };
    Client client(config);
    const SendResult result = client.sendAndWait(request());
    release.set_value();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error.code, ErrorCode::kTimeout);
    EXPECT_EQ(result.error().delivery, Delivery::kNotSent);
}

TEST(ClientAddress, LeavesTheMachineOnlyByHttpsAndAllowedPorts) {
    OutboundRequest plain = request();
    plain.scheme = "http";
    EXPECT_EQ(resultWithAddresses({"8.8.8.8"}, plain).error().error.code, ErrorCode::kForbidden);
    OutboundRequest odd_port = request();
    odd_port.port = 22;
    EXPECT_EQ(resultWithAddresses({"8.8.8.8"}, odd_port).error().error.code, ErrorCode::kForbidden);
}

TEST(ClientAddress, AcceptsOnlyLoopbackRoutes) {
    for (const char* route : {"http://10.0.0.1:80", "http://localhost:80", "http://127.0.0.1",
                              "http://127.0.0.1:0", "http://127.0.0.1:80/", "127.0.0.1:80",
                              "ftp://127.0.0.1:80", "http://u@127.0.0.1:80", ""}) {
        ClientConfig config;
        config.routes[kName] = route;
        EXPECT_THROW(Client{config}, std::invalid_argument) << route;
    }
    EXPECT_TRUE(readRoute("http://[::1]:80"));
    ClientConfig config;
    config.ca_file = "/missing.pem";
    EXPECT_THROW(Client{config}, std::invalid_argument);
}

}  // namespace
}  // namespace hub::http::testing
