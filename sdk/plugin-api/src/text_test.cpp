#include <hubsdk/cpp/text.hpp>

#include <gtest/gtest.h>

namespace hubsdk {
namespace {

TEST(Text, TrimsBlanksAtBothEnds) {
    EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
    EXPECT_EQ(trimmed(" \n "), "");
    EXPECT_EQ(trimmed(""), "");
}

TEST(Text, VendorWordsCompareNormalised) {
    EXPECT_EQ(normalisedWord(" In-Progress "), "in_progress");
    EXPECT_TRUE(sameWord("Canceled", "cancelled"));
    EXPECT_TRUE(sameWord("NOT FOUND", "not_found"));
    EXPECT_FALSE(sameWord("clear", "clears"));
    EXPECT_FALSE(sameWord("", "clear"));
}

TEST(Text, SearchIgnoresTheCaseOfAsciiLetters) {
    EXPECT_TRUE(containsNoCase("A Felony count", "fELONY"));
    EXPECT_FALSE(containsNoCase("misd", "felony"));
    EXPECT_TRUE(containsNoCase("x", ""));
    EXPECT_TRUE(equalNoCase("Content-TYPE", "content-type"));
    EXPECT_FALSE(equalNoCase("a", "ab"));
    EXPECT_FALSE(equalNoCase("\xC3\x9C", "\xC3\xBC")) << "only ASCII letters fold";
}

TEST(Text, DatesExistInTheCalendar) {
    EXPECT_TRUE(isDate("2024-02-29"));
    EXPECT_FALSE(isDate("2023-02-29"));
    EXPECT_TRUE(isDate("2000-02-29"));
    EXPECT_FALSE(isDate("1900-02-29"));
    EXPECT_FALSE(isDate("2024-13-01"));
    EXPECT_FALSE(isDate("2024-04-31"));
    EXPECT_FALSE(isDate("2024-00-10"));
    EXPECT_FALSE(isDate("2024-1-01"));
    EXPECT_FALSE(isDate("2024-01-01Z")) << "a zone is no part of a date";
    EXPECT_FALSE(isDate(""));
}

TEST(Text, DateOfCutsAZoneAndRefusesWhatIsNotWhole) {
    EXPECT_EQ(dateOf("2019-04-01"), "2019-04-01");
    EXPECT_EQ(dateOf(" 2019-04-01Z "), "2019-04-01");
    EXPECT_EQ(dateOf("2019-04-01-05:00"), "2019-04-01");
    EXPECT_EQ(dateOf("2019-04-01+14:00"), "2019-04-01");
    EXPECT_EQ(dateOf("2019-01"), std::nullopt) << "partial";
    EXPECT_EQ(dateOf("2019"), std::nullopt) << "partial";
    EXPECT_EQ(dateOf("XXXX-04-01"), std::nullopt) << "masked";
    EXPECT_EQ(dateOf("2019-04-XX"), std::nullopt) << "masked";
    EXPECT_EQ(dateOf("04/01/2019"), std::nullopt);
    EXPECT_EQ(dateOf("2019-04-01T10:00:00Z"), std::nullopt) << "a time is no date";
    EXPECT_EQ(dateOf("2019-04-01+5:00"), std::nullopt);
    EXPECT_EQ(dateOf("2019-02-30"), std::nullopt);
}

TEST(Text, TimesNeedAZone) {
    EXPECT_EQ(timestampOf("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(timestampOf("2024-02-29T12:00:00.250+02:00"), 1709200800250);
    EXPECT_EQ(timestampOf("2024-02-29T12:00:00.2500001z"), 1709208000250);
    EXPECT_EQ(timestampOf("1969-12-31T23:59:59Z"), -1000);
    EXPECT_EQ(timestampOf("2024-02-29T12:00:00"), std::nullopt);
    EXPECT_EQ(timestampOf("2024-02-29T24:00:00Z"), std::nullopt);
    EXPECT_EQ(timestampOf("2024-02-29T12:60:00Z"), std::nullopt);
    EXPECT_EQ(timestampOf("2024-02-29T12:00:61Z"), std::nullopt);
    EXPECT_EQ(timestampOf("2024-02-29T12:00:00.Z"), std::nullopt) << "a point without digits";
    EXPECT_EQ(timestampOf("2024-02-29T12:00:00+24:00"), std::nullopt);
    EXPECT_EQ(timestampOf("2023-02-29T12:00:00Z"), std::nullopt);
    EXPECT_EQ(timestampOf("2024-02-29"), std::nullopt);
    EXPECT_EQ(timestampOf("now"), std::nullopt);
}

TEST(Text, UtcCutsSubSecondsAndShiftsZones) {
    EXPECT_EQ(utcOf("2024-02-29T23:30:00.999-01:00"), "2024-03-01T00:30:00Z");
    EXPECT_EQ(utcOf("2024-03-01T00:30:00+01:00"), "2024-02-29T23:30:00Z");
    EXPECT_EQ(utcOf("2024-02-29 12:00:00Z"), "2024-02-29T12:00:00Z");
    EXPECT_EQ(utcOf("yesterday"), std::nullopt);
    EXPECT_EQ(formatUtc(-1), "1969-12-31T23:59:59Z");
    EXPECT_EQ(formatUtc(951782400999), "2000-02-29T00:00:00Z");
}

TEST(Text, PercentEncodingKeepsOnlyUnreservedCharacters) {
    EXPECT_EQ(percentEncoded("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percentEncoded("a b+c&d=\xC3\xBC/"), "a%20b%2Bc%26d%3D%C3%BC%2F");
    EXPECT_EQ(percentDecoded("a%20b+c", PlusSign::kBlank), "a b c");
    EXPECT_EQ(percentDecoded("a%20b+c", PlusSign::kLiteral), "a b+c");
    EXPECT_EQ(percentDecoded("%fC%FC", PlusSign::kLiteral), "\xFC\xFC");
    EXPECT_EQ(percentDecoded("100%", PlusSign::kLiteral), "100%") << "a bad escape stays";
    EXPECT_EQ(percentDecoded("%4", PlusSign::kLiteral), "%4");
    EXPECT_EQ(percentDecoded("%zz%41", PlusSign::kLiteral), "%zzA");
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    EXPECT_EQ(percentDecoded(percentEncoded(all), PlusSign::kBlank), all);
}

TEST(Text, FormFieldsDecodeToTheBytesThatWereSent) {
    constexpr std::string_view kForm =
        "name=M%FCller+Jr&empty=&na%6De2=x&bare&last=%3D&name=second";
    EXPECT_EQ(formField(kForm, "name"), "M\xFCller Jr") << "the first of two";
    EXPECT_EQ(formField(kForm, "empty"), "");
    EXPECT_EQ(formField(kForm, "name2"), "x");
    EXPECT_EQ(formField(kForm, "bare"), "");
    EXPECT_EQ(formField(kForm, "last"), "=");
    EXPECT_EQ(formField(kForm, "none"), std::nullopt);
    EXPECT_EQ(formField("", "name"), std::nullopt);
    EXPECT_EQ(formField("&&", "name"), std::nullopt);
}

TEST(Text, Latin1BecomesUtf8) {
    EXPECT_EQ(utf8FromLatin1("M\xFCller \xA0\xFF"), "M\xC3\xBCller \xC2\xA0\xC3\xBF");
    EXPECT_EQ(utf8FromLatin1("plain"), "plain");
}

TEST(Text, Base64RoundTripsEveryLength) {
    // RFC 4648 section 10.
    EXPECT_EQ(base64Encoded("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64Encoded("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64Encoded("foob"), "Zm9vYg==");
    EXPECT_EQ(base64Encoded(""), "");
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(base64Decoded(base64Encoded(bytes)), bytes);
        bytes += static_cast<char>(i * 7);
    }
}

TEST(Text, Base64IsStrict) {
    EXPECT_EQ(base64Decoded("Zm9vYg="), std::nullopt) << "length";
    EXPECT_EQ(base64Decoded("Zm9v Zm9"), std::nullopt) << "blank";
    EXPECT_EQ(base64Decoded("Zm9vYmE\n"), std::nullopt) << "line end";
    EXPECT_EQ(base64Decoded("Zm9v_-=="), std::nullopt) << "URL alphabet";
    EXPECT_EQ(base64Decoded("Zg==Zg=="), std::nullopt) << "padding inside";
    EXPECT_EQ(base64Decoded("Zh=="), std::nullopt) << "bits behind the last byte";
    EXPECT_EQ(base64Decoded("Zm9vYmF="), std::nullopt) << "bits behind the last byte";
    EXPECT_EQ(base64Decoded("===="), std::nullopt);
    EXPECT_EQ(base64Decoded("A==="), std::nullopt);
    EXPECT_EQ(base64Decoded(std::string_view("Zg\0=", 4)), std::nullopt);
}

TEST(Text, FingerprintsMatchThePublishedVectors) {
    // Vectors of the FNV reference page: "", "a", "foobar".
    EXPECT_EQ(fnv1a(""), "cbf29ce484222325");
    EXPECT_EQ(fnv1a("a"), "af63dc4c8601ec8c");
    EXPECT_EQ(fnv1a("foobar"), "85944171f73967e8");
}

}  // namespace
}  // namespace hubsdk
