// The immutable element tree and its look-ups.
#include <cassert>
#include <utility>

#include <hubsdk/cpp/xml.hpp>

#include "fault.hpp"
#include "prepare.hpp"
#include "tree.hpp"
#include "unicode.hpp"

namespace hubsdk::xml {

namespace internal {

TreeBuilder::TreeBuilder(const Limits& limits) : tree_(std::make_shared<Tree>()) {
    tree_->visible_namespace = limits.expected_namespace;
}

Slice TreeBuilder::store(std::string_view text) {
    const Slice slice{static_cast<std::uint32_t>(tree_->bytes.size()),
                      static_cast<std::uint32_t>(text.size())};
    tree_->bytes += text;
    return slice;
}

Slice TreeBuilder::intern(std::string_view name) {
    if (name.empty()) return {};
    const auto [entry, is_new] = names_.try_emplace(std::string(name));
    if (is_new) entry->second = store(name);
    return entry->second;
}

void TreeBuilder::link(std::uint32_t index) {
    if (open_.empty()) return;
    Open& parent = open_.back();
    if (parent.last_child == kNone) {
        tree_->nodes[parent.node].first_child = index;
    } else {
        tree_->nodes[parent.last_child].next = index;
    }
    parent.last_child = index;
}

Result<void> TreeBuilder::startElement(const ElementStart& element) {
    // Offsets are 32 bits wide; a document within its limits stays far below.
    if (tree_->bytes.size() > kNone / 2) return limitFault("bytes of the tree", kNone / 2);
    const auto index = static_cast<std::uint32_t>(tree_->nodes.size());
    Node node;
    node.name = intern(element.name);
    node.namespace_uri = intern(element.namespace_uri);
    node.attributes_begin = static_cast<std::uint32_t>(tree_->attributes.size());
    node.attribute_count = static_cast<std::uint32_t>(element.attributes.size());
    for (const AttributeView& attribute : element.attributes) {
        tree_->attributes.push_back(
            {intern(attribute.name), intern(attribute.namespace_uri), store(attribute.value)});
    }
    tree_->nodes.push_back(node);
    link(index);
    open_.push_back({index, kNone, {}});
    return {};
}

Result<void> TreeBuilder::text(std::string_view piece) {
    if (!open_.empty()) open_.back().text += piece;
    return {};
}

Result<void> TreeBuilder::endElement(std::string_view) {
    assert(!open_.empty());
    tree_->nodes[open_.back().node].text = store(open_.back().text);
    open_.pop_back();
    return {};
}

Document TreeBuilder::finish() && {
    assert(open_.empty() && !tree_->nodes.empty());
    return Document(std::move(tree_));
}

}  // namespace internal

using internal::kNone;

Element Document::root() const { return {tree_.get(), 0}; }

std::string_view Element::name() const {
    return tree_ == nullptr ? std::string_view() : tree_->at(tree_->nodes[index_].name);
}

std::string_view Element::namespaceUri() const {
    return tree_ == nullptr ? std::string_view() : tree_->at(tree_->nodes[index_].namespace_uri);
}

std::string_view Element::rawText() const {
    return tree_ == nullptr ? std::string_view() : tree_->at(tree_->nodes[index_].text);
}

std::string_view Element::text() const {
    std::string_view text = rawText();
    while (!text.empty() && isXmlSpace(text.front())) text.remove_prefix(1);
    while (!text.empty() && isXmlSpace(text.back())) text.remove_suffix(1);
    return text;
}

std::vector<AttributeView> Element::attributes() const {
    std::vector<AttributeView> views;
    if (tree_ == nullptr) return views;
    const internal::Node& node = tree_->nodes[index_];
    for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
        const internal::AttributeNode& attribute = tree_->attributes[node.attributes_begin + i];
        views.push_back({tree_->at(attribute.name), tree_->at(attribute.namespace_uri),
                         tree_->at(attribute.value)});
    }
    return views;
}

std::optional<std::string_view> Element::attribute(std::string_view name) const {
    for (const AttributeView& attribute : attributes()) {
        if (attribute.name == name && attribute.namespace_uri.empty()) return attribute.value;
    }
    return std::nullopt;
}

Element Element::firstChild() const {
    if (tree_ == nullptr || tree_->nodes[index_].first_child == kNone) return {};
    return {tree_, tree_->nodes[index_].first_child};
}

Element Element::next() const {
    if (tree_->nodes[index_].next == kNone) return {};
    return {tree_, tree_->nodes[index_].next};
}

bool Element::isNamed(std::string_view name) const {
    if (this->name() != name) return false;
    return !tree_->visible_namespace || *tree_->visible_namespace == namespaceUri();
}

Element Element::child(std::string_view name) const {
    Element child = firstChild();
    while (child && !child.isNamed(name)) child = child.next();
    return child;
}

std::vector<Element> Element::children() const {
    std::vector<Element> found;
    for (Element child = firstChild(); child; child = child.next()) found.push_back(child);
    return found;
}

std::vector<Element> Element::children(std::string_view name) const {
    std::vector<Element> found;
    for (Element child = firstChild(); child; child = child.next()) {
        if (child.isNamed(name)) found.push_back(child);
    }
    return found;
}

Element Element::at(std::string_view path) const {
    Element element = *this;
    while (element && !path.empty()) {
        const std::size_t slash = path.find('/');
        element = element.child(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return element;
}

Result<Document> readDocument(std::string_view bytes, const Limits& limits) {
    internal::TreeBuilder builder(limits);
    if (auto read = readStreaming(bytes, limits, builder); !read.ok()) {
        return std::move(read).error();
    }
    return std::move(builder).finish();
}

}  // namespace hubsdk::xml
