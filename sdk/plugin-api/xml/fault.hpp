/// The two ways in which a document is refused, as Errors (docs/adr/0007-xml-readers.md).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <hubsdk/cpp/result.hpp>

namespace hubsdk::xml {

/// Longest message of an XML error in bytes; longer ones are cut.
inline constexpr std::size_t kMessageBytesMax = 200;

/// A document type declaration or a refused encoding: kInvalid, class "unsafe_xml".
[[nodiscard]] Error unsafeFault(std::string_view message);
/// More of `what` than `limit`: kTooLarge, class "unsafe_xml".
[[nodiscard]] Error limitFault(std::string_view what, std::size_t limit, std::string path = {});
/// Not well-formed, wrong namespace or schema violation: kInvalid, class "schema".
[[nodiscard]] Error schemaFault(std::string_view message, std::string path = {});
/// Fails with kInternal unless the host has initialised both libraries.
[[nodiscard]] Result<void> requireLibraries();

}  // namespace hubsdk::xml
