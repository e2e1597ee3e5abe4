/// A module as a plugin is one: it reads and validates, and never initialises or ends a library.
#include <cstddef>
#include <string_view>

#include <hubsdk/cpp/xml.hpp>

namespace xml = hubsdk::xml;

namespace {

constexpr std::string_view kXsd =
    "<s:schema xmlns:s='http://www.w3.org/2001/XMLSchema'>"
    "<s:element name='count' type='s:int'/></s:schema>";

}  // namespace

/// 0: valid; 1: schema; 2: unsafe_xml; 3: anything else. [any-thread]
extern "C" __attribute__((visibility("default"))) int xml_module_read(const char* bytes,
                                                                      std::size_t size) {
    const auto schema = xml::Schema::load(kXsd);
    if (!schema.ok()) return 3;
    const auto document = xml::readValidated({bytes, size}, *schema, {});
    if (document.ok()) return document->root().name() == "count" ? 0 : 3;
    const std::string_view error_class = xml::errorClass(document.error());
    if (error_class == "schema") return 1;
    return error_class == "unsafe_xml" ? 2 : 3;
}
