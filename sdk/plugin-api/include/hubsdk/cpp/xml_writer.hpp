/// Writes XML documents with every value escaped (docs/adr/0007-xml-readers.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hubsdk::xml {

/// `& < >` and CR become references; characters that XML 1.0 forbids are dropped; a byte that is
/// not UTF-8 becomes U+FFFD. For text between tags.
[[nodiscard]] std::string escapeText(std::string_view value);

/// As escapeText, and also `"`, newline and tab, so that attribute normalisation keeps them.
[[nodiscard]] std::string escapeAttribute(std::string_view value);

/// Builds one UTF-8 document, declaration included, without indentation. Needs no XML library.
/// Names come from the program, so a wrong name or nesting is an assertion, not an Error.
/// One object per document, one thread at a time.
///
///     XmlWriter xml;
///     xml.start("BackgroundCheck").attribute("userId", user);
///     xml.element("Name", name).end();
///     std::string bytes = std::move(xml).finish();
class XmlWriter {
public:
    XmlWriter();
    /// Opens an element inside the current one.
    XmlWriter& start(std::string_view name);
    /// Adds to the element just started; not after its text or children.
    XmlWriter& attribute(std::string_view name, std::string_view value);
    XmlWriter& text(std::string_view value);
    /// Closes the current element; `<Name/>` when it got no content.
    XmlWriter& end();
    /// start, text, end.
    XmlWriter& element(std::string_view name, std::string_view value);
    /// The document. Precondition: every element is closed.
    [[nodiscard]] std::string finish() &&;

private:
    void closeStartTag();

    std::string out_;
    std::vector<std::string> open_;
    bool in_start_tag_ = false;
    bool has_root_ = false;
};

}  // namespace hubsdk::xml
