#include <hubsdk/cpp/result.hpp>

#include <array>

namespace hubsdk {
namespace {

struct CodeRow {
    std::string_view name;
    int http_status;
};

// Indexed by ErrorCode.
constexpr std::array<CodeRow, 12> kCodes{{
    {"invalid", 422},
    {"unauthorized", 401},
    {"forbidden", 403},
    {"not_found", 404},
    {"conflict", 409},
    {"stale", 409},
    {"too_large", 413},
    {"rate_limited", 429},
    {"unavailable", 503},
    {"timeout", 504},
    {"unsupported", 415},
    {"internal", 500},
}};

}  // namespace

std::string_view nameOf(ErrorCode code) { return kCodes[static_cast<std::size_t>(code)].name; }

int httpStatus(ErrorCode code) { return kCodes[static_cast<std::size_t>(code)].http_status; }

}  // namespace hubsdk
