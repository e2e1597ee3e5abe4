/// Lets a flow that cannot go on by itself end or go on, by a person's word (architecture section
/// 7).
#pragma once

#include "hub/domain/unit_of_work.hpp"
#include "hub/plugins/registry.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hub::flows {

/// What the person found out at the vendor.
enum class Verdict : std::uint8_t {
    kPlaced,     ///< the lost request was carried out
    kNotPlaced,  ///< it was not: it is sent again, with its key
    kAbandon,    ///< nobody cares any more: the flow fails
    kResume,     ///< what parked the flow is mended: it goes on from its journal
};

struct FlowVerdict {
    Verdict verdict = Verdict::kAbandon;
    std::optional<std::string> vendor_order_id;  ///< of an order that was placed
    std::string actor_id;                        ///< of the API key
};

/// Ends the flow or lets it run again, moves its vendor order, and writes the audit entry, all in
/// the caller's unit. An order that was placed but is cancelled here meanwhile is cancelled at the
/// vendor too. An uncertain flow takes kPlaced, kNotPlaced and kAbandon, a parked one
/// kResume and kAbandon. Throws StorageError, and UnitRefused: kNotFound, kConflict if the flow is
/// in another state, kInvalid with path vendor_order_id if the id is missing or out of place.
void resolveFlow(const domain::UnitOfWork& unit, const plugins::PluginRegistry& plugins,
                 std::string_view flow_id, const FlowVerdict& verdict);

}  // namespace hub::flows
