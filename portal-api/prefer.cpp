#include "portal-api/prefer.hpp"

#include <algorithm>
#include <charconv>

#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

// The text before the separator, which is taken away with it; a separator inside quotes is text.
std::string_view takeUntil(std::string_view& rest, char separator) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
        if (quoted && rest[end] == '\\')
            ++end;
        else if (rest[end] == '"')
            quoted = !quoted;
    }
    end = std::min(end, rest.size());
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return hubsdk::trimmed(taken);
}

std::optional<std::int64_t> secondsOf(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    const bool digits =
        !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return std::nullopt;
    std::int64_t seconds = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (read.ec == std::errc::result_out_of_range) return kWaitSecondsMax;
    if (seconds < 1) return std::nullopt;
    return std::min(seconds, kWaitSecondsMax);
}

}  // namespace

std::optional<std::int64_t> preferredWait(const hub::http::Request& request) {
    for (const hub::http::HeaderField& field : request.headers) {
        if (!hub::http::equalsIgnoreCase(field.name, "Prefer")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            std::string_view preference = takeUntil(rest, ',');
            std::string_view value = takeUntil(preference, ';');  // parameters do not concern us
            const std::string_view name = takeUntil(value, '=');
            if (hub::http::equalsIgnoreCase(name, "wait")) return secondsOf(hubsdk::trimmed(value));
        }
    }
    return std::nullopt;
}

}  // namespace portal
