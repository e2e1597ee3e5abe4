/// Packages of the twin and what the searches of each end with.
#pragma once

#include "plugins/checkr/simulator/objects.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr::simulator {

struct PackageScreening {
    std::string_view type;
    std::string_view subtype;  ///< empty: null
};

struct Package {
    std::string_view slug;
    std::string_view name;
    std::int64_t price_minor = 0;
    bool price_is_text = false;  ///< older packages carry the price as a string
    std::span<const PackageScreening> screenings;
};

[[nodiscard]] std::span<const Package> packages();
/// Null if there is no such package.
[[nodiscard]] const Package* packageBySlug(std::string_view slug);
[[nodiscard]] bool packageNeeds(const Package& package, std::string_view screening_type);

/// The open screenings of a new report. With `finds` the searches will end with the findings of
/// the vendor's own fixtures, told of this candidate.
[[nodiscard]] std::vector<Screening> openScreenings(const Package& package,
                                                    const Candidate& candidate, bool finds,
                                                    std::string_view created_at,
                                                    const std::function<std::string()>& next_id);

/// Ends one screening with what was laid down for it.
void finish(Screening& screening, std::string_view completed_at);

/// What GET /reports/{id}/adverse_items lists for a report with findings.
[[nodiscard]] std::span<const std::string_view> adverseTexts();

}  // namespace vendor::checkr::simulator
