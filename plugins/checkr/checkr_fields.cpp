#include "plugins/checkr/checkr_fields.hpp"

namespace vendor::checkr {

std::optional<std::string> textOf(Json value) {
    const std::string_view text = hubsdk::trimmed(value.text());
    if (text.empty()) return std::nullopt;
    return std::string(text);
}

std::optional<std::string> wordOf(Json value) {
    auto text = textOf(value);
    if (text) *text = clipped(*text, kWordBytesMax);
    return text;
}

std::optional<std::string> idOf(Json value) {
    auto text = textOf(value);
    if (text && text->size() > kIdBytesMax) text.reset();
    return text;
}

std::optional<std::string> dayOf(Json value) { return hubsdk::dateOf(value.text()); }

std::optional<std::string> timeOf(Json value) { return hubsdk::utcOf(value.text()); }

}  // namespace vendor::checkr
