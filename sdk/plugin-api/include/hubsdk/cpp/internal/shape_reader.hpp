/// Reads shapes from parsed JSON. Use readShape of <hubsdk/cpp/shape.hpp>.
#pragma once

#include <hubsdk/cpp/shape.hpp>

namespace hubsdk::internal {

struct ReadContext {
    bool refuse_unknown = false;
    std::span<const std::string_view> blobs;
    std::string message;
    std::string path;  // built from the inside out, only when something fails

    bool fail(std::string_view why) {
        message = why;
        return false;
    }
    void inside(std::string_view name) {
        const bool dot = !path.empty() && path.front() != '[';
        path.insert(0, std::string(name) + (dot ? "." : ""));
    }
    void insideItem(std::size_t index) {
        const bool dot = !path.empty() && path.front() != '[';
        path.insert(0, "[" + std::to_string(index) + "]" + (dot ? "." : ""));
    }
};

/// Null if the text has that format, else what is expected. In src/shape.cpp.
[[nodiscard]] const char* formatProblem(Format format, std::string_view text);

template <class T>
inline constexpr bool kMayBeAbsent = std::is_same_v<T, bool> || std::is_same_v<T, Raw>;
template <class T>
inline constexpr bool kMayBeAbsent<std::optional<T>> = true;
template <class T>
inline constexpr bool kMayBeAbsent<Patch<T>> = true;
template <class T>
inline constexpr bool kMayBeAbsent<std::vector<T>> = true;
template <class T>
inline constexpr bool kMayBeAbsent<std::map<std::string, T, std::less<>>> = true;

template <class T>
[[nodiscard]] constexpr bool isRequired(const FieldRules& rules) {
    return rules.need == Need::kRequired || (rules.need == Need::kByType && !kMayBeAbsent<T>);
}

bool readValue(Json json, bool& value, const FieldRules&, ReadContext& context);
bool readValue(Json json, std::int64_t& value, const FieldRules&, ReadContext& context);
bool readValue(Json json, double& value, const FieldRules&, ReadContext& context);
bool readValue(Json json, std::string& value, const FieldRules& rules, ReadContext& context);
bool readValue(Json json, Raw& value, const FieldRules&, ReadContext& context);
bool readValue(Json json, Body& value, const FieldRules&, ReadContext& context);

// Declared first, so that they find each other whatever the order of nesting.
template <NamedEnum E>
bool readValue(Json json, E& value, const FieldRules&, ReadContext& context);
template <Shaped T>
bool readValue(Json json, T& value, const FieldRules&, ReadContext& context);
template <class T>
bool readValue(Json json, std::optional<T>& value, const FieldRules& rules, ReadContext& context);
template <class T>
bool readValue(Json json, Patch<T>& value, const FieldRules& rules, ReadContext& context);
template <class T>
bool readValue(Json json, std::vector<T>& value, const FieldRules& rules, ReadContext& context);
template <class T>
bool readValue(Json json, std::map<std::string, T, std::less<>>& value, const FieldRules& rules,
               ReadContext& context);
template <class Tag, class... Shapes>
bool readValue(Json json, OneOf<Tag, Shapes...>& value, const FieldRules& rules,
               ReadContext& context);

template <NamedEnum E>
bool readValue(Json json, E& value, const FieldRules&, ReadContext& context) {
    const auto known = enumOf<E>(json.text());
    if (!json.asString() || !known) {
        return context.fail("is none of the values of " + std::string(EnumNames<E>::kName));
    }
    value = *known;
    return true;
}

template <class Object, class Member>
bool readField(Json json, Object& object, const Field<Object, Member>& row, ReadContext& context) {
    const Json member = json[row.name];
    if (!member.present()) {
        if (!isRequired<Member>(row.rules)) return true;
        context.fail("is required");
    } else if (readValue(member, object.*row.member, row.rules, context)) {
        return true;
    }
    context.inside(row.name);
    return false;
}

template <Shaped T>
bool knowsMember(std::string_view name) {
    if constexpr (requires { T::kTag; }) {
        if (name == Shape<T>::kTagMember) return true;
    }
    return std::apply([name](const auto&... rows) { return ((rows.name == name) || ...); },
                      Shape<T>::kFields);
}

template <Shaped T>
bool readValue(Json json, T& value, const FieldRules&, ReadContext& context) {
    if (json.kind() != JsonKind::kObject) return context.fail("must be an object");
    const bool filled = std::apply(
        [&](const auto&... rows) { return (readField(json, value, rows, context) && ...); },
        Shape<T>::kFields);
    if (!filled || !context.refuse_unknown) return filled;
    for (const JsonMember& member : json.members()) {
        if (knowsMember<T>(member.name)) continue;
        context.fail("is not a member of " + std::string(Shape<T>::kName));
        context.inside(member.name);
        return false;
    }
    return true;
}

template <class T>
bool readValue(Json json, std::optional<T>& value, const FieldRules& rules, ReadContext& context) {
    if (json.empty()) {
        value.reset();
        return true;
    }
    return readValue(json, value.emplace(), rules, context);
}

template <class T>
bool readValue(Json json, Patch<T>& value, const FieldRules& rules, ReadContext& context) {
    if (json.kind() == JsonKind::kNull) {
        value = Patch<T>(nullptr);
        return true;
    }
    value.state = Patch<T>::State::kValue;
    return readValue(json, value.value, rules, context);
}

template <class T>
bool readValue(Json json, std::vector<T>& value, const FieldRules& rules, ReadContext& context) {
    if (json.kind() == JsonKind::kNull) return true;
    if (json.kind() != JsonKind::kArray) return context.fail("must be an array");
    if (json.size() > rules.length_max) {
        return context.fail("has more than " + std::to_string(rules.length_max) + " items");
    }
    // One by one: a long list of wrong items fails at its first, before the rest takes memory.
    value.clear();
    value.reserve(json.size());
    FieldRules item_rules = rules;
    item_rules.length_max = FieldRules{}.length_max;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (readValue(json.at(i), value.emplace_back(), item_rules, context)) continue;
        context.insideItem(i);
        return false;
    }
    return true;
}

template <class T>
bool readValue(Json json, std::map<std::string, T, std::less<>>& value, const FieldRules& rules,
               ReadContext& context) {
    if (json.kind() == JsonKind::kNull) return true;
    if (json.kind() != JsonKind::kObject) return context.fail("must be an object");
    for (const JsonMember& member : json.members()) {
        if (readValue(Json(&member.value), value[std::string(member.name)], rules, context))
            continue;
        context.inside(member.name);
        return false;
    }
    return true;
}

template <class Tag, class First, class... Rest, class Variant>
bool readAlternative(Json json, std::string_view tag, Variant& value, ReadContext& context) {
    if (First::kTag == tag) {
        return readValue(json, value.template emplace<First>(), FieldRules{}, context);
    }
    if constexpr (sizeof...(Rest) > 0) {
        return readAlternative<Tag, Rest...>(json, tag, value, context);
    } else {
        context.fail("names no known kind");
        context.inside(Tag::kMember);
        return false;
    }
}

template <class Tag, class... Shapes>
bool readValue(Json json, OneOf<Tag, Shapes...>& value, const FieldRules&, ReadContext& context) {
    if (json.kind() != JsonKind::kObject) return context.fail("must be an object");
    return readAlternative<Tag, Shapes...>(json, json[Tag::kMember].text(), value.value, context);
}

}  // namespace hubsdk::internal
