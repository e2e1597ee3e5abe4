/// What Checkr found: records, charges, violations and discrepancies as canonical findings
/// (vendor sheet checkr.md, "Mapping: check outcome").
#pragma once

#include "plugins/checkr/checkr_fields.hpp"

#include <hubsdk/model/observation.hpp>

namespace vendor::checkr {

using hubsdk::Finding;
using hubsdk::FindingKind;

/// Appends the findings of one screening, in the vendor's order.
using FindingReader = void (*)(Json screening, std::vector<Finding>& findings);

/// Records with charges; one finding per charge, or one per record without charges. Records that
/// a positive adjudication filtered out are never read: they must not be stored or shown.
void readCharges(Json screening, std::vector<Finding>& findings);
void readWatchlist(Json screening, std::vector<Finding>& findings);
void readRegistry(Json screening, std::vector<Finding>& findings);
void readOtherRecords(Json screening, std::vector<Finding>& findings);
/// Licence status, violations, accidents and suspensions; from license_reports if it holds any,
/// else from the old top-level shape (newer answers carry both).
void readDriving(Json screening, std::vector<Finding>& findings);
/// Positive analytes of a drug test.
void readAnalytes(Json screening, std::vector<Finding>& findings);
/// Members of employment and education records that say verified:false and are not ignored.
void readDiscrepancies(Json screening, std::vector<Finding>& findings);
/// For screenings whose answers hold no findings.
void readNothing(Json screening, std::vector<Finding>& findings);

/// Severity in a charge's classification (screening-canonical.md, Finding).
[[nodiscard]] std::optional<hubsdk::Severity> severityOf(std::string_view classification);

/// "COUNTY, ST" if the object has both, else whichever it has; letters as sent.
[[nodiscard]] std::optional<std::string> jurisdictionOf(Json place);

}  // namespace vendor::checkr
