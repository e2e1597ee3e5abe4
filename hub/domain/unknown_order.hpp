/// Orders that a vendor brings: a hit of monitoring, or an order placed at the vendor itself.
#pragma once

#include "hub/domain/apply.hpp"

namespace hub::domain {

/// The vendor order with this reference in the account, or a new one with an order of `channel`,
/// dispatched as it is at the vendor already. A reference over 100 characters is kept as its hash.
/// Throws StorageError and UnitRefused.
[[nodiscard]] storage::VendorOrder createVendorsOrder(const UnitOfWork& unit,
                                                      const hubsdk::Observation& observation,
                                                      const ApplyContext& context,
                                                      std::string_view channel,
                                                      std::string reference);

}  // namespace hub::domain
