/// The SDK's two XML readers: streaming, and XSD-validated into a small immutable tree
/// (docs/adr/0007-xml-readers.md): no entity, no external file, nothing without a limit.
///
/// libxml2 and xerces-c hold process-wide state. The host initialises them (xml_host.hpp) before it
/// loads the first plugin; a plugin only calls what is declared here, never a library's own init or
/// cleanup. Every function below is for any thread. Every failure is an Error whose class
/// `errorClass` tells; no message holds a value of the document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/result.hpp>

namespace hubsdk::xml {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

/// How to read a document that has neither a byte order mark nor a declared encoding. In every
/// other case the document's own word counts.
enum class FallbackEncoding : std::uint8_t {
    kUtf8,
    kLatin1,
    kUtf8ThenLatin1,  ///< UTF-8 when the bytes are valid UTF-8, ISO-8859-1 otherwise
};

/// A larger limit for the text of elements with one local name.
struct TextException {
    std::string element;
    std::size_t text_bytes_max = 0;
};

/// What a document may cost, and what it must be. Over a limit is class "unsafe_xml", never worth
/// a retry. Bytes of values are counted in UTF-8.
struct Limits {
    std::size_t document_bytes_max = 8 * kMiB;    ///< as received
    std::size_t depth_max = 64;                   ///< the root is depth 1
    std::size_t attributes_max = 64;              ///< per element, namespace declarations included
    std::size_t attribute_bytes_max = 64 * kKiB;  ///< one value, as written (before unescaping)
    std::size_t text_bytes_max = 64 * kKiB;       ///< joined text directly inside one element
    std::vector<TextException> text_exceptions{{"Image", 6 * kMiB}};
    std::size_t elements_max = 200'000;
    /// Namespace declarations in force at once; bounds the look-ups for prefixed names.
    std::size_t namespaces_in_scope_max = 256;
    /// Namespace URI of the root; "" = none; nullopt = any. A root elsewhere is class "schema".
    std::optional<std::string> expected_namespace;
    FallbackEncoding fallback_encoding = FallbackEncoding::kUtf8;
};

/// "unsafe_xml" for a document type declaration, a limit or a refused encoding; "schema" for not
/// well-formed, wrong namespace or schema violation; "" for an error that no reader made.
/// The view lives for ever.
[[nodiscard]] std::string_view errorClass(const Error& error);

/// One attribute of a start tag. Namespace declarations are not attributes.
struct AttributeView {
    std::string_view name;           ///< local name
    std::string_view namespace_uri;  ///< "" for none
    std::string_view value;
};

/// One start tag. All views are valid during the handler call only.
struct ElementStart {
    std::string_view name;  ///< local name
    std::string_view namespace_uri;
    std::span<const AttributeView> attributes;
};

/// Receives the events of readStreaming on the calling thread, in document order. Returning an
/// Error stops the reading and becomes its result; an exception stops it and is passed on.
class Handler {
public:
    virtual ~Handler() = default;
    virtual Result<void> startElement(const ElementStart& element) = 0;
    /// A piece of text inside the current element, in UTF-8. One text may come in many pieces, and
    /// CDATA is text. At most the named limit arrives per element.
    virtual Result<void> text(std::string_view piece) = 0;
    virtual Result<void> endElement(std::string_view name) = 0;
};

/// Reads `bytes` once, front to back, and reports to `handler`. Events before a failure have been
/// delivered: use what was collected only when the result is ok.
[[nodiscard]] Result<void> readStreaming(std::string_view bytes, const Limits& limits,
                                         Handler& handler);

namespace internal {
struct Tree;
class TreeBuilder;
}  // namespace internal

/// One element of a Document, or the empty element: looking up what is not there gives an empty
/// element, whose texts are empty and whose look-ups are empty again. Cheap to copy. Elements and
/// all views obtained from them are valid while their Document lives.
///
/// Look-ups go by local name. When the document was read with `expected_namespace`, elements of any
/// other namespace are invisible to them: a stranger cannot pose as a known element.
class Element {
public:
    Element() = default;
    explicit operator bool() const noexcept { return tree_ != nullptr; }

    [[nodiscard]] std::string_view name() const;
    [[nodiscard]] std::string_view namespaceUri() const;
    /// The text directly inside this element, joined, without XML white space at both ends.
    [[nodiscard]] std::string_view text() const;
    /// The same, untrimmed.
    [[nodiscard]] std::string_view rawText() const;
    /// An attribute in no namespace, as the vendors' are; nullopt when absent.
    [[nodiscard]] std::optional<std::string_view> attribute(std::string_view name) const;
    [[nodiscard]] std::vector<AttributeView> attributes() const;
    /// The first child with this name.
    [[nodiscard]] Element child(std::string_view name) const;
    /// All children, strangers' namespaces included.
    [[nodiscard]] std::vector<Element> children() const;
    [[nodiscard]] std::vector<Element> children(std::string_view name) const;
    /// The first match at each step of "A/B/C", starting with a child of this element.
    [[nodiscard]] Element at(std::string_view path) const;

private:
    friend class Document;
    Element(const internal::Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
    [[nodiscard]] bool isNamed(std::string_view name) const;
    [[nodiscard]] Element next() const;
    [[nodiscard]] Element firstChild() const;

    const internal::Tree* tree_ = nullptr;
    std::uint32_t index_ = 0;
};

/// An immutable element tree in one flat allocation per kind: bounded by the limits it was read
/// with, and destroyed without recursion. Copies share the tree; any thread may read it.
class Document {
public:
    [[nodiscard]] Element root() const;

private:
    friend class internal::TreeBuilder;
    explicit Document(std::shared_ptr<const internal::Tree> tree) : tree_(std::move(tree)) {}
    std::shared_ptr<const internal::Tree> tree_;
};

/// Reads a whole document without a schema.
[[nodiscard]] Result<Document> readDocument(std::string_view bytes, const Limits& limits);

/// A compiled, locked grammar. Copies share it; any thread may validate with it at the same time.
class Schema {
public:
    /// Compiles one self-contained XSD; imports and includes are not followed. kInternal when it
    /// does not compile: a schema is our own text, so that is fatal at start-up.
    [[nodiscard]] static Result<Schema> load(std::string_view xsd);

private:
    friend struct SchemaAccess;
    struct Grammar;
    explicit Schema(std::shared_ptr<const Grammar> grammar) : grammar_(std::move(grammar)) {}
    std::shared_ptr<const Grammar> grammar_;
};

/// Checks the limits in a streaming pass, validates against `schema` alone (the document's own
/// schema hints are ignored) and returns the tree exactly as the validator saw it, defaulted
/// attributes included.
[[nodiscard]] Result<Document> readValidated(std::string_view bytes, const Schema& schema,
                                             const Limits& limits);

}  // namespace hubsdk::xml
