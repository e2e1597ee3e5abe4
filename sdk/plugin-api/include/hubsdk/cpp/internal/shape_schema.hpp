/// Writes the JSON Schema of a shape. Use jsonSchema of <hubsdk/cpp/shape.hpp>.
#pragma once

#include <hubsdk/cpp/internal/shape_reader.hpp>

namespace hubsdk::internal {

template <class T>
struct SchemaOf;  // writes the members of the schema object for a T

void writeTextRules(JsonWriter& out, const FieldRules& rules);

template <class T>
void writeSchema(JsonWriter& out, const FieldRules& rules, std::string_view text) {
    out.beginObject();
    SchemaOf<T>::write(out, rules);
    if (!text.empty()) out.member("description", text);
    if (rules.pii != Pii::kNone) out.member("x-pii", static_cast<std::int64_t>(rules.pii));
    out.endObject();
}

template <>
struct SchemaOf<bool> {
    static void write(JsonWriter& out, const FieldRules&) { out.member("type", "boolean"); }
};
template <>
struct SchemaOf<std::int64_t> {
    static void write(JsonWriter& out, const FieldRules&) { out.member("type", "integer"); }
};
template <>
struct SchemaOf<double> {
    static void write(JsonWriter& out, const FieldRules&) { out.member("type", "number"); }
};
template <>
struct SchemaOf<std::string> {
    static void write(JsonWriter& out, const FieldRules& rules) { writeTextRules(out, rules); }
};
template <>
struct SchemaOf<Raw> {
    static void write(JsonWriter&, const FieldRules&) {}  // anything
};
template <>
struct SchemaOf<Body> {
    static void write(JsonWriter& out, const FieldRules&) {
        out.raw(R"("type":"object","properties":{"blob":{"type":"integer"}},"required":["blob"])");
    }
};
template <NamedEnum E>
struct SchemaOf<E> {
    static void write(JsonWriter& out, const FieldRules&) {
        out.member("type", "string");
        out.key("enum");
        out.beginArray();
        for (const auto& row : EnumNames<E>::kRows) out.string(row.text);
        out.endArray();
    }
};
template <class T>
struct SchemaOf<std::optional<T>> : SchemaOf<T> {
    static void write(JsonWriter& out, const FieldRules& rules) {
        out.key("anyOf");
        out.beginArray();
        writeSchema<T>(out, rules, {});
        out.raw(R"({"type":"null"})");
        out.endArray();
    }
};
template <class T>
struct SchemaOf<Patch<T>> : SchemaOf<std::optional<T>> {};
template <class T>
struct SchemaOf<std::vector<T>> {
    static void write(JsonWriter& out, const FieldRules& rules) {
        out.member("type", "array");
        out.key("items");
        FieldRules item = rules;
        item.length_max = FieldRules{}.length_max;
        item.pii = Pii::kNone;
        writeSchema<T>(out, item, {});
        if (rules.length_max != item.length_max)
            out.member("maxItems", std::int64_t{rules.length_max});
    }
};
template <class T>
struct SchemaOf<std::map<std::string, T, std::less<>>> {
    static void write(JsonWriter& out, const FieldRules&) {
        out.member("type", "object");
        out.key("additionalProperties");
        writeSchema<T>(out, FieldRules{}, {});
    }
};
template <class Tag, class... Shapes>
struct SchemaOf<OneOf<Tag, Shapes...>> {
    static void write(JsonWriter& out, const FieldRules&) {
        out.key("oneOf");
        out.beginArray();
        (writeSchema<Shapes>(out, FieldRules{}, {}), ...);
        out.endArray();
    }
};
template <Shaped T>
struct SchemaOf<T> {
    static void write(JsonWriter& out, const FieldRules&) {
        out.member("title", Shape<T>::kName);
        out.member("type", "object");
        out.key("properties");
        out.beginObject();
        if constexpr (requires { T::kTag; }) {
            out.key(Shape<T>::kTagMember);
            out.beginObject();
            out.member("const", T::kTag);
            out.endObject();
        }
        std::apply([&](const auto&... rows) { (writeProperty(out, rows), ...); },
                   Shape<T>::kFields);
        out.endObject();
        out.key("required");
        out.beginArray();
        if constexpr (requires { T::kTag; }) out.string(Shape<T>::kTagMember);
        std::apply([&](const auto&... rows) { (writeRequired(out, rows), ...); },
                   Shape<T>::kFields);
        out.endArray();
    }

private:
    template <class Member>
    static void writeProperty(JsonWriter& out, const Field<T, Member>& row) {
        out.key(row.name);
        writeSchema<Member>(out, row.rules, row.text);
    }
    template <class Member>
    static void writeRequired(JsonWriter& out, const Field<T, Member>& row) {
        if (isRequired<Member>(row.rules)) out.string(row.name);
    }
};

}  // namespace hubsdk::internal
