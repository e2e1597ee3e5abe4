/// Small types that several documents use.
#pragma once

#include <hubsdk/cpp/shape.hpp>

namespace hubsdk {

/// A header field of a request or reply. Names compare without regard to case.
struct Header {
    std::string name;
    std::string value;
    bool operator==(const Header&) const = default;
};
template <>
struct Shape<Header> {
    static constexpr std::string_view kName = "Header";
    static constexpr auto kFields =
        std::tuple{field("name", &Header::name, "Field name."),
                   field("value", &Header::value, "Field value, as received.", Pii::kSensitive)};
};

/// The value of the first field of that name; null if there is none.
[[nodiscard]] const std::string* findHeader(const std::vector<Header>& headers,
                                            std::string_view name);

/// How an object of the vendor is tied to one of ours: a plugin's only memory.
struct Link {
    std::string type;  ///< as named in the manifest: report, invitation, candidate …
    std::string id;
    bool operator==(const Link&) const = default;
};
template <>
struct Shape<Link> {
    static constexpr std::string_view kName = "Link";
    static constexpr auto kFields =
        std::tuple{field("type", &Link::type, "Link type of the manifest.", lengthMax(50)),
                   field("id", &Link::id, "The vendor's id.", lengthMax(255))};
};

/// The id of the first link of that type; null if there is none.
[[nodiscard]] const std::string* findLink(const std::vector<Link>& links, std::string_view type);

struct Money {
    std::int64_t amount_minor = 0;
    std::string currency;
    bool operator==(const Money&) const = default;
};
template <>
struct Shape<Money> {
    static constexpr std::string_view kName = "Money";
    static constexpr auto kFields = std::tuple{
        field("amount_minor", &Money::amount_minor, "Amount in the currency's minor unit."),
        field("currency", &Money::currency, "ISO 4217 code.", lengthMax(3))};
};

/// Why a vendor did not do what was asked.
enum class ErrorClass : std::uint8_t {
    kAuth,
    kForbidden,
    kValidation,
    kNotFound,
    kConflict,
    kRateLimited,
    kVendorUnavailable,
    kUnsafeXml,
    kSchema,
    kDiverged,   ///< a flow's replay no longer asks what was answered
    kUncertain,  ///< a call may have been executed and cannot be looked up
    kUnsupported,
    kInternal,
};
template <>
struct EnumNames<ErrorClass> {
    static constexpr std::string_view kName = "ErrorClass";
    static constexpr std::array<EnumRow<ErrorClass>, 13> kRows{{
        {ErrorClass::kAuth, "auth"},
        {ErrorClass::kForbidden, "forbidden"},
        {ErrorClass::kValidation, "validation"},
        {ErrorClass::kNotFound, "not_found"},
        {ErrorClass::kConflict, "conflict"},
        {ErrorClass::kRateLimited, "rate_limited"},
        {ErrorClass::kVendorUnavailable, "vendor_unavailable"},
        {ErrorClass::kUnsafeXml, "unsafe_xml"},
        {ErrorClass::kSchema, "schema"},
        {ErrorClass::kDiverged, "diverged"},
        {ErrorClass::kUncertain, "uncertain"},
        {ErrorClass::kUnsupported, "unsupported"},
        {ErrorClass::kInternal, "internal"},
    }};
};

struct VendorError {
    ErrorClass error_class = ErrorClass::kInternal;
    bool retryable = false;
    std::optional<std::string> vendor_code;
    std::string message;
    std::optional<std::int64_t> retry_after_ms;
    std::optional<std::string> label;  ///< the step it happened at
    std::optional<std::string> was;    ///< diverged: what the journal holds
    std::optional<std::string> is;     ///< diverged: what the flow asks now
};
template <>
struct Shape<VendorError> {
    static constexpr std::string_view kName = "VendorError";
    static constexpr auto kFields = std::tuple{
        field("class", &VendorError::error_class, "Class of the error."),
        field("retryable", &VendorError::retryable, "Whether the same call may succeed later.",
              Need::kRequired),
        field("vendor_code", &VendorError::vendor_code, "The vendor's own code.",
              WhenEmpty::kWriteNull),
        field("message", &VendorError::message, "For a person; may hold words of the vendor.",
              Need::kOptional, Pii::kPersonal),
        field("retry_after_ms", &VendorError::retry_after_ms, "When waiting helps, how long."),
        field("label", &VendorError::label, "The step it happened at."),
        field("was", &VendorError::was, "Diverged: what the journal holds."),
        field("is", &VendorError::is, "Diverged: what the flow asks now.")};
};

}  // namespace hubsdk
