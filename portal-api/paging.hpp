/// Which part of a list a caller asks for (api-endpoints.md sections 2.1 and 2.3).
#pragma once

#include "hub/storage/page.hpp"
#include "portal-api/router.hpp"

#include <span>

namespace portal {

/// Reads `page` (from 1), `limit` (default 20, at most 100) and `after` (an id: what is older than
/// its row; goes with no page). kInvalid names the parameter.
[[nodiscard]] hubsdk::Result<hub::storage::PageOf> pageOf(std::string_view query);

/// The mark of a page; `last_id` is that of its last row, "" for an empty one.
[[nodiscard]] PageMark markOf(const hub::storage::PageOf& page, std::size_t rows,
                              std::string last_id, std::int64_t total);

/// The value of a filter; nothing for one that is absent or empty. kInvalid if it is too long to
/// be any.
[[nodiscard]] hubsdk::Result<std::optional<std::string>> filterOf(std::string_view query,
                                                                  std::string_view name);

/// Reads several filters, each into its place. kInvalid names the words where a filter has a list
/// of them: a typing error must not look like an empty list.
struct FilterPlace {
    std::string_view name;
    std::optional<std::string>* value;
    std::span<const std::string_view> words = {};
};
[[nodiscard]] hubsdk::Result<void> readFilters(std::string_view query,
                                               std::initializer_list<FilterPlace> places);

/// What a list is asked for: its page, and each filter into its place.
[[nodiscard]] hubsdk::Result<void> readAsked(std::string_view query, hub::storage::PageOf& page,
                                             std::initializer_list<FilterPlace> places);

/// The page of a list and the number of all its rows, in one snapshot. Called with a connection:
/// `rows` gives the storage's rows, `count` their number, `view` shows one of them.
template <class View, class Rows, class Count, class ViewOf>
[[nodiscard]] Page<View> pageFrom(const ApiCall& call, const hub::storage::PageOf& page,
                                  const Rows& rows, const Count& count, const ViewOf& view) {
    Page<View> list;
    call.services.database.read([&](hub::storage::Connection& connection) {
        for (const auto& row : rows(connection)) list.items.push_back(view(connection, row));
        const std::string last = list.items.empty() ? "" : list.items.back().id;
        list.mark = markOf(page, list.items.size(), last, count(connection));
    });
    return list;
}

}  // namespace portal
