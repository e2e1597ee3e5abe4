#include "hub/storage/backlog.hpp"

#include <algorithm>

#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

/// A type is a word of the code; anything else, and what is too much, has no name of its own.
bool isWord(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

/// Asks for parts of a backlog. One thread.
class Looker {
public:
    Looker(Connection& connection, const BacklogLook& look)
        : connection_(connection), look_(look) {}

    [[nodiscard]] std::int64_t count(std::string_view select,
                                     std::initializer_list<Value> values = {}) {
        std::int64_t rows = 0;
        query("SELECT COUNT(*)" + limited(select), values,
              [&](const Row& row) { rows = row.integer(0); });
        return rows;
    }
    /// The age of the oldest row; 0 if there is none. `select` names its time `at`.
    [[nodiscard]] std::int64_t age(std::string_view select,
                                   std::initializer_list<Value> values = {}) {
        std::optional<std::int64_t> oldest;
        query("SELECT MIN(at)" + limited(select), values,
              [&](const Row& row) { oldest = row.optTime(0); });
        return oldest ? std::max<std::int64_t>(look_.now_ms - *oldest, 0) : 0;
    }
    /// Counts by the two words that `select` names `one` and `two`.
    void pairs(std::string_view select, std::string_view status,
               std::map<Backlog::Pair, std::int64_t>& into) {
        query("SELECT one, two, COUNT(*)" + limited(select) + " GROUP BY one, two", {status},
              [&](const Row& row) {
                  into[{row.string(0), row.string(1)}] = row.integer(2);
              });
    }
    /// Counts by the word that `select` names `one`.
    void kinds(std::string_view select, std::map<std::string, std::int64_t>& into) {
        query("SELECT one, COUNT(*)" + limited(select) + " GROUP BY one ORDER BY one", {},
              [&](const Row& row) {
                  std::string kind = row.string(0);
                  if (!isWord(kind) || into.size() >= kBacklogKindsMax) kind = "other";
                  into[kind] += row.integer(1);
              });
    }

private:
    [[nodiscard]] std::string limited(std::string_view select) const {
        return " FROM (" + std::string(select) + " LIMIT " + std::to_string(look_.rows_max) +
               ") AS waiting";
    }
    void query(const std::string& sql, std::initializer_list<Value> values,
               const RowCallback& row) {
        connection_.query(sql, values, row);
        look_.answered();
    }

    Connection& connection_;
    const BacklogLook& look_;
};

}  // namespace

Backlog readBacklog(Connection& connection, const SystemScope&, const BacklogLook& look) {
    Looker ask(connection, look);
    Backlog found;
    for (const std::string_view status : {"verified", "failed", "parked", "dead"}) {
        ask.pairs("SELECT plugin_key AS one, status AS two FROM inbound_event WHERE status = ?",
                  status, found.deliveries);
    }
    for (const std::string_view state : {"running", "waiting", "uncertain", "parked"}) {
        ask.pairs("SELECT command AS one, state AS two FROM flow WHERE state = ?", state,
                  found.flows);
    }
    found.flows_due =
        ask.count("SELECT 1 FROM flow WHERE state IN ('running', 'waiting') AND wake_at <= ?",
                  {timeText(look.now_ms)});
    ask.kinds("SELECT alert_type AS one FROM alert WHERE status = 'new'", found.open_alerts);
    ask.kinds("SELECT kind AS one FROM task WHERE status IN ('open', 'in_progress')",
              found.open_tasks);
    found.entries_unnumbered = ask.count("SELECT 1 FROM audit_entry WHERE seq IS NULL");
    found.events_unnumbered = ask.count("SELECT 1 FROM outbound_event WHERE seq IS NULL");
    found.oldest_unnumbered_ms =
        std::max(ask.age("SELECT occurred_at AS at FROM audit_entry WHERE seq IS NULL"),
                 ask.age("SELECT occurred_at AS at FROM outbound_event WHERE seq IS NULL"));
    for (const std::string_view status : {"verified", "failed"}) {
        // What is due first is, but for its retries, what came first; and the index has that order.
        found.oldest_delivery_ms =
            std::max(found.oldest_delivery_ms,
                     ask.age("SELECT received_at AS at FROM inbound_event WHERE status = ? "
                             "ORDER BY next_attempt_at",
                             {status}));
    }
    return found;
}

}  // namespace hub::storage
