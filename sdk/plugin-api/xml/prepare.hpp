/// What both readers do first, and the streaming pass that both share.
#pragma once

#include <string>
#include <string_view>

#include <hubsdk/cpp/result.hpp>
#include <hubsdk/cpp/xml.hpp>

namespace hubsdk::xml {

/// Size, encoding, markup: the document in UTF-8, ready for a parser.
[[nodiscard]] Result<std::string> prepare(std::string_view bytes, const Limits& limits);

/// Parses what `prepare` gave with libxml2 under all limits; `handler` may be null.
[[nodiscard]] Result<void> stream(const std::string& text, const Limits& limits, Handler* handler);

/// The text limit of an element with this local name.
[[nodiscard]] std::size_t textLimitOf(const Limits& limits, std::string_view element);

/// Fails with class "schema", naming the namespace found, unless it is the expected one.
[[nodiscard]] Result<void> checkRootNamespace(const Limits& limits, std::string_view found);

}  // namespace hubsdk::xml
