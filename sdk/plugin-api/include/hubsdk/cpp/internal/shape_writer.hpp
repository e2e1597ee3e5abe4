/// Writes shapes as JSON. Use writeShape of <hubsdk/cpp/shape.hpp>.
#pragma once

#include <hubsdk/cpp/shape.hpp>

namespace hubsdk::internal {

struct WriteContext {
    JsonWriter& out;
    std::vector<std::string_view>* blobs;  // where Body members go; may be null
    Pii shown_max;                         // texts of a higher class are masked
    Pii here = Pii::kNone;

    [[nodiscard]] bool masked() const { return here > shown_max; }
};

inline void writeValue(WriteContext& context, bool value) { context.out.boolean(value); }
inline void writeValue(WriteContext& context, std::int64_t value) { context.out.number(value); }
inline void writeValue(WriteContext& context, double value) { context.out.number(value); }
inline void writeValue(WriteContext& context, const std::string& value) {
    context.out.string(context.masked() ? std::string_view("***") : value);
}
inline void writeValue(WriteContext& context, const Raw& value) {
    if (context.masked()) return context.out.string("***");
    context.out.raw(value.json.empty() ? std::string_view("null") : value.json);
}
inline void writeValue(WriteContext& context, const Body& value) {
    if (context.blobs == nullptr) return context.out.null();
    context.out.beginObject();
    context.out.member("blob", static_cast<std::int64_t>(context.blobs->size()));
    context.out.endObject();
    context.blobs->push_back(value.bytes);
}

template <NamedEnum E>
void writeValue(WriteContext& context, E value) {
    context.out.string(nameOf(value));
}
template <Shaped T>
void writeValue(WriteContext& context, const T& value);
template <class T>
void writeValue(WriteContext& context, const std::optional<T>& value);
template <class T>
void writeValue(WriteContext& context, const Patch<T>& value);
template <class T>
void writeValue(WriteContext& context, const std::vector<T>& value);
template <class T>
void writeValue(WriteContext& context, const std::map<std::string, T, std::less<>>& value);
template <class Tag, class... Shapes>
void writeValue(WriteContext& context, const OneOf<Tag, Shapes...>& value);

// Whether a member is left out of the document. A required list is written though it is empty: an
// interpretation without observations and a claim without proofs are answers, not omissions.
inline bool leavesOutEmptyList(const FieldRules& rules) {
    return rules.when_empty == WhenEmpty::kLeaveOut && rules.need != Need::kRequired;
}
template <class T>
bool isLeftOut(const T&, const FieldRules&) {
    return false;
}
inline bool isLeftOut(const Raw& value, const FieldRules& rules) {
    return value.json.empty() && rules.when_empty == WhenEmpty::kLeaveOut;
}
template <class T>
bool isLeftOut(const std::optional<T>& value, const FieldRules& rules) {
    return !value && rules.when_empty == WhenEmpty::kLeaveOut;
}
template <class T>
bool isLeftOut(const Patch<T>& value, const FieldRules&) {
    return value.absent();
}
template <class T>
bool isLeftOut(const std::vector<T>& value, const FieldRules& rules) {
    return value.empty() && leavesOutEmptyList(rules);
}
template <class T>
bool isLeftOut(const std::map<std::string, T, std::less<>>& value, const FieldRules& rules) {
    return value.empty() && leavesOutEmptyList(rules);
}

template <class Object, class Member>
void writeField(WriteContext& context, const Object& object, const Field<Object, Member>& row) {
    const Member& value = object.*row.member;
    if (isLeftOut(value, row.rules)) return;
    context.out.key(row.name);
    const Pii outside = context.here;
    if (row.rules.pii > context.here) context.here = row.rules.pii;
    writeValue(context, value);
    context.here = outside;
}

template <Shaped T>
void writeValue(WriteContext& context, const T& value) {
    context.out.beginObject();
    if constexpr (requires { T::kTag; }) context.out.member(Shape<T>::kTagMember, T::kTag);
    std::apply([&](const auto&... rows) { (writeField(context, value, rows), ...); },
               Shape<T>::kFields);
    context.out.endObject();
}

template <class T>
void writeValue(WriteContext& context, const std::optional<T>& value) {
    if (!value) return context.out.null();
    writeValue(context, *value);
}

template <class T>
void writeValue(WriteContext& context, const Patch<T>& value) {
    if (value.get() == nullptr) return context.out.null();
    writeValue(context, value.value);
}

template <class T>
void writeValue(WriteContext& context, const std::vector<T>& value) {
    context.out.beginArray();
    for (const T& item : value) writeValue(context, item);
    context.out.endArray();
}

template <class T>
void writeValue(WriteContext& context, const std::map<std::string, T, std::less<>>& value) {
    context.out.beginObject();
    for (const auto& [name, item] : value) {
        context.out.key(name);
        writeValue(context, item);
    }
    context.out.endObject();
}

template <class Tag, class... Shapes>
void writeValue(WriteContext& context, const OneOf<Tag, Shapes...>& value) {
    std::visit([&](const auto& shape) { writeValue(context, shape); }, value.value);
}

}  // namespace hubsdk::internal
