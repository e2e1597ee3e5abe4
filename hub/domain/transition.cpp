#include "hub/domain/transition.hpp"

#include <algorithm>

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::OrderStatus;

constexpr Actor kUser = Actor::kUser;
constexpr Actor kApplicant = Actor::kApplicant;
constexpr Actor kVendor = Actor::kVendor;
constexpr Actor kSystem = Actor::kSystem;
constexpr bool kOnVendorWord = true;

// canonical-model.md section 5.1: every row of vendor and system, and a user's cancel.
constexpr Transition kOrderRows[] = {
    {"submitted", "approval required", "on_hold", kSystem},
    {"data_verification", "approval required", "on_hold", kSystem},
    {"submitted", "begin data check", "data_verification", kSystem},
    {"submitted", "dispatch", "in_progress", kSystem, Guard::kNone, kOnVendorWord},
    {"submitted", "data missing", "awaiting_applicant_info", kSystem},
    {"awaiting_applicant_info", "data complete", "submitted", kSystem},
    {"awaiting_applicant_info", "token expired, consent gone or order too old", "requires_action",
     kSystem},
    {"in_progress", "vendor waits for the applicant", "awaiting_applicant_info", kVendor,
     Guard::kDispatched},
    // Two rows of the table meet here; the stricter one keeps a missing consent where it is.
    {"requires_action", "vendor waits for the applicant", "awaiting_applicant_info", kVendor,
     Guard::kVendorReason},
    {"awaiting_applicant_info", "vendor has the applicant's data", "data_verification", kVendor,
     Guard::kDispatched},
    {"awaiting_applicant_info", "vendor started the searches", "in_progress", kVendor,
     Guard::kDispatched},
    {"data_verification", "vendor started the searches", "in_progress", kVendor,
     Guard::kDispatched},
    {"requires_action", "vendor no longer waits for the client", "in_progress", kVendor,
     Guard::kVendorReason},
    {"requires_action", "vendor no longer waits for the client", "data_verification", kVendor,
     Guard::kVendorReason},
    {"data_verification", "data accepted", "in_progress", kSystem, Guard::kNone, kOnVendorWord},
    {"data_verification", "discrepancy found or order too old", "requires_action", kSystem},
    {"in_progress", "all checks finished", "completed", kSystem, Guard::kNone, kOnVendorWord},
    {"in_progress", "results need a person", "pending_review", kSystem, Guard::kNone,
     kOnVendorWord},
    {"in_progress", "vendor needs input", "requires_action", kVendor},
    {"in_progress", "all vendor orders failed", "failed", kSystem},
    {"requires_action", "all vendor orders failed", "failed", kSystem},
    {"submitted", "consent ended or order too old", "requires_action", kSystem},
    {"in_progress", "consent ended or order too old", "requires_action", kSystem},
    {"requires_action", "all checks finished", "completed", kSystem, Guard::kNotConsent,
     kOnVendorWord},
    {"requires_action", "results need a person", "pending_review", kSystem, Guard::kNotConsent,
     kOnVendorWord},
    {"on_hold", "resume", "requires_action", kSystem, Guard::kReasonSet},
    {"on_hold", "resume", "submitted", kSystem, Guard::kAsHeld},
    {"on_hold", "resume", "data_verification", kSystem, Guard::kAsHeld},
    {"on_hold", "resume", "in_progress", kSystem, Guard::kAsHeld},
    {"pending_review", "decision final", "completed", kSystem, Guard::kNone, kOnVendorWord},
    {"completed", "vendor amended a result", "pending_review", kVendor, Guard::kNotClosed},
    {"completed", "vendor reopened a search", "in_progress", kVendor, Guard::kNotClosed},
    {"failed", "retry", "submitted", kSystem},
    {"failed", "manual fallback", "in_progress", kSystem},
    {"draft", "vendor cancelled", "cancelled", kVendor},
    {"submitted", "vendor cancelled", "cancelled", kVendor},
    {"awaiting_applicant_info", "vendor cancelled", "cancelled", kVendor},
    {"data_verification", "vendor cancelled", "cancelled", kVendor},
    {"in_progress", "vendor cancelled", "cancelled", kVendor},
    {"requires_action", "vendor cancelled", "cancelled", kVendor},
    {"on_hold", "vendor cancelled", "cancelled", kVendor},
    {"pending_review", "vendor cancelled", "cancelled", kVendor},
    {"failed", "vendor cancelled", "cancelled", kVendor},
    {"draft", "cancel", "cancelled", kUser},
    {"submitted", "cancel", "cancelled", kUser},
    {"awaiting_applicant_info", "cancel", "cancelled", kUser},
    {"data_verification", "cancel", "cancelled", kUser},
    {"in_progress", "cancel", "cancelled", kUser},
    {"requires_action", "cancel", "cancelled", kUser},
    {"on_hold", "cancel", "cancelled", kUser},
    {"pending_review", "cancel", "cancelled", kUser},
    {"failed", "cancel", "cancelled", kUser},
};

// Section 5.3: every row of vendor and system.
constexpr Transition kCheckRows[] = {
    {"not_started", "queued", "pending", kSystem},
    {"not_started", "started", "in_progress", kVendor},
    {"pending", "started", "in_progress", kVendor},
    {"not_started", "result", "completed", kVendor},
    {"pending", "result", "completed", kVendor},
    {"in_progress", "result", "completed", kVendor},
    {"awaiting_info", "result", "completed", kVendor},
    {"error", "result", "completed", kVendor},
    {"in_progress", "more data needed", "awaiting_info", kVendor},
    {"awaiting_info", "data given", "in_progress", kApplicant},
    {"not_started", "technical failure", "error", kVendor},
    {"pending", "technical failure", "error", kVendor},
    {"in_progress", "technical failure", "error", kVendor},
    {"awaiting_info", "technical failure", "error", kVendor},
    {"not_started", "technical failure", "error", kSystem},
    {"pending", "technical failure", "error", kSystem},
    {"in_progress", "technical failure", "error", kSystem},
    {"awaiting_info", "technical failure", "error", kSystem},
    {"error", "retry", "pending", kSystem, Guard::kNone, kOnVendorWord},
    {"not_started", "cancel", "cancelled", kVendor},
    {"pending", "cancel", "cancelled", kVendor},
    {"in_progress", "cancel", "cancelled", kVendor},
    {"awaiting_info", "cancel", "cancelled", kVendor},
    {"error", "cancel", "cancelled", kVendor},
    {"not_started", "not applicable", "not_applicable", kSystem},
    {"pending", "not applicable", "not_applicable", kSystem},
    {"completed", "search reopened by the vendor", "in_progress", kVendor},
    {"completed", "result amended by the vendor", "completed", kVendor},
};

// Section 5.4. The system sends, retries and gives up; the rest is the vendor's word.
constexpr Transition kVendorOrderRows[] = {
    {"queued", "vendor accepted", "submitted", kVendor},
    {"queued", "vendor accepted", "submitted", kSystem},
    {"queued", "refused", "failed", kSystem},
    {"queued", "cancelled before sending", "cancelled", kSystem},
    {"queued", "cancelled before sending", "cancelled", kVendor},
    {"failed", "retry", "queued", kSystem},
    {"completed", "vendor reopened", "in_progress", kVendor},
};

// "Each other": from any of these to any other, submitted never again, or to an end.
constexpr std::array<std::string_view, 5> kOpen{
    "submitted", "awaiting_applicant_info", "data_verification", "in_progress", "requires_action"};
constexpr std::array<std::string_view, 3> kFinal{"completed", "cancelled", "failed"};
constexpr std::size_t kRowsToEnds = 4;  // of each open word
constexpr std::size_t kVendorOrderRowCount = std::size(kVendorOrderRows) +
                                             (kOpen.size() - 1) * (kOpen.size() - 1) +
                                             kOpen.size() * kRowsToEnds;

// The vendor says every end but "failed", which is our own word for a submit that did not succeed.
constexpr std::array<Transition, kVendorOrderRowCount> allVendorOrderRows() {
    std::array<Transition, kVendorOrderRowCount> rows{};
    std::size_t next = 0;
    for (const Transition& row : kVendorOrderRows) rows[next++] = row;
    for (const std::string_view from : kOpen) {
        for (const std::string_view to : kOpen) {
            if (to != from && to != "submitted")
                rows[next++] = Transition{from, "vendor's word", to, kVendor};
        }
        rows[next++] = Transition{from, "vendor finished", "completed", kVendor};
        rows[next++] = Transition{from, "vendor cancelled", "cancelled", kVendor};
        rows[next++] = Transition{from, "vendor failed", "failed", kVendor};
        rows[next++] = Transition{from, "attempts used up", "failed", kSystem};
    }
    return rows;
}
constexpr auto kAllVendorOrderRows = allVendorOrderRows();

const Transition* findIn(std::span<const Transition> rows, std::string_view from,
                         std::string_view to, Actor actor) {
    const auto found = std::ranges::find_if(rows, [&](const Transition& row) {
        return row.from == from && row.to == to && row.actor == actor;
    });
    return found == rows.end() ? nullptr : &*found;
}

struct SaidRow {
    OrderStatus said;
    std::string_view vendor_order;
};
constexpr SaidRow kSaidRows[] = {
    {OrderStatus::kDraft, "queued"},
    {OrderStatus::kSubmitted, "submitted"},
    {OrderStatus::kAwaitingApplicantInfo, "awaiting_applicant_info"},
    {OrderStatus::kDataVerification, "data_verification"},
    {OrderStatus::kInProgress, "in_progress"},
    {OrderStatus::kRequiresAction, "requires_action"},
    {OrderStatus::kPendingReview, "completed"},
    {OrderStatus::kCompleted, "completed"},
    {OrderStatus::kCancelled, "cancelled"},
};

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

constexpr std::array<std::string_view, 4> kFollowed{"requires_action", "awaiting_applicant_info",
                                                    "in_progress", "data_verification"};

struct OutcomeRow {
    CheckOutcome outcome;
    CheckState state;
};
// A vendor's "adverse action" is its word for a finding: only the employer takes one (section 5.2).
constexpr OutcomeRow kOutcomeRows[] = {
    {CheckOutcome::kClear, {"completed", "clear"}},
    {CheckOutcome::kConsider, {"completed", "consider"}},
    {CheckOutcome::kAdverseAction, {"completed", "consider"}},
    {CheckOutcome::kPendingReview, {"completed", "pending_review"}},
    {CheckOutcome::kDataNotFound, {"completed", "data_not_found"}},
    {CheckOutcome::kError, {"error", std::nullopt}},
};

}  // namespace

std::span<const Transition> orderTransitions() { return kOrderRows; }
std::span<const Transition> checkTransitions() { return kCheckRows; }
std::span<const Transition> vendorOrderTransitions() { return kAllVendorOrderRows; }

const Transition* orderTransition(std::string_view from, std::string_view to, Actor actor) {
    return findIn(kOrderRows, from, to, actor);
}

const Transition* checkTransition(std::string_view from, std::string_view to, Actor actor) {
    return findIn(kCheckRows, from, to, actor);
}

const Transition* vendorOrderTransition(std::string_view from, std::string_view to, Actor actor) {
    return findIn(kAllVendorOrderRows, from, to, actor);
}

Way wayFor(FindTransition find, std::string_view from, std::string_view to,
           std::string_view between, Actor actor) {
    const auto step = [&](std::string_view a, std::string_view b) {
        const Transition* row = find(a, b, actor);
        if (row != nullptr || actor != Actor::kVendor) return row;
        row = find(a, b, Actor::kSystem);
        return row != nullptr && row->on_vendor_word ? row : nullptr;
    };
    if (const Transition* direct = step(from, to)) return Way{{direct, nullptr}, 1};
    const Transition* first = step(from, between);
    const Transition* second = step(between, to);
    if (first == nullptr || second == nullptr) return {};
    return Way{{first, second}, 2};
}

std::string_view vendorOrderStatusOf(OrderStatus said) {
    return std::ranges::find(kSaidRows, said, &SaidRow::said)->vendor_order;
}

bool isVendorOrderFinal(std::string_view status) {
    return std::ranges::find(kFinal, status) != kFinal.end();
}

int vendorOrderRung(std::string_view status) {
    return static_cast<int>(std::ranges::find(kLadder, status) - kLadder.begin());
}

std::string_view followedWord(std::span<const std::string_view> open_statuses) {
    for (const std::string_view word : kFollowed) {
        if (std::ranges::find(open_statuses, word) != open_statuses.end()) return word;
    }
    return {};
}

CheckState checkStateOf(std::optional<CheckOutcome> outcome) {
    if (!outcome) return {"in_progress", std::nullopt};
    return std::ranges::find(kOutcomeRows, *outcome, &OutcomeRow::outcome)->state;
}

std::optional<std::string_view> defaultVerdict(const CheckState& state) {
    if (state.status != "completed") return std::nullopt;
    if (state.result == "clear") return "approved";
    return state.result == "fail" ? "rejected" : "review";
}

}  // namespace hub::domain
