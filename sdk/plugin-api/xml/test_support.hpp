/// What the XML tests share: started libraries, sample files, small documents.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/xml.hpp>

namespace hubsdk::xml::test {

/// "/…/shared/vendors"
[[nodiscard]] std::filesystem::path vendorsFolder();
[[nodiscard]] std::string bytesOf(const std::filesystem::path& file);
/// The *.xml files of a folder, sorted by name. Never empty: a missing folder is a failure.
[[nodiscard]] std::vector<std::filesystem::path> xmlFilesOf(const std::filesystem::path& folder);
/// Loads once per process; a schema that does not compile ends the test.
[[nodiscard]] const Schema& hrxmlSchema();
[[nodiscard]] const Schema& tazworksSchema();

[[nodiscard]] std::string repeated(std::string_view piece, std::size_t count);

/// "ok", or the error's class; "?" for an error without class.
[[nodiscard]] std::string outcomeOf(const Result<Document>& result);
[[nodiscard]] std::string outcomeOf(const Result<void>& result);
/// The outcome of readDocument.
[[nodiscard]] std::string outcome(std::string_view bytes, const Limits& limits = {});

}  // namespace hubsdk::xml::test
