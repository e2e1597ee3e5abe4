/// Every place where a hub leaves text, to look for what must not be there (TM-OUT-11).
#pragma once

#include "tests/e2e/stored_rows.hpp"

namespace hub::e2e {

/// What is there, by the name of the place: the log, each file of the data folder, each column of
/// each table. Without the two key files, which are keys. Of a hub at rest.
[[nodiscard]] std::map<std::string, std::string> sinksOf(const RunningHub& hub);

/// "PLACE holds WHAT" for each of `wanted` (what to its text) that stands in one of the places.
[[nodiscard]] std::vector<std::string> foundIn(const std::map<std::string, std::string>& sinks,
                                               const std::map<std::string, std::string>& wanted);

}  // namespace hub::e2e
