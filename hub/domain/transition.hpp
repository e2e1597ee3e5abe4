/// The state machines of canonical-model.md section 5, as tables: which change is allowed, and who
/// may cause it. Nothing else changes a status.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <hubsdk/model/observation.hpp>

namespace hub::domain {

enum class Actor : std::uint8_t { kUser, kApplicant, kVendor, kSystem };

/// What a row of section 5.1 asks beside the two words. Read from the order itself.
enum class Guard : std::uint8_t {
    kNone,
    kDispatched,    ///< the first vendor order was sent
    kNotClosed,     ///< closed_at is not set
    kVendorReason,  ///< the action reason came from the vendor
    kNotConsent,    ///< the action reason is not a missing consent
    kReasonSet,     ///< an action is still required
    kAsHeld,        ///< back to the status before the hold, and no action is required
};

/// One allowed change of a status. `event` names it in the trail.
struct Transition {
    std::string_view from;
    std::string_view event;
    std::string_view to;
    Actor actor;
    Guard guard = Guard::kNone;
    bool on_vendor_word = false;  ///< a row of the system that acts on what a vendor said
};

/// All rows of a machine, the same pair once for each actor. For tests and documents.
[[nodiscard]] std::span<const Transition> orderTransitions();
[[nodiscard]] std::span<const Transition> checkTransitions();
[[nodiscard]] std::span<const Transition> vendorOrderTransitions();

/// The row that lets `actor` change screening_order.status so (section 5.1), its guard unchecked;
/// null if there is none. Any thread, as all functions here.
[[nodiscard]] const Transition* orderTransition(std::string_view from, std::string_view to,
                                                Actor actor);
/// The same for screening_check.status (section 5.3). Completed to completed is an amended result.
[[nodiscard]] const Transition* checkTransition(std::string_view from, std::string_view to,
                                                Actor actor);
/// The same for vendor_order.status (section 5.4).
[[nodiscard]] const Transition* vendorOrderTransition(std::string_view from, std::string_view to,
                                                      Actor actor);

/// The rows that lead from one status to another.
struct Way {
    std::array<const Transition*, 2> steps{};
    std::size_t count = 0;
};
using FindTransition = const Transition* (*)(std::string_view from, std::string_view to,
                                             Actor actor);
/// A vendor may skip words that a machine keeps apart: the direct row, else two rows over
/// `between`. For a vendor the system's rows marked on_vendor_word count too. Empty: no way.
[[nodiscard]] Way wayFor(FindTransition find, std::string_view from, std::string_view to,
                         std::string_view between, Actor actor);

/// vendor_order.status of a vendor's word (section 5.4); "queued" for a draft, which is no news.
[[nodiscard]] std::string_view vendorOrderStatusOf(hubsdk::OrderStatus said);

/// completed, cancelled or failed: the vendor owes nothing more.
[[nodiscard]] bool isVendorOrderFinal(std::string_view status);

/// Place on the ladder of section 5.4: an observation that was only told moves it up, never down.
[[nodiscard]] int vendorOrderRung(std::string_view status);

/// What our order follows while vendor orders are open: the first word of section 5.3's list that
/// any of them says. Empty: none of them says anything that counts.
[[nodiscard]] std::string_view followedWord(std::span<const std::string_view> open_statuses);

/// screening_check.status and result that a vendor's outcome means (sections 5.3 and 8.2).
struct CheckState {
    std::string_view status;
    std::optional<std::string_view> result;
};
[[nodiscard]] CheckState checkStateOf(std::optional<hubsdk::CheckOutcome> outcome);

/// Verdict of an identity check that its provider did not give (section 5.11); empty while it runs.
[[nodiscard]] std::optional<std::string_view> defaultVerdict(const CheckState& state);

}  // namespace hub::domain
