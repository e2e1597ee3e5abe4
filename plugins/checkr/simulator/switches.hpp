/// The twin's faults on demand, set over POST /_sim/switch.
#pragma once

#include <hubsdk/cpp/json.hpp>
#include <hubsdk/cpp/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vendor::checkr::simulator {

/// How often something happens, and to which requests.
struct Countdown {
    std::int64_t left = 0;
    std::string request;  ///< "POST /v1/invitations", a prefix; empty means every request

    /// Whether it happens to this request; counts down if so.
    bool takes(std::string_view method, std::string_view path);
};

struct Switches {
    std::int64_t duplicate_every = 0;  ///< every n-th webhook is sent twice; 0: none
    bool reorder = false;              ///< a webhook is held and sent after the next one
    std::int64_t drop_percent = 0;     ///< share of webhooks that are never sent
    Countdown lose_reply;  ///< the request is executed, then the connection closes without answer
    Countdown fail;        ///< the request is not executed
    int fail_status = 503;
    std::int64_t delay_ms = 0;           ///< between execution and answer
    std::optional<bool> include_object;  ///< overrides what the webhooks were registered with
};

/// Applies {"name": value, ...}; all or nothing. Names and values:
/// duplicate_every n, reorder bool, drop_percent 0..100, delay_ms n, include_object bool or null,
/// lose_reply_next true | n | {"count", "request"}, fail_next {"status", "count", "request"}.
/// kInvalid names the member that is unknown or wrong.
[[nodiscard]] hubsdk::Result<void> applySwitches(hubsdk::Json json, Switches& switches);

}  // namespace vendor::checkr::simulator
