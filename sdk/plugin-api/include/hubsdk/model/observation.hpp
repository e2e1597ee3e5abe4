/// What a vendor said, in canonical words. Members of type Patch tell absent (not said: what is
/// stored stays) from null (said to be unknown: it is taken back). For all others absent and null
/// are the same.
#pragma once

#include <hubsdk/model/piece.hpp>

namespace hubsdk {

enum class OrderStatus : std::uint8_t {
    kDraft,
    kSubmitted,
    kAwaitingApplicantInfo,
    kDataVerification,
    kInProgress,
    kPendingReview,
    kRequiresAction,
    kCompleted,
    kCancelled,
};
template <>
struct EnumNames<OrderStatus> {
    static constexpr std::string_view kName = "OrderStatus";
    static constexpr std::array<EnumRow<OrderStatus>, 9> kRows{{
        {OrderStatus::kDraft, "draft"},
        {OrderStatus::kSubmitted, "submitted"},
        {OrderStatus::kAwaitingApplicantInfo, "awaiting_applicant_info"},
        {OrderStatus::kDataVerification, "data_verification"},
        {OrderStatus::kInProgress, "in_progress"},
        {OrderStatus::kPendingReview, "pending_review"},
        {OrderStatus::kRequiresAction, "requires_action"},
        {OrderStatus::kCompleted, "completed"},
        {OrderStatus::kCancelled, "cancelled"},
    }};
};

enum class CheckOutcome : std::uint8_t {
    kClear,
    kConsider,
    kAdverseAction,
    kPendingReview,
    kDataNotFound,
    kError,
};
template <>
struct EnumNames<CheckOutcome> {
    static constexpr std::string_view kName = "CheckOutcome";
    static constexpr std::array<EnumRow<CheckOutcome>, 6> kRows{{
        {CheckOutcome::kClear, "clear"},
        {CheckOutcome::kConsider, "consider"},
        {CheckOutcome::kAdverseAction, "adverse_action"},
        {CheckOutcome::kPendingReview, "pending_review"},
        {CheckOutcome::kDataNotFound, "data_not_found"},
        {CheckOutcome::kError, "error"},
    }};
};

enum class CheckType : std::uint8_t {
    kCriminalCounty,
    kCriminalState,
    kCriminalFederal,
    kCriminalInternational,
    kSsnTrace,
    kSexOffender,
    kGlobalWatchlist,
    kEmploymentVerification,
    kEducationVerification,
    kProfessionalLicense,
    kMvr,
    kCredit,
    kDrugTest,
    kReference,
    kIdentity,
    kSocialMedia,
};
template <>
struct EnumNames<CheckType> {
    static constexpr std::string_view kName = "CheckType";
    static constexpr std::array<EnumRow<CheckType>, 16> kRows{{
        {CheckType::kCriminalCounty, "criminal_county"},
        {CheckType::kCriminalState, "criminal_state"},
        {CheckType::kCriminalFederal, "criminal_federal"},
        {CheckType::kCriminalInternational, "criminal_international"},
        {CheckType::kSsnTrace, "ssn_trace"},
        {CheckType::kSexOffender, "sex_offender"},
        {CheckType::kGlobalWatchlist, "global_watchlist"},
        {CheckType::kEmploymentVerification, "employment_verification"},
        {CheckType::kEducationVerification, "education_verification"},
        {CheckType::kProfessionalLicense, "professional_license"},
        {CheckType::kMvr, "mvr"},
        {CheckType::kCredit, "credit"},
        {CheckType::kDrugTest, "drug_test"},
        {CheckType::kReference, "reference"},
        {CheckType::kIdentity, "identity"},
        {CheckType::kSocialMedia, "social_media"},
    }};
};

enum class FindingKind : std::uint8_t {
    kCriminalCharge,
    kRegistry,
    kWatchlist,
    kViolation,
    kAccident,
    kSuspension,
    kVerificationDiscrepancy,
    kDrug,
    kOther,
};
template <>
struct EnumNames<FindingKind> {
    static constexpr std::string_view kName = "FindingKind";
    static constexpr std::array<EnumRow<FindingKind>, 9> kRows{{
        {FindingKind::kCriminalCharge, "criminal_charge"},
        {FindingKind::kRegistry, "registry"},
        {FindingKind::kWatchlist, "watchlist"},
        {FindingKind::kViolation, "violation"},
        {FindingKind::kAccident, "accident"},
        {FindingKind::kSuspension, "suspension"},
        {FindingKind::kVerificationDiscrepancy, "verification_discrepancy"},
        {FindingKind::kDrug, "drug"},
        {FindingKind::kOther, "other"},
    }};
};

enum class Severity : std::uint8_t { kFelony, kMisdemeanor, kInfraction };
template <>
struct EnumNames<Severity> {
    static constexpr std::string_view kName = "Severity";
    static constexpr std::array<EnumRow<Severity>, 3> kRows{{
        {Severity::kFelony, "felony"},
        {Severity::kMisdemeanor, "misdemeanor"},
        {Severity::kInfraction, "infraction"},
    }};
};

enum class ObservationKind : std::uint8_t { kScreening, kIdentity, kPayment, kCandidate, kAccount };
template <>
struct EnumNames<ObservationKind> {
    static constexpr std::string_view kName = "ObservationKind";
    static constexpr std::array<EnumRow<ObservationKind>, 5> kRows{{
        {ObservationKind::kScreening, "screening"},
        {ObservationKind::kIdentity, "identity"},
        {ObservationKind::kPayment, "payment"},
        {ObservationKind::kCandidate, "candidate"},
        {ObservationKind::kAccount, "account"},
    }};
};

/// One charge, entry, violation … Every member but `kind` may be unknown (null).
struct Finding {
    FindingKind kind = FindingKind::kOther;
    std::optional<std::string> offense;
    std::optional<Severity> severity;
    std::optional<std::string> disposition;
    std::optional<std::string> offense_date;
    std::optional<std::string> file_date;
    std::optional<std::string> disposition_date;
    std::optional<std::string> sentence;
    std::optional<std::string> jurisdiction;
    std::optional<std::string> case_number;
    bool operator==(const Finding&) const = default;
};
template <>
struct Shape<Finding> {
    static constexpr std::string_view kName = "Finding";
    static constexpr WhenEmpty kNull = WhenEmpty::kWriteNull;
    static constexpr auto kFields = std::tuple{
        field("kind", &Finding::kind, "What was found."),
        field("offense", &Finding::offense, "The vendor's text.", kNull, Pii::kSensitive),
        field("severity", &Finding::severity, "Level of the offense.", kNull),
        field("disposition", &Finding::disposition, "The vendor's text.", kNull, Pii::kSensitive),
        field("offense_date", &Finding::offense_date, "Day.", kNull, Format::kDate, Pii::kPersonal),
        field("file_date", &Finding::file_date, "Day.", kNull, Format::kDate, Pii::kPersonal),
        field("disposition_date", &Finding::disposition_date, "Day.", kNull, Format::kDate,
              Pii::kPersonal),
        field("sentence", &Finding::sentence, "The vendor's text.", kNull, Pii::kSensitive),
        field("jurisdiction", &Finding::jurisdiction, "COUNTY, ST or what is known.", kNull),
        field("case_number", &Finding::case_number, "Docket number.", kNull, Pii::kSensitive)};
};

/// One verification of one person from one source.
struct Check {
    std::string vendor_check_id;
    std::optional<CheckType> type;  ///< null: no canonical type fits, see raw_type
    std::string raw_type;
    std::optional<std::string> scope;
    std::optional<std::string> jurisdiction;
    std::optional<CheckOutcome> outcome;  ///< null: not decided yet
    std::optional<std::string> completed_at;
    Patch<std::string> estimated_at;  ///< null takes an earlier one back
    std::optional<std::string> vendor_status;
    std::vector<Finding> findings;
    bool operator==(const Check&) const = default;
};
template <>
struct Shape<Check> {
    static constexpr std::string_view kName = "Check";
    static constexpr auto kFields = std::tuple{
        field("vendor_check_id", &Check::vendor_check_id, "The vendor's id.", lengthMax(100)),
        field("type", &Check::type, "Canonical type.", WhenEmpty::kWriteNull),
        field("raw_type", &Check::raw_type, "The vendor's word.", lengthMax(255)),
        field("scope", &Check::scope, "Refinement of the type.", lengthMax(50)),
        field("jurisdiction", &Check::jurisdiction, "Searched court or region.", lengthMax(100)),
        field("outcome", &Check::outcome, "Null while undecided.", WhenEmpty::kWriteNull),
        field("completed_at", &Check::completed_at, "UTC.", WhenEmpty::kWriteNull,
              Format::kTimestamp),
        field("estimated_at", &Check::estimated_at, "UTC; null: no longer said.",
              Format::kTimestamp),
        field("vendor_status", &Check::vendor_status, "Raw status word.", lengthMax(50)),
        field("findings", &Check::findings, "In the vendor's order.", WhenEmpty::kWriteNull,
              lengthMax(2000))};
};

/// The event that a delivery told of.
struct Event {
    std::string event_type;
    std::optional<std::string> occurred_at;
    std::optional<std::string> resource_type;
    std::optional<std::string> resource_id;
    std::optional<std::string> dedupe_key;
    bool operator==(const Event&) const = default;
};
template <>
struct Shape<Event> {
    static constexpr std::string_view kName = "Event";
    static constexpr auto kFields = std::tuple{
        field("event_type", &Event::event_type, "The vendor's word.", lengthMax(100)),
        field("occurred_at", &Event::occurred_at, "UTC.", WhenEmpty::kWriteNull,
              Format::kTimestamp),
        field("resource_type", &Event::resource_type, "Kind of object.", WhenEmpty::kWriteNull),
        field("resource_id", &Event::resource_id, "Id of the object.", WhenEmpty::kWriteNull),
        field("dedupe_key", &Event::dedupe_key, "Names the event.", WhenEmpty::kWriteNull)};
};

/// A link for the applicant. It is personal and expires.
struct ApplicantUrl {
    std::string url;
    std::optional<std::string> expires_at;
    bool operator==(const ApplicantUrl&) const = default;
};
template <>
struct Shape<ApplicantUrl> {
    static constexpr std::string_view kName = "ApplicantUrl";
    static constexpr auto kFields = std::tuple{
        field("url", &ApplicantUrl::url, "https address.", Pii::kSecret, lengthMax(2000)),
        field("expires_at", &ApplicantUrl::expires_at, "UTC.", Format::kTimestamp)};
};

/// A file of the vendor: a blob that the host has stored, or a slice of a reply that the host
/// decodes and stores as one when it commits the observation (base64 in XML or JSON; blanks and
/// line ends inside it do not count).
struct ObservedDocument {
    std::string kind;  ///< report_pdf …
    std::string blob_id;
    std::string content_type;
    std::optional<std::string> file_name;
    std::optional<Slice> slice;         ///< instead of blob_id
    std::optional<std::string> decode;  ///< of the slice: base64; absent: bytes as they are
    bool operator==(const ObservedDocument&) const = default;
};
template <>
struct Shape<ObservedDocument> {
    static constexpr std::string_view kName = "ObservedDocument";
    static constexpr auto kFields = std::tuple{
        field("kind", &ObservedDocument::kind, "report_pdf …"),
        field("blob_id", &ObservedDocument::blob_id, "Id of the blob; empty with a slice.",
              Need::kOptional),
        field("content_type", &ObservedDocument::content_type, "Media type."),
        field("file_name", &ObservedDocument::file_name, "The vendor's name.", Pii::kPersonal),
        field("slice", &ObservedDocument::slice, "Where the bytes lie in a reply."),
        field("decode", &ObservedDocument::decode, "base64, for a slice.")};
};

/// A canonical package of the vendor (catalog.list).
struct CatalogItem {
    std::string id;
    std::string name;
    std::optional<Money> price;
    std::vector<std::string> check_types;
    bool operator==(const CatalogItem&) const = default;
};
template <>
struct Shape<CatalogItem> {
    static constexpr std::string_view kName = "CatalogItem";
    static constexpr auto kFields = std::tuple{
        field("id", &CatalogItem::id, "The vendor's id."),
        field("name", &CatalogItem::name, "Name."),
        field("price", &CatalogItem::price, "List price."),
        field("check_types", &CatalogItem::check_types, "Canonical types, or the vendor's word.")};
};

/// What a vendor said about one subject. A null order_status means "leave the stored one as it
/// was", a null overall_outcome "undecided".
struct Observation {
    ObservationKind kind = ObservationKind::kScreening;
    std::optional<Event> event;
    std::optional<std::string> vendor_order_id;
    std::optional<std::string> client_reference;
    std::vector<Link> links;
    std::optional<std::string> origin;  ///< "monitoring": never matched to an open order
    std::optional<OrderStatus> order_status;
    std::optional<CheckOutcome> overall_outcome;
    Patch<std::string> completed_at;     ///< null takes an earlier one back
    std::optional<std::string> version;  ///< vendor-monotone per linked object; text order
    std::optional<std::string> vendor_status;
    std::optional<std::string> raw_result;
    bool needs_fetch = false;
    std::vector<Check> checks;
    bool checks_complete = false;  ///< the list is the whole list
    std::vector<std::string> unmapped;
    bool report_required = false;
    bool alert = false;  ///< a person should look at it, whatever the status
    std::optional<std::string> alert_kind;
    std::optional<ApplicantUrl> applicant_url;
    Patch<std::string> estimated_at;  ///< null takes an earlier one back
    std::optional<Money> cost;
    std::vector<ObservedDocument> documents;
    std::optional<VendorError> error;
    bool disconnect = false;  ///< kind account: the vendor ended the connection
    std::optional<std::string> account_ref;
};
template <>
struct Shape<Observation> {
    static constexpr std::string_view kName = "Observation";
    static constexpr WhenEmpty kNull = WhenEmpty::kWriteNull;
    static constexpr auto kFields = std::tuple{
        field("kind", &Observation::kind, "What kind of subject."),
        field("event", &Observation::event, "The event, for a delivery.", kNull),
        field("vendor_order_id", &Observation::vendor_order_id, "The vendor's order id.", kNull,
              lengthMax(100)),
        field("client_reference", &Observation::client_reference, "Our reference.", kNull,
              lengthMax(100)),
        field("links", &Observation::links, "Ids that belong to the subject.", lengthMax(32)),
        field("origin", &Observation::origin, "monitoring, where it is."),
        field("order_status", &Observation::order_status, "Null: unchanged.", kNull),
        field("overall_outcome", &Observation::overall_outcome, "Null: undecided.", kNull),
        field("completed_at", &Observation::completed_at, "UTC; null: no longer said.",
              Format::kTimestamp),
        field("version", &Observation::version, "Vendor-monotone.", lengthMax(64)),
        field("vendor_status", &Observation::vendor_status, "Raw word.", lengthMax(50)),
        field("raw_result", &Observation::raw_result, "Raw word.", lengthMax(50)),
        field("needs_fetch", &Observation::needs_fetch, "The state must be read first."),
        field("checks", &Observation::checks, "Checks said.", kNull, lengthMax(500)),
        field("checks_complete", &Observation::checks_complete, "Nothing is missing."),
        field("unmapped", &Observation::unmapped, "Vendor words without a mapping."),
        field("report_required", &Observation::report_required, "Findings are only in the PDF."),
        field("alert", &Observation::alert, "A person should look."),
        field("alert_kind", &Observation::alert_kind, "Why."),
        field("applicant_url", &Observation::applicant_url, "Link for the applicant."),
        field("estimated_at", &Observation::estimated_at, "UTC; null: no longer said.",
              Format::kTimestamp),
        field("cost", &Observation::cost, "What the vendor charges."),
        field("documents", &Observation::documents, "Stored files.", lengthMax(50)),
        field("error", &Observation::error, "Nothing else may be stored.", kNull),
        field("disconnect", &Observation::disconnect, "The connection ended."),
        field("account_ref", &Observation::account_ref, "The vendor's account id.")};
};

/// A command that a delivery asks for about one object of the vendor, known to us or not: an event
/// that only names a report is followed by reading it. `needs_fetch` of an observation is a follow
/// with order.refresh.
struct Follow {
    std::string command =
        "order.refresh";  ///< one that the manifest offers and that takes no order
    std::optional<std::string> vendor_order_id;
    std::vector<Link> links;
};
template <>
struct Shape<Follow> {
    static constexpr std::string_view kName = "Follow";
    static constexpr auto kFields = std::tuple{
        field("command", &Follow::command, "Name of the command.", Need::kOptional, lengthMax(50)),
        field("vendor_order_id", &Follow::vendor_order_id, "The vendor's order id.",
              lengthMax(100)),
        field("links", &Follow::links, "Ids that name the object.", lengthMax(32))};
};

/// What interpret answers.
struct Interpretation {
    std::vector<Observation> observations;
    std::vector<Follow> follow;
};
template <>
struct Shape<Interpretation> {
    static constexpr std::string_view kName = "Interpretation";
    static constexpr auto kFields = std::tuple{
        field("observations", &Interpretation::observations, "What the delivery says.",
              Need::kRequired, lengthMax(10000)),
        field("follow", &Interpretation::follow, "What has to be asked.", lengthMax(1000))};
};

}  // namespace hubsdk
