/// Cancelling at the vendor what is cancelled here (canonical-model.md section 5.1).
#pragma once

#include "hub/domain/trail.hpp"
#include "hub/plugins/registry.hpp"

namespace hub::flows {

/// Tries to cancel a vendor order that is still open: takes back a submit of which nothing was
/// sent, else starts order.cancel, which waits for a submit under way. Where the account, its
/// plugin or the command is missing, a task asks a person to do it. All in the caller's unit;
/// throws StorageError and UnitRefused.
void cancelAtVendor(const domain::UnitOfWork& unit, const plugins::PluginRegistry& plugins,
                    const storage::VendorOrder& row, const domain::Cause& cause);

}  // namespace hub::flows
