#include "plugins/checkr/checkr_fields.hpp"

#include <algorithm>

namespace vendor::checkr {

std::string clipped(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t size = bytes_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    return std::string(text.substr(0, size));
}

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

void Unmapped::add(std::string_view word) {
    std::string kept = clipped(hubsdk::trimmed(word), kWordBytesMax);
    if (kept.empty() || std::ranges::find(words_, kept) != words_.end()) return;
    words_.push_back(std::move(kept));
}

}  // namespace vendor::checkr
