/// The flat storage behind Document, and the handler that fills it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <hubsdk/cpp/xml.hpp>

namespace hubsdk::xml::internal {

/// A piece of Tree::bytes.
struct Slice {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
};

inline constexpr std::uint32_t kNone = UINT32_MAX;

struct Node {
    Slice name;
    Slice namespace_uri;
    Slice text;
    std::uint32_t attributes_begin = 0;
    std::uint32_t attribute_count = 0;
    std::uint32_t first_child = kNone;
    std::uint32_t next = kNone;
};

struct AttributeNode {
    Slice name;
    Slice namespace_uri;
    Slice value;
};

/// Elements in document order; the root is node 0. Vectors, so destruction never recurses.
struct Tree {
    std::string bytes;
    std::vector<Node> nodes;
    std::vector<AttributeNode> attributes;
    std::optional<std::string> visible_namespace;  ///< of look-ups; nullopt = all

    [[nodiscard]] std::string_view at(Slice slice) const {
        return std::string_view(bytes).substr(slice.begin, slice.length);
    }
};

/// Builds a Tree from reader events. The caller bounds what arrives.
class TreeBuilder final : public Handler {
public:
    explicit TreeBuilder(const Limits& limits);
    Result<void> startElement(const ElementStart& element) override;
    Result<void> text(std::string_view piece) override;
    Result<void> endElement(std::string_view name) override;
    /// Precondition: a whole document was read.
    [[nodiscard]] Document finish() &&;

private:
    struct Open {
        std::uint32_t node = 0;
        std::uint32_t last_child = kNone;
        std::string text;
    };

    Slice store(std::string_view text);
    /// Stores names once: a document has few names and many elements.
    Slice intern(std::string_view name);
    void link(std::uint32_t index);

    std::shared_ptr<Tree> tree_;
    std::vector<Open> open_;
    std::unordered_map<std::string, Slice> names_;
};

}  // namespace hubsdk::xml::internal
