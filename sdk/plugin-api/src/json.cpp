#include <hubsdk/cpp/json.hpp>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>
#include <cmath>
#include <cstring>
#include <memory_resource>
#include <set>
#include <vector>

namespace hubsdk {

using internal::JsonMember;
using internal::JsonNode;

const JsonNode internal::kMissingNode{};

struct JsonDocument::Arena {
    // Most documents fit the first block, so parsing one costs a single allocation.
    explicit Arena(std::size_t first_block_bytes) : memory(first_block_bytes) {}
    std::pmr::monotonic_buffer_resource memory;
};

namespace {

// Above this many members a sort finds duplicates faster than comparing all pairs.
constexpr std::size_t kPairwiseMembersMax = 24;

bool hasDuplicateKey(std::span<const JsonMember> members) {
    if (members.size() <= kPairwiseMembersMax) {
        for (std::size_t i = 1; i < members.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (members[i].name == members[j].name) return true;
            }
        }
        return false;
    }
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const JsonMember& member : members) names.push_back(member.name);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

// Keeps the last member of each name, in the order of the last ones; gives their count.
std::size_t keepLastOfEachKey(std::span<JsonMember> members) {
    std::set<std::string_view> seen;
    std::size_t kept = members.size();
    for (std::size_t i = members.size(); i-- > 0;) {
        if (seen.insert(members[i].name).second) members[--kept] = members[i];
    }
    std::ranges::move(members.subspan(kept), members.begin());
    return members.size() - kept;
}

enum class Refusal : std::uint8_t { kNone, kDuplicateKey, kKeyTooLong };

// Receives the parser's events and builds nodes in the arena, bottom-up.
struct TreeBuilder {
    // Names that boost::json::basic_parser asks for; the whole text is bounded by JsonLimits.
    static constexpr std::size_t max_object_size = 0xFFFFFFFF;
    static constexpr std::size_t max_array_size = 0xFFFFFFFF;
    static constexpr std::size_t max_key_size = 64UL * 1024;
    static constexpr std::size_t max_string_size = 0x7FFFFFFF;

    TreeBuilder(std::pmr::memory_resource* memory, bool unique_keys)
        : memory_(memory), unique_keys_(unique_keys) {
        values_.reserve(64);
        names_.reserve(64);
    }

    using error_code = boost::json::error_code;
    using text_type = boost::json::string_view;

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t count, error_code& error) {
        auto* members = static_cast<JsonMember*>(memory_->allocate(
            std::max<std::size_t>(count, 1) * sizeof(JsonMember), alignof(JsonMember)));
        const std::size_t first_value = values_.size() - count;
        const std::size_t first_name = names_.size() - count;
        for (std::size_t i = 0; i < count; ++i) {
            new (members + i) JsonMember{names_[first_name + i], values_[first_value + i]};
        }
        values_.resize(first_value);
        names_.resize(first_name);
        if (hasDuplicateKey({members, count})) {
            if (unique_keys_) {
                refusal_ = Refusal::kDuplicateKey;
                error = boost::json::error::syntax;
                return false;
            }
            count = keepLastOfEachKey({members, count});
        }
        JsonNode node;
        node.kind = JsonKind::kObject;
        node.size = static_cast<std::uint32_t>(count);
        node.members = members;
        values_.push_back(node);
        return true;
    }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t count, error_code&) {
        auto* items = static_cast<JsonNode*>(memory_->allocate(
            std::max<std::size_t>(count, 1) * sizeof(JsonNode), alignof(JsonNode)));
        const std::size_t first = values_.size() - count;
        for (std::size_t i = 0; i < count; ++i) new (items + i) JsonNode(values_[first + i]);
        values_.resize(first);
        JsonNode node;
        node.kind = JsonKind::kArray;
        node.size = static_cast<std::uint32_t>(count);
        node.items = items;
        values_.push_back(node);
        return true;
    }
    bool on_key_part(text_type part, std::size_t, error_code&) { return append(part); }
    bool on_key(text_type part, std::size_t, error_code&) {
        append(part);
        names_.push_back(takeText());
        return true;
    }
    bool on_string_part(text_type part, std::size_t, error_code&) { return append(part); }
    bool on_string(text_type part, std::size_t, error_code&) {
        append(part);
        return pushText(JsonKind::kString);
    }
    bool on_number_part(text_type part, error_code&) { return append(part); }
    bool on_int64(std::int64_t, text_type part, error_code&) { return number(part); }
    bool on_uint64(std::uint64_t, text_type part, error_code&) { return number(part); }
    bool on_double(double, text_type part, error_code&) { return number(part); }
    bool on_bool(bool truth, error_code&) {
        JsonNode node;
        node.kind = JsonKind::kBool;
        node.truth = truth;
        values_.push_back(node);
        return true;
    }
    bool on_null(error_code&) {
        JsonNode node;
        node.kind = JsonKind::kNull;
        values_.push_back(node);
        return true;
    }
    bool on_comment_part(text_type, error_code&) { return true; }
    bool on_comment(text_type, error_code&) { return true; }

    [[nodiscard]] Refusal refusal() const { return refusal_; }
    [[nodiscard]] const JsonNode* finish() {
        auto* root = static_cast<JsonNode*>(memory_->allocate(sizeof(JsonNode), alignof(JsonNode)));
        return new (root) JsonNode(values_.back());
    }

private:
    bool append(text_type part) {
        partial_.append(part.data(), part.size());
        return true;
    }
    std::string_view takeText() {
        auto* copy =
            static_cast<char*>(memory_->allocate(std::max<std::size_t>(partial_.size(), 1), 1));
        std::memcpy(copy, partial_.data(), partial_.size());
        const std::string_view text{copy, partial_.size()};
        partial_.clear();
        return text;
    }
    bool pushText(JsonKind kind) {
        const std::string_view text = takeText();
        JsonNode node;
        node.kind = kind;
        node.size = static_cast<std::uint32_t>(text.size());
        node.text = text.data();
        values_.push_back(node);
        return true;
    }
    bool number(text_type part) {
        append(part);
        return pushText(JsonKind::kNumber);
    }

    std::pmr::memory_resource* memory_;
    bool unique_keys_;
    std::vector<JsonNode> values_;
    std::vector<std::string_view> names_;
    std::string partial_;
    Refusal refusal_ = Refusal::kNone;
};

Error syntaxError(std::string message, std::size_t offset) {
    return makeError(ErrorCode::kInvalid, std::move(message), "byte " + std::to_string(offset));
}

}  // namespace

JsonDocument::JsonDocument(std::unique_ptr<Arena> arena, const JsonNode* root)
    : arena_(std::move(arena)), root_(root) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes_max) {
        return makeError(ErrorCode::kTooLarge,
                         "JSON text is larger than " + std::to_string(limits.bytes_max) + " bytes");
    }
    auto arena = std::make_unique<Arena>(text.size() * 2 + 512);
    boost::json::parse_options options;
    options.max_depth = limits.depth_max;
    boost::json::basic_parser<TreeBuilder> parser(options, &arena->memory, limits.unique_keys);
    boost::json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (parser.handler().refusal() == Refusal::kDuplicateKey) {
        return syntaxError("a key stands twice in one object", used);
    }
    if (error == boost::json::error::too_deep) {
        return makeError(ErrorCode::kTooLarge, "JSON is nested deeper than " +
                                                   std::to_string(limits.depth_max) + " levels");
    }
    if (error) return syntaxError("not valid JSON: " + error.message(), used);
    if (used != text.size()) return syntaxError("text after the end of the JSON value", used);
    const JsonNode* root = parser.handler().finish();
    return JsonDocument(std::move(arena), root);
}

Json Json::operator[](std::string_view name) const {
    for (const JsonMember& member : members()) {
        if (member.name == name) return Json(&member.value);
    }
    return {};
}

std::size_t Json::size() const {
    return kind() == JsonKind::kArray || kind() == JsonKind::kObject ? node_->size : 0;
}

Json Json::at(std::size_t index) const {
    return index < items().size() ? Json(&items()[index]) : Json();
}

std::span<const JsonNode> Json::items() const {
    if (kind() != JsonKind::kArray) return {};
    return {node_->items, node_->size};
}

std::span<const JsonMember> Json::members() const {
    if (kind() != JsonKind::kObject) return {};
    return {node_->members, node_->size};
}

Json Json::pointer(std::string_view path) const {
    if (!path.empty() && path.front() != '/') return {};
    Json here = *this;
    while (!path.empty() && here.present()) {
        path.remove_prefix(1);  // the slash
        const std::string_view token = path.substr(0, path.find('/'));
        path.remove_prefix(token.size());
        std::string name(token);
        for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
            for (std::size_t at = 0; (at = name.find(from, at)) != std::string::npos; ++at) {
                name.replace(at, 2, to);
            }
        }
        std::size_t index = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), index);
        const bool is_index = problem == std::errc{} && end == name.data() + name.size();
        here = here.kind() == JsonKind::kArray ? (is_index ? here.at(index) : Json()) : here[name];
    }
    return here;
}

std::optional<std::string_view> Json::asString() const {
    if (kind() != JsonKind::kString) return std::nullopt;
    return std::string_view{node_->text, node_->size};
}

std::string_view Json::text(std::string_view fallback) const {
    return asString().value_or(fallback);
}

std::optional<std::string_view> Json::scalarText() const {
    switch (kind()) {
        case JsonKind::kString:
        case JsonKind::kNumber:
            return std::string_view{node_->text, node_->size};
        case JsonKind::kBool:
            return node_->truth ? "true" : "false";
        default:
            return std::nullopt;
    }
}

std::optional<bool> Json::asBool() const {
    if (kind() != JsonKind::kBool) return std::nullopt;
    return node_->truth;
}

namespace {
template <class Number>
std::optional<Number> parseNumber(const char* text, std::uint32_t size) {
    Number value{};
    const auto [end, problem] = std::from_chars(text, text + size, value);
    if (problem != std::errc{} || end != text + size) return std::nullopt;
    return value;
}
}  // namespace

std::optional<std::int64_t> Json::asInt64() const {
    if (kind() != JsonKind::kNumber) return std::nullopt;
    return parseNumber<std::int64_t>(node_->text, node_->size);
}

std::optional<double> Json::asDouble() const {
    if (kind() != JsonKind::kNumber) return std::nullopt;
    const auto value = parseNumber<double>(node_->text, node_->size);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return value;
}

}  // namespace hubsdk
