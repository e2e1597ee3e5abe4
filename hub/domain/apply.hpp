/// Applies what a vendor said to our rows: the one place where a vendor changes anything
/// (architecture.md section 6). Runs inside the caller's unit of work; calls no plugin.
#pragma once

#include "hub/domain/order_change.hpp"

#include <hubsdk/model/manifest.hpp>
#include <hubsdk/model/observation.hpp>

namespace hub::domain {

/// A delivery tells, a reply to our own request is fetched. What was only told may move a vendor
/// order forward, never back, and never against what was fetched.
enum class Source : std::uint8_t { kTold, kFetched };

/// What to do with an observation of an order that nobody knows.
enum class UnknownOrder : std::uint8_t {
    kHold,    ///< perhaps its submit flow has not finished: try again later
    kTask,    ///< final: a person looks at it
    kCreate,  ///< the vendor may bring orders: a new one is made
};

struct ApplyContext {
    const storage::Account& account;
    const hubsdk::Manifest& manifest;
    Source source = Source::kTold;
    bool is_hint = false;          ///< the proof covers too little: nothing but a fetch follows
    std::string source_kind = {};  ///< delivery, flow_step
    std::string source_id = {};
    std::int64_t ordinal = 0;
    std::optional<std::string> vendor_order_row_id = {};  ///< subject of the flow, if there is one
    std::int64_t fetch_started_ms = 0;
    UnknownOrder unknown_order = UnknownOrder::kTask;
    std::optional<std::string> trace_id = {};

    /// Names what is applied as one event: its source and its place there.
    [[nodiscard]] std::string eventKey() const {
        return source_id + "\n" + std::to_string(ordinal);
    }
};

enum class ApplyOutcome : std::uint8_t {
    kApplied,   ///< state, or at least a link or an alert, changed or was confirmed
    kDropped,   ///< older than what is stored, or about what has ended
    kFetch,     ///< the state has to be read from the vendor: of a row, or by links if no row is
                ///< known yet
    kHeld,      ///< the order is unknown; nothing was stored
    kParked,    ///< kept for a person
    kRepeated,  ///< this observation had been applied before
};
[[nodiscard]] std::string_view nameOf(ApplyOutcome outcome);

struct Applied {
    ApplyOutcome outcome = ApplyOutcome::kApplied;
    std::optional<std::string> vendor_order_row_id;
    std::size_t unmapped = 0;  ///< vendor words without a mapping, to be counted
};

/// The vendor, as the cause of what its observation changes.
[[nodiscard]] Cause causeOf(const ApplyContext& context);

/// Applies one observation: links, vendor order, checks, findings, order, audit entry, outbox event
/// and the mark (source, ordinal). Idempotent. Throws StorageError and UnitRefused, which undo the
/// caller's unit.
[[nodiscard]] Applied applyObservation(const UnitOfWork& unit,
                                       const hubsdk::Observation& observation,
                                       const ApplyContext& context);

}  // namespace hub::domain
