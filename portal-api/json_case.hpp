/// The portal speaks camelCase, the field tables snake_case: one is derived from the other.
#pragma once

#include <hubsdk/cpp/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace portal {

/// "orderNumber" for "order_number".
[[nodiscard]] std::string camelCase(std::string_view snake);
/// "order_number" for "orderNumber".
[[nodiscard]] std::string snakeCase(std::string_view camel);

/// Free keys (package codes, secret names) are data, not names: below these members they stay.
/// The JSON text with every member name changed. Any thread.
[[nodiscard]] std::string camelCased(hubsdk::Json json);
[[nodiscard]] std::string snakeCased(hubsdk::Json json);

/// The path of the first member whose name is not written in camelCase, free keys apart; nothing if
/// there is none.
[[nodiscard]] std::optional<std::string> firstSnakeCased(hubsdk::Json json);

/// The path of a field as a caller writes it: like camelCase, but below settings, secrets,
/// parameters and result the names are the plugin's own.
[[nodiscard]] std::string camelCasePath(std::string_view path);

}  // namespace portal
