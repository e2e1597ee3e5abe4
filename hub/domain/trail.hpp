/// The trail of every change: an audit entry and an outbox event in the unit of the change
/// (architecture.md section 11, invariant 6).
#pragma once

#include "hub/domain/transition.hpp"
#include "hub/domain/unit_of_work.hpp"

#include <hubsdk/model/common.hpp>

namespace hub::domain {

/// Who caused a change.
struct Cause {
    Actor actor = Actor::kSystem;
    std::string actor_id;  ///< key of the plugin, id of the API key; may be empty
    std::optional<std::string> trace_id;
};

/// One change of one row. Nothing in it may be of class P2 or above: both rows are in the clear.
struct Change {
    std::string resource_type;  ///< name of the table
    std::string resource_id;
    std::string action;  ///< order_status_changed …
    std::string operation = "UPDATE";
    std::string event_type;  ///< canonical-model.md section 10
    std::string title;
    std::string old_status;
    std::string new_status;
    std::string order_id;
    std::string check_id;
    std::string person_id;
    bool is_timeline = false;
    std::int64_t visible_mask = 31;
    std::string event_key;  ///< makes the event's idempotency key, with resource and new status
};

/// Class, vendor's code and place of an error. No words of the vendor or the plugin: those may name
/// a person, and what shows this is in the clear.
[[nodiscard]] std::string wordsOf(const hubsdk::VendorError& error);

/// A change of the row of an order.
[[nodiscard]] Change orderChange(const std::string& order_id, const std::string& person_id);

/// Writes both rows, and wakes the flows that wait for the event. Throws StorageError, which undoes
/// the change too.
void record(const UnitOfWork& unit, const Cause& cause, const Change& change);

/// Wakes the flows that wait for this event of the subject (plugin-contract section 6, wake_on).
void wakeFlows(const UnitOfWork& unit, const storage::WakeSubject& subject,
               std::string_view event_type);

/// Raises an alert and records it, unless one of its key is there. True if it is new.
bool raiseAlert(const UnitOfWork& unit, const Cause& cause, storage::Alert alert);

/// A person of the hub's operator does what no program can: a whole order, or one check of it
/// (R-VEN-16). An order with such a task open is not over.
[[nodiscard]] storage::Task manualFallback(std::string subject_type, std::string subject_id);
/// A person cancels at the vendor what no program could.
[[nodiscard]] storage::Task manualCancel(std::string order_id);

/// Opens a task and records it, unless one of its kind is open for the subject.
bool openTask(const UnitOfWork& unit, const Cause& cause, const storage::Task& task);

}  // namespace hub::domain
