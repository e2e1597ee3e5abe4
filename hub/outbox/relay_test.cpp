#include "hub/outbox/relay.hpp"

#include "hub/outbox/relay_fixture.hpp"

namespace hub::outbox {
namespace {

using storage::Connection;

constexpr std::string_view kEvents = "SELECT COUNT(*) FROM outbound_event WHERE seq IS NOT NULL";
constexpr std::string_view kGaps =
    "SELECT COUNT(*) - COALESCE(MAX(seq), 0) FROM outbound_event WHERE seq IS NOT NULL";

TEST_F(RelayTest, NumbersWhatIsCommittedPerTenantAndOverAll) {
    const auto other = tenant("other");
    record(scope_, 0, 3);
    record(other, 0, 2);
    record(scope_, 3, 2);
    Relay relay(services(), "a");
    const auto pass = relay.runOnce();
    EXPECT_TRUE(pass.is_leader);
    EXPECT_EQ(pass.entries, 7);
    EXPECT_EQ(pass.events, 7);
    EXPECT_EQ(verify(scope_).checked, 5);
    EXPECT_EQ(verify(other).checked, 2);
    EXPECT_EQ(reason(scope_), "holds");
    EXPECT_EQ(reason(other), "holds");
    EXPECT_EQ(count(kEvents), 7);
    EXPECT_EQ(count(kGaps), 0);
    EXPECT_EQ(count("SELECT MAX(seq) FROM audit_entry WHERE tenant_id = ?", {other.tenantId()}), 2);
    EXPECT_EQ(relay.runOnce().entries, 0);
    record(scope_, 5);
    EXPECT_EQ(relay.runOnce().entries, 1);
    EXPECT_EQ(verify(scope_).checked, 6);
}

TEST_F(RelayTest, KeepsTheOrderOfATenantsCommits) {
    for (int i = 0; i < 20; ++i) {
        record(scope_, i);
        now_ += 1;
    }
    Relay relay(services(), "a");
    drain(relay);
    std::vector<std::string> rows;
    database_->read([&](Connection& c) {
        c.query("SELECT resource_id FROM audit_entry ORDER BY seq", {},
                [&](const storage::Row& row) { rows.push_back(row.string(0)); });
    });
    ASSERT_EQ(rows.size(), 20U);
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], "row-" + std::to_string(i));
}

TEST_F(RelayTest, NumbersOfPublishedEventsAreNotGivenAgain) {
    Relay relay(services(), "a");
    record(scope_, 0, 3);
    drain(relay);
    run("DELETE FROM outbound_event");
    record(scope_, 10);
    drain(relay);
    EXPECT_EQ(count("SELECT MAX(seq) FROM outbound_event"), 4);
}

// TM-DB-3
TEST_F(RelayTest, OnlyOneOfTwoWorksUntilItsLeaseIsOver) {
    Relay first(services(), "a");
    Relay second(services(), "b");
    record(scope_, 0);
    EXPECT_TRUE(first.runOnce().is_leader);
    EXPECT_FALSE(second.runOnce().is_leader);
    now_ += kRelayLeaseMs / 2;
    EXPECT_TRUE(first.runOnce().is_leader) << "renewed at half time";
    now_ += kRelayLeaseMs / 2 + 1;
    EXPECT_FALSE(second.runOnce().is_leader);
    now_ += kRelayLeaseMs;
    record(scope_, 1);
    EXPECT_EQ(second.runOnce().entries, 1) << "the first is dead";
}

// TM-DB-3: a pause longer than the lease, then the old leader goes on with what it thinks it has.
TEST_F(RelayTest, AnOldLeaderIsFencedOff) {
    const auto& leases = repositories_.relay_leases;
    const auto system = storage::SystemScope::forRelay();
    const auto take = [&](const char* owner) {
        return database_
            ->writeFor(storage::WriteQueue::kSystem,
                       [&](Connection& c) {
                           return leases.take(c, system, kRelayLeaseName, owner, now_,
                                              kRelayLeaseMs);
                       })
            .value();
    };
    const auto old_lease = take("a").value();
    now_ += kRelayLeaseMs + 1;
    const auto new_lease = take("b").value();
    EXPECT_GT(new_lease.fence, old_lease.fence);
    record(scope_, 0);
    const auto late = database_->write(storage::WriteQueue::kSystem, [&](Connection& c) {
        leases.prove(c, system, old_lease, now_);
        repositories_.audit.numberEntries(c, system, scope_.tenantId(), kRelayRowsMax, now_);
    });
    EXPECT_EQ(late.error().code, hubsdk::ErrorCode::kConflict);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE seq IS NOT NULL"), 0);
    EXPECT_FALSE(take("a").has_value());
}

// A relay that dies between numbering and commit leaves nothing: the next gives the same numbers.
TEST_F(RelayTest, DyingBeforeTheCommitLeavesNeitherGapNorDouble) {
    const auto system = storage::SystemScope::forRelay();
    Relay relay(services(), "a");
    record(scope_, 0, 10);
    for (int round = 0; round < 5; ++round) {
        const auto died = database_->write(storage::WriteQueue::kSystem, [&](Connection& c) {
            repositories_.audit.numberEntries(c, system, scope_.tenantId(), 4, now_);
            repositories_.audit.numberEvents(c, system, 7);
            throw storage::UnitRefused(
                hubsdk::makeError(hubsdk::ErrorCode::kInternal, "died here"));
        });
        EXPECT_FALSE(died.ok());
    }
    drain(relay);
    EXPECT_EQ(verify(scope_).checked, 10);
    EXPECT_EQ(count(kEvents), 10);
    EXPECT_EQ(count(kGaps), 0);
}

TEST_F(RelayTest, TwoAtOnceNumberTenThousandRowsOnce) {
    constexpr int kTenants = 4;
    constexpr int kRowsOfOne = 2'500;
    constexpr int kRowsOfUnit = 50;
    std::vector<storage::TenantScope> scopes;
    for (int i = 0; i < kTenants; ++i) scopes.push_back(tenant("t" + std::to_string(i)));
    Relay first(services(), "a");
    Relay second(services(), "b");
    std::atomic<bool> writing = true;
    const auto work = [&](Relay& relay) {
        while (writing || relay.runOnce().more) {
            // Each loses its lease now and then, in the middle of the other's work.
            if (relay.runOnce().entries > kRelayRowsMax) now_ += kRelayLeaseMs + 1;
        }
    };
    std::thread one([&] { work(first); });
    std::thread two([&] { work(second); });
    for (int row = 0; row < kRowsOfOne; row += kRowsOfUnit) {
        for (const auto& scope : scopes) record(scope, row, kRowsOfUnit);
    }
    writing = false;
    one.join();
    two.join();
    now_ += 3 * kRelayLeaseMs;
    drain(first);
    for (const auto& scope : scopes) {
        EXPECT_EQ(verify(scope, storage::kChainPageMax).checked, kRowsOfOne);
        EXPECT_EQ(reason(scope), "holds");
    }
    EXPECT_EQ(count(kEvents), kTenants * kRowsOfOne);
    EXPECT_EQ(count(kGaps), 0);
}

TEST_F(RelayTest, StopNumbersTheRestAndGivesTheLeaseBack) {
    Relay relay(services(), "a");
    relay.start();
    record(scope_, 0, 2 * kRelayRowsMax + 1);
    relay.stop();
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE seq IS NULL"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbound_event WHERE seq IS NULL"), 0);
    Relay next(services(), "b");
    EXPECT_TRUE(next.runOnce().is_leader) << "without waiting for the end of the lease";
}

TEST_F(RelayTest, ABrokenChainStopsOnlyItsTenant) {
    const auto other = tenant("other");
    Relay relay(services(), "a");
    record(scope_, 0, 2);
    drain(relay);
    run("DELETE FROM audit_chain WHERE tenant_id = ?", {scope_.tenantId()});
    record(scope_, 2);
    record(other, 0);
    const auto pass = relay.runOnce();
    EXPECT_EQ(pass.failed_tenants, 1);
    EXPECT_EQ(pass.events, 2);
    EXPECT_EQ(verify(other).checked, 1);
    EXPECT_EQ(verify(scope_).unnumbered, 1) << "nothing is linked to a chain without a head";
    EXPECT_EQ(reason(scope_), "2 no_head");
}

}  // namespace
}  // namespace hub::outbox
