#include "hub/flows/record_cutter.hpp"

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using hubsdk::ErrorCode;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

hubsdk::Records rules(const std::string& format, std::int64_t skip = 0, bool head = false) {
    hubsdk::Records made;
    made.format = format;
    made.skip = skip;
    made.head = head;
    return made;
}

hubsdk::Records fixed(std::int64_t bytes) {
    hubsdk::Records made = rules("fixed");
    made.record_bytes = bytes;
    return made;
}

struct Cut {
    std::vector<std::string> records;
    std::int64_t bad = 0;
    std::optional<std::int64_t> first_bad;
};

Cut cut(const hubsdk::Records& how, std::string_view file, std::size_t piece) {
    Cut result;
    RecordCutter cutter(how, [&](std::string_view record) {
        result.records.emplace_back(record);
        return hubsdk::Result<void>{};
    });
    for (std::size_t i = 0; i < file.size(); i += piece)
        EXPECT_TRUE(cutter.feed(file.substr(i, piece)));
    EXPECT_TRUE(cutter.end());
    result.bad = cutter.bad();
    result.first_bad = cutter.firstBad();
    return result;
}

struct CutCase {
    std::string name;
    hubsdk::Records how;
    std::string file;
    std::vector<std::string> records;
    std::int64_t bad = 0;
};

const std::vector<CutCase>& cutCases() {
    static const std::vector<CutCase> cases{
        {"empty", rules("lines"), "", {}, 0},
        {"lines", rules("lines"), "a\nb\r\n\r\n\nc", {"a", "b", "c"}, 0},
        {"a lone CR is text", rules("lines"), "a\rb\n", {"a\rb"}, 0},
        {"quotes are nothing in lines", rules("lines"), "\"a\nb\n", {"\"a", "b"}, 0},
        {"byte order mark",
         rules("lines"),
         "\xEF\xBB\xBF"
         "a\nb",
         {"a", "b"},
         0},
        {"shorter than a byte order mark", rules("lines"), "a", {"a"}, 0},
        {"skip", rules("lines", 2), "1\n2\n3\n", {"3"}, 0},
        {"head", rules("csv", 1, true), "id,day\n1,x\n2,y\n", {"id,day\n1,x", "id,day\n2,y"}, 0},
        {"csv", rules("csv"), "a,b\nc,d", {"a,b", "c,d"}, 0},
        {"quoted newline", rules("csv"), "a,\"x\ny\"\r\nc\n", {"a,\"x\ny\"", "c"}, 0},
        {"quoted newline first", rules("csv"), "\"x\r\ny\",b\nc\n", {"\"x\r\ny\",b", "c"}, 0},
        {"doubled quotes", rules("csv"), "\"a\"\"\nb\",c\nd\n", {"\"a\"\"\nb\",c", "d"}, 0},
        {"empty quoted field", rules("csv"), "\"\",a\nb\n", {"\"\",a", "b"}, 0},
        {"a quote inside a field is text", rules("csv"), "a\"b\nc\n", {"a\"b", "c"}, 0},
        {"unclosed at the end", rules("csv"), "a\n\"b\nc\nd\n", {"a", "c", "d"}, 1},
        {"only an unclosed quote", rules("csv"), "\"b", {}, 1},
        {"fixed", fixed(3), "abcdef", {"abc", "def"}, 0},
        {"fixed keeps every byte", fixed(3), "a\nb\"\r\n", {"a\nb", "\"\r\n"}, 0},
        {"fixed and a line end", fixed(3), "abc\n", {"abc"}, 0},
        {"fixed, the last too short", fixed(3), "abcde", {"abc"}, 1},
    };
    return cases;
}

TEST(RecordCutterTest, CutsTheSameInPiecesOfAnySize) {
    for (const CutCase& one : cutCases()) {
        for (const std::size_t piece :
             {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{1000}}) {
            const Cut done = cut(one.how, one.file, piece);
            EXPECT_THAT(done.records, ElementsAreArray(one.records)) << one.name << " by " << piece;
            EXPECT_EQ(done.bad, one.bad) << one.name << " by " << piece;
        }
    }
}

TEST(RecordCutterTest, ARecordThatIsTooLongDoesNotStopItsNeighbours) {
    const std::string fits(kRecordBytesMax, 'f');
    const std::string over(3 * kRecordBytesMax + 7, 'o');
    for (const char* format : {"lines", "csv"}) {
        for (const std::size_t piece : {std::size_t{1000}, std::size_t{10'000'000}}) {
            const Cut done =
                cut(rules(format), "a\n" + over + "\nb\n" + fits + "\n" + over + "\nc", piece);
            EXPECT_THAT(done.records, ElementsAreArray({std::string("a"), std::string("b"), fits,
                                                        std::string("c")}));
            EXPECT_EQ(done.bad, 2);
            EXPECT_EQ(done.first_bad, 2);
        }
    }
}

TEST(RecordCutterTest, AnOpenQuoteCostsOneLineOfALongFile) {
    std::string file = "\"open\n";
    std::vector<std::string> expected;
    while (file.size() < 2 * kRecordBytesMax) {
        expected.push_back("row " + std::to_string(expected.size()));
        file += expected.back() + "\n";
    }
    const Cut done = cut(rules("csv"), file, 4096);
    EXPECT_EQ(done.records, expected);
    EXPECT_EQ(done.bad, 1);
}

TEST(RecordCutterTest, RefusesTooManyRecords) {
    RecordCutter cutter(rules("lines"), [](std::string_view) { return hubsdk::Result<void>{}; });
    hubsdk::Result<void> fed;
    for (std::int64_t i = 0; i <= kRecordsMax && fed; ++i) fed = cutter.feed("x\n");
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().code, ErrorCode::kTooLarge);
}

TEST(RecordCutterTest, WhatTakesRecordsMayEndTheCutting) {
    RecordCutter cutter(rules("lines"), [](std::string_view) -> hubsdk::Result<void> {
        return hubsdk::makeError(ErrorCode::kUnavailable, "away");
    });
    EXPECT_EQ(cutter.feed("a\nb\n").error().code, ErrorCode::kUnavailable);
}

TEST(RecordCutterTest, ChecksItsRules) {
    const auto path = [](const hubsdk::Records& how) {
        const auto checked = RecordCutter::check(how);
        return checked ? std::string() : checked.error().path;
    };
    EXPECT_EQ(path(rules("csv", 1, true)), "");
    EXPECT_EQ(path(fixed(80)), "");
    EXPECT_EQ(path(rules("tsv")), "format");
    EXPECT_EQ(path(rules("fixed")), "record_bytes");
    EXPECT_EQ(path(fixed(0)), "record_bytes");
    EXPECT_EQ(path(fixed(kRecordBytesMax + 1)), "record_bytes");
    hubsdk::Records lines = fixed(3);
    lines.format = "lines";
    EXPECT_EQ(path(lines), "record_bytes");
    EXPECT_EQ(path(rules("csv", -1)), "skip");
    EXPECT_EQ(path(rules("csv", 1001)), "skip");
    EXPECT_EQ(path(rules("csv", 0, true)), "head");
    const auto reserved = RecordCutter::check(rules("xlsx"));
    ASSERT_FALSE(reserved);
    EXPECT_EQ(reserved.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(reserved.error().message, HasSubstr("xlsx"));
}

}  // namespace
}  // namespace hub::flows
