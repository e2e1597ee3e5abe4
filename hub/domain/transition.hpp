/// The state machines of canonical-model.md section 5, as tables: which change is allowed, and who
/// may cause it. Nothing else changes a status.
#pragma once

#include <optional>
#include <string_view>

#include <hubsdk/model/observation.hpp>

namespace hub::domain {

enum class Actor : std::uint8_t { kUser, kApplicant, kVendor, kSystem };

/// One allowed change of screening_order.status (section 5.1). `event` names it in the trail.
struct OrderTransition {
    std::string_view from;
    std::string_view event;
    std::string_view to;
};

/// The direct change, if `actor` may cause it; else nothing. Any thread.
[[nodiscard]] std::optional<OrderTransition> orderTransition(std::string_view from,
                                                             std::string_view to, Actor actor);

/// What a vendor's word on the whole order becomes for our order.
/// Section 5.1: the rows whose actor is the vendor; draft and submitted are no news.
[[nodiscard]] std::optional<std::string_view> orderStatusOf(hubsdk::OrderStatus said);

/// vendor_order.status of a vendor's word (section 5.4).
[[nodiscard]] std::string_view vendorOrderStatusOf(hubsdk::OrderStatus said);

/// Whether vendor_order.status may change so (section 5.4).
[[nodiscard]] bool vendorOrderMayMove(std::string_view from, std::string_view to);

/// Place on the ladder of section 5.4: an observation that was only told moves it up, never down.
[[nodiscard]] int vendorOrderRung(std::string_view status);

/// screening_check.status and result that a vendor's outcome means (sections 5.3 and 8.2).
struct CheckState {
    std::string_view status;
    std::optional<std::string_view> result;
};
[[nodiscard]] CheckState checkStateOf(std::optional<hubsdk::CheckOutcome> outcome);

}  // namespace hub::domain
