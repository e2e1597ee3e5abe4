#include "hub/domain/apply.hpp"

#include <algorithm>

#include "hub/domain/check_change.hpp"
#include "hub/domain/match.hpp"
#include "hub/domain/unknown_order.hpp"
#include "hub/security/digest.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::domain {
namespace {

using hubsdk::Observation;
using storage::VendorOrder;

constexpr std::string_view kMonitoring = "monitoring";
constexpr std::size_t kObjectHashChars = 16;

// Versions are monotone per linked object (architecture.md section 6): which one this is of.
std::optional<std::string> objectVersion(const Observation& observation,
                                         const hubsdk::Manifest& manifest) {
    if (!observation.version) return std::nullopt;
    std::string object = observation.vendor_order_id.value_or("");
    for (const hubsdk::Link& link : observation.links) {
        if (!isUniqueLink(manifest, link.type)) continue;
        object = link.type + "\n" + link.id;
        break;
    }
    return security::sha256Hex(object).substr(0, kObjectHashChars) + ":" + *observation.version;
}

bool sameObject(std::string_view one, std::string_view other) {
    return one.substr(0, kObjectHashChars) == other.substr(0, kObjectHashChars);
}

// One observation on its way into the rows: what every step needs.
class Application {
public:
    Application(const UnitOfWork& unit, const Observation& observation, const ApplyContext& context)
        : unit_(unit), observation_(observation), context_(context), cause_(causeOf(context)) {}

    Applied run() {
        const auto& observations = unit_.repositories.observations;
        if (observations.isDone(unit_.connection, unit_.scope, context_.source_id,
                                context_.ordinal)) {
            return {ApplyOutcome::kRepeated, std::nullopt, 0};
        }
        if (observation_.error) return park("vendor_error");
        if (observation_.kind == hubsdk::ObservationKind::kAccount) return applyAccount();
        Match match = matchOf(unit_, observation_, context_);
        // TM-IN-9: what names two orders of ours is an alarm, never a choice.
        if (match.ambiguous) return park("ambiguous_order");
        if (match.row) return applyTo(*match.row);
        return applyUnknown();
    }

private:
    Applied store(ApplyOutcome outcome, std::optional<std::string> row_id) {
        storage::StoredObservation stored;
        stored.account_id = context_.account.id;
        stored.source_kind = context_.source_kind;
        stored.source_id = context_.source_id;
        stored.ordinal = context_.ordinal;
        stored.kind = hubsdk::nameOf(observation_.kind);
        stored.vendor_order_row_id = row_id;
        stored.outcome = nameOf(outcome);
        stored.document = hubsdk::writeShape(observation_);
        unit_.repositories.observations.add(unit_.connection, unit_.scope, stored, unit_.now_ms);
        // TM-IN-2: the words of a hint are its sender's, and anybody may be that.
        if (!context_.is_hint) alertUnmapped();
        return {outcome, std::move(row_id), observation_.unmapped.size()};
    }

    // What stays as it is until somebody mends the mapping: one alert at a time.
    void alertUnmapped() {
        for (const std::string& word : observation_.unmapped) {
            storage::Alert row;
            row.alert_type = "unmapped_vendor_word";
            row.subject_type = "plugin";
            row.subject_id = context_.account.plugin_key + ":" + word;
            row.description = "A word of the vendor has no mapping.";
            raiseAlert(unit_, cause_, std::move(row));
        }
    }

    // What happened: every time anew.
    void alert(std::string_view type, std::string subject_type, std::string subject_id,
               std::string description, std::string occurrence = {}) {
        storage::Alert row;
        row.alert_type = storage::clipped(type, kAlertTypeMax);
        row.subject_type = std::move(subject_type);
        row.subject_id = std::move(subject_id);
        row.description = std::move(description);
        row.occurrence = occurrence.empty() ? context_.eventKey() : std::move(occurrence);
        raiseAlert(unit_, cause_, std::move(row));
    }

    Applied park(std::string_view why) {
        alert(why, "delivery", context_.source_id,
              "An observation of " + context_.account.plugin_key + " could not be applied.");
        return store(ApplyOutcome::kParked, std::nullopt);
    }

    Applied applyAccount() {
        if (!observation_.disconnect) return store(ApplyOutcome::kApplied, std::nullopt);
        // TM-IN-2: what proves too little must not switch an account off.
        if (context_.is_hint) return park("unproven_disconnect");
        // Paused, not retired: deliveries are still kept while a person connects anew.
        unit_.repositories.accounts.setState(unit_.connection, unit_.scope, context_.account.id,
                                             storage::AccountState::kPaused, unit_.now_ms);
        Change change;
        change.resource_type = "provider_config";
        change.resource_id = context_.account.id;
        change.action = "account_disconnected";
        change.event_type = "provider.state_changed";
        change.old_status = storage::nameOf(context_.account.state);
        change.new_status = storage::nameOf(storage::AccountState::kPaused);
        change.event_key = context_.source_id;
        record(unit_, cause_, change);
        alert("account_disconnected", "provider_config", context_.account.id,
              "The vendor ended the connection " + context_.account.provider_code + ".");
        return store(ApplyOutcome::kApplied, std::nullopt);
    }

    Applied applyUnknown() {
        const bool monitoring = observation_.origin == kMonitoring;
        if (monitoring && !context_.is_hint) return createAndApply(kMonitoring, "monitoring:");
        if (observation_.alert && !context_.is_hint) {
            alert(observation_.alert_kind.value_or("vendor_message"), "delivery",
                  context_.source_id, "The vendor reports something that a person should look at.");
        }
        // What names no order at all (a package event) is news for a person at most.
        const bool can_be_read = observation_.vendor_order_id || hasUniqueLink();
        if (!can_be_read && !observation_.client_reference)
            return store(ApplyOutcome::kApplied, std::nullopt);
        if (context_.unknown_order == UnknownOrder::kHold) {
            return {ApplyOutcome::kHeld, std::nullopt, 0};
        }
        // A pointer says too little to be matched: what is read from the vendor decides. A hint
        // names what it likes: for an object that nobody knows it makes us ask nobody (TM-IN-2).
        const bool pointer =
            context_.source == Source::kTold && observation_.needs_fetch && !context_.is_hint;
        if (pointer && can_be_read && canRead()) return store(ApplyOutcome::kFetch, std::nullopt);
        if (context_.unknown_order == UnknownOrder::kCreate && !context_.is_hint)
            return createAndApply("external_api", "vendor:");
        storage::Task task;
        task.kind = "unknown_vendor_order";
        task.subject_type = context_.source_kind == "delivery" ? "inbound_event" : "flow_step";
        task.subject_id = context_.source_id;
        openTask(unit_, cause_, task);
        return store(ApplyOutcome::kParked, std::nullopt);
    }

    [[nodiscard]] bool hasUniqueLink() const {
        return std::ranges::any_of(observation_.links, [&](const hubsdk::Link& link) {
            return isUniqueLink(context_.manifest, link.type);
        });
    }

    [[nodiscard]] bool canRead() const {
        return std::ranges::find(context_.manifest.commands, "order.refresh") !=
               context_.manifest.commands.end();
    }

    Applied createAndApply(std::string_view channel, std::string_view prefix) {
        const std::string named = observation_.vendor_order_id.value_or(context_.source_id);
        VendorOrder row =
            createVendorsOrder(unit_, observation_, context_, channel, std::string(prefix) + named);
        // canonical-model.md section 5.12: a hit is an alert and an order of its own.
        if (channel == kMonitoring) {
            storage::Alert hit;
            hit.kind = kMonitoring;
            hit.alert_type = "monitoring_hit";
            hit.subject_type = "vendor_order";
            hit.subject_id = named;
            hit.description = "Monitoring reported something new.";
            raiseAlert(unit_, cause_, std::move(hit));
        }
        return applyTo(row);
    }

    Applied applyTo(VendorOrder& row) {
        const auto& rows = unit_.repositories.vendor_orders;
        rows.lock(unit_.connection, unit_.scope, row);
        const bool told = context_.source == Source::kTold;
        if (told) wakeFlows(unit_, {"vendor_order", row.id}, storage::kDeliveryEvent);
        // TM-IN-2: a hint leaves nothing of its body behind, not even a link.
        if (!context_.is_hint) addLinks(row);
        if (!context_.is_hint && observation_.alert && observation_.origin != kMonitoring) {
            alert(observation_.alert_kind.value_or("vendor_message"), "screening_order",
                  row.order_id, "The vendor reports something that a person should look at.");
        }
        if (told && isOnlyAlert()) return store(ApplyOutcome::kApplied, row.id);
        if (told && mustFetch(row)) {
            rows.raiseFetchWanted(unit_.connection, unit_.scope, row.id, unit_.now_ms);
            return store(ApplyOutcome::kFetch, row.id);
        }
        // plugin-contract.md section 8: what is absent was not said. A reply that speaks of no
        // state leaves the state as it is.
        if (!saysState()) {
            keepWhatWasSent(row);
            unit_.repositories.vendor_orders.save(unit_.connection, unit_.scope, row, unit_.now_ms);
            return store(ApplyOutcome::kApplied, row.id);
        }
        if (!told && isStale(row)) return store(ApplyOutcome::kDropped, row.id);
        if (isAfterEnd(row)) {
            alertAfterEnd(row.order_id);
            return store(ApplyOutcome::kDropped, row.id);
        }
        writeVendorOrder(row);
        writeOrder(row);
        return store(ApplyOutcome::kApplied, row.id);
    }

    void addLinks(const VendorOrder& row) {
        for (const hubsdk::Link& said : observation_.links) {
            storage::ExternalLink link;
            link.account_id = context_.account.id;
            link.entity_id = row.id;
            link.system_key = context_.account.plugin_key;
            link.type = said.type;
            link.external_id = said.id;
            link.is_unique = isUniqueLink(context_.manifest, said.type);
            unit_.repositories.vendor_orders.addLink(unit_.connection, unit_.scope, link,
                                                     unit_.now_ms);
        }
    }

    [[nodiscard]] bool isOnlyAlert() const {
        return observation_.alert && !observation_.order_status && !observation_.needs_fetch &&
               observation_.checks.empty() && !observation_.overall_outcome && !context_.is_hint;
    }

    // Told news counts only if it moves forward and nothing was ever fetched.
    [[nodiscard]] bool mustFetch(const VendorOrder& row) const {
        if (observation_.needs_fetch || context_.is_hint || row.last_fetch_started_at_ms)
            return true;
        if (!observation_.order_status) return true;
        const std::string_view status = vendorOrderStatusOf(*observation_.order_status);
        return vendorOrderRung(status) <= vendorOrderRung(row.status);
    }

    [[nodiscard]] bool isStale(const VendorOrder& row) const {
        const auto version = objectVersion(observation_, context_.manifest);
        if (version && row.fetched_version && sameObject(*version, *row.fetched_version)) {
            if (*version < *row.fetched_version) return true;
            if (*version > *row.fetched_version) return false;
        }
        return row.last_fetch_started_at_ms &&
               context_.fetch_started_ms < *row.last_fetch_started_at_ms;
    }

    // A vendor order that was cancelled or never taken is not woken by a late word (section 5.4).
    [[nodiscard]] bool isAfterEnd(const VendorOrder& row) const {
        return (row.status == "cancelled" || row.status == "failed") && saysResult();
    }

    [[nodiscard]] bool saysState() const {
        return observation_.order_status || observation_.vendor_status ||
               observation_.overall_outcome || observation_.raw_result ||
               observation_.checks_complete || !observation_.checks.empty();
    }

    [[nodiscard]] bool saysResult() const {
        const auto& said = observation_.order_status;
        return observation_.overall_outcome || said == hubsdk::OrderStatus::kCompleted ||
               said == hubsdk::OrderStatus::kPendingReview ||
               std::ranges::any_of(observation_.checks, [](const hubsdk::Check& check) {
                   return check.outcome.has_value();
               });
    }

    void alertAfterEnd(const std::string& order_id) {
        // Each poll says the same again: what is said is the event, not when it was asked for.
        std::string said;
        if (observation_.order_status) said += hubsdk::nameOf(*observation_.order_status);
        said += '\n';
        if (observation_.overall_outcome) said += hubsdk::nameOf(*observation_.overall_outcome);
        for (const hubsdk::Check& check : observation_.checks) {
            said += '\n';
            if (check.outcome) said += hubsdk::nameOf(*check.outcome);
        }
        alert("result_after_end", "screening_order", order_id,
              "The vendor reported on an order that has ended.", std::move(said));
    }

    // Names, files and addresses: they count whatever is said of the state.
    void keepWhatWasSent(VendorOrder& row) const {
        if (observation_.vendor_order_id) row.vendor_order_id = observation_.vendor_order_id;
        for (const hubsdk::ObservedDocument& document : observation_.documents) {
            if (document.kind == "report_pdf") row.report_blob_id = document.blob_id;
        }
        if (observation_.applicant_url) {
            row.applicant_url = observation_.applicant_url->url;
            row.applicant_url_expires_at_ms = timeOf(observation_.applicant_url->expires_at);
        }
        if (!observation_.estimated_at.absent())
            row.estimated_at_ms = timeOf(observation_.estimated_at);
        // The link is personal and the estimate a guess: neither outlives what it is for.
        if (vendorOrderRung(row.status) > vendorOrderRung("awaiting_applicant_info")) {
            row.applicant_url.reset();
            row.applicant_url_expires_at_ms.reset();
        }
        if (isVendorOrderFinal(row.status)) row.estimated_at_ms.reset();
    }

    void writeVendorOrder(VendorOrder& row) {
        if (observation_.order_status)
            moveVendorOrder(unit_, row, vendorOrderStatusOf(*observation_.order_status), cause_);
        keepWhatWasSent(row);
        if (observation_.vendor_status) row.vendor_status = observation_.vendor_status;
        if (observation_.raw_result) row.raw_result = observation_.raw_result;
        row.overall_outcome.reset();
        if (observation_.overall_outcome)
            row.overall_outcome = std::string(hubsdk::nameOf(*observation_.overall_outcome));
        if (!row.submitted_at_ms) row.submitted_at_ms = unit_.now_ms;
        if (!observation_.completed_at.absent())
            row.completed_at_ms = timeOf(observation_.completed_at);
        row.next_poll_at_ms.reset();
        if (!isVendorOrderFinal(row.status))
            row.next_poll_at_ms = unit_.now_ms + freshnessMs(context_.account);
        row.as_of_ms = unit_.now_ms;
        if (context_.source == Source::kFetched) {
            // The state is known as it was when the vendor was asked.
            row.as_of_ms = context_.fetch_started_ms;
            row.last_fetch_started_at_ms = context_.fetch_started_ms;
            if (auto version = objectVersion(observation_, context_.manifest))
                row.fetched_version = std::move(version);
        }
        unit_.repositories.vendor_orders.save(unit_.connection, unit_.scope, row, unit_.now_ms);
    }

    static std::optional<std::int64_t> timeOf(const std::optional<std::string>& text) {
        return text ? hubsdk::timestampOf(*text) : std::nullopt;
    }
    static std::optional<std::int64_t> timeOf(const hubsdk::Patch<std::string>& said) {
        return said.get() != nullptr ? hubsdk::timestampOf(*said.get()) : std::nullopt;
    }

    void writeOrder(const VendorOrder& row) {
        auto order = unit_.repositories.orders.find(unit_.connection, unit_.scope, row.order_id);
        if (!order) return;
        if (order->status == "cancelled" || order->closed_at_ms) {
            if (saysResult()) alertAfterEnd(order->id);
            return;
        }
        const bool amended = applyChecks(unit_, *order, row, observation_, context_);
        if (row.status == "cancelled") cancelChecks(unit_, *order, row, cause_);
        if (row.estimated_at_ms || observation_.estimated_at.isNull())
            order->estimated_completion_at_ms = row.estimated_at_ms;
        VendorWord word;
        word.needs_person = observation_.order_status == hubsdk::OrderStatus::kPendingReview;
        word.amended = amended;
        followVendorOrders(unit_, *order, word, cause_);
    }

    static constexpr std::size_t kAlertTypeMax = 100;

    const UnitOfWork& unit_;
    const Observation& observation_;
    const ApplyContext& context_;
    Cause cause_;
};

}  // namespace

std::string_view nameOf(ApplyOutcome outcome) {
    switch (outcome) {
        case ApplyOutcome::kApplied:
            return "applied";
        case ApplyOutcome::kDropped:
            return "dropped";
        case ApplyOutcome::kFetch:
            return "fetch";
        case ApplyOutcome::kHeld:
            return "held";
        case ApplyOutcome::kParked:
            return "parked";
        case ApplyOutcome::kRepeated:
            return "repeated";
    }
    return {};
}

Cause causeOf(const ApplyContext& context) {
    return {Actor::kVendor, context.account.plugin_key, context.trace_id};
}

Applied applyObservation(const UnitOfWork& unit, const Observation& observation,
                         const ApplyContext& context) {
    return Application(unit, observation, context).run();
}

}  // namespace hub::domain
