/// One request to the twin's API, read, and the forms of its answers.
#pragma once

#include "plugins/checkr/simulator/world.hpp"

#include "hub/http/message.hpp"

#include <hubsdk/cpp/json.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr::simulator {

using Params = std::map<std::string, std::string, std::less<>>;

/// Decodes a query or a form.
[[nodiscard]] Params readParams(std::string_view encoded);

/// The body as JSON text: JSON with its Content-Type, else a form, which is the vendor's default
/// (vendors/checkr.md, Authentication). An empty body is an empty object; a form's values are
/// texts, and "name[]" makes lists.
[[nodiscard]] std::string bodyAsJson(const hub::http::Request& request);

/// What an endpoint gets. Valid during the call; the caller holds the world's mutex.
struct Call {
    World& world;
    Account& account;
    const hub::http::Request& request;
    Params query;
    hubsdk::Json body;
    std::vector<std::string> args;  ///< what stood at the stars of the route

    [[nodiscard]] std::string_view param(std::string_view name) const;
};

/// {"error": text}
[[nodiscard]] Answer failure(int status, std::string_view text);
/// {"error": [text, ...]}, the form of failed validation
[[nodiscard]] Answer invalid(const std::vector<std::string>& texts);
[[nodiscard]] Answer notFound(std::string_view what);

template <class T>
[[nodiscard]] Answer answerWith(int status, const T& object) {
    return Answer{status, textOf(object)};
}

/// The page of `items` (JSON texts) that the request asks for, with the vendor's paging members.
[[nodiscard]] Answer page(const Call& call, const std::vector<std::string>& items);

/// An array of the body as it is, or "[]".
[[nodiscard]] std::string listText(hubsdk::Json json);

/// The value with this id, or null.
template <class T>
[[nodiscard]] T* findById(ById<T>& objects, std::string_view id) {
    const auto found = objects.find(id);
    return found == objects.end() ? nullptr : &found->second;
}

}  // namespace vendor::checkr::simulator
