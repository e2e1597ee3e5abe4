#include <hubsdk/model/flow.hpp>

namespace hubsdk::internal {
namespace {

struct KindRow {
    ActionKind kind;
    std::string_view member;
    bool (*has)(const Action& action);
};
constexpr std::array<KindRow, 6> kKinds{{
    {ActionKind::kCall, "calls", [](const Action& action) { return !action.calls.empty(); }},
    {ActionKind::kAsk, "ask", [](const Action& action) { return action.ask.has_value(); }},
    {ActionKind::kWait, "wait", [](const Action& action) { return action.wait.has_value(); }},
    {ActionKind::kAgain, "again", [](const Action& action) { return action.again.has_value(); }},
    {ActionKind::kContinue, "command",
     [](const Action& action) { return action.next.has_value(); }},
    {ActionKind::kFailed, "error", [](const Action& action) { return action.error.has_value(); }},
}};

}  // namespace

bool readValue(Json json, Action& value, const FieldRules& rules, ReadContext& context) {
    if (!readValue<Action>(json, value, rules, context)) return false;
    for (const KindRow& row : kKinds) {
        const bool own = row.kind == value.action;
        if (own && !row.has(value)) {
            return context.fail(std::string("of this kind needs the member ").append(row.member));
        }
        if (!own && row.has(value)) {
            return context.fail(std::string("of this kind has no member ").append(row.member));
        }
    }
    return true;
}

}  // namespace hubsdk::internal
