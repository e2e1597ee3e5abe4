#include "portal-api/paging.hpp"

#include <algorithm>
#include <charconv>

#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::storage::PageOf;
using hubsdk::ErrorCode;
using hubsdk::makeError;

// Filters and cursors are words and ids; they go into SQL as parameters, absurd ones not at all.
constexpr std::size_t kFilterBytesMax = 100;

hubsdk::Result<std::int64_t> numberOf(std::string_view query, std::string_view name,
                                      std::int64_t fallback, std::int64_t most) {
    const auto text = hubsdk::formField(query, name);
    if (!text) return fallback;
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, number);
    const bool good = read.ec == std::errc() && read.ptr == end && number >= 1 && number <= most;
    if (good) return number;
    return makeError(ErrorCode::kInvalid, "must be 1 to " + std::to_string(most),
                     std::string(name));
}

std::string listed(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

}  // namespace

hubsdk::Result<PageOf> pageOf(std::string_view query) {
    PageOf page;
    const auto limit =
        numberOf(query, "limit", hub::storage::kPageRowsDefault, hub::storage::kPageRowsMax);
    if (!limit) return limit.error();
    page.rows_max = static_cast<int>(*limit);
    const auto number = numberOf(query, "page", 1, hub::storage::kPageOffsetMax / page.rows_max);
    if (!number) return number.error();
    page.offset = (*number - 1) * page.rows_max;
    auto after = filterOf(query, "after");
    if (!after) return std::move(after).error();
    page.after_id = std::move(after).value();
    if (page.after_id && page.offset > 0)
        return makeError(ErrorCode::kInvalid, "goes with no page", "after");
    return page;
}

PageMark markOf(const PageOf& page, std::size_t rows, std::string last_id, std::int64_t total) {
    PageMark mark;
    mark.limit = page.rows_max;
    mark.page = page.offset / page.rows_max + 1;
    mark.total = total;
    if (static_cast<std::int64_t>(rows) == page.rows_max) mark.next = std::move(last_id);
    return mark;
}

hubsdk::Result<std::optional<std::string>> filterOf(std::string_view query, std::string_view name) {
    auto value = hubsdk::formField(query, name);
    if (!value || value->empty()) return std::optional<std::string>();
    if (value->size() > kFilterBytesMax)
        return makeError(ErrorCode::kInvalid, "is too long", std::string(name));
    return value;
}

hubsdk::Result<void> readAsked(std::string_view query, PageOf& page,
                               std::initializer_list<FilterPlace> places) {
    auto asked = pageOf(query);
    if (!asked) return std::move(asked).error();
    page = std::move(asked).value();
    return readFilters(query, places);
}

hubsdk::Result<void> readFilters(std::string_view query,
                                 std::initializer_list<FilterPlace> places) {
    for (const FilterPlace& place : places) {
        auto value = filterOf(query, place.name);
        if (!value) return std::move(value).error();
        if (*value && !place.words.empty() &&
            std::ranges::find(place.words, **value) == place.words.end())
            return makeError(ErrorCode::kInvalid, "must be one of " + listed(place.words),
                             std::string(place.name));
        if (*value) *place.value = std::move(**value);
    }
    return {};
}

}  // namespace portal
