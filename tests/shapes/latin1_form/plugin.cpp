/// Shape 3: a form postback in ISO-8859-1. Its claim is a template of the manifest, so the host
/// checks it without calling the plugin.
#include <hubsdk/cpp/plugin.hpp>
#include <hubsdk/cpp/text.hpp>

namespace {

using namespace hubsdk;

struct OutcomeRow {
    std::string_view word;
    CheckOutcome outcome;
};
constexpr std::array<OutcomeRow, 3> kOutcomes{{{"Clear", CheckOutcome::kClear},
                                               {"Record found", CheckOutcome::kConsider},
                                               {"No such court", CheckOutcome::kDataNotFound}}};

std::string valueOf(const Delivery& delivery, std::string_view name) {
    return utf8FromLatin1(formField(delivery.body.bytes, name).value_or(""));
}

Check checkOf(const Delivery& delivery, std::vector<std::string>& unmapped) {
    Check check;
    check.vendor_check_id = valueOf(delivery, "search");
    check.raw_type = "county";
    check.type = CheckType::kCriminalCounty;
    check.jurisdiction = valueOf(delivery, "court");
    const std::string word = valueOf(delivery, "result");
    for (const OutcomeRow& row : kOutcomes) {
        if (sameWord(word, row.word)) check.outcome = row.outcome;
    }
    if (!check.outcome) {
        check.outcome = CheckOutcome::kPendingReview;
        unmapped.push_back(word);
    }
    return check;
}

struct Latin1Form {
    static std::vector<Observation> interpret(const Delivery& delivery, Json) {
        Observation observation;
        observation.client_reference = valueOf(delivery, "reference");
        observation.raw_result = valueOf(delivery, "result");
        observation.checks.push_back(checkOf(delivery, observation.unmapped));
        return {observation};
    }
};

}  // namespace

HUB_EXPORT_PLUGIN(Latin1Form)
