#include "hub/domain/check_change.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "hub/security/digest.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::domain {
namespace {

using hubsdk::CheckType;
using storage::Check;

// One vendor's list of checks on its way into the rows of an order.
struct List {
    const UnitOfWork& unit;
    const storage::Order& order;
    const storage::VendorOrder& vendor_order;
    const ApplyContext& context;
    Cause cause;
    std::vector<Check> stored;
    std::vector<storage::Finding> findings;
};

using Fits = bool (*)(const Check& stored, const hubsdk::Check& said);

bool byId(const Check& stored, const hubsdk::Check& said) {
    return stored.vendor_check_id && *stored.vendor_check_id == said.vendor_check_id;
}
bool byType(const Check& stored, const hubsdk::Check& said) {
    return !stored.vendor_check_id && !stored.withdrawn_at_ms &&
           stored.check_type == checkTypeOf(said);
}
bool byPlace(const Check& stored, const hubsdk::Check& said) {
    const bool same_scope = said.scope && stored.scope == said.scope;
    const bool same_place = said.jurisdiction && stored.jurisdiction == said.jurisdiction;
    return byType(stored, said) && (same_scope || same_place);
}
// Best first. Each goes over the whole list before the next, so that a check which fits only by its
// type never takes the place of one that is named.
constexpr std::array<Fits, 3> kMatches{&byId, &byPlace, &byType};

// For each said check the index of the stored one; new ones are appended.
std::vector<std::size_t> match(List& list, const std::vector<hubsdk::Check>& said) {
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::vector<std::size_t> found(said.size(), kNone);
    std::vector<bool> taken(list.stored.size(), false);
    for (const Fits fits : kMatches) {
        for (std::size_t i = 0; i < said.size(); ++i) {
            for (std::size_t k = 0; found[i] == kNone && k < taken.size(); ++k) {
                const auto& owner = list.stored[k].vendor_order_row_id;
                const bool foreign = owner && *owner != list.vendor_order.id;
                if (taken[k] || foreign || !fits(list.stored[k], said[i])) continue;
                found[i] = k;
                taken[k] = true;
            }
        }
    }
    for (std::size_t i = 0; i < said.size(); ++i) {
        if (found[i] != kNone) continue;
        Check added;
        added.order_id = list.order.id;
        added.person_id = list.order.person_id;
        added.check_type = checkTypeOf(said[i]);
        added.added_by_vendor = true;
        found[i] = list.stored.size();
        list.stored.push_back(std::move(added));
    }
    return found;
}

template <class E>
std::optional<std::string> textOf(const std::optional<E>& value) {
    if (!value) return std::nullopt;
    return std::string(hubsdk::nameOf(*value));
}

std::optional<std::int64_t> timeOf(const std::optional<std::string>& text) {
    return text ? hubsdk::timestampOf(*text) : std::nullopt;
}

void record(const List& list, const Check& check, const Transition& row) {
    Change change;
    change.resource_type = "screening_check";
    change.resource_id = check.id;
    change.order_id = list.order.id;
    change.check_id = check.id;
    change.person_id = list.order.person_id;
    change.action = "check_status_changed";
    change.event_type = row.to == "completed" ? "check.completed" : "check.status_changed";
    change.title = check.check_type + ": " + std::string(row.event);
    change.old_status = row.from;
    change.new_status = row.to;
    change.is_timeline = true;
    change.event_key = list.context.eventKey();
    domain::record(list.unit, Cause{row.actor, list.cause.actor_id, list.cause.trace_id}, change);
}

Way wayOf(const Check& check, std::string_view target) {
    const std::string_view between = check.status == "error" ? "pending" : "in_progress";
    return wayFor(&checkTransition, check.status, target, between, Actor::kVendor);
}

// What a vendor says of a check beside its status.
void fill(Check& check, const List& list, const hubsdk::Check& said, const CheckState& state) {
    check.vendor_order_row_id = list.vendor_order.id;
    if (!said.vendor_check_id.empty()) check.vendor_check_id = said.vendor_check_id;
    check.vendor_type = said.raw_type;
    if (said.vendor_status) check.vendor_status = said.vendor_status;
    check.outcome = textOf(said.outcome);
    check.status = state.status;
    check.result.reset();
    if (state.result) check.result = std::string(*state.result);
    check.verdict.reset();
    if (check.check_type == hubsdk::nameOf(CheckType::kIdentity)) {
        if (const auto verdict = defaultVerdict(state)) check.verdict = std::string(*verdict);
    }
    if (said.scope) check.scope = said.scope;
    if (said.jurisdiction) check.jurisdiction = said.jurisdiction;
    if (const std::string* text = said.estimated_at.get())
        check.estimated_at_ms = hubsdk::timestampOf(*text);
    if (said.estimated_at.isNull()) check.estimated_at_ms.reset();
    if (!check.started_at_ms) check.started_at_ms = list.unit.now_ms;
    const auto completed_at = timeOf(said.completed_at);
    if (completed_at) check.completed_at_ms = completed_at;
    if (state.status != "completed") check.completed_at_ms = completed_at;
    if (state.status == "completed" && !check.completed_at_ms)
        check.completed_at_ms = list.unit.now_ms;
    check.withdrawn_at_ms.reset();
}

// canonical-model.md section 4, the worst last.
constexpr std::array<std::string_view, 5> kSeverities{"none", "low", "medium", "high", "critical"};

struct SeverityRow {
    std::string_view offense_level;
    std::string_view severity;
};
constexpr SeverityRow kOffenseRows[] = {
    {"felony", "high"}, {"misdemeanor", "medium"}, {"infraction", "low"}};

// Section 4: no vendor gives a severity, so kind and offense level say it.
std::string_view severityOf(const hubsdk::Finding& said) {
    using enum hubsdk::FindingKind;
    if (said.kind == kRegistry || said.kind == kWatchlist) return "critical";
    if (said.kind == kVerificationDiscrepancy) return "low";
    if (!said.severity) return "medium";
    return std::ranges::find(kOffenseRows, hubsdk::nameOf(*said.severity),
                             &SeverityRow::offense_level)
        ->severity;
}

// The worst of its findings.
std::string_view severityOf(const std::vector<hubsdk::Finding>& said) {
    auto worst = kSeverities.begin();
    for (const hubsdk::Finding& finding : said)
        worst = std::max(worst, std::ranges::find(kSeverities, severityOf(finding)));
    return *worst;
}

storage::Finding findingOf(const hubsdk::Finding& said, const Check& check, int place) {
    storage::Finding finding;
    finding.check_id = check.id;
    finding.order_id = check.order_id;
    finding.person_id = check.person_id;
    finding.check_type = check.check_type;
    finding.kind = hubsdk::nameOf(said.kind);
    finding.offense_level = textOf(said.severity);
    finding.severity = std::string(severityOf(said));
    finding.description = said.offense;
    finding.finding_date = said.offense_date;
    finding.file_date = said.file_date;
    finding.disposition_date = said.disposition_date;
    finding.disposition = said.disposition;
    finding.sentence = said.sentence;
    finding.jurisdiction = said.jurisdiction;
    finding.case_number = said.case_number;
    finding.dedupe_key = findingKey(said, place);
    return finding;
}

auto saidPartOf(const storage::Finding& finding) {
    return std::tie(finding.offense_level, finding.description, finding.finding_date,
                    finding.file_date, finding.disposition_date, finding.disposition,
                    finding.sentence, finding.jurisdiction, finding.case_number);
}

// True if anything changed.
bool applyFindings(const List& list, const Check& check, const std::vector<hubsdk::Finding>& said) {
    const UnitOfWork& unit = list.unit;
    const auto& orders = unit.repositories.orders;
    std::map<std::string, int> equals;
    std::vector<std::string> kept;
    bool changed = false;
    for (const hubsdk::Finding& finding : said) {
        const int place = equals[findingKey(finding, 0)]++;
        storage::Finding row = findingOf(finding, check, place);
        kept.push_back(row.dedupe_key);
        const bool same = std::ranges::any_of(list.findings, [&](const storage::Finding& known) {
            return known.check_id == check.id && known.dedupe_key == row.dedupe_key &&
                   !known.removed_at_ms && saidPartOf(known) == saidPartOf(row);
        });
        if (same) continue;
        changed = true;
        orders.upsertFinding(unit.connection, unit.scope, row, unit.now_ms);
    }
    const bool some_gone = std::ranges::any_of(list.findings, [&](const storage::Finding& known) {
        return known.check_id == check.id && !known.removed_at_ms &&
               std::ranges::find(kept, known.dedupe_key) == kept.end();
    });
    if (some_gone)
        orders.withdrawFindings(unit.connection, unit.scope, check.id, kept, unit.now_ms);
    return changed || some_gone;
}

// `occurrence` tells one alert on a check from the next; what the vendor repeats at every fetch has
// the same.
void alertOn(const List& list, std::string_view type, const Check& check, std::string occurrence,
             std::string text) {
    storage::Alert alert;
    alert.alert_type = type;
    alert.subject_type = "screening_check";
    alert.subject_id = check.id;
    alert.description = std::move(text);
    alert.occurrence = std::move(occurrence);
    raiseAlert(list.unit, list.cause, std::move(alert));
}

void alertUnmappedType(const List& list, const hubsdk::Check& said) {
    storage::Alert alert;
    alert.alert_type = "unmapped_check_type";
    alert.subject_type = "plugin";
    alert.subject_id = list.context.account.plugin_key + ":" + said.raw_type;
    alert.description = "A check type of the vendor has no mapping.";
    raiseAlert(list.unit, list.cause, std::move(alert));
}

// Section 5.1: the order goes on, and a person decides what becomes of the check: it is done by
// hand, tried again, or accepted as not run.
void askAboutError(const List& list, const Check& check) {
    const auto rows = list.unit.repositories.vendor_orders.ofOrder(list.unit.connection,
                                                                   list.unit.scope, list.order.id);
    const bool others_run = std::ranges::any_of(
        rows, [](const storage::VendorOrder& row) { return !isVendorOrderFinal(row.status); });
    if (!others_run) return;  // the whole order is given to a person
    alertOn(list, "check_error", check, list.context.eventKey(),
            "A check did not run while the rest of its order goes on.");
    openTask(list.unit, list.cause, manualFallback("screening_check", check.id));
}

void reviewIdentity(const List& list, const Check& check) {
    if (check.verdict != "review") return;
    storage::Task task;
    task.kind = "id_review";
    task.subject_type = "screening_check";
    task.subject_id = check.id;
    openTask(list.unit, list.cause, task);
}

// True if the check had its result and has another one now.
bool applyCheck(List& list, Check& check, const hubsdk::Check& said) {
    const CheckState state = checkStateOf(said.outcome);
    const Check before = check;
    const Way way = wayOf(check, state.status);
    if (way.count == 0 && check.status != state.status) {
        alertOn(list, "result_after_end", check, textOf(said.outcome).value_or("open"),
                "The vendor reported on a check that has ended.");
        return false;
    }
    const UnitOfWork& unit = list.unit;
    fill(check, list, said, state);
    check.severity.reset();
    if (state.status == "completed") check.severity = std::string(severityOf(said.findings));
    // Most of what a vendor repeats is known.
    if (check.id.empty() || !(check == before))
        unit.repositories.orders.upsertCheck(unit.connection, unit.scope, check, unit.now_ms);
    const bool found_news = applyFindings(list, check, said.findings);
    const bool moved = before.status != check.status;
    const bool amended = before.result != check.result || found_news;
    if (moved || amended) {
        for (std::size_t i = 0; i < way.count; ++i) record(list, check, *way.steps.at(i));
        if (way.count == 0)
            record(list, check, {check.status, "findings changed", check.status, Actor::kVendor});
    }
    if (moved || amended) reviewIdentity(list, check);
    if (moved && check.status == "error") askAboutError(list, check);
    if (!said.type) alertUnmappedType(list, said);
    return before.status == "completed" && amended;
}

// Only a list that is said to be whole lets an absent check go.
void withdrawAbsent(List& list, const std::vector<hubsdk::Check>& said) {
    std::set<std::string> ids;
    for (const hubsdk::Check& check : said) ids.insert(check.vendor_check_id);
    for (Check& check : list.stored) {
        const bool absent = check.vendor_check_id &&
                            check.vendor_order_row_id == list.vendor_order.id &&
                            !ids.contains(*check.vendor_check_id) && !check.withdrawn_at_ms;
        if (!absent) continue;
        check.withdrawn_at_ms = list.unit.now_ms;
        list.unit.repositories.orders.upsertCheck(list.unit.connection, list.unit.scope, check,
                                                  list.unit.now_ms);
        record(list, check, {check.status, "withdrawn by the vendor", "withdrawn", Actor::kVendor});
    }
}

}  // namespace

std::string checkTypeOf(const hubsdk::Check& said) {
    if (!said.type) return "other";
    if (*said.type == CheckType::kCriminalState && said.scope == "national_database") {
        return "criminal_national";
    }
    return std::string(hubsdk::nameOf(*said.type));
}

std::string findingKey(const hubsdk::Finding& finding, int place_among_equals) {
    // Lengths before the values keep two different findings from giving the same text.
    std::string text(hubsdk::nameOf(finding.kind));
    const auto& date = finding.offense_date ? finding.offense_date : finding.file_date;
    for (const auto* value : {&finding.case_number, &finding.offense, &date}) {
        const std::string& given = value->has_value() ? **value : std::string("-");
        text += "\n" + std::to_string(value->has_value() ? given.size() : 0) + ":" + given;
    }
    return security::sha256Hex(text + "\n" + std::to_string(place_among_equals));
}

bool applyChecks(const UnitOfWork& unit, const storage::Order& order,
                 const storage::VendorOrder& vendor_order, const hubsdk::Observation& observation,
                 const ApplyContext& context) {
    const auto& orders = unit.repositories.orders;
    List list{unit,
              order,
              vendor_order,
              context,
              causeOf(context),
              orders.checks(unit.connection, unit.scope, order.id),
              orders.findings(unit.connection, unit.scope, order.id)};
    const auto places = match(list, observation.checks);
    bool amended = false;
    for (std::size_t i = 0; i < places.size(); ++i)
        amended |= applyCheck(list, list.stored.at(places[i]), observation.checks[i]);
    if (observation.checks_complete) withdrawAbsent(list, observation.checks);
    return amended;
}

void cancelChecks(const UnitOfWork& unit, const storage::Order& order,
                  const storage::VendorOrder& vendor_order, const Cause& cause) {
    const auto& orders = unit.repositories.orders;
    const auto rows =
        unit.repositories.vendor_orders.ofOrder(unit.connection, unit.scope, order.id);
    const bool all_cancelled = std::ranges::all_of(
        rows, [](const storage::VendorOrder& row) { return row.status == "cancelled"; });
    for (Check& check : orders.checks(unit.connection, unit.scope, order.id)) {
        // What no vendor has named yet may still be another's, unless all have cancelled.
        const bool ours = check.vendor_order_row_id ? *check.vendor_order_row_id == vendor_order.id
                                                    : all_cancelled;
        const Transition* row = checkTransition(check.status, "cancelled", Actor::kVendor);
        if (!ours || row == nullptr) continue;
        check.status = row->to;
        check.result.reset();
        orders.upsertCheck(unit.connection, unit.scope, check, unit.now_ms);
        Change change;
        change.resource_type = "screening_check";
        change.resource_id = check.id;
        change.order_id = order.id;
        change.check_id = check.id;
        change.person_id = order.person_id;
        change.action = "check_status_changed";
        change.event_type = "check.status_changed";
        change.title = check.check_type + ": " + std::string(row->event);
        change.old_status = row->from;
        change.new_status = row->to;
        change.is_timeline = true;
        change.event_key = std::to_string(vendor_order.row_version);
        record(unit, cause, change);
    }
}

}  // namespace hub::domain
