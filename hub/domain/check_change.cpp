#include "hub/domain/check_change.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "hub/domain/transition.hpp"
#include "hub/security/digest.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::domain {
namespace {

using hubsdk::CheckType;

// How well a stored check fits a said one; 0 = not at all. A check that already belongs to another
// vendor check never fits.
int fitOf(const storage::Check& stored, const hubsdk::Check& said, const std::string& type) {
    if (stored.vendor_check_id) return *stored.vendor_check_id == said.vendor_check_id ? 4 : 0;
    if (stored.check_type != type || stored.withdrawn_at_ms) return 0;
    const bool same_scope = said.scope && stored.scope == said.scope;
    const bool same_place = said.jurisdiction && stored.jurisdiction == said.jurisdiction;
    return same_scope || same_place ? 2 : 1;
}

storage::Check* matchOf(std::vector<storage::Check>& stored, const hubsdk::Check& said,
                        const std::string& type) {
    storage::Check* best = nullptr;
    int best_fit = 0;
    for (storage::Check& check : stored) {
        const int fit = fitOf(check, said, type);
        if (fit > best_fit) {
            best = &check;
            best_fit = fit;
        }
    }
    return best;
}

template <class E>
std::optional<std::string> textOf(const std::optional<E>& value) {
    if (!value) return std::nullopt;
    return std::string(hubsdk::nameOf(*value));
}

std::optional<std::int64_t> timeOf(const std::optional<std::string>& text) {
    return text ? hubsdk::timestampOf(*text) : std::nullopt;
}

void fill(storage::Check& check, const hubsdk::Check& said, std::int64_t now_ms) {
    const CheckState state = checkStateOf(said.outcome);
    check.vendor_check_id = said.vendor_check_id;
    check.vendor_type = said.raw_type;
    check.vendor_status = said.vendor_status;
    check.outcome = textOf(said.outcome);
    check.status = state.status;
    check.result.reset();
    if (state.result) check.result = std::string(*state.result);
    if (said.scope) check.scope = said.scope;
    if (said.jurisdiction) check.jurisdiction = said.jurisdiction;
    check.estimated_at_ms = timeOf(said.estimated_at);
    if (!check.started_at_ms) check.started_at_ms = now_ms;
    check.completed_at_ms = timeOf(said.completed_at);
    check.withdrawn_at_ms.reset();
}

storage::Finding findingOf(const hubsdk::Finding& said, const storage::Check& check,
                           const storage::Order& order, int place) {
    storage::Finding finding;
    finding.check_id = check.id;
    finding.order_id = order.id;
    finding.person_id = order.person_id;
    finding.check_type = check.check_type;
    finding.kind = hubsdk::nameOf(said.kind);
    finding.offense_level = textOf(said.severity);
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

void applyFindings(const UnitOfWork& unit, const storage::Order& order, const storage::Check& check,
                   const std::vector<hubsdk::Finding>& said) {
    const auto& orders = unit.repositories.orders;
    std::map<std::string, int> equals;
    std::vector<std::string> kept;
    for (const hubsdk::Finding& finding : said) {
        const int place = equals[findingKey(finding, 0)]++;
        storage::Finding row = findingOf(finding, check, order, place);
        kept.push_back(row.dedupe_key);
        orders.upsertFinding(unit.connection, unit.scope, row, unit.now_ms);
    }
    orders.withdrawFindings(unit.connection, unit.scope, check.id, kept, unit.now_ms);
}

void recordCheck(const UnitOfWork& unit, const storage::Order& order, const storage::Check& check,
                 const std::string& old_status, const ApplyContext& context) {
    storage::AuditEntry entry;
    entry.actor_type = "plugin";
    entry.actor_id = context.account.plugin_key;
    entry.action = "check_status_changed";
    entry.resource_type = "screening_check";
    entry.resource_id = check.id;
    entry.order_id = order.id;
    entry.check_id = check.id;
    entry.person_id = order.person_id;
    entry.is_timeline = true;
    entry.title = check.check_type;
    entry.old_status = old_status;
    entry.new_status = check.status;
    entry.trace_id = context.trace_id;
    storage::OutboundEvent event;
    event.event_type = check.status == "completed" ? "check.completed" : "check.status_changed";
    event.subject_type = "screening_check";
    event.subject_id = check.id;
    event.person_id = order.person_id;
    event.idempotency_key =
        security::sha256Hex(check.id + "\n" + context.source_id + "\n" +
                            std::to_string(context.ordinal) + "\n" + check.status);
    unit.repositories.audit.record(unit.connection, unit.scope, entry, event, unit.now_ms);
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

void applyChecks(const UnitOfWork& unit, const storage::Order& order,
                 const storage::VendorOrder& vendor_order, const hubsdk::Observation& observation,
                 const ApplyContext& context) {
    const auto& orders = unit.repositories.orders;
    std::vector<storage::Check> stored = orders.checks(unit.connection, unit.scope, order.id);
    std::set<std::string> said_ids;
    for (const hubsdk::Check& said : observation.checks) {
        const std::string type = checkTypeOf(said);
        storage::Check* match = matchOf(stored, said, type);
        if (match == nullptr) {
            storage::Check added;
            added.order_id = order.id;
            added.person_id = order.person_id;
            added.check_type = type;
            added.added_by_vendor = true;
            match = &stored.emplace_back(std::move(added));
        }
        const std::string old_status = match->id.empty() ? "" : match->status;
        match->vendor_order_row_id = vendor_order.id;
        fill(*match, said, unit.now_ms);
        orders.upsertCheck(unit.connection, unit.scope, *match, unit.now_ms);
        applyFindings(unit, order, *match, said.findings);
        said_ids.insert(said.vendor_check_id);
        if (old_status != match->status) {
            recordCheck(unit, order, *match, old_status, context);
        }
        if (type == "other") {
            storage::Alert alert;
            alert.alert_type = "unmapped_check_type";
            alert.subject_type = "plugin";
            alert.subject_id = context.account.plugin_key + ":" + said.raw_type;
            alert.description = "The vendor's check type " + said.raw_type + " has no mapping.";
            unit.repositories.attention.raiseAlert(unit.connection, unit.scope, alert, unit.now_ms);
        }
    }
    if (!observation.checks_complete) return;
    for (storage::Check& check : stored) {
        const bool absent = check.vendor_check_id && check.vendor_order_row_id == vendor_order.id &&
                            !said_ids.contains(*check.vendor_check_id) && !check.withdrawn_at_ms;
        if (!absent) continue;
        check.withdrawn_at_ms = unit.now_ms;
        orders.upsertCheck(unit.connection, unit.scope, check, unit.now_ms);
    }
}

}  // namespace hub::domain
