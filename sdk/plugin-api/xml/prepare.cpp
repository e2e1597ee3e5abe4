#include "prepare.hpp"

#include <algorithm>

#include "encoding.hpp"
#include "fault.hpp"
#include "guard.hpp"

namespace hubsdk::xml {

namespace {

// A namespace is vendor vocabulary, not a value; cut, because an attacker chooses its length.
constexpr std::size_t kNamespaceShownMax = 100;

}  // namespace

Result<std::string> prepare(std::string_view bytes, const Limits& limits) {
    if (auto ready = requireLibraries(); !ready.ok()) return std::move(ready).error();
    if (bytes.size() > limits.document_bytes_max) {
        return limitFault("bytes of the document", limits.document_bytes_max);
    }
    auto text = toUtf8(bytes, limits.fallback_encoding);
    if (!text.ok()) return text;
    if (text->find('\0') != std::string::npos) return schemaFault("a zero byte in the document");
    if (auto checked = checkMarkup(*text, limits); !checked.ok()) return std::move(checked).error();
    return text;
}

std::size_t textLimitOf(const Limits& limits, std::string_view element) {
    const auto is_named = [element](const TextException& e) { return e.element == element; };
    const auto found =
        std::find_if(limits.text_exceptions.begin(), limits.text_exceptions.end(), is_named);
    return found == limits.text_exceptions.end() ? limits.text_bytes_max : found->text_bytes_max;
}

Result<void> checkRootNamespace(const Limits& limits, std::string_view found) {
    if (!limits.expected_namespace || *limits.expected_namespace == found) return {};
    const std::string shown(found.substr(0, kNamespaceShownMax));
    return schemaFault("the root is in " + (shown.empty() ? "no namespace" : "namespace " + shown));
}

}  // namespace hubsdk::xml
