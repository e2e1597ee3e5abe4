/// Field tables: one constexpr declaration per model type, from which reader, writer, JSON Schema
/// and redaction come (docs/adr/0006-field-tables.md).
///
///     template <> struct hubsdk::Shape<Money> {
///         static constexpr std::string_view kName = "Money";
///         static constexpr auto kFields = std::tuple{
///             field("amount_minor", &Money::amount_minor, "Amount in the currency's minor unit."),
///             field("currency", &Money::currency, "ISO 4217 code.", lengthMax(3))};
///     };
///
/// Member types: bool, std::int64_t, double, std::string, Body, Raw, enumerations with EnumNames,
/// types with a Shape, and std::optional, Patch, std::vector, Map and OneOf of these.
#pragma once

#include <hubsdk/cpp/json.hpp>

#include <array>
#include <map>
#include <tuple>
#include <variant>
#include <vector>

namespace hubsdk {

/// Specialised once per model type; see the head of this file.
template <class T>
struct Shape;

/// Specialised once per enumeration: `kName` and `kRows`, an array of {value, text}. The text is
/// what stands in documents and in SQL.
template <class E>
struct EnumNames;

template <class E>
struct EnumRow {
    E value;
    std::string_view text;
};

/// Protection class of a field. What is kSensitive and above is sealed
/// in storage and never logged; kPersonal is masked in logs.
enum class Pii : std::uint8_t { kNone, kPersonal, kSensitive, kRestricted, kSecret };

/// Format of a text, checked by the reader.
enum class Format : std::uint8_t { kAny, kDate, kTimestamp, kEmail };

/// Whether a member has to be there. By default optional, vector, Map, Patch and bool need not be.
enum class Need : std::uint8_t { kByType, kRequired, kOptional };

/// How an empty optional is written: left out, or as null ("said to be unknown").
enum class WhenEmpty : std::uint8_t { kLeaveOut, kWriteNull };

/// Longest text in bytes, or longest array in items.
struct LengthMax {
    std::uint32_t value;
};
constexpr LengthMax lengthMax(std::uint32_t value) { return {value}; }

struct FieldRules {
    Need need = Need::kByType;
    Pii pii = Pii::kNone;
    Format format = Format::kAny;
    WhenEmpty when_empty = WhenEmpty::kLeaveOut;
    std::uint32_t length_max = 1U << 20;

    constexpr void apply(Need rule) { need = rule; }
    constexpr void apply(Pii rule) { pii = rule; }
    constexpr void apply(Format rule) { format = rule; }
    constexpr void apply(WhenEmpty rule) { when_empty = rule; }
    constexpr void apply(LengthMax rule) { length_max = rule.value; }
};

template <class Object, class Member>
struct Field {
    std::string_view name;
    Member Object::*member;
    std::string_view text;  ///< what it means, for schema and documentation
    FieldRules rules;
};

/// One row of a field table. `rules` are any of Need, Pii, Format, WhenEmpty and lengthMax(n).
template <class Object, class Member, class... Rules>
constexpr Field<Object, Member> field(std::string_view name, Member Object::*member,
                                      std::string_view text, Rules... rules) {
    FieldRules all;
    (all.apply(rules), ...);
    return {name, member, text, all};
}

template <class T>
concept Shaped = requires {
    Shape<T>::kFields;
};
template <class T>
concept NamedEnum = std::is_enum_v<T> && requires {
    EnumNames<T>::kRows;
};

/// Absent, null or a value: "not said", "said to be unknown" and "said". For partial updates.
template <class T>
struct Patch {
    enum class State : std::uint8_t { kAbsent, kNull, kValue };
    State state = State::kAbsent;
    T value{};

    Patch() = default;
    template <std::convertible_to<T> Given>
    Patch(Given given) : state(State::kValue), value(std::move(given)) {}
    /// Absent if `given` is empty.
    Patch(std::optional<T> given) {
        if (!given) return;
        state = State::kValue;
        value = std::move(*given);
    }
    Patch(std::nullptr_t) : state(State::kNull) {}
    [[nodiscard]] bool absent() const { return state == State::kAbsent; }
    [[nodiscard]] bool isNull() const { return state == State::kNull; }
    [[nodiscard]] const T* get() const { return state == State::kValue ? &value : nullptr; }
    bool operator==(const Patch&) const = default;
};

/// A JSON object with free keys, sorted by key so that the same content gives the same bytes.
template <class T>
using Map = std::map<std::string, T, std::less<>>;

/// JSON text that is kept as it came. Empty means absent.
struct Raw {
    std::string json;
    bool operator==(const Raw&) const = default;
};

/// Raw bytes beside the document: {"blob": n} on the wire. A view; the bytes belong to the caller.
struct Body {
    std::string_view bytes;
    bool operator==(const Body&) const = default;
};

/// One of several shapes, told apart by the member Tag::kMember, whose value is each shape's
/// `kTag`. Tag is a struct with `static constexpr std::string_view kMember`.
template <class Tag, class... Shapes>
struct OneOf {
    std::variant<Shapes...> value;
};

/// The text of an enumerator. Any thread; lives for ever.
template <NamedEnum E>
[[nodiscard]] constexpr std::string_view nameOf(E value) {
    for (const auto& row : EnumNames<E>::kRows) {
        if (row.value == value) return row.text;
    }
    return {};
}

/// The enumerator with that text; nothing if there is none.
template <NamedEnum E>
[[nodiscard]] constexpr std::optional<E> enumOf(std::string_view text) {
    for (const auto& row : EnumNames<E>::kRows) {
        if (row.text == text) return row.value;
    }
    return std::nullopt;
}

}  // namespace hubsdk

#include <hubsdk/cpp/internal/shape_reader.hpp>
#include <hubsdk/cpp/internal/shape_schema.hpp>
#include <hubsdk/cpp/internal/shape_writer.hpp>

namespace hubsdk {

/// What the reader does with members that the field table does not name. Vendors add members at any
/// time, so documents from outside ignore them; our own API refuses them.
enum class UnknownMembers : std::uint8_t { kIgnore, kRefuse };

struct ReadOptions {
    UnknownMembers unknown = UnknownMembers::kIgnore;
    std::span<const std::string_view> blobs = {};  ///< what {"blob": n} refers to
};

/// Fills a T from a parsed value. Fails with kInvalid; `path` names the field ("applicant.email",
/// "checks[2].type"), the message never repeats the value. Body and nothing else refers to
/// `options.blobs`. Any thread.
template <class T>
[[nodiscard]] Result<T> readShape(Json json, const ReadOptions& options = {}) {
    T value{};
    internal::ReadContext context{
        options.unknown == UnknownMembers::kRefuse, options.blobs, {}, {}};
    using internal::readValue;  // and what argument-dependent look-up finds: overloads come later
    if (!readValue(json, value, FieldRules{}, context)) {
        return makeError(ErrorCode::kInvalid, std::move(context.message), std::move(context.path));
    }
    return value;
}

/// Parses a JSON text and fills a T. Errors of JsonDocument::parse and of readShape.
template <class T>
[[nodiscard]] Result<T> readShape(std::string_view text, const ReadOptions& options = {},
                                  const JsonLimits& limits = {}) {
    auto document = JsonDocument::parse(text, limits);
    if (!document) return std::move(document).error();
    return readShape<T>(document->root(), options);
}

/// Appends a T as JSON. `blobs` collects the bytes of Body members; null writes them as null.
template <class T>
void writeShape(JsonWriter& writer, const T& value,
                std::vector<std::string_view>* blobs = nullptr) {
    internal::WriteContext context{writer, blobs, Pii::kSecret};
    using internal::writeValue;
    writeValue(context, value);
}

/// A T as compact JSON text. The same value always gives the same bytes.
template <class T>
[[nodiscard]] std::string writeShape(const T& value,
                                     std::vector<std::string_view>* blobs = nullptr) {
    std::string out;
    JsonWriter writer(out);
    writeShape(writer, value, blobs);
    return out;
}

/// As writeShape, but every text of class kPersonal and above is replaced by "***": for logs.
template <class T>
[[nodiscard]] std::string writeRedacted(const T& value) {
    std::string out;
    JsonWriter writer(out);
    internal::WriteContext context{writer, nullptr, Pii::kNone};
    using internal::writeValue;
    writeValue(context, value);
    return out;
}

/// The JSON Schema (2020-12 subset) of a T; nested shapes stand inline. PII class as "x-pii".
template <class T>
[[nodiscard]] std::string jsonSchema() {
    std::string out;
    JsonWriter writer(out);
    internal::writeSchema<T>(writer, FieldRules{}, {});
    return out;
}

}  // namespace hubsdk
