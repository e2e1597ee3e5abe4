/// The twin's own endpoints under /_sim/: switches, ledger, deliveries by hand. Loopback only.
#pragma once

#include "plugins/checkr/simulator/call.hpp"

#include <string_view>

namespace vendor::checkr::simulator {

inline constexpr std::string_view kControlPath = "/_sim/";

/// POST /_sim/switch, GET /_sim/ledger, GET /_sim/acknowledged (ids of the
/// events that were answered 2xx), POST /_sim/release (a held webhook), and
/// POST /_sim/deliver[?url=&key=]: sends the body as it is, signed with `key` or the first
/// account's, to `url` or to every webhook of that account. The world's mutex is held.
[[nodiscard]] Answer control(World& world, const hub::http::Request& request);

}  // namespace vendor::checkr::simulator
