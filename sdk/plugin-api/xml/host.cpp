#include <cstdlib>
#include <stdexcept>

#include <libxml/parser.h>
#include <hubsdk/cpp/xml_host.hpp>
#include <xercesc/util/PlatformUtils.hpp>
#include <xercesc/util/XMLException.hpp>

namespace hubsdk::xml {

namespace {

// libxml2 asks this function for every external thing, file or address.
xmlParserInputPtr refuseExternal(const char*, const char*, xmlParserCtxtPtr) { return nullptr; }

bool start() {
    // Refuses a document type declaration in every xerces parser of the process, also where the
    // parser has no switch for it.
    ::setenv("XERCES_DISABLE_DTD", "1", 1);
    xmlInitParser();
    xmlSetExternalEntityLoader(&refuseExternal);
    try {
        xercesc::XMLPlatformUtils::Initialize();
    } catch (const xercesc::XMLException&) {
        throw std::runtime_error("xerces-c could not be initialised");
    }
    // Without an accessor xerces cannot fetch an address. Kept, not deleted: its destructor ends
    // libcurl for the whole process.
    static const xercesc::XMLNetAccessor* unused_accessor = nullptr;
    unused_accessor = xercesc::XMLPlatformUtils::fgNetAccessor;
    xercesc::XMLPlatformUtils::fgNetAccessor = nullptr;
    return unused_accessor != nullptr;
}

}  // namespace

XmlLibraries::XmlLibraries() {
    static const bool started = start();
    static_cast<void>(started);
}

}  // namespace hubsdk::xml
