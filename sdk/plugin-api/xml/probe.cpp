/// xml_probe FILE [XSD]: reads one document and prints "ok" or its error class. A test
/// watches its system calls: a parser opens no file and no connection.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <hubsdk/cpp/xml.hpp>
#include <hubsdk/cpp/xml_host.hpp>

namespace xml = hubsdk::xml;

namespace {

std::string bytesOf(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

hubsdk::Result<xml::Document> read(int count, char** arguments) {
    const std::string document = bytesOf(arguments[1]);
    if (count == 2) return xml::readDocument(document, {});
    const auto schema = xml::Schema::load(bytesOf(arguments[2]));
    if (!schema.ok()) return schema.error();
    return xml::readValidated(document, *schema, {});
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2 || count > 3) {
        std::cerr << "usage: xml_probe FILE [XSD]\n";
        return 2;
    }
    const xml::XmlLibraries libraries;
    const auto document = read(count, arguments);
    if (document.ok()) {
        std::cout << "ok " << document->root().name() << '\n';
        return 0;
    }
    std::cout << xml::errorClass(document.error()) << " (" << document.error().text() << ")\n";
    return 1;
}
