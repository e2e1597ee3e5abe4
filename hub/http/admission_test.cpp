// TM-HTTP-7: what one sender can take of the connections.
#include "hub/http/admission.hpp"

#include <gtest/gtest.h>

namespace hub::http {
namespace {

TEST(Admission, CountsAnIpv6NetworkAsOneSender) {
    Admission admission(100, 2);
    EXPECT_TRUE(admission.enter("2001:db8:1:2::1", false));
    EXPECT_TRUE(admission.enter("2001:db8:1:2:ffff::2", false));
    EXPECT_FALSE(admission.enter("2001:db8:1:2::3", false));
    EXPECT_TRUE(admission.enter("2001:db8:1:3::1", false));
    admission.leave("2001:db8:1:2::1", false);
    EXPECT_TRUE(admission.enter("2001:db8:1:2::3", false));
}

TEST(Admission, CountsEachIpv4Address) {
    Admission admission(100, 1);
    EXPECT_TRUE(admission.enter("192.0.2.1", false));
    EXPECT_FALSE(admission.enter("192.0.2.1", false));
    EXPECT_TRUE(admission.enter("192.0.2.2", false));
}

TEST(Admission, AProxyTakesNoPlaceOfItsNetwork) {
    Admission admission(4, 1);
    EXPECT_TRUE(admission.enter("2001:db8::1", true));
    EXPECT_TRUE(admission.enter("2001:db8::1", true));
    EXPECT_TRUE(admission.enter("2001:db8::2", false));
    EXPECT_FALSE(admission.enter("2001:db8::3", false));
    EXPECT_TRUE(admission.enter("2001:db8::1", true));
    EXPECT_FALSE(admission.enter("2001:db8::1", true)) << "the total holds for all";
    admission.leave("2001:db8::1", true);
    EXPECT_EQ(admission.total(), 3U);
}

TEST(Admission, KeepsNothingOfARefusedSender) {
    Admission admission(1, 0);
    EXPECT_FALSE(admission.enter("192.0.2.1", false));
    EXPECT_EQ(admission.total(), 0U);
    EXPECT_TRUE(admission.waitForNone(0));
}

}  // namespace
}  // namespace hub::http
