#include "hub/storage/backlog.hpp"

#include <algorithm>

#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

std::string limited(std::string_view select) {
    return "SELECT COUNT(*) FROM (" + std::string(select) + " LIMIT " +
           std::to_string(kBacklogRowsMax) + ") AS waiting";
}

std::int64_t number(Connection& connection, std::string_view sql,
                    std::initializer_list<Value> values = {}) {
    std::int64_t found = 0;
    connection.query(sql, values, [&](const Row& row) { found = row.integer(0); });
    return found;
}

/// The age of the oldest row; 0 if there is none.
std::int64_t age(Connection& connection, std::string_view sql, std::int64_t now_ms) {
    std::optional<std::int64_t> oldest;
    connection.query(sql, {}, [&](const Row& row) { oldest = row.optTime(0); });
    return oldest ? std::max<std::int64_t>(now_ms - *oldest, 0) : 0;
}

void pairs(Connection& connection, std::string_view sql,
           std::map<Backlog::Pair, std::int64_t>& into) {
    connection.query(sql, {}, [&](const Row& row) {
        into[{row.string(0), row.string(1)}] = row.integer(2);
    });
}

/// A type is a word of the code; anything else, and what is too much, has no name of its own.
bool isWord(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

void kinds(Connection& connection, std::string_view sql,
           std::map<std::string, std::int64_t>& into) {
    connection.query(sql, {}, [&](const Row& row) {
        std::string kind = row.string(0);
        if (!isWord(kind) || into.size() >= kBacklogKindsMax) kind = "other";
        into[kind] += row.integer(1);
    });
}

}  // namespace

Backlog readBacklog(Connection& connection, const SystemScope&, std::int64_t now_ms) {
    Backlog found;
    pairs(connection,
          "SELECT plugin_key, status, COUNT(*) FROM inbound_event WHERE status IN "
          "('verified', 'failed', 'parked', 'dead') GROUP BY plugin_key, status",
          found.deliveries);
    pairs(connection,
          "SELECT command, state, COUNT(*) FROM flow WHERE state IN "
          "('running', 'waiting', 'uncertain', 'parked') GROUP BY command, state",
          found.flows);
    found.flows_due =
        number(connection,
               limited("SELECT 1 FROM flow WHERE state IN ('running', 'waiting') AND wake_at <= ?"),
               {timeText(now_ms)});
    kinds(connection,
          "SELECT alert_type, COUNT(*) FROM alert WHERE status = 'new' GROUP BY alert_type "
          "ORDER BY alert_type",
          found.open_alerts);
    kinds(connection,
          "SELECT kind, COUNT(*) FROM task WHERE status IN ('open', 'in_progress') GROUP BY kind "
          "ORDER BY kind",
          found.open_tasks);
    found.entries_unnumbered =
        number(connection, limited("SELECT 1 FROM audit_entry WHERE seq IS NULL"));
    found.events_unnumbered =
        number(connection, limited("SELECT 1 FROM outbound_event WHERE seq IS NULL"));
    found.oldest_unnumbered_ms = std::max(
        age(connection, "SELECT MIN(occurred_at) FROM audit_entry WHERE seq IS NULL", now_ms),
        age(connection, "SELECT MIN(occurred_at) FROM outbound_event WHERE seq IS NULL", now_ms));
    found.oldest_delivery_ms =
        age(connection,
            "SELECT MIN(received_at) FROM inbound_event WHERE status IN ('verified', 'failed')",
            now_ms);
    return found;
}

}  // namespace hub::storage
