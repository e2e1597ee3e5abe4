#include "tests/faults/ordering.hpp"

#include <algorithm>
#include <cstdlib>

namespace hub::faults {

int numberFrom(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

void Ordering::expectNothingLostOrDoubled(Storm& storm, int orders) {
    ASSERT_TRUE(storm.settle(60)) << "every order is accepted at last";
    const auto placed = storm.orders();
    EXPECT_EQ(placed.size(), static_cast<std::size_t>(orders));
    e2e::waitFor(120, [&] {
        return std::ranges::all_of(placed, [&](const auto& one) { return isRight(one); });
    });
    for (const auto& one : placed) {
        EXPECT_TRUE(isRight(one)) << one.second << ": " << hubsdk::toText(order(one.first).root())
                                  << "\n"
                                  << openWork(one.first);
    }
    for (const auto& answered : {storm.answered(), twin_.acknowledged()}) {
        EXPECT_FALSE(answered.empty());
        expectRows(answered);
    }
    const auto ledger = twin_.ledger();
    EXPECT_EQ(hubsdk::toText(ledger.root()["duplicates_by_custom_id"]), "{}");
    EXPECT_EQ(ledger.root()["invitations"].asInt64(), orders);
}

std::string Ordering::openWork(const std::string& order_id) {
    e2e::StoredRows rows(hub_);
    std::string text;
    for (const auto& line :
         rows.texts("SELECT f.command || ' ' || f.state || ' wakes ' || f.wake_at || ' made ' || "
                    "f.created_at || ' ' || COALESCE(f.waits_for, '') || ' ' || "
                    "COALESCE(f.error, '') FROM flow f JOIN vendor_order v ON v.id = f.subject_id "
                    "WHERE v.order_id = ? ORDER BY f.id",
                    {order_id}))
        text += line + "\n";
    for (const auto& line :
         rows.texts("SELECT e.event_type || ' ' || e.status || ' next ' || e.next_attempt_at || "
                    "' came ' || e.received_at || ' ' || COALESCE(e.error, '') "
                    "FROM inbound_event e WHERE e.status <> 'processed' ORDER BY e.id"))
        text += line + "\n";
    return text;
}

bool Ordering::isRight(const std::pair<const std::string, std::string>& placed) const {
    const auto& [order_id, story] = placed;
    const auto found = order(order_id);
    return found.root().pointer("/data/status").text() ==
               (story == "clear" ? "completed" : "pending_review") &&
           found.root().pointer("/data/result").text() == story;
}

void Ordering::expectRows(const std::set<std::string>& events) {
    e2e::StoredRows rows(hub_);
    const auto all = rows.texts("SELECT vendor_event_id FROM inbound_event");
    const std::set<std::string> stored(all.begin(), all.end());
    for (const std::string& id : events) EXPECT_TRUE(stored.contains(id)) << id;
}

}  // namespace hub::faults
