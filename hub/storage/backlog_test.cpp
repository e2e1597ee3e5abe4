#include "hub/storage/backlog.hpp"

#include <future>

#include "hub/storage/storage_fixture.hpp"

namespace hub::storage {
namespace {

class BacklogTest : public StorageTest {
protected:
    Backlog look(const BacklogLook& how = {kNow}) {
        return database_->read([&](Connection& connection) {
            return readBacklog(connection, SystemScope::forStartup(), how);
        });
    }
    void run(std::string_view sql, std::vector<Value> values) {
        const auto done = database_->write(
            WriteQueue::kSystem, [&](Connection& connection) { connection.run(sql, values); });
        ASSERT_TRUE(done.ok()) << done.error().text();
    }
    void alert(const std::string& tenant, const std::string& type, const std::string& status) {
        const std::string id = security::uuid7(kNow);
        run("INSERT INTO alert (id, tenant_id, kind, alert_type, severity, subject_type, "
            "subject_id, description, status, dedupe_key, created_at, updated_at) VALUES "
            "(?,?,'integration',?,'low','x','x','x',?,?,?,?)",
            {id, tenant, type, status, security::sha256Hex(id), timeText(kNow), timeText(kNow)});
    }
    void event(const std::string& tenant, std::int64_t at_ms) {
        const std::string id = security::uuid7(kNow);
        run("INSERT INTO outbound_event (id, tenant_id, event_type, event_version, subject_type, "
            "subject_id, partition_key, idempotency_key, source, payload, occurred_at, created_at) "
            "VALUES (?,?,'x','1','x','x','x',?,'x','{}',?,?)",
            {id, tenant, security::sha256Hex(id), timeText(at_ms), timeText(at_ms)});
    }
};

TEST_F(BacklogTest, IsNothingInAnEmptyHub) {
    open();
    const Backlog found = look();
    EXPECT_TRUE(found.deliveries.empty());
    EXPECT_TRUE(found.flows.empty());
    EXPECT_EQ(found.flows_due, 0);
    EXPECT_EQ(found.oldest_unnumbered_ms, 0);
    EXPECT_EQ(found.oldest_delivery_ms, 0);
}

TEST_F(BacklogTest, CountsWhatWaitsOverAllTenants) {
    open();
    const std::string one = tenant("one").tenantId();
    const std::string two = tenant("two").tenantId();
    alert(one, "flow_uncertain", "new");
    alert(two, "flow_uncertain", "new");
    alert(two, "flow_uncertain", "resolved");
    alert(two, "A person's name", "new");
    event(one, kNow - 5'000);
    event(two, kNow - 1'000);
    const Backlog found = look();
    EXPECT_EQ(found.open_alerts.at("flow_uncertain"), 2);
    EXPECT_EQ(found.open_alerts.at("other"), 1) << "free text is no kind";
    EXPECT_EQ(found.open_alerts.size(), 2U);
    EXPECT_EQ(found.events_unnumbered, 2);
    EXPECT_EQ(found.oldest_unnumbered_ms, 5'000);
}

// decision 0018: a long backlog makes no look slow, and each statement is a sign of life.
TEST_F(BacklogTest, EveryStatementLooksAtABoundedNumberOfRows) {
    open();
    const std::string one = tenant("one").tenantId();
    for (int i = 0; i < 5; ++i) {
        alert(one, "flow_uncertain", "new");
        event(one, kNow - 1'000 * i);
        const std::string id = security::uuid7(kNow);
        run("INSERT INTO task (id, tenant_id, kind, subject_type, subject_id, status, created_at, "
            "updated_at) VALUES (?,?,'follow_up','x','x','open',?,?)",
            {id, one, timeText(kNow), timeText(kNow)});
    }
    int statements = 0;
    const Backlog found = look({kNow, 3, [&] { ++statements; }});
    EXPECT_EQ(found.open_alerts.at("flow_uncertain"), 3);
    EXPECT_EQ(found.open_tasks.at("follow_up"), 3);
    EXPECT_EQ(found.events_unnumbered, 3);
    EXPECT_LE(found.oldest_unnumbered_ms, 4'000);
    EXPECT_EQ(statements, 17);
    EXPECT_EQ(look().open_alerts.at("flow_uncertain"), 5);
}

// What the writer shows while a unit holds it, and after.
TEST_F(BacklogTest, TheWriterShowsAUnitThatHoldsIt) {
    DatabaseLimits limits;
    limits.writers_max = 1;
    limits.queue_units_max = 1;
    open(limits);
    std::promise<void> entered;
    std::promise<void> release;
    database_->submit(WriteQueue::kFlow,
                      [&](Connection&) {
                          entered.set_value();
                          release.get_future().wait();
                      },
                      {});
    entered.get_future().wait();
    std::promise<void> done;
    database_->submit(
        WriteQueue::kPortal, [](Connection&) {},
        [&](const hubsdk::Result<void>&) { done.set_value(); });
    bool refused = false;
    database_->submit(
        WriteQueue::kPortal, [](Connection&) {},
        [&](const hubsdk::Result<void>& result) { refused = !result.ok(); });
    const WriterView held = database_->writerView();
    EXPECT_EQ(held.busy, 1U);
    EXPECT_EQ(held.queued.at(static_cast<std::size_t>(WriteQueue::kPortal)), 1U);
    EXPECT_TRUE(refused);
    EXPECT_EQ(held.refused, 1U);
    while (database_->writerView().longest_batch_ms == 0) std::this_thread::yield();
    const std::uint64_t committed = database_->counters().units_committed;
    release.set_value();
    done.get_future().wait();
    database_->stop();
    EXPECT_EQ(database_->writerView().busy, 0U);
    EXPECT_EQ(database_->counters().units_committed, committed + 2);
}

TEST_F(BacklogTest, ReadersAreCounted) {
    open();
    database_->read([&](Connection&) { EXPECT_EQ(database_->readerView().lent, 1U); });
    EXPECT_EQ(database_->readerView().lent, 0U);
    EXPECT_EQ(database_->readerView().idle, 1U);
}

}  // namespace
}  // namespace hub::storage
