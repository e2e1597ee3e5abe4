#include "hub/observe/log.hpp"

#include <gmock/gmock.h>

namespace hub::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

// TM-LOG: no line break, number of a person or credential gets into a line.
TEST(Log, EscapesLineBreaksAndMasksWhatLooksPersonal) {
    EXPECT_EQ(formatFields("a", {{"b", "x\r\ny"}}), R"({"event":"a","b":"x\r\ny"})");
    EXPECT_THAT(formatFields("a", {{"b", "ssn 543-43-4645."}}), Not(HasSubstr("4645")));
    EXPECT_THAT(formatFields("a", {{"b", "543434645"}}), Not(HasSubstr("543434645")));
    EXPECT_THAT(formatFields("a", {{"b", "card 4111 1111 1111 1111"}}), Not(HasSubstr("1111")));
    EXPECT_THAT(formatFields("a", {{"b", "Authorization: Basic a2V5Og== end"}}),
                HasSubstr("Basic *** end"));
}

TEST(Log, KeepsIdsCountsAndTimes) {
    EXPECT_EQ(masked("order 4722c07dd9a10c3985ae432a"), "order 4722c07dd9a10c3985ae432a");
    EXPECT_EQ(masked("0192f0c1-2345-7abc-8def-0123456789ab"),
              "0192f0c1-2345-7abc-8def-0123456789ab");
    EXPECT_EQ(masked("took 1234567 ms"), "took 1234567 ms");
}

TEST(Log, CutsLongValues) {
    const std::string line = formatFields("a", {{"b", std::string(5000, 'x')}});
    EXPECT_LT(line.size(), kFieldBytesMax + 40);
}

}  // namespace
}  // namespace hub::observe
