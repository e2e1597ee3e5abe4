/// libFuzzer entry: the first byte chooses the reader, the rest is the document. Nothing may crash,
/// and an accepted document must survive a walk over its tree.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <hubsdk/cpp/xml.hpp>
#include <hubsdk/cpp/xml_host.hpp>

namespace xml = hubsdk::xml;

namespace {

constexpr std::string_view kXsd =
    "<s:schema xmlns:s='http://www.w3.org/2001/XMLSchema'><s:element name='a'><s:complexType>"
    "<s:sequence><s:element name='b' type='s:date' minOccurs='0' maxOccurs='unbounded'/>"
    "<s:any namespace='##other' processContents='lax' minOccurs='0'/></s:sequence>"
    "<s:attribute name='id' type='s:token' default='1'/></s:complexType></s:element></s:schema>";

void walk(const xml::Element& element) {
    // Recursion is bounded by Limits::depth_max.
    static_cast<void>(element.text());
    static_cast<void>(element.attributes());
    for (const xml::Element& child : element.children()) walk(child);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const xml::XmlLibraries libraries;
    static const auto schema = xml::Schema::load(kXsd);
    if (!schema.ok()) std::abort();
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const auto document =
        bytes[0] % 2 == 0 ? xml::readDocument(text, {}) : xml::readValidated(text, *schema, {});
    if (document.ok()) walk(document->root());
    if (!document.ok() && xml::errorClass(document.error()).empty()) std::abort();
    return 0;
}
