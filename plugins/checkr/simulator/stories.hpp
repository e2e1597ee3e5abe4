/// What happens by itself after an order: the applicant, the searches, the end.
#pragma once

#include "plugins/checkr/simulator/world.hpp"

#include <string>

namespace vendor::checkr::simulator {

/// Starts the story of a new invitation. The caller holds the world's mutex; the steps follow on
/// the scheduler, `pace_ms` apart.
void beginInvitation(World& world, Account& account, const std::string& invitation_id);

/// Makes the report of an order without hosted consent and starts its story.
Report& beginReport(World& world, Account& account, Candidate& candidate,
                    const std::string& package, std::string tags);

/// Stops a report now: open screenings are cancelled. What is finished decides whether the report
/// is complete with partial results or cancelled.
void stopReport(World& world, Account& account, Report& report);

}  // namespace vendor::checkr::simulator
