#include "hub/flows/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <hubsdk/cpp/text.hpp>

namespace hub::flows {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string twoDigits(std::size_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

// IMF-fixdate as RFC 3339, which the SDK reads and checks.
std::optional<std::int64_t> fixedDate(std::string_view field) {
    constexpr std::size_t kSize = 29;
    if (field.size() != kSize || !field.ends_with(" GMT")) return std::nullopt;
    const auto month = std::ranges::find(kMonths, field.substr(8, 3));
    if (month == kMonths.end()) return std::nullopt;
    const auto number = static_cast<std::size_t>(month - kMonths.begin()) + 1;
    return hubsdk::timestampOf(std::string(field.substr(12, 4)) + "-" + twoDigits(number) + "-" +
                               std::string(field.substr(5, 2)) + "T" +
                               std::string(field.substr(17, 8)) + "Z");
}

}  // namespace

std::optional<std::int64_t> retryAfterMs(std::string_view field, std::int64_t now_ms) {
    field = hubsdk::trimmed(field);
    constexpr std::int64_t kSecondsMax = kRetryAfterMaxMs / 1000;
    std::int64_t seconds = 0;
    const auto [end, problem] = std::from_chars(field.data(), field.data() + field.size(), seconds);
    if (end == field.data() + field.size() && !field.empty() && field.front() != '-') {
        if (problem == std::errc::result_out_of_range) return kRetryAfterMaxMs;
        if (problem == std::errc{}) return std::min(seconds, kSecondsMax) * 1000;
    }
    const auto at = fixedDate(field);
    if (!at) return std::nullopt;
    return std::clamp<std::int64_t>(*at - now_ms, 0, kRetryAfterMaxMs);
}

}  // namespace hub::flows
