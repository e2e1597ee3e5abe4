#include "hub/domain/testing/domain_fixture.hpp"

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::CheckType;
using hubsdk::OrderStatus;

class TrailTest : public DomainTest {
protected:
    // Everything that has a state, in one number: a change of any of it changes the sum.
    std::string fingerprint() {
        std::string text;
        for (const char* table :
             {"screening_order", "vendor_order", "screening_check", "finding", "external_link",
              "alert", "task", "observation", "provider_config", "audit_entry", "outbound_event"}) {
            text += std::to_string(count(std::string("SELECT COUNT(*) FROM ") + table)) + " ";
        }
        for (const char* sum :
             {"SELECT COALESCE(SUM(row_version), 0) FROM screening_order",
              "SELECT COALESCE(SUM(row_version + fetch_wanted), 0) FROM vendor_order",
              "SELECT COALESCE(SUM(row_version), 0) FROM provider_config"}) {
            text += std::to_string(count(sum)) + " ";
        }
        return text;
    }
    void refuse(const char* table, bool on) {
        const std::string name = std::string("refuse_") + table;
        write([&](storage::Connection& c) {
            if (on) {
                c.run("CREATE TRIGGER " + name + " BEFORE INSERT ON " + table +
                      " BEGIN SELECT RAISE(ABORT, 'refused'); END");
            } else {
                c.run("DROP TRIGGER " + name);
            }
            return 0;
        });
    }
};

struct Story {
    const char* name;
    std::function<hubsdk::Observation()> observation;
};

// architecture.md section 11, invariant 6: without its audit entry or its event no change happens.
TEST_F(TrailTest, NoChangeWithoutItsEntryAndItsEvent) {
    if (!std::filesystem::exists(file())) GTEST_SKIP() << "the trigger is written for SQLite";
    const Placed placed = place("ref-1", {{"mvr", {}, {}}, {"ssn_trace", {}, {}}});
    auto first = said(OrderStatus::kInProgress);
    first.checks = {checkSaid("a", CheckType::kMvr, CheckOutcome::kClear)};
    fetch(placed, first);
    const Story stories[] = {
        {"status", [] { return said(OrderStatus::kRequiresAction); }},
        {"end", [] { return said(OrderStatus::kCompleted, CheckOutcome::kClear); }},
        {"cancel", [] { return said(OrderStatus::kCancelled); }},
        {"result", [] { return said(OrderStatus::kInProgress, CheckOutcome::kConsider); }},
        {"check",
         [] {
             auto news = said(OrderStatus::kInProgress);
             news.checks = {checkSaid("b", CheckType::kSsnTrace, CheckOutcome::kClear)};
             return news;
         }},
        {"finding",
         [] {
             auto news = said(OrderStatus::kInProgress);
             news.checks = {checkSaid("a", CheckType::kMvr, CheckOutcome::kClear)};
             news.checks.front().findings.emplace_back();
             return news;
         }},
        {"withdrawn",
         [] {
             auto news = said(OrderStatus::kInProgress);
             news.checks_complete = true;
             return news;
         }},
        {"alert",
         [] {
             auto news = said(OrderStatus::kInProgress);
             news.alert = true;
             return news;
         }},
        {"disconnect",
         [] {
             hubsdk::Observation news;
             news.kind = hubsdk::ObservationKind::kAccount;
             news.disconnect = true;
             return news;
         }},
        {"error",
         [] {
             hubsdk::Observation news;
             news.error = hubsdk::VendorError{};
             return news;
         }},
    };
    for (const char* table : {"audit_entry", "outbound_event"}) {
        refuse(table, true);
        for (const Story& story : stories) {
            SCOPED_TRACE(std::string(table) + " " + story.name);
            const std::string before = fingerprint();
            const auto context = fetched(placed.row_id);
            auto done = database_->write(storage::WriteQueue::kApply, [&](storage::Connection& c) {
                (void)applyObservation(unitOn(c), story.observation(), context);
            });
            EXPECT_FALSE(done.ok());
            EXPECT_EQ(fingerprint(), before);
        }
        refuse(table, false);
    }
}

TEST_F(TrailTest, NamesWhoDidIt) {
    const Placed placed = place();
    ApplyContext context = fetched(placed.row_id);
    context.trace_id = "trace-1";
    apply(said(OrderStatus::kRequiresAction), context);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'order_status_changed' AND "
                    "actor_type = 'plugin' AND actor_id = 'checkr' AND trace_id = 'trace-1' AND "
                    "old_status = 'in_progress' AND new_status = 'requires_action'"),
              1);
    fetch(placed, said(OrderStatus::kPendingReview, CheckOutcome::kConsider));
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE new_status = 'pending_review' AND "
                    "actor_type = 'system' AND action = 'order_status_changed'"),
              1)
        << "what follows from the checks is the system's";
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry"),
              count("SELECT COUNT(*) FROM outbound_event"));
}

TEST_F(TrailTest, TheLastWordsOfAnOrderAreEventsOfTheirOwn) {
    const Placed placed = place();
    fetch(placed, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbound_event WHERE event_type = 'order.completed'"), 1);
    const Placed other = place("ref-2");
    fetch(other, said(OrderStatus::kCancelled));
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbound_event WHERE event_type = 'order.cancelled'"), 1);
}

}  // namespace
}  // namespace hub::domain
