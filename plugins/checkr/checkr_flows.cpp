#include "plugins/checkr/checkr_flows.hpp"

#include "plugins/checkr/checkr_errors.hpp"
#include "plugins/checkr/checkr_mapping.hpp"
#include "plugins/checkr/checkr_requests.hpp"

namespace vendor::checkr {
namespace {

using hubsdk::Command;
using hubsdk::ErrorClass;
using hubsdk::Flow;
using hubsdk::Reply;
using hubsdk::Request;
using hubsdk::Task;

constexpr std::int64_t kReportBytesMax = 25 * 1024 * 1024;
constexpr std::size_t kDocumentsMax = 20;

std::optional<std::string> linkedId(const Command& inputs, std::string_view type) {
    const std::string* id = hubsdk::findLink(inputs.links, type);
    return id == nullptr ? std::nullopt : std::optional(*id);
}

// Named functions, because a braced list may not stand in an expression that awaits.
std::vector<int> notFound() { return {404}; }
std::vector<int> refusedEnding() { return {400, 404, 409, 422}; }
std::vector<int> refusedForGood() { return {400, 404, 422}; }

// Without links the vendor order id is all there is; whether it names a report or an invitation
// shows only in the vendor's answer.
std::string orderId(const Command& inputs) {
    if (inputs.vendor_order_id && !inputs.vendor_order_id->empty()) return *inputs.vendor_order_id;
    throw hubsdk::FlowEnd(
        hubsdk::vendorError(ErrorClass::kValidation,
                            "vendor_order_id: is required without a report or invitation link"));
}

std::string reportId(const Command& inputs) {
    auto linked = linkedId(inputs, "report");
    return linked ? std::move(*linked) : orderId(inputs);
}

Request reportRequest(std::string label, std::string_view id) {
    return apiGet(std::move(label), pathOf("reports", id)).encodedQuery("include=" + includeList());
}

Request invitationRequest(std::string_view id) {
    return apiGet("invitation", pathOf("invitations", id));
}

Request placeRequest(const hubsdk::Order& order, const hubsdk::Account& account,
                     std::string_view candidate_id) {
    const bool own = order.consent_flow == hubsdk::ConsentFlow::kOwn;
    Request request = own ? apiPost("report", "/reports") : apiPost("invite", "/invitations");
    return std::move(request).json(orderBody(order, account, candidate_id)).keyed();
}

// What to show for an invitation: the report as soon as there is one.
Task<Observation> begunReport(Observation invitation) {
    const std::string* report_id = hubsdk::findLink(invitation.links, "report");
    if (report_id == nullptr) co_return invitation;
    Reply reply = co_await reportRequest("begun", *report_id);
    Observation observation = observationOfReport(reply.json(), Origin::kFetched);
    for (const hubsdk::Link& link : invitation.links) addLink(observation, link.type, link.id);
    co_return observation;
}

// How an attempt to stop a report went.
struct Stop {
    Observation report;                          ///< what is true of it now
    std::optional<hubsdk::VendorError> refusal;  ///< set if it still runs
};

bool hasEnded(Json report) {
    const std::string_view status = report["status"].text();
    return hubsdk::sameWord(status, "complete") || hubsdk::sameWord(status, "canceled");
}

// A refusal often means that the report has ended already: only the report itself tells.
Task<Stop> tryToStop(std::string id, std::string label, std::vector<int> refusals) {
    Reply stopped = co_await apiPost(label, pathOf("reports", id) + "/complete")
                        .keyed()
                        .allow(std::move(refusals));
    const bool accepted = stopped.status() < 300;
    Stop stop;
    if (accepted && !stopped.body().empty() && stopped.json()["id"].asString()) {
        stop.report = observationOfReport(stopped.json(), Origin::kAnswered);
        co_return stop;
    }
    Reply current = co_await reportRequest(label + "_read", id);
    stop.report = observationOfReport(current.json(), Origin::kFetched);
    if (!accepted && !hasEnded(current.json())) stop.refusal = classifyReply(stopped);
    co_return stop;
}

// Stops a running report. What did finish stays: the report may end as complete.
Task<Stop> stopReport(std::string id) {
    Stop stop = co_await tryToStop(id, "stop", refusedEnding());
    // 409: the first request still runs. The host repeats the second until it is no 409.
    if (stop.refusal && stop.refusal->retryable) {
        stop = co_await tryToStop(id, "stop_again", refusedForGood());
    }
    co_return stop;
}

hubsdk::Outcome outcomeOf(Stop stop) {
    if (stop.refusal) return hubsdk::failed(*stop.refusal).observing(std::move(stop.report));
    return hubsdk::done().observing(std::move(stop.report));
}

Observation cancelled(Observation observation) {
    observation.order_status = hubsdk::OrderStatus::kCancelled;
    observation.applicant_url.reset();
    return observation;
}

}  // namespace

Flow submitOrder(const hubsdk::Order& order, const hubsdk::Account& account) {
    checkOrder(order);
    Reply candidate =
        co_await apiPost("candidate", "/candidates").json(candidateBody(order)).keyed();
    const std::string_view candidate_id = candidate.text("/id");
    Reply placed = co_await placeRequest(order, account, candidate_id);
    Observation observation = order.consent_flow == hubsdk::ConsentFlow::kOwn
                                  ? observationOfReport(placed.json(), Origin::kAnswered)
                                  : observationOfInvitation(placed.json());
    addLink(observation, "candidate", std::string(candidate_id));
    co_return hubsdk::done().observing(std::move(observation));
}

Flow refreshOrder(const Command& inputs) {
    const auto report_id = linkedId(inputs, "report");
    const auto invitation_id = linkedId(inputs, "invitation");
    if (report_id) {
        Reply reply = co_await reportRequest("report", *report_id);
        co_return hubsdk::done().observing(observationOfReport(reply.json(), Origin::kFetched));
    }
    if (invitation_id) {
        Reply invitation = co_await invitationRequest(*invitation_id);
        Observation observation = co_await begunReport(observationOfInvitation(invitation.json()));
        co_return hubsdk::done().observing(std::move(observation));
    }
    const std::string id = orderId(inputs);
    Reply reply = co_await reportRequest("report", id).allow(notFound());
    if (reply.status() != 404) {
        co_return hubsdk::done().observing(observationOfReport(reply.json(), Origin::kFetched));
    }
    Reply invitation = co_await invitationRequest(id).allow(notFound());
    // Neither: what the vendor said about the report is what counts.
    if (invitation.status() == 404) co_return hubsdk::failed(classifyReply(reply));
    Observation observation = co_await begunReport(observationOfInvitation(invitation.json()));
    co_return hubsdk::done().observing(std::move(observation));
}

Flow cancelOrder(const Command& inputs) {
    const auto report_id = linkedId(inputs, "report");
    const auto invitation_id = linkedId(inputs, "invitation");
    if (report_id) {
        Stop stopped = co_await stopReport(*report_id);
        co_return outcomeOf(std::move(stopped));
    }
    const std::string id = invitation_id ? *invitation_id : orderId(inputs);
    // Deleting first leaves no gap in which the candidate could finish unseen.
    Reply deleted =
        co_await apiDelete("delete", pathOf("invitations", id)).safe().allow(refusedEnding());
    if (deleted.status() == 404 && !invitation_id) {
        Stop stopped = co_await stopReport(id);
        co_return outcomeOf(std::move(stopped));
    }
    Reply current = deleted;
    if (deleted.status() >= 300) current = co_await invitationRequest(id);
    Observation observation = observationOfInvitation(current.json());
    const std::string* begun = hubsdk::findLink(observation.links, "report");
    if (begun != nullptr) {
        Stop stopped = co_await stopReport(*begun);
        addLink(stopped.report, "invitation", id);
        co_return outcomeOf(std::move(stopped));
    }
    // Expired counts as cancelled: nothing of the order is left at the vendor.
    const bool over = deleted.status() < 300 ||
                      observation.order_status == hubsdk::OrderStatus::kCancelled ||
                      observation.order_status == hubsdk::OrderStatus::kRequiresAction;
    if (!over) co_return hubsdk::failed(classifyReply(deleted));
    co_return hubsdk::done().observing(cancelled(std::move(observation)));
}

Flow fetchReport(const Command& inputs) {
    const std::string id = reportId(inputs);
    Reply report = co_await apiGet("report", pathOf("reports", id));
    const Json ids = report.json()["document_ids"];
    for (std::size_t i = 0; i < std::min(ids.size(), kDocumentsMax); ++i) {
        const auto document_id = idOf(ids.at(i));
        if (!document_id) continue;
        Reply document = co_await apiGet("document", pathOf("documents", *document_id));
        if (!hubsdk::sameWord(document.json()["type"].text(), "pdf_report")) continue;
        // A pre-signed address that lives 15 minutes and must not see the API key.
        Reply pdf = co_await hubsdk::download("download", document.text("/download_uri"))
                        .toBlob(kReportBytesMax);
        hubsdk::ObservedDocument stored;
        stored.kind = "report_pdf";
        stored.blob_id = pdf.blob() == nullptr ? "" : pdf.blob()->id;
        stored.content_type = document.json()["content_type"].text("application/pdf");
        stored.file_name = textOf(document.json()["filename"]);
        Observation observation;
        observation.vendor_order_id = id;
        addLink(observation, "report", id);
        observation.documents.push_back(std::move(stored));
        co_return hubsdk::done().observing(std::move(observation));
    }
    co_return hubsdk::failed(ErrorClass::kNotFound, "the report has no PDF yet");
}

}  // namespace vendor::checkr
