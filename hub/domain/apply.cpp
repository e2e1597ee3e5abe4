#include "hub/domain/apply.hpp"

#include <algorithm>

#include "hub/domain/check_change.hpp"
#include "hub/domain/order_result.hpp"
#include "hub/domain/transition.hpp"
#include "hub/security/digest.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::domain {
namespace {

using hubsdk::Observation;
using storage::VendorOrder;

constexpr std::string_view kMonitoring = "monitoring";

// One observation on its way into the rows: what every step needs.
class Application {
public:
    Application(const UnitOfWork& unit, const Observation& observation, const ApplyContext& context)
        : unit_(unit),
          connection_(unit.connection),
          repositories_(unit.repositories),
          scope_(unit.scope),
          observation_(observation),
          context_(context) {}

    Applied run() {
        if (repositories_.observations.isDone(connection_, scope_, context_.source_id,
                                              context_.ordinal)) {
            return {ApplyOutcome::kRepeated, std::nullopt};
        }
        if (observation_.error) return park("vendor_error");
        if (observation_.kind == hubsdk::ObservationKind::kAccount) return applyAccount();
        auto vendor_order = match();
        if (!vendor_order) return applyUnknown();
        return applyTo(*vendor_order);
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
        repositories_.observations.add(connection_, scope_, stored, unit_.now_ms);
        return {outcome, std::move(row_id)};
    }

    void alert(std::string kind, std::string type, std::string subject_id,
               std::string description) {
        storage::Alert alert;
        alert.kind = std::move(kind);
        alert.alert_type = std::move(type);
        alert.subject_type = "delivery";
        alert.subject_id = std::move(subject_id);
        alert.description = std::move(description);
        repositories_.attention.raiseAlert(connection_, scope_, alert, unit_.now_ms);
    }

    Applied park(std::string_view why) {
        alert("integration", std::string(why), context_.source_id,
              "An observation of " + context_.account.plugin_key + " could not be applied.");
        return store(ApplyOutcome::kParked, std::nullopt);
    }

    Applied applyAccount() {
        if (!observation_.disconnect) return store(ApplyOutcome::kApplied, std::nullopt);
        // Paused, not retired: deliveries are still kept while a person connects anew.
        repositories_.accounts.setState(connection_, scope_, context_.account.id,
                                        storage::AccountState::kPaused, unit_.now_ms);
        alert("integration", "account_disconnected", context_.account.id,
              "The vendor ended the connection " + context_.account.provider_code + ".");
        return store(ApplyOutcome::kApplied, std::nullopt);
    }

    // plugin-contract.md section 5.
    std::optional<VendorOrder> match() {
        const auto& orders = repositories_.vendor_orders;
        if (context_.vendor_order_row_id) {
            return orders.find(connection_, scope_, *context_.vendor_order_row_id);
        }
        for (const hubsdk::Link& link : observation_.links) {
            if (!isUnique(link.type)) continue;
            auto found =
                orders.byUniqueLink(connection_, scope_, context_.account.id, link.type, link.id);
            if (found) return found;
        }
        if (observation_.client_reference && observation_.origin != kMonitoring) {
            auto found = orders.byClientReference(connection_, scope_, context_.account.id,
                                                  *observation_.client_reference);
            if (found) return found;
        }
        if (observation_.origin == kMonitoring) return std::nullopt;
        return matchByNarrowing();
    }

    std::optional<VendorOrder> matchByNarrowing() {
        std::string lacking;
        for (const hubsdk::Link& link : observation_.links) {
            if (isUnique(link.type)) lacking = link.type;
        }
        for (const hubsdk::Link& link : observation_.links) {
            if (isUnique(link.type)) continue;
            auto found = repositories_.vendor_orders.byNarrowingLink(
                connection_, scope_, context_.account.id, link.type, link.id, lacking);
            if (found) return found;
        }
        return std::nullopt;
    }

    [[nodiscard]] bool isUnique(std::string_view type) const {
        const auto& rules = context_.manifest.links;
        const auto rule = std::ranges::find(rules, type, &hubsdk::LinkRule::type);
        return rule != rules.end() && rule->role == "unique";
    }

    Applied applyUnknown() {
        if (observation_.origin == kMonitoring && !context_.is_hint) return applyMonitoringHit();
        // What names no order at all (a package event) is news for a person at most.
        const bool names_order = observation_.vendor_order_id || observation_.client_reference;
        if (!names_order) return store(ApplyOutcome::kApplied, std::nullopt);
        if (context_.unknown_order == UnknownOrder::kHold) {
            return {ApplyOutcome::kHeld, std::nullopt};
        }
        storage::Task task;
        task.kind = "unknown_vendor_order";
        task.subject_type = "inbound_event";
        task.subject_id = context_.source_id;
        repositories_.attention.openTask(connection_, scope_, task, unit_.now_ms);
        return store(ApplyOutcome::kParked, std::nullopt);
    }

    // canonical-model.md section 5.12: a hit is an alert and a new order of channel monitoring.
    Applied applyMonitoringHit() {
        storage::NewOrder order;
        order.channel = std::string(kMonitoring);
        order.status = "in_progress";
        order.person_document = "{}";
        order.account_id = context_.account.id;
        const std::string reference = observation_.vendor_order_id.value_or(context_.source_id);
        if (const std::string* candidate = hubsdk::findLink(observation_.links, "candidate")) {
            order.person_external_ref = context_.account.plugin_key + ":" + *candidate;
        }
        const auto created = repositories_.orders.create(connection_, scope_, order, unit_.now_ms);
        storage::NewVendorOrder vendor;
        vendor.order_id = created.order_id;
        vendor.account_id = context_.account.id;
        vendor.plugin_key = context_.account.plugin_key;
        vendor.client_reference = "monitoring:" + reference;
        VendorOrder row =
            repositories_.vendor_orders.create(connection_, scope_, vendor, unit_.now_ms);
        recordCreated(created);
        alert(std::string(kMonitoring), "monitoring_hit", reference,
              "Monitoring reported something new.");
        return applyTo(row);
    }

    void recordCreated(const storage::CreatedOrder& created) {
        storage::AuditEntry entry;
        entry.actor_type = "plugin";
        entry.actor_id = context_.account.plugin_key;
        entry.action = "order_created";
        entry.operation = "CREATE";
        entry.resource_type = "screening_order";
        entry.resource_id = created.order_id;
        entry.order_id = created.order_id;
        entry.person_id = created.person_id;
        entry.is_timeline = true;
        entry.new_status = "in_progress";
        storage::OutboundEvent event;
        event.event_type = "order.created";
        event.subject_type = "screening_order";
        event.subject_id = created.order_id;
        event.person_id = created.person_id;
        event.idempotency_key = security::sha256Hex(created.order_id + "\ncreated");
        repositories_.audit.record(connection_, scope_, entry, event, unit_.now_ms);
    }

    Applied applyTo(VendorOrder& row) {
        addLinks(row);
        if (observation_.alert && observation_.origin != kMonitoring) {
            alert("integration", observation_.alert_kind.value_or("vendor_message"), row.order_id,
                  "The vendor reports something that a person should look at.");
        }
        if (context_.source == Source::kTold && mustFetch(row)) {
            repositories_.vendor_orders.raiseFetchWanted(connection_, scope_, row.id, unit_.now_ms);
            return store(ApplyOutcome::kFetch, row.id);
        }
        if (context_.source == Source::kFetched && isStale(row)) {
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
            link.is_unique = isUnique(said.type);
            repositories_.vendor_orders.addLink(connection_, scope_, link, unit_.now_ms);
        }
    }

    // Told news counts only if it moves forward and nothing was ever fetched.
    [[nodiscard]] bool mustFetch(const VendorOrder& row) const {
        if (observation_.needs_fetch || context_.is_hint || row.last_fetch_started_at_ms)
            return true;
        if (!observation_.order_status) return !observation_.alert;
        const std::string_view status = vendorOrderStatusOf(*observation_.order_status);
        return vendorOrderRung(status) <= vendorOrderRung(row.status);
    }

    [[nodiscard]] bool isStale(const VendorOrder& row) const {
        if (observation_.version && row.fetched_version &&
            *observation_.version < *row.fetched_version) {
            return true;
        }
        const bool newer_version = observation_.version && row.fetched_version &&
                                   *observation_.version > *row.fetched_version;
        return !newer_version && row.last_fetch_started_at_ms &&
               context_.fetch_started_ms < *row.last_fetch_started_at_ms;
    }

    void writeVendorOrder(VendorOrder& row) {
        if (observation_.vendor_order_id) row.vendor_order_id = observation_.vendor_order_id;
        if (observation_.order_status) {
            const std::string_view status = vendorOrderStatusOf(*observation_.order_status);
            if (vendorOrderMayMove(row.status, status)) row.status = status;
        }
        if (observation_.vendor_status) row.vendor_status = observation_.vendor_status;
        if (observation_.raw_result) row.raw_result = observation_.raw_result;
        row.overall_outcome.reset();
        if (observation_.overall_outcome) {
            row.overall_outcome = std::string(hubsdk::nameOf(*observation_.overall_outcome));
        }
        if (observation_.applicant_url) {
            row.applicant_url = observation_.applicant_url->url;
            const auto& expires = observation_.applicant_url->expires_at;
            row.applicant_url_expires_at_ms =
                expires ? hubsdk::timestampOf(*expires) : std::nullopt;
        }
        if (observation_.estimated_at)
            row.estimated_at_ms = hubsdk::timestampOf(*observation_.estimated_at);
        if (!row.submitted_at_ms) row.submitted_at_ms = unit_.now_ms;
        if (observation_.completed_at)
            row.completed_at_ms = hubsdk::timestampOf(*observation_.completed_at);
        for (const hubsdk::ObservedDocument& document : observation_.documents) {
            if (document.kind == "report_pdf") row.report_blob_id = document.blob_id;
        }
        row.as_of_ms = unit_.now_ms;
        if (context_.source == Source::kFetched) {
            row.last_fetch_started_at_ms = context_.fetch_started_ms;
            if (observation_.version) row.fetched_version = observation_.version;
        }
        repositories_.vendor_orders.save(connection_, scope_, row, unit_.now_ms);
    }

    void writeOrder(const VendorOrder& row) {
        auto order = repositories_.orders.find(connection_, scope_, row.order_id);
        if (!order) return;
        if (order->status == "cancelled" || order->closed_at_ms) {
            alert("integration", "result_after_end", order->id,
                  "The vendor reported on an order that has ended.");
            return;
        }
        applyChecks(unit_, *order, row, observation_, context_);
        if (row.estimated_at_ms) order->estimated_completion_at_ms = row.estimated_at_ms;
        writeResult(*order, row);
        repositories_.orders.save(connection_, scope_, *order, unit_.now_ms);
        if (observation_.order_status) moveBySaid(*order);
    }

    void writeResult(storage::Order& order, const VendorOrder& row) {
        const auto checks = repositories_.orders.checks(connection_, scope_, order.id);
        std::vector<CheckResult> results;
        for (const storage::Check& check : checks) {
            CheckResult result;
            result.status = check.status;
            if (check.result) result.result = *check.result;
            result.ordered = !check.added_by_vendor;
            result.withdrawn = check.withdrawn_at_ms.has_value();
            results.push_back(result);
        }
        std::optional<std::string_view> overall;
        if (row.overall_outcome) overall = resultWord(*row.overall_outcome);
        order.result = std::string(orderResult(results, overall));
        order.completion_percentage = completionPercentage(results);
    }

    // Words of an overall outcome that are none of section 5.2.
    static std::string_view resultWord(std::string_view outcome) {
        if (outcome == "adverse_action") return "consider";
        return outcome == "error" ? std::string_view("pending_review") : outcome;
    }

    void moveBySaid(storage::Order& order) {
        auto target = orderStatusOf(*observation_.order_status);
        if (!target) return;
        // Never completed without a person, unless all is clear or the vendor says that the
        // decision was taken there.
        const bool decided = *target == "completed" && order.result != "clear";
        if (decided) {
            move(order, "pending_review");
            // A clear that our own count does not confirm is never passed on as one.
            const auto& overall = observation_.overall_outcome;
            if (!overall || *overall == hubsdk::CheckOutcome::kClear) return;
        }
        move(order, *target);
    }

    void move(storage::Order& order, std::string_view target) {
        moveOrder(unit_, order, target, Actor::kVendor, context_.account.plugin_key);
    }

    const UnitOfWork& unit_;
    storage::Connection& connection_;
    const storage::Repositories& repositories_;
    const storage::TenantScope& scope_;
    const Observation& observation_;
    const ApplyContext& context_;
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

Applied applyObservation(const UnitOfWork& unit, const Observation& observation,
                         const ApplyContext& context) {
    return Application(unit, observation, context).run();
}

}  // namespace hub::domain
