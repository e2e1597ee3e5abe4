#include <hubsdk/cpp/flow.hpp>
#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace hubsdk {
namespace {

struct StatusRow {
    int status;
    ErrorClass error_class;
    bool retryable;
};

// What a status means where a vendor says nothing else.
constexpr std::array<StatusRow, 15> kStatuses{{
    {400, ErrorClass::kValidation, false},
    {401, ErrorClass::kAuth, false},
    {403, ErrorClass::kForbidden, false},
    {404, ErrorClass::kNotFound, false},
    {408, ErrorClass::kVendorUnavailable, true},
    {409, ErrorClass::kConflict, false},
    {410, ErrorClass::kNotFound, false},
    {422, ErrorClass::kValidation, false},
    {425, ErrorClass::kVendorUnavailable, true},
    {429, ErrorClass::kRateLimited, true},
    {451, ErrorClass::kForbidden, false},
    {500, ErrorClass::kVendorUnavailable, true},
    {502, ErrorClass::kVendorUnavailable, true},
    {503, ErrorClass::kVendorUnavailable, true},
    {504, ErrorClass::kVendorUnavailable, true},
}};

// Seconds of a Retry-After header; the date form is rare and left to the host's back-off.
std::optional<std::int64_t> retryAfterMs(const Reply& reply) {
    const std::string* text = reply.header("Retry-After");
    if (text == nullptr) return std::nullopt;
    std::int64_t seconds = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (problem != std::errc{} || end != text->data() + text->size() || seconds < 0)
        return std::nullopt;
    constexpr std::int64_t kSecondsMax = 24 * 3600;
    return std::min(seconds, kSecondsMax) * 1000;
}

}  // namespace

VendorError classifyByStatus(const Reply& reply) {
    const int status = reply.status();
    VendorError error;
    const auto row = std::ranges::find(kStatuses, status, &StatusRow::status);
    if (row != kStatuses.end()) {
        error.error_class = row->error_class;
        error.retryable = row->retryable;
    } else {
        error.error_class = status >= 400 && status < 500 ? ErrorClass::kValidation
                                                          : ErrorClass::kVendorUnavailable;
    }
    error.vendor_code = std::to_string(status);
    error.message = "the vendor answered " + std::to_string(status);
    error.retry_after_ms = retryAfterMs(reply);
    return error;
}

}  // namespace hubsdk
