#include <hubsdk/cpp/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace hubsdk {
namespace {

// For each byte: 0 = as it is, 1 = needs work (escape or UTF-8 check).
constexpr std::array<bool, 256> kNeedsWork = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        table[byte] = byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80;
    }
    return table;
}();

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void appendEscape(std::string& out, unsigned char byte) {
    switch (byte) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
}

// Length in bytes of the well-formed UTF-8 sequence that starts at `at`; 0 if there is none
// (RFC 3629 table: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t sequenceLength(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (!follows(1) || !follows(2)) return 0;
        if (lead == 0xE0 && byte(1) < 0xA0) return 0;
        return lead == 0xED && byte(1) > 0x9F ? 0 : 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (lead == 0xF0 && byte(1) < 0x90) return 0;
        return lead == 0xF4 && byte(1) > 0x8F ? 0 : 4;
    }
    return 0;
}

}  // namespace

void JsonWriter::separate() {
    if (comma_) out_ += ',';
    comma_ = true;
}

void JsonWriter::open(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
}

void JsonWriter::close(char bracket) {
    out_ += bracket;
    comma_ = true;
}

void JsonWriter::key(std::string_view name) {
    string(name);
    out_ += ':';
    comma_ = false;
}

void JsonWriter::string(std::string_view text) {
    separate();
    out_ += '"';
    std::size_t plain = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (!kNeedsWork[byte]) {
            ++at;
            continue;
        }
        if (byte >= 0x80) {
            if (const std::size_t length = sequenceLength(text, at); length > 0) {
                at += length;
                continue;
            }
        }
        out_.append(text, plain, at - plain);
        if (byte >= 0x80) {
            out_ += kReplacement;
        } else {
            appendEscape(out_, byte);
        }
        plain = ++at;
    }
    out_.append(text, plain, text.size() - plain);
    out_ += '"';
}

void JsonWriter::number(std::int64_t value) {
    separate();
    std::array<char, 24> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out_.append(buffer.data(), end);
}

void JsonWriter::number(double value) {
    if (!std::isfinite(value)) return null();
    separate();
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out_.append(buffer.data(), end);
}

void JsonWriter::boolean(bool value) { raw(value ? "true" : "false"); }

void JsonWriter::null() { raw("null"); }

void JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
}

void JsonWriter::value(Json json) {
    switch (json.kind()) {
        case JsonKind::kMissing:
        case JsonKind::kNull:
            return null();
        case JsonKind::kBool:
            return boolean(*json.asBool());
        case JsonKind::kNumber:
            return raw(*json.scalarText());
        case JsonKind::kString:
            return string(*json.asString());
        case JsonKind::kArray:
            beginArray();
            for (const internal::JsonNode& item : json.items()) value(Json(&item));
            return endArray();
        case JsonKind::kObject:
            beginObject();
            for (const internal::JsonMember& member : json.members()) {
                key(member.name);
                value(Json(&member.value));
            }
            return endObject();
    }
}

std::string toText(Json json) {
    std::string out;
    JsonWriter(out).value(json);
    return out;
}

namespace {

void writeMasked(JsonWriter& out, const internal::JsonNode& node,
                 std::span<const internal::JsonNode* const> masked) {
    if (std::find(masked.begin(), masked.end(), &node) != masked.end()) return out.string("***");
    const Json json(&node);
    if (json.kind() == JsonKind::kArray) {
        out.beginArray();
        for (const internal::JsonNode& item : json.items()) writeMasked(out, item, masked);
        out.endArray();
    } else if (json.kind() == JsonKind::kObject) {
        out.beginObject();
        for (const internal::JsonMember& member : json.members()) {
            out.key(member.name);
            writeMasked(out, member.value, masked);
        }
        out.endObject();
    } else {
        out.value(json);
    }
}

}  // namespace

std::string toMaskedText(Json json, std::span<const std::string> pointers) {
    std::vector<const internal::JsonNode*> masked;
    for (const std::string& pointer : pointers) masked.push_back(json.pointer(pointer).node_);
    std::string text;
    JsonWriter writer(text);
    writeMasked(writer, *json.node_, masked);
    return text;
}

std::string quoted(std::string_view text) {
    std::string out;
    JsonWriter(out).string(text);
    return out;
}

}  // namespace hubsdk
