#include "plugins/checkr/checkr_webhook.hpp"

#include <algorithm>
#include <array>

namespace vendor::checkr {
namespace {

using hubsdk::JsonKind;
using hubsdk::ObservationKind;
using hubsdk::OrderStatus;

constexpr std::string_view kSignatureHeader = "X-Checkr-Signature";
constexpr std::size_t kSignatureDigits = 64;

// Which kind of object the event is about, and so how the object is read.
enum class About : std::uint8_t {
    kReport,
    kInvitation,
    kCandidate,
    kChild,  ///< an object that belongs to a report: verification, adverse action
    kMonitoring,
    kPackage,
    kAccount,
};

enum class Alert : std::uint8_t { kNo, kYes };

struct EventRow {
    std::string_view word;  ///< the type, or its family with the dot
    About about;
    std::optional<OrderStatus> status;  ///< what the event itself says
    Alert alert = Alert::kNo;
};

using enum OrderStatus;
constexpr std::optional<OrderStatus> kUnchanged = std::nullopt;

// checkr.md, "Webhooks" and "Mapping: order status".
constexpr std::array<EventRow, 37> kEvents{{
    {"candidate.created", About::kCandidate, kDraft},
    {"candidate.updated", About::kCandidate, kUnchanged},
    {"candidate.id_required", About::kCandidate, kAwaitingApplicantInfo},
    {"candidate.driver_license_required", About::kCandidate, kAwaitingApplicantInfo},
    {"candidate.pre_adverse_action", About::kCandidate, kUnchanged},
    {"candidate.post_adverse_action", About::kCandidate, kUnchanged},
    {"invitation.created", About::kInvitation, kAwaitingApplicantInfo},
    {"invitation.completed", About::kInvitation, kDataVerification},
    {"invitation.expired", About::kInvitation, kRequiresAction},
    {"invitation.deleted", About::kInvitation, kCancelled},
    {"verification.created", About::kChild, kAwaitingApplicantInfo},
    {"verification.completed", About::kChild, kUnchanged},
    {"verification.processed", About::kChild, kUnchanged},
    {"report.created", About::kReport, kInProgress},
    {"report.updated", About::kReport, kInProgress},
    {"report.upgraded", About::kReport, kInProgress},
    {"report.resumed", About::kReport, kInProgress},
    {"report.complete", About::kReport, kUnchanged},
    {"report.completed", About::kReport, kUnchanged},
    {"report.suspended", About::kReport, kAwaitingApplicantInfo},
    {"report.disputed", About::kReport, kPendingReview},
    {"report.canceled", About::kReport, kCancelled},
    {"report.engaged", About::kReport, kCompleted},
    {"report.pre_adverse_action", About::kReport, kPendingReview},
    {"report.post_adverse_action", About::kReport, kCompleted},
    {"adverse_action.notice_not_delivered", About::kChild, kRequiresAction, Alert::kYes},
    {"continuous_check.subscription_error", About::kMonitoring, kRequiresAction, Alert::kYes},
    {"continuous_check.confirmation_required", About::kMonitoring, kRequiresAction, Alert::kYes},
    {"package.created", About::kPackage, kUnchanged},
    {"package.updated", About::kPackage, kUnchanged},
    {"package.deleted", About::kPackage, kUnchanged},
    {"account.credentialed", About::kAccount, kUnchanged},
    {"token.deauthorized", About::kAccount, kUnchanged},
    {"form_i9.", About::kCandidate, kUnchanged},
    // Types of these families that are not known yet, counted as unmapped.
    {"report.", About::kReport, kUnchanged},
    {"adverse_action.", About::kChild, kRequiresAction, Alert::kYes},
    {"continuous_check.", About::kMonitoring, kRequiresAction, Alert::kYes},
}};
constexpr EventRow kUnknownEvent{"", About::kChild, kUnchanged};
constexpr std::size_t kFirstUnknownFamily = kEvents.size() - 3;

const EventRow& rowOf(std::string_view type, Unmapped& unmapped) {
    const std::string word = hubsdk::normalisedWord(type);
    const auto row = std::ranges::find_if(kEvents, [&](const EventRow& each) {
        return each.word.ends_with('.') ? word.starts_with(each.word)
                                        : hubsdk::sameWord(word, each.word);
    });
    const bool known = static_cast<std::size_t>(row - kEvents.begin()) < kFirstUnknownFamily;
    if (!known) unmapped.add(type);
    return row == kEvents.end() ? kUnknownEvent : *row;
}

// With include_object off an event only points: it changes nothing, the fetched object decides.
bool isPointer(Json object) {
    return object.size() > 0 && std::ranges::all_of(object.members(), [](const auto& member) {
               return member.name == "id" || member.name == "object" || member.name == "uri";
           });
}

ObservationKind kindOf(const EventRow& row) {
    switch (row.about) {
        case About::kPackage:
        case About::kAccount:
            return ObservationKind::kAccount;
        // What the candidate owes holds up the order; everything else is about the person.
        case About::kCandidate:
            return row.status == kAwaitingApplicantInfo ? ObservationKind::kScreening
                                                        : ObservationKind::kCandidate;
        default:
            return ObservationKind::kScreening;
    }
}

Observation readInvitation(const EventRow& row, Json object) {
    Observation observation = observationOfInvitation(object);
    // The event is the only sign of a deletion; a deletion outlives every other event.
    if (observation.order_status != kCancelled) observation.order_status = row.status;
    if (row.status != kAwaitingApplicantInfo) observation.applicant_url.reset();
    return observation;
}

Observation readCandidate(const EventRow& row, Json object) {
    Observation observation;
    observation.vendor_order_id = idOf(object["id"]);
    observation.client_reference = idOf(object["custom_id"]);
    addLink(observation, "candidate", observation.vendor_order_id);
    observation.order_status = row.status;
    return observation;
}

// An object that belongs to a report. Its own id leads back to the order when a later event only
// points at it.
Observation readChild(const EventRow& row, Json object) {
    Observation observation;
    observation.vendor_order_id = idOf(object["report_id"]);
    addLink(observation, "report", observation.vendor_order_id);
    addLink(observation, "candidate", idOf(object["candidate_id"]));
    for (const std::string_view type : {"adverse_action", "verification"}) {
        if (hubsdk::sameWord(object["object"].text(), type))
            addLink(observation, type, idOf(object["id"]));
    }
    observation.order_status = row.status;
    return observation;
}

// Trouble with monitoring is no hit and concerns the person, not an order: without the link to the
// candidate it cannot be taken for news about an order that happens to be open. "Order status
// otherwise unchanged" (checkr.md): only a report that is named is touched.
Observation readMonitoring(const EventRow& row, Json object) {
    Observation observation;
    observation.vendor_order_id = idOf(object["report_id"]);
    addLink(observation, "report", observation.vendor_order_id);
    observation.order_status = row.status;
    return observation;
}

Observation readObject(const EventRow& row, Json object) {
    switch (row.about) {
        case About::kReport: {
            Observation observation = observationOfReport(object, Origin::kTold);
            if (object["status"].empty()) observation.order_status = row.status;
            return observation;
        }
        case About::kInvitation:
            return readInvitation(row, object);
        case About::kCandidate:
            return readCandidate(row, object);
        case About::kChild:
            return readChild(row, object);
        case About::kMonitoring:
            return readMonitoring(row, object);
        default:
            return {};
    }
}

// "adverse_action.notice_not_delivered" as one word.
std::string alertKind(std::string_view type) {
    std::string word = clipped(hubsdk::normalisedWord(type), kWordBytesMax);
    std::ranges::replace(word, '.', '_');
    return word;
}

hubsdk::Event eventOf(Json event, Json object) {
    hubsdk::Event all;
    all.event_type = clipped(event["type"].text(), kIdBytesMax);
    all.occurred_at = timeOf(event["created_at"]);
    all.resource_type = wordOf(object["object"]);
    all.resource_id = idOf(object["id"]);
    all.dedupe_key = idOf(event["id"]);
    return all;
}

Observation schemaError(std::string message) {
    Observation observation;
    observation.error.emplace();
    observation.error->error_class = hubsdk::ErrorClass::kSchema;
    observation.error->message = std::move(message);
    return observation;
}

Observation interpretEvent(Json event) {
    const Json object = event["data"]["object"];
    const bool is_event =
        textOf(event["type"]) && object.kind() == JsonKind::kObject &&
        (event["object"].empty() || hubsdk::sameWord(event["object"].text(), "event"));
    if (!is_event)
        return schemaError("the delivery is no Checkr event: type or data.object is missing");
    const std::string_view type = event["type"].text();
    Unmapped unmapped;
    const EventRow& row = rowOf(type, unmapped);
    Observation observation = readObject(row, object);
    for (const std::string& word : observation.unmapped) unmapped.add(word);
    observation.unmapped = unmapped.take();
    observation.kind = kindOf(row);
    observation.event = eventOf(event, object);
    if (row.alert == Alert::kYes) {
        observation.alert = true;
        observation.alert_kind = alertKind(type);
    }
    // The token itself stands in access_code, which is a secret: the connection whose event this
    // is is known to the host. account_id names the partner, not the account.
    observation.disconnect = hubsdk::sameWord(type, "token.deauthorized");
    if (!observation.disconnect) observation.account_ref = idOf(event["account_id"]);
    if (isPointer(object)) {
        observation.order_status.reset();
        observation.overall_outcome.reset();
        observation.needs_fetch = true;
        // It names no order, so if its own id is not known either nothing could be read.
        if (row.about == About::kChild && !observation.alert) {
            observation.alert = true;
            observation.alert_kind = alertKind(type);
        }
    }
    return observation;
}

}  // namespace

hubsdk::Claim claimOf(const hubsdk::Delivery& delivery, Json) {
    hubsdk::Claim claim;
    // An account without an API key sends a sentence instead of a signature.
    const std::string* signature = hubsdk::findHeader(delivery.headers, kSignatureHeader);
    if (signature == nullptr || hubsdk::trimmed(*signature).size() != kSignatureDigits)
        return claim;
    hubsdk::Proof proof;
    proof.algorithm = "hmac-sha256";
    proof.message.push_back(hubsdk::piece::body());
    proof.presented.push_back(hubsdk::piece::header(std::string(kSignatureHeader)));
    proof.encoding = "hex";
    proof.secrets = {"api_key", "client_secret"};
    claim.proofs.push_back(std::move(proof));
    const auto document = hubsdk::JsonDocument::parse(delivery.body.bytes);
    if (!document) return claim;
    const Json event = document->root();
    claim.event_key = idOf(event["id"]);
    if (!hubsdk::sameWord(event["type"].text(), "token.deauthorized")) {
        claim.account_ref = idOf(event["account_id"]);
    }
    return claim;
}

std::vector<Observation> interpretDelivery(const hubsdk::Delivery& delivery, Json) {
    std::vector<Observation> observations;
    const auto document = hubsdk::JsonDocument::parse(delivery.body.bytes);
    observations.push_back(
        document ? interpretEvent(document->root())
                 : schemaError("the delivery is no JSON: " + document.error().text()));
    return observations;
}

}  // namespace vendor::checkr
