/// JSON in memory: a strict reader with limits, a view to look things up, and a writer.
#pragma once

#include <hubsdk/cpp/result.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hubsdk {

/// What the reader refuses, whoever sent it. Deeper or larger is kTooLarge.
struct JsonLimits {
    std::size_t bytes_max = std::size_t{16} * 1024 * 1024;
    std::size_t depth_max = 64;  ///< the root value has depth 1
    /// RFC 8259 section 4 leaves equal keys in one object open, and readers that disagree about
    /// them let a sender show each a different document; so they are refused. False keeps the last
    /// one, for a party that cannot do better.
    bool unique_keys = true;
};

enum class JsonKind : std::uint8_t { kMissing, kNull, kBool, kNumber, kString, kArray, kObject };

namespace internal {
struct JsonMember;
struct JsonNode {
    JsonKind kind = JsonKind::kMissing;
    bool truth = false;
    std::uint32_t size = 0;  // bytes of text, items or members
    union {
        const char* text = nullptr;  // string (decoded) or number (as written)
        const JsonNode* items;
        const JsonMember* members;
    };
};
struct JsonMember {
    std::string_view name;
    JsonNode value;
};
extern const JsonNode kMissingNode;
}  // namespace internal

/// A view of one value inside a JsonDocument. Cheap to copy; valid as long as the document lives.
/// Looking up something absent gives a value of kind kMissing, never an error, so look-ups chain.
/// Any thread.
class Json {
public:
    Json() : node_(&internal::kMissingNode) {}
    explicit Json(const internal::JsonNode* node) : node_(node) {}

    [[nodiscard]] JsonKind kind() const { return node_->kind; }
    /// True for everything but "absent". JSON null is present.
    [[nodiscard]] bool present() const { return kind() != JsonKind::kMissing; }
    /// True for absent and for null.
    [[nodiscard]] bool empty() const { return !present() || kind() == JsonKind::kNull; }

    /// The member of that name; absent if this is no object or has no such member.
    [[nodiscard]] Json operator[](std::string_view name) const;
    /// Item or member count; 0 for other kinds.
    [[nodiscard]] std::size_t size() const;
    /// Item `index` of an array; absent if there is none.
    [[nodiscard]] Json at(std::size_t index) const;
    /// RFC 6901 pointer, for example "/data/object/id"; "" is the value itself.
    [[nodiscard]] Json pointer(std::string_view path) const;

    /// The text of a string, else nothing. The view lives as long as the document.
    [[nodiscard]] std::optional<std::string_view> asString() const;
    /// The text of a string, else `fallback`.
    [[nodiscard]] std::string_view text(std::string_view fallback = {}) const;
    /// A string's text, a number as it was written, or "true"/"false"; else nothing.
    [[nodiscard]] std::optional<std::string_view> scalarText() const;
    [[nodiscard]] std::optional<bool> asBool() const;
    /// An integer that was written without fraction and exponent and fits; else nothing.
    [[nodiscard]] std::optional<std::int64_t> asInt64() const;
    /// Any finite number; else nothing.
    [[nodiscard]] std::optional<double> asDouble() const;

    [[nodiscard]] std::span<const internal::JsonNode> items() const;
    [[nodiscard]] std::span<const internal::JsonMember> members() const;

private:
    friend std::string toMaskedText(Json json, std::span<const std::string> pointers);
    const internal::JsonNode* node_;
};

/// A parsed document: owns all memory of its values. Movable; one arena, freed at once.
class JsonDocument {
public:
    /// Reads one complete JSON text (RFC 8259: UTF-8, no BOM, no comments, no trailing commas).
    /// Fails with kInvalid (syntax, bad UTF-8, duplicate key; `path` holds the byte offset) or
    /// kTooLarge (JsonLimits). Values are copied: `text` is only read during the call. Any thread.
    [[nodiscard]] static Result<JsonDocument> parse(std::string_view text,
                                                    const JsonLimits& limits = {});

    JsonDocument(JsonDocument&&) noexcept;
    JsonDocument& operator=(JsonDocument&&) noexcept;
    ~JsonDocument();

    [[nodiscard]] Json root() const { return Json(root_); }

private:
    struct Arena;
    JsonDocument(std::unique_ptr<Arena> arena, const internal::JsonNode* root);
    std::unique_ptr<Arena> arena_;
    const internal::JsonNode* root_;
};

/// Appends JSON text to a string. Commas are its own business; nesting is the caller's.
/// Strings must be UTF-8; bytes that are not are written as U+FFFD, so the output is always valid.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    void beginObject() { open('{'); }
    void endObject() { close('}'); }
    void beginArray() { open('['); }
    void endArray() { close(']'); }
    void key(std::string_view name);

    void string(std::string_view text);
    void number(std::int64_t value);
    void number(double value);  ///< shortest text that reads back equal; not finite becomes null
    void boolean(bool value);
    void null();
    /// JSON text that is already valid, as it is.
    void raw(std::string_view json);
    /// Copies a parsed value.
    void value(Json json);

    /// key and string in one.
    void member(std::string_view name, std::string_view text) { key(name), string(text); }
    void member(std::string_view name, const char* text) { key(name), string(text); }
    void member(std::string_view name, std::int64_t value) { key(name), number(value); }
    void member(std::string_view name, std::same_as<bool> auto value) { key(name), boolean(value); }

private:
    void open(char bracket);
    void close(char bracket);
    void separate();
    std::string& out_;
    bool comma_ = false;
};

/// The value as compact JSON text.
[[nodiscard]] std::string toText(Json json);

/// As toText, with every value that one of the pointers leads to replaced by "***".
[[nodiscard]] std::string toMaskedText(Json json, std::span<const std::string> pointers);

/// The text as a JSON string, quotes included.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace hubsdk
