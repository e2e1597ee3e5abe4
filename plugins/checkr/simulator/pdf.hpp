/// A small but complete PDF file.
#pragma once

#include <string>
#include <string_view>

namespace vendor::checkr::simulator {

/// One page with one line of ASCII text, with a correct cross-reference table (ISO 32000-1).
[[nodiscard]] std::string pdfOf(std::string_view line);

}  // namespace vendor::checkr::simulator
