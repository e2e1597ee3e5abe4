#include "acme_mapping.hpp"

#include <hubsdk/cpp/text.hpp>

#include <array>

namespace vendor::acme {
namespace {

using namespace hubsdk;

template <class Value>
struct Word {
    std::string_view vendor;
    Value ours;
};

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

// The canonical value of a vendor's word; an unknown word is named in `unmapped`.
template <class Value, std::size_t kSize>
std::optional<Value> mapped(Json word, const std::array<Word<Value>, kSize>& table,
                            std::string_view field, std::vector<std::string>& unmapped) {
    if (word.empty()) return std::nullopt;
    for (const Word<Value>& row : table) {
        if (sameWord(word.text(), row.vendor)) return row.ours;
    }
    unmapped.push_back(std::string(field) + ": " + std::string(word.text()));
    return std::nullopt;
}

std::optional<std::string> textOf(Json value) {
    if (const auto text = value.asString()) return std::string(*text);
    return std::nullopt;
}

Check checkOf(Json search, std::vector<std::string>& unmapped) {
    Check check;
    check.vendor_check_id = search["id"].text();
    check.raw_type = search["type"].text();
    check.type = mapped(search["type"], kSearches, "search type", unmapped);
    check.jurisdiction = textOf(search["place"]);
    check.outcome = mapped(search["result"], kResults, "search result", unmapped);
    check.completed_at = utcOf(search["finished_at"].text());
    return check;
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
    seen.order_status = mapped(screening["state"], kStates, "state", seen.unmapped);
    seen.overall_outcome = mapped(screening["result"], kResults, "result", seen.unmapped);
    seen.version = utcOf(screening["updated_at"].text());
    if (seen.order_status == OrderStatus::kCompleted) seen.completed_at = seen.version;
    const Json searches = screening["searches"];
    for (std::size_t i = 0; i < searches.size(); ++i) {
        seen.checks.push_back(checkOf(searches.at(i), seen.unmapped));
    }
    seen.checks_complete = searches.present();
    return seen;
}

}  // namespace vendor::acme
