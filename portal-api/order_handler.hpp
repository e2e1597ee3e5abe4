/// Orders: list, create, read, cancel (E-064, E-065, E-066, E-082).
#pragma once

#include "portal-api/router.hpp"

#include <hubsdk/model/order.hpp>

namespace portal {

/// Body of POST /orders. Creates and submits in one call (E-065 with submit=true).
struct CreateOrder {
    std::string provider_id;
    std::string package;
    hubsdk::ConsentFlow consent_flow = hubsdk::ConsentFlow::kHosted;
    hubsdk::Applicant applicant;
    std::optional<hubsdk::WorkLocation> work_location;
    std::optional<std::string> reference_number;
    std::vector<std::string> services;  ///< canonical check types that are ordered
};

struct FindingView {
    std::string id;
    std::string kind;
    std::optional<std::string> offense_level;
    std::optional<std::string> description;  ///< needs result.read_sensitive, as the next three
    std::optional<std::string> disposition;
    std::optional<std::string> sentence;
    std::optional<std::string> case_number;
    std::optional<std::string> date;
    std::optional<std::string> file_date;
    std::optional<std::string> disposition_date;
    std::optional<std::string> jurisdiction;
};

struct CheckView {
    std::string id;
    std::string type;
    std::optional<std::string> scope;
    std::string status;
    std::optional<std::string> result;
    std::optional<std::string> outcome;
    std::optional<std::string> provider_reference_id;
    std::optional<std::string> completed_at;
    std::vector<FindingView> findings;
};

struct VendorOrderView {
    std::string id;
    std::string provider_id;
    std::string plugin_key;
    std::optional<std::string> vendor_order_id;
    std::string status;
    std::optional<std::string> vendor_status;
    std::optional<std::string> overall_outcome;
    std::optional<std::string> applicant_url;  ///< needs order.update
    std::optional<std::string> known_as_of;
    std::optional<std::string> last_error;
};

struct TimelineView {
    std::string timestamp;
    std::string event_type;
    std::optional<std::string> title;
    std::optional<std::string> old_status;
    std::optional<std::string> new_status;
};

struct OrderView {
    std::string id;
    std::string order_number;
    std::string channel;
    std::string status;
    std::optional<std::string> result;
    std::int64_t completion_percentage = 0;
    std::optional<std::string> package;
    std::optional<std::string> reference_number;
    std::optional<std::string> action_reason;
    std::string created_at;
    std::optional<std::string> submitted_at;
    std::optional<std::string> completed_at;
    std::vector<CheckView> checks;
    std::vector<VendorOrderView> vendor_orders;
    std::vector<TimelineView> timeline;
    std::int64_t row_version = 0;
};

/// An order as lists show it: without the applicant's data and what was found.
struct OrderSummary {
    std::string id;
    std::string order_number;
    std::string status;
    std::optional<std::string> result;
    std::int64_t completion_percentage = 0;
    std::string applicant_id;
    std::optional<std::string> package;
    std::string channel;
    std::optional<std::string> provider_id;
    std::optional<std::string> reference_number;
    std::optional<std::string> action_reason;
    std::optional<std::string> submitted_at;
    std::optional<std::string> completed_at;
    std::string created_at;
};

/// GET /orders?status=&provider=, newest first.
[[nodiscard]] hubsdk::Result<Page<OrderSummary>> listOrders(const ApiCall& call,
                                                            const NoBody& request);
[[nodiscard]] hubsdk::Result<OrderView> createOrder(const ApiCall& call,
                                                    const CreateOrder& request);
[[nodiscard]] hubsdk::Result<OrderView> readOrder(const ApiCall& call, const NoBody& request);
[[nodiscard]] hubsdk::Result<OrderView> cancelOrder(const ApiCall& call, const NoBody& request);

}  // namespace portal

namespace hubsdk {
template <>
struct Shape<portal::CreateOrder> {
    using T = portal::CreateOrder;
    static constexpr std::string_view kName = "CreateOrder";
    static constexpr auto kFields = std::tuple{
        field("provider_id", &T::provider_id, "Provider that places the order.", lengthMax(36)),
        field("package", &T::package, "Our package code.", lengthMax(100)),
        field("consent_flow", &T::consent_flow, "hosted or own.", Need::kOptional),
        field("applicant", &T::applicant, "The person."),
        field("work_location", &T::work_location, "Where the job is."),
        field("reference_number", &T::reference_number, "Your reference.", lengthMax(100)),
        field("services", &T::services, "Ordered check types.", lengthMax(50))};
};
template <>
struct Shape<portal::OrderSummary> {
    using T = portal::OrderSummary;
    static constexpr std::string_view kName = "OrderSummary";
    static constexpr auto kFields =
        std::tuple{field("id", &T::id, "Id."),
                   field("order_number", &T::order_number, "Number."),
                   field("status", &T::status, "Status."),
                   field("result", &T::result, "Result.", WhenEmpty::kWriteNull),
                   field("completion_percentage", &T::completion_percentage, "0 to 100."),
                   field("applicant_id", &T::applicant_id, "The person."),
                   field("package", &T::package, "Package code."),
                   field("channel", &T::channel, "Where it came from."),
                   field("provider_id", &T::provider_id, "Provider that places it."),
                   field("reference_number", &T::reference_number, "Your reference."),
                   field("action_reason", &T::action_reason, "Why an action is required."),
                   field("submitted_at", &T::submitted_at, "UTC."),
                   field("completed_at", &T::completed_at, "UTC."),
                   field("created_at", &T::created_at, "UTC.")};
};
template <>
struct Shape<portal::FindingView> {
    using T = portal::FindingView;
    static constexpr std::string_view kName = "Finding";
    static constexpr auto kFields =
        std::tuple{field("id", &T::id, "Id."),
                   field("kind", &T::kind, "Kind."),
                   field("offense_level", &T::offense_level, "felony, misdemeanor, infraction."),
                   field("description", &T::description, "Offense.", Pii::kSensitive),
                   field("disposition", &T::disposition, "Disposition.", Pii::kSensitive),
                   field("sentence", &T::sentence, "Sentence.", Pii::kSensitive),
                   field("case_number", &T::case_number, "Docket number.", Pii::kSensitive),
                   field("date", &T::date, "Day of the offense."),
                   field("file_date", &T::file_date, "Day."),
                   field("disposition_date", &T::disposition_date, "Day."),
                   field("jurisdiction", &T::jurisdiction, "Jurisdiction.")};
};
template <>
struct Shape<portal::CheckView> {
    using T = portal::CheckView;
    static constexpr std::string_view kName = "Check";
    static constexpr auto kFields =
        std::tuple{field("id", &T::id, "Id."),
                   field("type", &T::type, "Canonical type."),
                   field("scope", &T::scope, "Refinement."),
                   field("status", &T::status, "Status."),
                   field("result", &T::result, "Result.", WhenEmpty::kWriteNull),
                   field("outcome", &T::outcome, "The vendor's verdict.", WhenEmpty::kWriteNull),
                   field("provider_reference_id", &T::provider_reference_id, "The vendor's id."),
                   field("completed_at", &T::completed_at, "UTC."),
                   field("findings", &T::findings, "Findings.", WhenEmpty::kWriteNull)};
};
template <>
struct Shape<portal::VendorOrderView> {
    using T = portal::VendorOrderView;
    static constexpr std::string_view kName = "VendorOrder";
    static constexpr auto kFields = std::tuple{
        field("id", &T::id, "Id."),
        field("provider_id", &T::provider_id, "Provider."),
        field("plugin_key", &T::plugin_key, "Vendor key."),
        field("vendor_order_id", &T::vendor_order_id, "The vendor's id."),
        field("status", &T::status, "Status."),
        field("vendor_status", &T::vendor_status, "Raw word."),
        field("overall_outcome", &T::overall_outcome, "The vendor's verdict."),
        field("applicant_url", &T::applicant_url, "Link for the applicant.", Pii::kSecret),
        field("known_as_of", &T::known_as_of, "When the vendor last spoke."),
        field("last_error", &T::last_error, "Class of the last error.")};
};
template <>
struct Shape<portal::TimelineView> {
    using T = portal::TimelineView;
    static constexpr std::string_view kName = "TimelineEntry";
    static constexpr auto kFields = std::tuple{
        field("timestamp", &T::timestamp, "UTC."), field("event_type", &T::event_type, "Action."),
        field("title", &T::title, "Title."), field("old_status", &T::old_status, "Before."),
        field("new_status", &T::new_status, "After.")};
};
template <>
struct Shape<portal::OrderView> {
    using T = portal::OrderView;
    static constexpr std::string_view kName = "Order";
    static constexpr auto kFields = std::tuple{
        field("id", &T::id, "Id."),
        field("order_number", &T::order_number, "Number."),
        field("channel", &T::channel, "Where it came from."),
        field("status", &T::status, "Status."),
        field("result", &T::result, "Result.", WhenEmpty::kWriteNull),
        field("completion_percentage", &T::completion_percentage, "0 to 100."),
        field("package", &T::package, "Package code."),
        field("reference_number", &T::reference_number, "Your reference."),
        field("action_reason", &T::action_reason, "Why an action is required."),
        field("created_at", &T::created_at, "UTC."),
        field("submitted_at", &T::submitted_at, "UTC."),
        field("completed_at", &T::completed_at, "UTC."),
        field("checks", &T::checks, "Checks.", WhenEmpty::kWriteNull),
        field("vendor_orders", &T::vendor_orders, "Vendor orders.", WhenEmpty::kWriteNull),
        field("timeline", &T::timeline, "What happened.", WhenEmpty::kWriteNull),
        field("row_version", &T::row_version, "For optimistic locking.")};
};
}  // namespace hubsdk
