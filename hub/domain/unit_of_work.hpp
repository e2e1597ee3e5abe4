/// What every step of one unit of work shares.
#pragma once

#include "hub/storage/repositories.hpp"

namespace hub::domain {

/// Made inside a unit, for one tenant and one moment, and gone with it. The connection and the
/// repositories outlive it.
struct UnitOfWork {
    storage::Connection& connection;
    const storage::Repositories& repositories;
    storage::TenantScope scope;
    std::int64_t now_ms = 0;
};

}  // namespace hub::domain
