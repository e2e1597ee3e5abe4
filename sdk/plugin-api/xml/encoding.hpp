/// Decides a document's encoding and turns it into UTF-8 before any parser sees a byte of it.
#pragma once

#include <string>
#include <string_view>

#include <hubsdk/cpp/result.hpp>
#include <hubsdk/cpp/xml.hpp>

namespace hubsdk::xml {

/// The document in UTF-8, without byte order mark and without XML declaration: the parsers have no
/// encoding name left to act on (libxml2 loads code for names it does not know; this was tried,
/// docs/adr/0007-xml-readers.md). Accepts UTF-8, UTF-16 with byte order mark, ISO-8859-1, US-ASCII.
/// Fails with class "unsafe_xml" for any other encoding, "schema" for malformed bytes or a
/// malformed declaration.
[[nodiscard]] Result<std::string> toUtf8(std::string_view bytes, FallbackEncoding fallback);

}  // namespace hubsdk::xml
