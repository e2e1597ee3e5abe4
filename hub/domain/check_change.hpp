/// Brings the checks and findings of an order to what a vendor said of them.
#pragma once

#include "hub/domain/apply.hpp"

namespace hub::domain {

/// The stored check type of a vendor's check (architecture.md section 15): the national database is
/// a type of its own here, and a type without a fit is "other".
[[nodiscard]] std::string checkTypeOf(const hubsdk::Check& said);

/// Identity of a finding inside its check (architecture.md section 6): SHA-256 of kind, case
/// number, offense, offense date or file date, and the place among equals.
[[nodiscard]] std::string findingKey(const hubsdk::Finding& finding, int place_among_equals);

/// Updates, adds and withdraws checks and findings. A said check matches an ordered one by vendor
/// check id, then type and scope or jurisdiction, then type (first free); else it is added. A check
/// whose status the table does not let a vendor change keeps everything, and an alert is raised.
/// True if a check that had its result has another one now, or other findings.
bool applyChecks(const UnitOfWork& unit, const storage::Order& order,
                 const storage::VendorOrder& vendor_order, const hubsdk::Observation& observation,
                 const ApplyContext& context);

/// Cancels what is open of a vendor order that the vendor cancelled (section 5.3).
void cancelChecks(const UnitOfWork& unit, const storage::Order& order,
                  const storage::VendorOrder& vendor_order, const Cause& cause);

}  // namespace hub::domain
