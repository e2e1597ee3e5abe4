/// Changes of an order and of its vendor orders: the tables of transition.hpp applied to rows.
#pragma once

#include "hub/domain/trail.hpp"

namespace hub::domain {

/// Moves an order to `target`, directly or through in_progress, with an audit entry and an outbox
/// event for every step. False if the table has no way or a guard refuses; then nothing changed.
/// Throws StorageError and UnitRefused, as all functions here.
bool moveOrder(const UnitOfWork& unit, storage::Order& order, std::string_view target, Actor actor,
               std::string_view actor_id);
bool moveOrder(const UnitOfWork& unit, storage::Order& order, std::string_view target,
               const Cause& cause);

/// Moves a vendor order to `target` and records every step; the caller saves the row. False if the
/// table has no way; then nothing changed.
bool moveVendorOrder(const UnitOfWork& unit, storage::VendorOrder& row, std::string_view target,
                     const Cause& cause);

/// What a vendor said of the whole order, beside the statuses that are stored.
struct VendorWord {
    bool needs_person = false;  ///< finished, but a person has to look
    bool amended = false;       ///< a check that had its result got another one
};

/// Brings result, completion and status of an order to what its checks and vendor orders say
/// (sections 5.1, 5.3 and 8.2). An order on hold keeps its status, one that has ended everything.
void followVendorOrders(const UnitOfWork& unit, storage::Order& order, const VendorWord& word,
                        const Cause& cause);

/// How old the knowledge of an open vendor order of this account may get.
[[nodiscard]] std::int64_t freshnessMs(const storage::Account& account);

enum class SubmitEnd : std::uint8_t {
    kPlaced,
    kFailed,
    kByHand,  ///< not placed by us, but the order goes on: a person does it (R-VEN-16)
};

/// The end of the flow that placed a vendor order: moves the row (queued to submitted, or failed),
/// saves it, and lets the order follow.
void submitEnded(const UnitOfWork& unit, storage::VendorOrder& row, SubmitEnd end);

}  // namespace hub::domain
