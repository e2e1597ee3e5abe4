// TM-OUT-3: what the client does with redirects.
#include "hub/http/client.hpp"

#include "hub/http/testing/client_fixture.hpp"

#include <gtest/gtest.h>

namespace hub::http::testing {
namespace {

// TM-OUT-3
TEST(ClientRedirect, DeliversARedirectWithoutFollowingIt) {
    const SendResult result = resultOf(
        "HTTP/1.1 301 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(result);
    EXPECT_EQ(result.reply().status, 301);
}

std::string redirectTo(const std::string& location) {
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + location +
           "\r\n\r\n";
}

TEST(ClientRedirect, FollowsOneRedirectOfADownload) {
    std::string second_head;
    {
        const ScriptedPeer peer({answering(redirectTo("https://files.vendor.test/f?sig=1")),
                                 [&second_head](RawSocket& socket) {
                                     second_head = socket.readUntil("\r\n\r\n");
                                     socket.send(sized("file"));
                                 }});
        ClientConfig config = routed(peer.port());
        config.routes["files.vendor.test"] = config.routes[kName];
        Client client(config);
        OutboundRequest sent = request("GET");
        sent.headers = {HeaderField{"Authorization", "secret"}, HeaderField{"Accept", "a/b"}};
        sent.allowed_hosts.emplace_back("*.vendor.test");
        sent.follow_one_redirect = true;
        const SendResult result = client.sendAndWait(std::move(sent));
        ASSERT_TRUE(result) << result.error().error.text();
        EXPECT_EQ(result.reply().body, "file");
    }
    EXPECT_TRUE(second_head.starts_with("GET /f?sig=1 HTTP/1.1\r\nHost: files.vendor.test\r\n"));
    EXPECT_EQ(second_head.find("secret"), std::string::npos);
    EXPECT_NE(second_head.find("Accept: a/b"), std::string::npos);
}

TEST(ClientRedirect, RefusesRedirectsOutsideTheAllowList) {
    OutboundRequest sent = request("GET");
    sent.follow_one_redirect = true;
    for (const char* location :
         {"https://other.test/", "http://api.vendor.test/", "https://169.254.169.254/",
          "//other.test/", "ftp://api.vendor.test/", "https://a@api.vendor.test/",
          "https://api.vendor.test:0/", "https://api.vendor.test.evil.test/"}) {
        const SendResult result = resultOf(redirectTo(location), sent);
        EXPECT_FALSE(result) << location;
    }
}

TEST(ClientRedirect, RefusesASecondRedirectAndRedirectsOfPosts) {
    {
        const ScriptedPeer peer({answering(redirectTo("/b")), answering(redirectTo("/c"))});
        Client client(routed(peer.port()));
        OutboundRequest sent = request("GET");
        sent.follow_one_redirect = true;
        const SendResult result = client.sendAndWait(sent);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().error.code, ErrorCode::kForbidden);
    }
    OutboundRequest post = request("POST");
    post.follow_one_redirect = true;
    EXPECT_EQ(resultOf(redirectTo("/b"), post).reply().status, 302);
}

}  // namespace
}  // namespace hub::http::testing
