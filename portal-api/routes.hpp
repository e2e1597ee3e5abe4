/// Every route of the portal, in one table.
#pragma once

#include "portal-api/router.hpp"

namespace portal {

[[nodiscard]] std::span<const Route> routes();

}  // namespace portal
