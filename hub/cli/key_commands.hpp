/// `hubctl key rotate | retire`: another master key for a running hub.
#pragma once

#include "hub/cli/hub_caller.hpp"

namespace hub::cli {

/// Adds a master key and seals every value with it; `resume` goes on with a rotation that was cut
/// off. The key needs plugin.manage. Exit: 0 all is sealed anew, 1 the hub refuses, 2 it could not
/// be asked or did not get to the end.
int rotateKey(const HubArguments& arguments, bool resume);

/// Makes the hub forget the master keys that no value needs. Exit as above.
int retireKeys(const HubArguments& arguments);

}  // namespace hub::cli
