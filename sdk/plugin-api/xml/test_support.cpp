#include "test_support.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <gtest/gtest.h>
#include <hubsdk/cpp/xml_host.hpp>

namespace hubsdk::xml::test {

namespace {

class StartedLibraries : public ::testing::Environment {
public:
    void SetUp() override { const XmlLibraries libraries; }
};

const ::testing::Environment* const kLibraries =
    ::testing::AddGlobalTestEnvironment(std::make_unique<StartedLibraries>().release());

Schema loadSchema(const char* file) {
    auto schema = Schema::load(bytesOf(vendorsFolder() / file));
    if (!schema.ok()) throw std::runtime_error(schema.error().text());
    return std::move(schema).value();
}

std::string classOf(const Error& error) {
    const std::string_view name = errorClass(error);
    return name.empty() ? "?" : std::string(name);
}

}  // namespace

std::filesystem::path vendorsFolder() { return std::filesystem::path(HUB_SHARED_DIR) / "vendors"; }

std::string bytesOf(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::filesystem::path> xmlFilesOf(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".xml") files.push_back(entry.path());
    }
    if (files.empty()) throw std::runtime_error("no samples in " + folder.string());
    std::sort(files.begin(), files.end());
    return files;
}

const Schema& hrxmlSchema() {
    static const Schema schema = loadSchema("hrxml/background-check-profile.xsd");
    return schema;
}

const Schema& tazworksSchema() {
    static const Schema schema = loadSchema("tazworks/tazworks-xml-profile.xsd");
    return schema;
}

std::string repeated(std::string_view piece, std::size_t count) {
    std::string text;
    text.reserve(piece.size() * count);
    for (std::size_t i = 0; i < count; ++i) text += piece;
    return text;
}

std::string outcomeOf(const Result<Document>& result) {
    return result.ok() ? "ok" : classOf(result.error());
}

std::string outcomeOf(const Result<void>& result) {
    return result.ok() ? "ok" : classOf(result.error());
}

std::string outcome(std::string_view bytes, const Limits& limits) {
    return outcomeOf(readDocument(bytes, limits));
}

}  // namespace hubsdk::xml::test
