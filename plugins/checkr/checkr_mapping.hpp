/// Checkr's reports and invitations as canonical observations (vendor sheet checkr.md, "Mapping").
#pragma once

#include "plugins/checkr/checkr_checks.hpp"

namespace vendor::checkr {

using hubsdk::Observation;

/// Where a report comes from, which decides whether it has to be read (again).
enum class Origin : std::uint8_t {
    kFetched,   ///< GET with include: the whole truth
    kAnswered,  ///< answer to a POST: screenings may be missing
    kTold,      ///< webhook: never holds the screenings
};

/// The observation of a report. Unknown words leave the status as it was (outcome rule 7). Any
/// thread; `report` is only read during the call.
[[nodiscard]] Observation observationOfReport(Json report, Origin origin);

/// The observation of an invitation; it belongs to the report as soon as it names one.
[[nodiscard]] Observation observationOfInvitation(Json invitation);

/// Adds a link unless there is no id or the observation has it.
void addLink(Observation& observation, std::string_view type, const std::optional<std::string>& id);

}  // namespace vendor::checkr
