// The queue part of InboxRepository: what is due, who has it, and what stands aside.
#include <algorithm>
#include <map>

#include "hub/storage/flow_repository.hpp"
#include "hub/storage/inbox_repository.hpp"
#include "hub/storage/statement_rows.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

constexpr std::string_view kEnabled = "enabled";
constexpr std::string_view kAside = "account_not_enabled";
constexpr std::string_view kEndOfTime = "9999-12-31 23:59:59.000";
/// How often one claim looks behind rows that it put aside.
constexpr int kAsideRounds = 4;

std::string markers(std::size_t count) {
    std::string text = "?";
    for (std::size_t i = 1; i < count; ++i) text += ",?";
    return text;
}

/// Takes the rows of an account that is not enabled out of the queue, until releaseAside. The
/// account is locked first: who enables it in between either comes before, then nothing is done
/// here, or after, then it asks for a release that finds these rows.
void putAside(Connection& connection, const std::string& account,
              const std::vector<std::string>& ids, std::int64_t now_ms) {
    bool waits = false;
    connection.query(std::string("SELECT account_state FROM provider_config WHERE id = ?")
                         .append(connection.dialect().forUpdate()),
                     {account}, [&](const Row& row) { waits = row.text(0) != kEnabled; });
    if (!waits) return;
    const std::string now = timeText(now_ms);
    for (std::span<const std::string> rest = ids; !rest.empty();) {
        const std::size_t rows = rowsOfStatement(rest.size());
        std::vector<Value> params{kEndOfTime, kAside, now};
        for (const std::string& id : rest.first(rows)) params.emplace_back(id);
        params.emplace_back(now);
        connection.run(
            "UPDATE inbound_event SET next_attempt_at = ?, hold_reason = ?, "
            "owner = NULL, lease_until = NULL, fence = fence + 1, updated_at = ? "
            "WHERE id IN (" +
                markers(rows) + ") AND status IN ('verified', 'failed') AND next_attempt_at <= ?",
            params);
        rest = rest.subspan(rows);
    }
}

}  // namespace

/// What a look at the queue found: rows to lease, and rows of accounts that are not enabled.
struct InboxRepository::Due {
    std::vector<DeliveryLease> leases;
    std::map<std::string, std::vector<std::string>> waiting;  ///< ids by account
};

/// A row of the queue's front, and what its place and its account say.
struct InboxRepository::Queued {
    DeliveryLease lease;
    std::string due_at;
    std::optional<std::string> account_state;  ///< empty for a row of no account
    std::string account_id;
};

// One status a statement: only then does the index give the rows in their order. A statement over
// both sorts everything that is due, for each claim anew.
void InboxRepository::readFront(Connection& connection, std::string_view owner, std::int64_t now_ms,
                                const Look& wanted, std::string_view status,
                                std::vector<Queued>& front) {
    std::string sql =
        "SELECT e.id, e.tenant_id, e.fence, CASE WHEN e.owner IS NULL OR e.owner = ? THEN 0 "
        "ELSE e.abandoned + 1 END, e.next_attempt_at, p.account_state, p.id FROM inbound_event e";
    sql.append(connection.dialect().byIndex("ix_inbound_event_due"));
    sql.append(
        " LEFT JOIN provider_config p ON p.id = e.provider_config_id WHERE e.status = ? "
        "AND e.next_attempt_at <= ? "
        "AND CASE WHEN e.owner IS NULL OR e.owner = ? THEN 0 ELSE e.abandoned + 1 END ");
    sql.append(wanted.suspects ? ">= ? " : "< ? ");
    if (wanted.enabled_only) sql.append("AND (p.id IS NULL OR p.account_state = 'enabled') ");
    sql.append("ORDER BY e.next_attempt_at LIMIT ?");
    connection.query(
        sql, {owner, status, timeText(now_ms), owner, kSuspectAbandoned, wanted.window},
        [&](const Row& row) {
            front.push_back(Queued{{row.string(0), row.string(1), row.integer(2), row.integer(3)},
                                   row.string(4),
                                   row.optString(5),
                                   row.optString(6).value_or("")});
        });
}

InboxRepository::Due InboxRepository::look(Connection& connection, std::string_view owner,
                                           std::int64_t now_ms, const Look& wanted) {
    std::vector<Queued> front;
    for (const std::string_view status : {"verified", "failed"})
        readFront(connection, owner, now_ms, wanted, status, front);
    std::ranges::stable_sort(front, {}, &Queued::due_at);
    if (front.size() > wanted.window) front.resize(wanted.window);
    Due due;
    for (Queued& row : front) {
        if (row.account_state && *row.account_state != kEnabled) {
            due.waiting[row.account_id].push_back(std::move(row.lease.id));
        } else if (due.leases.size() < wanted.rows_max) {
            due.leases.push_back(std::move(row.lease));
        }
    }
    for (const auto& [account, ids] : due.waiting) putAside(connection, account, ids, now_ms);
    return due;
}

std::vector<DeliveryLease> InboxRepository::findDue(Connection& connection, std::string_view owner,
                                                    std::int64_t now_ms, const ClaimWish& wish) {
    const auto most = static_cast<std::size_t>(wish.rows_max);
    Due due = look(connection, owner, now_ms, {most, most});
    for (int i = 0; i < kAsideRounds && due.leases.size() < most && !due.waiting.empty(); ++i)
        due = look(connection, owner, now_ms, {most, kReleasedMax});
    // Still more of them: the next claims put them aside, this one goes past them.
    if (due.leases.size() < most && !due.waiting.empty())
        due = look(connection, owner, now_ms, {most, most, false, true});
    if (wish.suspects && due.leases.size() < most) {
        const Due suspects = look(connection, owner, now_ms, {1, most, true});
        due.leases.insert(due.leases.end(), suspects.leases.begin(), suspects.leases.end());
    }
    return std::move(due.leases);
}

std::vector<DeliveryLease> InboxRepository::claimBatch(Connection& connection,
                                                       const SystemScope& /*system*/,
                                                       std::string_view owner, std::int64_t now_ms,
                                                       const ClaimWish& wish) const {
    std::vector<DeliveryLease> due = findDue(connection, owner, now_ms, wish);
    // next_attempt_at moves to the lease's end, so that one column says when a row is due.
    const std::string until = timeText(now_ms + wish.lease_ms);
    std::vector<DeliveryLease> claimed;
    for (auto& lease : due) {
        const auto taken = connection.run(
            "UPDATE inbound_event SET abandoned = ?, owner = ?, lease_until = ?, "
            "next_attempt_at = ?, fence = fence + 1, updated_at = ? WHERE id = ? AND fence = ? "
            "AND status IN ('verified', 'failed')",
            {lease.abandoned, owner, until, until, timeText(now_ms), lease.id, lease.fence});
        if (taken != 1) continue;
        ++lease.fence;
        claimed.push_back(std::move(lease));
    }
    return claimed;
}

void InboxRepository::renewLeases(Connection& connection, std::span<const DeliveryLease> leases,
                                  std::int64_t until_ms) const {
    const std::string until = timeText(until_ms);
    for (const DeliveryLease& lease : leases) {
        connection.run(
            "UPDATE inbound_event SET lease_until = ?, next_attempt_at = ? "
            "WHERE id = ? AND fence = ? AND owner IS NOT NULL",
            {until, until, lease.id, lease.fence});
    }
}

void InboxRepository::giveBack(Connection& connection, std::span<const DeliveryLease> leases,
                               std::int64_t due_at_ms, std::int64_t now_ms) const {
    for (const DeliveryLease& lease : leases) {
        connection.run(
            "UPDATE inbound_event SET next_attempt_at = ?, owner = NULL, lease_until = NULL, "
            "updated_at = ? WHERE id = ? AND fence = ? AND owner IS NOT NULL",
            {timeText(due_at_ms), timeText(now_ms), lease.id, lease.fence});
    }
}

std::int64_t InboxRepository::releaseAside(Connection& connection, const SystemScope& /*system*/,
                                           std::int64_t now_ms) const {
    std::optional<std::string> account;
    connection.query("SELECT id FROM provider_config WHERE releases_held = 1 LIMIT 1", {},
                     [&](const Row& row) { account = row.string(0); });
    if (!account) return 0;
    // Locked as by putAside: a pause in between comes before, or its rows are put aside anew.
    connection.query(std::string("SELECT id FROM provider_config WHERE id = ?")
                         .append(connection.dialect().forUpdate()),
                     {*account}, [](const Row&) {});
    std::vector<std::string> ids;
    connection.query(
        "SELECT id FROM inbound_event WHERE status IN ('verified', 'failed') "
        "AND next_attempt_at = ? AND provider_config_id = ? AND hold_reason = ? LIMIT ?",
        {kEndOfTime, *account, kAside, kReleasedMax},
        [&](const Row& row) { ids.push_back(row.string(0)); });
    const std::string now = timeText(now_ms);
    for (const std::string& id : ids) {
        connection.run(
            "UPDATE inbound_event SET next_attempt_at = ?, hold_reason = NULL, updated_at = ? "
            "WHERE id = ? AND status IN ('verified', 'failed')",
            {now, now, id});
    }
    if (ids.size() < kReleasedMax)
        connection.run("UPDATE provider_config SET releases_held = 0 WHERE id = ?", {*account});
    return std::ssize(ids);
}

}  // namespace hub::storage
