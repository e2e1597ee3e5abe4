/// The screenings of a Checkr report as canonical checks.
#pragma once

#include "plugins/checkr/checkr_findings.hpp"

namespace vendor::checkr {

using hubsdk::Check;

/// The screenings of one report.
struct Screenings {
    std::vector<Check> checks;  ///< what is embedded, in the order of the answer
    bool complete = false;      ///< the report names screenings, and every one of them is embedded
    bool some_not_run = false;  ///< one was cancelled: the report may not count as clear
};

/// Reads every screening that the report embeds. Known only by id = not listed. Any thread.
[[nodiscard]] Screenings screeningsOf(Json report, Unmapped& unmapped);

/// The canonical type of a screening word, or the word itself where none fits (package contents).
[[nodiscard]] std::string checkTypeOf(std::string_view word);

/// Value of the query member `include` that embeds the candidate and every screening.
[[nodiscard]] std::string includeList();

}  // namespace vendor::checkr
