// What the field tables alone cannot say about actions and pieces.
#include <gmock/gmock.h>
#include <hubsdk/model/flow.hpp>

namespace hubsdk {
namespace {

using testing::HasSubstr;

constexpr std::string_view kCall =
    R"("calls":[{"label":"a","method":"GET","host":"h","path":"/"}])";

std::string action(std::string_view kind, std::string_view members = {}) {
    std::string text = R"({"action":")" + std::string(kind) + "\"";
    if (!members.empty()) text.append(",").append(members);
    return text + "}";
}

TEST(ActionRules, TakesEachKindWithItsMember) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"call", kCall},
        {"ask", R"("ask":{"label":"a","what":"packages"})"},
        {"wait", R"("wait":{"label":"a","until_ms":1})"},
        {"again", R"("again":{"label":"a","class":"rate_limited"})"},
        {"continue", R"("command":{"command":"feed.sync"})"},
        {"failed", R"("error":{"class":"auth","retryable":false})"},
        {"done", ""},
    };
    for (const auto& [kind, members] : cases) {
        const auto read = readShape<Action>(action(kind, members));
        EXPECT_TRUE(read) << kind << ": " << read.error().text();
    }
}

TEST(ActionRules, RefusesAKindWithoutItsMember) {
    for (const char* kind : {"call", "ask", "wait", "again", "continue", "failed"}) {
        const auto read = readShape<Action>(action(kind));
        ASSERT_FALSE(read) << kind;
        EXPECT_THAT(read.error().message, HasSubstr("needs the member")) << kind;
    }
    EXPECT_FALSE(readShape<Action>(action("call", R"("calls":[])")));
}

TEST(ActionRules, RefusesTheMemberOfAnotherKind) {
    for (const char* kind : {"done", "ask", "wait"}) {
        EXPECT_FALSE(readShape<Action>(action(kind, kCall))) << kind;
    }
}

TEST(PieceRules, RefusesWhatWouldBeIgnoredButCountedAsSigned) {
    const char* const refused[] = {
        R"([{"text":"const","of":[{"slice":{"of":"body"}}]}])",
        R"([{"stamp":"epoch_s","of":[{"slice":{"of":"body"}}]}])",
        R"([{"slice":{"of":"body"},"of":["x"]}])",
        R"([{"text":"const","key":[{"slice":{"of":"body"}}]}])",
        R"([{"hash":"sha256","of":["x"],"key":["k"]}])",
    };
    for (const char* text : refused) EXPECT_FALSE(readShape<Pieces>(text)) << text;
    EXPECT_TRUE(readShape<Pieces>(R"([{"hash":"sha256","of":["x"]}])"));
    EXPECT_TRUE(readShape<Pieces>(R"([{"sign":"hmac-sha256","of":["x"],"key":["k"]}])"));
    EXPECT_TRUE(readShape<Pieces>(R"([{"of":["x","y"]}])"));
}

}  // namespace
}  // namespace hubsdk
