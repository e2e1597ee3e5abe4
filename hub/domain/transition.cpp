#include "hub/domain/transition.hpp"

#include <algorithm>
#include <array>

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::OrderStatus;

struct OrderRow {
    std::string_view from;
    std::string_view event;
    std::string_view to;
    Actor actor;
};

// canonical-model.md section 5.1, the rows whose actor is vendor or system.
constexpr std::array kOrderRows{
    OrderRow{"submitted", "dispatch", "in_progress", Actor::kSystem},
    OrderRow{"data_verification", "data accepted", "in_progress", Actor::kSystem},
    OrderRow{"in_progress", "vendor waits for the applicant", "awaiting_applicant_info",
             Actor::kVendor},
    OrderRow{"requires_action", "vendor waits for the applicant", "awaiting_applicant_info",
             Actor::kVendor},
    OrderRow{"awaiting_applicant_info", "vendor has the applicant's data", "data_verification",
             Actor::kVendor},
    OrderRow{"awaiting_applicant_info", "vendor started the searches", "in_progress",
             Actor::kVendor},
    OrderRow{"data_verification", "vendor started the searches", "in_progress", Actor::kVendor},
    OrderRow{"requires_action", "vendor no longer waits for the client", "in_progress",
             Actor::kVendor},
    OrderRow{"requires_action", "vendor no longer waits for the client", "data_verification",
             Actor::kVendor},
    OrderRow{"in_progress", "vendor needs input", "requires_action", Actor::kVendor},
    OrderRow{"in_progress", "all checks finished", "completed", Actor::kSystem},
    OrderRow{"in_progress", "results need a person", "pending_review", Actor::kSystem},
    OrderRow{"requires_action", "all checks finished", "completed", Actor::kSystem},
    OrderRow{"requires_action", "results need a person", "pending_review", Actor::kSystem},
    OrderRow{"in_progress", "all vendor orders failed", "failed", Actor::kSystem},
    OrderRow{"requires_action", "all vendor orders failed", "failed", Actor::kSystem},
    OrderRow{"pending_review", "decision final at the vendor", "completed", Actor::kSystem},
    OrderRow{"completed", "vendor amended a result", "pending_review", Actor::kVendor},
    OrderRow{"completed", "vendor reopened a search", "in_progress", Actor::kVendor},
    OrderRow{"pending_review", "vendor reopened a search", "in_progress", Actor::kVendor},
    OrderRow{"submitted", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"awaiting_applicant_info", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"data_verification", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"in_progress", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"requires_action", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"on_hold", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"pending_review", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"failed", "vendor cancelled", "cancelled", Actor::kVendor},
    OrderRow{"submitted", "cancel", "cancelled", Actor::kUser},
    OrderRow{"awaiting_applicant_info", "cancel", "cancelled", Actor::kUser},
    OrderRow{"data_verification", "cancel", "cancelled", Actor::kUser},
    OrderRow{"in_progress", "cancel", "cancelled", Actor::kUser},
    OrderRow{"requires_action", "cancel", "cancelled", Actor::kUser},
    OrderRow{"on_hold", "cancel", "cancelled", Actor::kUser},
    OrderRow{"pending_review", "cancel", "cancelled", Actor::kUser},
    OrderRow{"failed", "cancel", "cancelled", Actor::kUser},
};

struct SaidRow {
    OrderStatus said;
    std::string_view vendor_order;
    std::string_view order;  // empty: no news for our order
};

constexpr std::array kSaidRows{
    SaidRow{OrderStatus::kDraft, "submitted", ""},
    SaidRow{OrderStatus::kSubmitted, "submitted", ""},
    SaidRow{OrderStatus::kAwaitingApplicantInfo, "awaiting_applicant_info",
            "awaiting_applicant_info"},
    SaidRow{OrderStatus::kDataVerification, "data_verification", "data_verification"},
    SaidRow{OrderStatus::kInProgress, "in_progress", "in_progress"},
    SaidRow{OrderStatus::kRequiresAction, "requires_action", "requires_action"},
    SaidRow{OrderStatus::kPendingReview, "completed", "pending_review"},
    SaidRow{OrderStatus::kCompleted, "completed", "completed"},
    SaidRow{OrderStatus::kCancelled, "cancelled", "cancelled"},
};

const SaidRow& saidRow(OrderStatus said) {
    return *std::ranges::find(kSaidRows, said, &SaidRow::said);
}

// Section 5.4 from the bottom up. Of the open words, only "the vendor got further" counts.
constexpr std::array<std::string_view, 9> kLadder{"queued",
                                                  "submitted",
                                                  "awaiting_applicant_info",
                                                  "data_verification",
                                                  "in_progress",
                                                  "requires_action",
                                                  "completed",
                                                  "failed",
                                                  "cancelled"};

constexpr std::array<std::string_view, 5> kOpen{
    "submitted", "awaiting_applicant_info", "data_verification", "in_progress", "requires_action"};

bool isOpen(std::string_view status) { return std::ranges::find(kOpen, status) != kOpen.end(); }

struct OutcomeRow {
    CheckOutcome outcome;
    CheckState state;
};

// A vendor's "adverse action" is its word for a finding: only the employer takes one (section 5.2).
constexpr std::array kOutcomeRows{
    OutcomeRow{CheckOutcome::kClear, {"completed", "clear"}},
    OutcomeRow{CheckOutcome::kConsider, {"completed", "consider"}},
    OutcomeRow{CheckOutcome::kAdverseAction, {"completed", "consider"}},
    OutcomeRow{CheckOutcome::kPendingReview, {"completed", "pending_review"}},
    OutcomeRow{CheckOutcome::kDataNotFound, {"completed", "data_not_found"}},
    OutcomeRow{CheckOutcome::kError, {"error", std::nullopt}},
};

}  // namespace

std::optional<OrderTransition> orderTransition(std::string_view from, std::string_view to,
                                               Actor actor) {
    for (const OrderRow& row : kOrderRows) {
        const bool allowed =
            row.actor == actor || (row.actor == Actor::kSystem && actor == Actor::kVendor);
        if (row.from == from && row.to == to && allowed)
            return OrderTransition{row.from, row.event, row.to};
    }
    return std::nullopt;
}

std::optional<std::string_view> orderStatusOf(OrderStatus said) {
    const std::string_view status = saidRow(said).order;
    if (status.empty()) return std::nullopt;
    return status;
}

std::string_view vendorOrderStatusOf(OrderStatus said) { return saidRow(said).vendor_order; }

bool vendorOrderMayMove(std::string_view from, std::string_view to) {
    if (from == to) return false;
    if (from == "queued") return to != "queued";
    if (from == "failed") return to == "queued";
    if (from == "completed") return isOpen(to) && to != "submitted";
    if (from == "cancelled") return false;
    return to == "completed" || to == "cancelled" || to == "failed" ||
           (isOpen(to) && to != "submitted");
}

int vendorOrderRung(std::string_view status) {
    return static_cast<int>(std::ranges::find(kLadder, status) - kLadder.begin());
}

CheckState checkStateOf(std::optional<CheckOutcome> outcome) {
    if (!outcome) return {"in_progress", std::nullopt};
    return std::ranges::find(kOutcomeRows, *outcome, &OutcomeRow::outcome)->state;
}

}  // namespace hub::domain
