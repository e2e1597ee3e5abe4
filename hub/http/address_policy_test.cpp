// TM-OUT-2, TM-OUT-4: which hosts and addresses may be called.
#include "hub/http/address_policy.hpp"

#include <gtest/gtest.h>

namespace hub::http {
namespace {

TEST(AddressPolicy, RefusesEveryAddressThatIsNotPublic) {
    for (const char* address : {"0.0.0.0",
                                "0.255.255.255",
                                "10.0.0.1",
                                "10.255.255.255",
                                "100.64.0.0",
                                "100.127.255.255",
                                "127.0.0.1",
                                "127.255.255.255",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.0.0.8",
                                "192.0.2.1",
                                "192.88.99.1",
                                "192.168.0.1",
                                "198.18.0.1",
                                "198.19.255.255",
                                "198.51.100.1",
                                "203.0.113.1",
                                "224.0.0.1",
                                "239.255.255.255",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.0.0.1",
                                "::ffff:a9fe:a9fe",
                                "::127.0.0.1",
                                "64:ff9b::7f00:1",
                                "64:ff9b:1::1",
                                "100::1",
                                "2001::1",
                                "2001:2::1",
                                "2001:10::1",
                                "2001:1ff::1",
                                "2001:db8::1",
                                "2002:7f00:1::",
                                "3fff::1",
                                "3fff:fff::1",
                                "4000::1",
                                "fc00::1",
                                "fd12::1",
                                "fe80::1",
                                "fec0::1",
                                "ff02::1",
                                "",
                                "127.1",
                                "2130706433",
                                "0x7f.0.0.1",
                                "0177.0.0.1",
                                "fe80::1%eth0",
                                "[::1]",
                                "127.0.0.1 ",
                                "example.com"}) {
        EXPECT_FALSE(isPublicAddress(address)) << address;
    }
}

TEST(AddressPolicy, AcceptsTheNeighboursOfRefusedRanges) {
    for (const char* address :
         {"1.0.0.0",     "9.255.255.255",        "11.0.0.0",       "100.63.255.255",
          "100.128.0.0", "126.255.255.255",      "128.0.0.0",      "169.253.255.255",
          "169.255.0.0", "172.15.255.255",       "172.32.0.0",     "192.0.1.0",
          "192.0.3.0",   "192.167.255.255",      "192.169.0.0",    "198.17.255.255",
          "198.20.0.0",  "223.255.255.255",      "::ffff:8.8.8.8", "2000::1",
          "2001:200::1", "2001:4860:4860::8888", "2003::1",        "2606:4700::1111",
          "3ffe::1"}) {
        EXPECT_TRUE(isPublicAddress(address)) << address;
    }
}

TEST(AddressPolicy, AcceptsOnlyPlainNamesAsHosts) {
    for (const char* name : {"api.vendor.com", "localhost", "a-b.c", "xn--bcher-kva.example",
                             "1.2.3.example", "API.Vendor.COM"}) {
        EXPECT_TRUE(isHostName(name)) << name;
    }
    for (const char* name : {"",
                             ".",
                             "a..b",
                             "a.",
                             ".a",
                             "-a.b",
                             "a-.b",
                             "127.0.0.1",
                             "127.1",
                             "2130706433",
                             "0x7f000001",
                             "0177.0.0.1",
                             "0x7f.1",
                             "[::1]",
                             "[::ffff:127.0.0.1]",
                             "::1",
                             "a@b.c",
                             "a:b@c.d",
                             "a.b:443",
                             "a.b/c",
                             "a b",
                             "a_b.c",
                             "a.b\r\nX: y",
                             "\xe2\x91\xa0.example",
                             "127.0.0.\xef\xbc\x91",
                             "a.b#c",
                             "a.b?c",
                             "a%2eb"}) {
        EXPECT_FALSE(isHostName(name)) << name;
    }
    EXPECT_FALSE(isHostName(std::string(64, 'a')));
    EXPECT_TRUE(isHostName(std::string(63, 'a')));
    std::string longest;
    while (longest.size() < 252) longest += "a.";
    EXPECT_TRUE(isHostName(longest + "b"));
    EXPECT_FALSE(isHostName(longest + "bc"));
}

TEST(AddressPolicy, MatchesNamesAndSuffixesOfTheAllowList) {
    const std::vector<std::string> allowed = {"api.vendor.com", "*.storage.test"};
    EXPECT_TRUE(hostAllowed("api.vendor.com", allowed));
    EXPECT_TRUE(hostAllowed("API.vendor.com", allowed));
    EXPECT_TRUE(hostAllowed("a.storage.test", allowed));
    EXPECT_TRUE(hostAllowed("a.b.storage.test", allowed));
    EXPECT_FALSE(hostAllowed("storage.test", allowed));
    EXPECT_FALSE(hostAllowed("evilstorage.test", allowed));
    EXPECT_FALSE(hostAllowed("vendor.com", allowed));
    EXPECT_FALSE(hostAllowed("x.api.vendor.com", allowed));
    EXPECT_FALSE(hostAllowed("api.vendor.com.evil.test", allowed));
    EXPECT_FALSE(hostAllowed("api.vendor.com", {}));
}

TEST(AddressPolicy, KnowsLoopbackAddresses) {
    EXPECT_TRUE(isLoopbackAddress("127.0.0.1"));
    EXPECT_TRUE(isLoopbackAddress("127.9.9.9"));
    EXPECT_TRUE(isLoopbackAddress("::1"));
    EXPECT_FALSE(isLoopbackAddress("::ffff:127.0.0.1"));
    EXPECT_FALSE(isLoopbackAddress("10.0.0.1"));
    EXPECT_FALSE(isLoopbackAddress("localhost"));
}

// TM-IN-7: who has a network of addresses is still one sender.
TEST(SenderNetwork, IsTheFirstHalfOfAnIpv6Address) {
    EXPECT_EQ(senderNetwork("2001:db8:1:2::1"), senderNetwork("2001:db8:1:2:ffff::9"));
    EXPECT_NE(senderNetwork("2001:db8:1:2::1"), senderNetwork("2001:db8:1:3::1"));
    EXPECT_EQ(senderNetwork("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(senderNetwork(""), "");
}

}  // namespace
}  // namespace hub::http
