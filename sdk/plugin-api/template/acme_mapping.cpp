#include "acme_mapping.hpp"

#include <hubsdk/cpp/mapping.hpp>

#include <array>

namespace vendor::acme {
namespace {

using namespace hubsdk;

constexpr std::array<Word<OrderStatus>, 4> kStates{{
    {"invited", OrderStatus::kAwaitingApplicantInfo},
    {"running", OrderStatus::kInProgress},
    {"finished", OrderStatus::kCompleted},
    {"cancelled", OrderStatus::kCancelled},
}};

constexpr std::array<Word<CheckOutcome>, 2> kResults{{
    {"clear", CheckOutcome::kClear},
    {"review", CheckOutcome::kConsider},
}};

constexpr std::array<Word<CheckType>, 3> kSearches{{
    {"county", CheckType::kCriminalCounty},
    {"ssn", CheckType::kSsnTrace},
    {"registry", CheckType::kSexOffender},
}};

std::optional<std::string> textOf(Json value) {
    if (const auto text = value.asString()) return std::string(*text);
    return std::nullopt;
}

Progress progressOf(bool finished) { return finished ? Progress::kFinished : Progress::kRunning; }

Check checkOf(Json search, Unmapped& unmapped) {
    Check check;
    check.vendor_check_id = search["id"].text();
    check.raw_type = search["type"].text();
    check.type = mapped(kSearches, search["type"].text(), unmapped);
    check.jurisdiction = textOf(search["place"]);
    check.completed_at = utcOf(search["finished_at"].text());
    const Progress progress = progressOf(!search["finished_at"].empty());
    check.outcome = mappedOutcome(kResults, search["result"].text(), progress, unmapped);
    return check;
}

// A finished screening is completed only if its result is clear.
void setState(Observation& seen, Json screening, Unmapped& unmapped) {
    const std::string_view result = screening["result"].text();
    seen.order_status = mapped(kStates, screening["state"].text(), unmapped);
    const bool finished = seen.order_status == OrderStatus::kCompleted;
    seen.overall_outcome = mappedOutcome(kResults, result, progressOf(finished), unmapped);
    if (!finished) return;
    seen.order_status = finishedStatus(kResults, result);
    seen.completed_at = seen.version;
}

}  // namespace

std::string screeningBody(const Order& order, std::string_view package) {
    std::string body;
    JsonWriter writer(body);
    writer.beginObject();
    writer.member("reference", order.number);
    writer.member("package", package);
    writer.member("email", order.applicant.email);
    writer.endObject();
    return body;
}

Observation observationOf(Json screening) {
    Observation seen;
    seen.vendor_order_id = textOf(screening["id"]);
    seen.client_reference = textOf(screening["reference"]);
    if (seen.vendor_order_id) seen.links.push_back({"screening", *seen.vendor_order_id});
    seen.vendor_status = textOf(screening["state"]);
    seen.raw_result = textOf(screening["result"]);
    seen.version = utcOf(screening["updated_at"].text());
    Unmapped unmapped;
    setState(seen, screening, unmapped);
    const Json searches = screening["searches"];
    for (std::size_t i = 0; i < searches.size(); ++i) {
        seen.checks.push_back(checkOf(searches.at(i), unmapped));
    }
    seen.checks_complete = searches.present();
    seen.unmapped = unmapped.take();
    return seen;
}

}  // namespace vendor::acme
