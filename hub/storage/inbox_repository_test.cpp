#include "hub/storage/inbox_repository.hpp"

#include <atomic>
#include <fstream>
#include <iterator>
#include <latch>
#include <thread>

#include "hub/storage/account_repository.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;
using hubsdk::Result;

constexpr std::int64_t kLeaseMs = 1000;

class InboxTest : public StorageTest {
protected:
    InboxTest() { open(); }

    NewDelivery delivery(const std::string& key) {
        NewDelivery row;
        row.id = security::uuid7(kNow);
        row.plugin_key = "checkr";
        row.source = "checkr";
        row.dedupe_scope = scope_.tenantId();
        row.dedupe_key = security::sha256Hex(key);
        row.request = R"({"method":"POST"})";
        row.headers = R"({"x":"y"})";
        row.body = "body of " + key;
        row.proof = "signature";
        row.received_at_ms = kNow;
        return row;
    }
    InsertedDelivery insert(const NewDelivery& row) {
        const auto sealed = inbox_.seal(scope_, row);
        return database_
            ->writeFor(
                WriteQueue::kIngress,
                [&](Connection& connection) { return inbox_.insertDelivery(connection, sealed); })
            .value();
    }
    CreatedAccount enabledAccount(const char* code) {
        NewAccount wanted;
        wanted.plugin_key = "checkr";
        wanted.provider_name = wanted.provider_code = code;
        wanted.state = AccountState::kEnabled;
        return database_
            ->writeFor(WriteQueue::kPortal,
                       [&](Connection& connection) {
                           return AccountRepository(*vault_).create(connection, scope_, wanted,
                                                                    kNow);
                       })
            .value();
    }
    std::vector<DeliveryLease> claim(const char* owner, std::int64_t now_ms, int rows_max = 10) {
        return database_
            ->writeFor(WriteQueue::kApply,
                       [&](Connection& connection) {
                           return inbox_.claimBatch(connection, SystemScope::forWorker(), owner,
                                                    now_ms, {kLeaseMs, rows_max});
                       })
            .value();
    }
    std::int64_t release() {
        return database_
            ->writeFor(WriteQueue::kApply,
                       [&](Connection& connection) {
                           return inbox_.releaseAside(connection, SystemScope::forWorker(), kNow);
                       })
            .value();
    }
    Result<void> unit(const Unit& work) { return database_->write(WriteQueue::kApply, work); }
    std::optional<Delivery> find(const std::string& id) {
        return database_->read(
            [&](Connection& connection) { return inbox_.find(connection, scope_, id); });
    }

    InboxRepository inbox_{*vault_};
    TenantScope scope_ = TenantScope::afterProof("none");

    void SetUp() override { scope_ = tenant("acme"); }
};

TEST_F(InboxTest, GivesBackWhatItStored) {
    NewDelivery row = delivery("a");
    row.body = std::string("\0\xff<x>", 5);
    row.vendor_event_id = "evt_1";
    insert(row);
    const auto found = find(row.id);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->body, row.body);
    EXPECT_EQ(found->headers, row.headers);
    EXPECT_EQ(found->request, row.request);
    EXPECT_EQ(found->vendor_event_id, "evt_1");
    EXPECT_EQ(found->status, "verified");
    EXPECT_EQ(found->received_at_ms, kNow);
}

// TM-IN-3
TEST_F(InboxTest, ThousandParallelCopiesAreOneRow) {
    constexpr int kCopies = 1000;
    constexpr int kThreads = 4;
    std::atomic<int> inserted{0};
    std::latch told(kCopies);
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < kCopies / kThreads; ++i) {
                auto outcome = std::make_shared<InsertOutcome>();
                const auto sealed =
                    std::make_shared<SealedDelivery>(inbox_.seal(scope_, delivery("same")));
                database_->submit(
                    WriteQueue::kIngress,
                    [this, sealed, outcome](Connection& connection) {
                        *outcome = inbox_.insertDelivery(connection, *sealed).outcome;
                    },
                    [&, outcome](const Result<void>& result) {
                        EXPECT_TRUE(result.ok());
                        inserted += *outcome == InsertOutcome::kInserted ? 1 : 0;
                        told.count_down();
                    });
            }
        });
    told.wait();
    EXPECT_EQ(inserted, 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event"), 1);
    EXPECT_EQ(count("SELECT duplicates FROM inbound_event"), kCopies - 1);
}

// TM-IN-3
TEST_F(InboxTest, DuplicateNamesTheFirstCopyAlsoAfter29Days) {
    const NewDelivery first = delivery("a");
    insert(first);
    NewDelivery late = delivery("a");
    late.received_at_ms = kNow + 29LL * 86'400'000;
    const auto again = insert(late);
    EXPECT_EQ(again.outcome, InsertOutcome::kDuplicate);
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(insert(delivery("b")).outcome, InsertOutcome::kInserted);
}

TEST_F(InboxTest, RefusesTextThatDoesNotFit) {
    NewDelivery row = delivery("a");
    row.vendor_event_id = std::string(256, 'x');
    const auto sealed = inbox_.seal(scope_, row);
    const auto refused =
        unit([&](Connection& connection) { inbox_.insertDelivery(connection, sealed); });
    EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
    EXPECT_EQ(refused.error().path, "vendor_event_id");
}

// TM-DB-3
TEST_F(InboxTest, TwoOwnersNeverHoldOneRow) {
    for (const char* key : {"a", "b", "c"}) insert(delivery(key));
    const auto first = claim("one", kNow, 2);
    const auto second = claim("two", kNow);
    ASSERT_EQ(first.size(), 2U);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_TRUE(claim("three", kNow).empty());
    for (const auto& lease : first) EXPECT_NE(lease.id, second.front().id);
}

TEST_F(InboxTest, ClaimsNewAndFailedRowsByTheTimeTheyAreDue) {
    const auto insertAt = [&](const char* key, std::int64_t at_ms) {
        NewDelivery row = delivery(key);
        row.received_at_ms = at_ms;
        return insert(row).id;
    };
    const std::string retried = insertAt("a", kNow);
    const auto lease = claim("one", kNow).front();
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.markFailed(connection, lease, "away", kNow + 10, kNow);
                }).ok());
    const std::string last = insertAt("b", kNow + 20);
    const std::string first = insertAt("c", kNow + 5);
    const auto claimed = claim("one", kNow + 60, 2);
    ASSERT_EQ(claimed.size(), 2U);
    EXPECT_EQ(claimed[0].id, first);
    EXPECT_EQ(claimed[1].id, retried);
    EXPECT_EQ(claim("one", kNow + 60, 2).front().id, last);
}

// TM-DB-3
TEST_F(InboxTest, LostLeaseUndoesTheUnit) {
    insert(delivery("a"));
    const auto old = claim("one", kNow).front();
    const auto current = claim("two", kNow + kLeaseMs).front();
    EXPECT_EQ(current.id, old.id);
    const auto late = unit([&](Connection& connection) {
        connection.run("INSERT INTO counter (scope, value) VALUES ('effect', 1)");
        inbox_.markProcessed(connection, old, kNow);
    });
    EXPECT_EQ(late.error().code, ErrorCode::kConflict);
    EXPECT_EQ(count("SELECT COUNT(*) FROM counter"), 0);
    EXPECT_TRUE(unit([&](Connection& connection) {
                    inbox_.markProcessed(connection, current, kNow);
                }).ok());
    EXPECT_EQ(find(old.id)->status, "processed");
}

TEST_F(InboxTest, RenewedLeaseHolds) {
    insert(delivery("a"));
    const auto leases = claim("one", kNow);
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.renewLeases(connection, leases, kNow + 10 * kLeaseMs);
                }).ok());
    EXPECT_TRUE(claim("two", kNow + 2 * kLeaseMs).empty());
}

// TM-DB-3: who lost the row neither renews it for the other nor takes it from him.
TEST_F(InboxTest, ALostLeaseIsNeitherRenewedNorGivenBack) {
    insert(delivery("a"));
    const auto lost = claim("one", kNow);
    const auto current = claim("two", kNow + 2 * kLeaseMs);
    ASSERT_EQ(current.size(), 1U);
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.renewLeases(connection, lost, kNow + 100 * kLeaseMs);
                    inbox_.giveBack(connection, lost, kNow, kNow);
                }).ok());
    EXPECT_TRUE(claim("three", kNow + 2 * kLeaseMs).empty());
    EXPECT_EQ(claim("three", kNow + 4 * kLeaseMs).size(), 1U);
}

TEST_F(InboxTest, WhatIsGivenBackIsDueWhenItIsSaid) {
    insert(delivery("a"));
    const auto leases = claim("one", kNow);
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.giveBack(connection, leases, kNow + 5, kNow);
                }).ok());
    EXPECT_TRUE(claim("two", kNow + 4).empty());
    const auto again = claim("two", kNow + 5);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().abandoned, 0) << "nobody ended while holding it";
    EXPECT_EQ(find(again.front().id)->attempts, 0);
}

// TM-IN-10
TEST_F(InboxTest, FailedRowsWaitThenDieAndCanBeReplayed) {
    insert(delivery("a"));
    auto lease = claim("one", kNow).front();
    const std::string id = lease.id;
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.markFailed(connection, lease, "why", kNow + 5000, kNow);
                }).ok());
    EXPECT_TRUE(claim("one", kNow + 4999).empty());
    lease = claim("one", kNow + 5000).front();
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.markDead(connection, lease, std::string(600, 'x'), kNow);
                }).ok());
    EXPECT_EQ(find(id)->status, "dead");
    EXPECT_EQ(find(id)->error->size(), kErrorTextMax);
    EXPECT_EQ(find(id)->attempts, 2);
    EXPECT_TRUE(claim("one", kNow + 99'999).empty());
    ASSERT_TRUE(
        unit([&](Connection& connection) { inbox_.replay(connection, scope_, id, kNow); }).ok());
    EXPECT_EQ(claim("one", kNow).size(), 1U);
}

TEST_F(InboxTest, ListsByStatusPluginAndAccountWithinTheTenant) {
    insert(delivery("a"));
    insert(delivery("b"));
    const auto lease = claim("one", kNow).front();
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.markDead(connection, lease, "why", kNow);
                }).ok());
    const auto other = tenant("stranger");
    database_->read([&](Connection& connection) {
        DeliveryFilter filter;
        EXPECT_EQ(inbox_.list(connection, scope_, filter).size(), 2U);
        EXPECT_EQ(inbox_.count(connection, scope_, filter), 2);
        EXPECT_TRUE(inbox_.list(connection, other, filter).empty());
        EXPECT_EQ(inbox_.count(connection, other, filter), 0);
        filter.status = "dead";
        const auto dead = inbox_.list(connection, scope_, filter);
        EXPECT_EQ(dead.size(), 1U);
        EXPECT_EQ(dead.at(0).id, lease.id);
        EXPECT_EQ(dead.at(0).error, "why");
        filter.plugin_key = "no such plugin";
        EXPECT_EQ(inbox_.count(connection, scope_, filter), 0);
    });
}

TEST_F(InboxTest, AParkedRowKeepsWhatTheVendorCallsItsAccount) {
    NewDelivery row = delivery("a");
    row.status = "parked";
    row.account_ref = "acct_9";
    insert(row);
    EXPECT_EQ(find(row.id)->account_ref, "acct_9");
    EXPECT_TRUE(claim("one", kNow).empty());
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.replay(connection, scope_, row.id, kNow);
                }).ok());
    const auto lease = claim("one", kNow).front();
    ASSERT_TRUE(unit([&](Connection& connection) { inbox_.park(connection, lease, kNow); }).ok());
    EXPECT_EQ(find(row.id)->status, "parked");
}

TEST_F(InboxTest, ReplaySparesWhatIsDone) {
    insert(delivery("a"));
    const auto lease = claim("one", kNow).front();
    ASSERT_TRUE(
        unit([&](Connection& connection) { inbox_.markProcessed(connection, lease, kNow); }).ok());
    EXPECT_EQ(
        unit([&](Connection& connection) { inbox_.replay(connection, scope_, lease.id, kNow); })
            .error()
            .code,
        ErrorCode::kConflict);
}

TEST_F(InboxTest, HeldRowsCountNoAttempt) {
    const auto account = enabledAccount("c");
    NewDelivery row = delivery("a");
    row.account_id = account.id;
    insert(row);
    const auto lease = claim("one", kNow).front();
    ASSERT_TRUE(unit([&](Connection& connection) {
                    inbox_.hold(connection, lease, "submit_open", kNow + 60'000, kNow);
                }).ok());
    EXPECT_TRUE(claim("one", kNow + kLeaseMs).empty());
    EXPECT_EQ(find(lease.id)->attempts, 0);
    EXPECT_EQ(find(lease.id)->hold_reason, "submit_open");
    EXPECT_EQ(claim("one", kNow + 60'000).size(), 1U);
}

// A backlog of a paused account is looked at once, not with every claim of the others.
TEST_F(InboxTest, RowsOfAPausedAccountStandAsideUntilItIsEnabled) {
    constexpr int kWaiting = 2 * static_cast<int>(kReleasedMax) + 10;
    const auto paused = enabledAccount("p");
    const auto busy = enabledAccount("b");
    const auto arrives = [&](const std::string& key, const CreatedAccount& account) {
        NewDelivery row = delivery(key);
        row.account_id = account.id;
        insert(row);
    };
    for (int i = 0; i < kWaiting; ++i) arrives("p" + std::to_string(i), paused);
    arrives("b", busy);
    const AccountRepository accounts(*vault_);
    ASSERT_TRUE(unit([&](Connection& connection) {
                    accounts.setState(connection, scope_, paused.id, AccountState::kPaused, kNow);
                }).ok());
    const auto due = [&] {
        return count("SELECT COUNT(*) FROM inbound_event WHERE next_attempt_at < '9999-12-31'");
    };
    ASSERT_TRUE(unit([&](Connection& connection) {
                    connection.run(
                        "UPDATE inbound_event SET status = 'failed', attempts = 2 "
                        "WHERE dedupe_key = ?",
                        {security::sha256Hex("p7")});
                }).ok());
    const auto claimed = claim("one", kNow);
    ASSERT_EQ(claimed.size(), 1U) << "what stands behind them is found in one claim";
    EXPECT_EQ(due(), 1);
    EXPECT_TRUE(claim("one", kNow).empty());
    EXPECT_EQ(release(), 0) << "nobody enabled the account";
    ASSERT_TRUE(unit([&](Connection& connection) {
                    accounts.setState(connection, scope_, paused.id, AccountState::kEnabled, kNow);
                }).ok());
    std::int64_t released = 0;
    while (const std::int64_t portion = release()) {
        EXPECT_LE(portion, static_cast<std::int64_t>(kReleasedMax));
        released += portion;
    }
    EXPECT_EQ(released, kWaiting) << "also the one that had failed before";
    EXPECT_EQ(due(), kWaiting + 1);
    EXPECT_EQ(release(), 0);
    EXPECT_FALSE(claim("one", kNow).empty());
}

TEST_F(InboxTest, AClaimGoesPastMoreWaitingRowsThanItPutsAside) {
    const auto paused = enabledAccount("p");
    for (int i = 0; i < 7 * static_cast<int>(kReleasedMax); ++i) {
        NewDelivery row = delivery("p" + std::to_string(i));
        row.account_id = paused.id;
        insert(row);
    }
    insert(delivery("free"));
    ASSERT_TRUE(unit([&](Connection& connection) {
                    AccountRepository(*vault_).setState(connection, scope_, paused.id,
                                                        AccountState::kPaused, kNow);
                }).ok());
    EXPECT_EQ(claim("one", kNow).size(), 1U);
}

// TM-IN-9
TEST_F(InboxTest, ForeignTenantFindsNothing) {
    const NewDelivery row = delivery("a");
    insert(row);
    const TenantScope other = tenant("other");
    EXPECT_FALSE(database_->read([&](Connection& connection) {
        return inbox_.find(connection, other, row.id).has_value();
    }));
    EXPECT_EQ(unit([&](Connection& connection) { inbox_.replay(connection, other, row.id, kNow); })
                  .error()
                  .code,
              ErrorCode::kNotFound);
}

// TM-DATA-1
TEST_F(InboxTest, FilesHoldNoPlainBody) {
    NewDelivery row = delivery("a");
    row.body = "ssn 123-45-6789";
    row.headers = "Authorization: hush";
    insert(row);
    database_->stop();
    expectNotInFiles({"123-45-6789", "hush"}, row.id);
}

// TM-DATA-2
TEST_F(InboxTest, SwappedCellsDoNotOpen) {
    const NewDelivery a = delivery("a");
    const NewDelivery b = delivery("b");
    insert(a);
    insert(b);
    ASSERT_TRUE(unit([&](Connection& connection) {
                    connection.run(
                        "UPDATE inbound_event SET body_enc = (SELECT o.body_enc FROM "
                        "inbound_event o WHERE o.id = ?) WHERE id = ?",
                        {b.id, a.id});
                }).ok());
    EXPECT_THROW(find(a.id), StorageError);
    EXPECT_EQ(find(b.id)->body, b.body);
}

}  // namespace
}  // namespace hub::storage
