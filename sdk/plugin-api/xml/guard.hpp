/// A linear scan of the markup that refuses a document type declaration and every structural limit
/// before a parser starts: no entities, no files, no depth or size without a limit.
#pragma once

#include <string_view>

#include <hubsdk/cpp/result.hpp>
#include <hubsdk/cpp/xml.hpp>

namespace hubsdk::xml {

/// Scans UTF-8 without XML declaration, as `toUtf8` gives it. Needed because libxml2 2.9 reads a
/// whole start tag before its first callback and compares its attributes pairwise: 200,000 of them
/// would cost 20 billion comparisons. Accepts some documents that are not well-formed (the parser
/// finds those), but what it accepts splits into tags in one way only, so no parser can see more
/// elements, levels or attributes than were counted here.
[[nodiscard]] Result<void> checkMarkup(std::string_view text, const Limits& limits);

}  // namespace hubsdk::xml
