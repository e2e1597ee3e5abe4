/// The inbox: proven deliveries, kept before they are answered and leased to the inbox workers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hub/storage/page.hpp"
#include "hub/storage/sealed_cells.hpp"
#include "hub/storage/tenant_scope.hpp"

namespace hub::storage {

/// A delivery whose proof holds. Texts longer than their column refuse the unit with kTooLarge.
struct NewDelivery {
    std::string id;  ///< a new UUID
    std::optional<std::string> account_id;
    std::string plugin_key;
    std::string transport = "webhook";  ///< webhook, api, sftp, poll, upload, file
    std::string source;
    std::optional<std::string> connection;  ///< the endpoint's connection, if it is a shared one
    std::optional<std::string> event_type;
    std::optional<std::string> vendor_event_id;
    std::string dedupe_scope;              ///< account id; tenant id for uploads and files
    std::string dedupe_key;                ///< SHA-256, hex
    std::optional<std::string> state_key;  ///< SHA-256, hex (plugin-contract.md section 3)
    std::string request;                   ///< JSON of method, path and query; sealed
    std::string headers;                   ///< JSON, without proofs; sealed
    std::optional<std::string> content_type;
    std::string body;     ///< raw bytes; sealed
    std::string proof;    ///< signature, basic, none
    bool is_hint = true;  ///< the proof covers too little to be believed
    std::int64_t received_at_ms = 0;
    std::optional<std::string> trace_id;
    /// verified; processed for an inbound request, which a flow answers; parked if it is for nobody
    /// we know.
    std::string status = "verified";
    /// What the vendor calls the account that a parked delivery is for: how it is found when the
    /// delivery is replayed.
    std::optional<std::string> account_ref;
};

/// A delivery whose personal parts are sealed; made off the writer thread, inserted on it.
struct SealedDelivery {
    std::string tenant_id;
    NewDelivery row;  ///< request, headers and body hold sealed text
    std::int64_t body_size_bytes = 0;
};

enum class InsertOutcome : std::uint8_t { kInserted, kDuplicate };

/// The row that holds the delivery: the new one, or the first copy's.
struct InsertedDelivery {
    InsertOutcome outcome;
    std::string id;
};

/// A stored delivery, opened.
struct Delivery {
    std::string id;
    std::string tenant_id;
    std::optional<std::string> account_id;
    std::string plugin_key;
    std::string transport;
    std::string source;
    std::optional<std::string> event_type;
    std::optional<std::string> vendor_event_id;
    std::optional<std::string> state_key;
    std::string request;
    std::string headers;
    std::optional<std::string> content_type;
    std::string body;
    std::string proof;
    bool is_hint;
    std::string status;  ///< verified, processed, failed, dead, parked
    std::int64_t received_at_ms;
    std::int64_t attempts;
    std::int64_t duplicates;
    std::optional<std::string> hold_reason;
    std::optional<std::string> error;
    std::optional<std::string> trace_id;
    std::optional<std::string> connection;   ///< as in NewDelivery, as the next two
    std::optional<std::string> account_ref;  ///< of one without an account
    std::string dedupe_key;
};

/// A delivery without its sealed parts, for lists.
struct DeliveryRow {
    std::string id;
    std::optional<std::string> account_id;
    std::string plugin_key;
    std::string transport;
    std::string source;
    std::optional<std::string> vendor_event_id;
    std::string dedupe_key;
    std::string status;
    std::int64_t duplicates = 0;
    std::int64_t attempts = 0;
    std::int64_t received_at_ms = 0;
    std::optional<std::int64_t> processed_at_ms;
    std::optional<std::string> error;
};

struct DeliveryFilter {
    std::optional<std::string> plugin_key;
    std::optional<std::string> status;
    std::optional<std::string> account_id;
    PageOf page;
};

/// A worker's right to one row until `lease_until`; `fence` tells an old lease from a newer one.
struct DeliveryLease {
    std::string id;
    std::string tenant_id;
    std::int64_t fence;
    std::int64_t abandoned = 0;  ///< leases in a row that other processes let run out
};

/// Rows that one unit puts aside or releases.
inline constexpr std::size_t kReleasedMax = 256;

/// How many rows are wanted, and for how long.
struct ClaimWish {
    std::int64_t lease_ms;
    int rows_max;
    bool suspects = true;  ///< whether one row from kSuspectAbandoned on may be among them
};

/// All functions throw StorageError. Those that take a lease throw UnitRefused (kConflict) if
/// another worker has the row by now, which undoes the whole unit (TM-DB-3).
class InboxRepository {
public:
    /// The vault must outlive the repository. Any thread, one connection per thread.
    explicit InboxRepository(const security::Vault& vault) : cells_(vault, "inbound_event") {}

    /// Seals the personal parts. Costs time by size, so not inside the unit.
    [[nodiscard]] SealedDelivery seal(const TenantScope& scope, NewDelivery delivery) const;

    /// Inserts, or counts a duplicate of the same (dedupe_scope, dedupe_key). Exactly one row
    /// results, however many copies come at once.
    InsertedDelivery insertDelivery(Connection& connection, const SealedDelivery& delivery) const;
    /// The same for many in few statements; the answers are in the order of the deliveries. Two
    /// copies may be among them.
    std::vector<InsertedDelivery> insertDeliveries(
        Connection& connection, std::span<const SealedDelivery* const> deliveries) const;

    /// Leases up to `rows_max` due rows of enabled accounts, oldest first. Due rows of other
    /// accounts that stand before them are put aside until releaseHeld, so that each is looked at
    /// once.
    std::vector<DeliveryLease> claimBatch(Connection& connection, const SystemScope& system,
                                          std::string_view owner, std::int64_t now_ms,
                                          const ClaimWish& wish) const;
    /// Moves the end of those leases that still hold; of a lost one nothing is changed.
    void renewLeases(Connection& connection, std::span<const DeliveryLease> leases,
                     std::int64_t until_ms) const;
    /// Makes rows due at `due_at_ms` whose leases still hold, without counting an attempt.
    void giveBack(Connection& connection, std::span<const DeliveryLease> leases,
                  std::int64_t due_at_ms, std::int64_t now_ms) const;

    /// Whether the newest processed state of the subject, before this delivery, is the same one:
    /// then it is a copy (plugin-contract section 3). A state that came back after another is none.
    [[nodiscard]] bool repeatsNewestState(Connection& connection, const TenantScope& scope,
                                          const Delivery& delivery,
                                          std::string_view subject_id) const;
    /// Notes whom the delivery is about; `subject_id` of at most 255 bytes.
    void setSubject(Connection& connection, const DeliveryLease& lease,
                    std::string_view subject_id) const;
    void markProcessed(Connection& connection, const DeliveryLease& lease,
                       std::int64_t now_ms) const;
    /// Counts an attempt; the row is due again at `retry_at_ms`. The error is clipped.
    void markFailed(Connection& connection, const DeliveryLease& lease, std::string_view error,
                    std::int64_t retry_at_ms, std::int64_t now_ms) const;
    void markDead(Connection& connection, const DeliveryLease& lease, std::string_view reason,
                  std::int64_t now_ms) const;
    /// Puts the row aside without counting an attempt.
    void hold(Connection& connection, const DeliveryLease& lease, std::string_view reason,
              std::int64_t until_ms, std::int64_t now_ms) const;

    /// Makes rows due that stand aside and whose account is enabled again, at most kReleasedMax;
    /// gives how many. Few units do it all, so that a large backlog holds up no other writer.
    std::int64_t releaseAside(Connection& connection, const SystemScope& system,
                              std::int64_t now_ms) const;
    /// Puts a row aside that no account is known for.
    void park(Connection& connection, const DeliveryLease& lease, std::int64_t now_ms) const;
    /// Makes a failed, dead or parked row due again with fresh attempts. UnitRefused: kNotFound for
    /// an unknown or foreign id, kConflict in another status.
    void replay(Connection& connection, const TenantScope& scope, std::string_view id,
                std::int64_t now_ms) const;

    [[nodiscard]] std::vector<DeliveryRow> list(Connection& connection, const TenantScope& scope,
                                                const DeliveryFilter& filter) const;
    /// Rows of all pages.
    [[nodiscard]] std::int64_t count(Connection& connection, const TenantScope& scope,
                                     const DeliveryFilter& filter) const;

    [[nodiscard]] std::optional<Delivery> find(Connection& connection, const TenantScope& scope,
                                               std::string_view id) const;

private:
    struct Due;
    struct Queued;
    struct Look {
        std::size_t rows_max;
        std::size_t window;  ///< rows that are looked at
        bool suspects = false;
        bool enabled_only = false;
    };
    static void readFront(Connection& connection, std::string_view owner, std::int64_t now_ms,
                          const Look& wanted, std::string_view status, std::vector<Queued>& front);
    static Due look(Connection& connection, std::string_view owner, std::int64_t now_ms,
                    const Look& wanted);
    static std::vector<DeliveryLease> findDue(Connection& connection, std::string_view owner,
                                              std::int64_t now_ms, const ClaimWish& wish);

    SealedCells cells_;
};

}  // namespace hub::storage
