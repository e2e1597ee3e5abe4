/// `hubctl audit verify`: asks a running hub whether its audit trail still holds.
#pragma once

#include "hub/cli/hub_caller.hpp"

namespace hub::cli {

/// Goes through the whole chain in bounded calls and prints one line a tenant. The key needs
/// audit.read. Exit: 0 it holds, 1 it does not (the line says from which entry and why), 2 it could
/// not be asked.
int verifyAudit(const HubArguments& arguments);

}  // namespace hub::cli
