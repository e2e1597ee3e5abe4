#include "hub/ingress/inbox_writer.hpp"

#include <gtest/gtest.h>

#include <future>
#include <map>

#include "hub/security/digest.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace hub::ingress {
namespace {

using storage::Connection;
using storage::InsertOutcome;
using storage::kNow;
using storage::WriteQueue;

class InboxWriterTest : public storage::StorageTest {
protected:
    InboxWriterTest() {
        open();
        scope_ = tenant("acme");
        inbox_ = std::make_unique<storage::InboxRepository>(*vault_);
        writer_ = std::make_unique<InboxWriter>(*database_, *inbox_);
    }
    ~InboxWriterTest() override { database_->stop(); }

    storage::SealedDelivery delivery(const std::string& account, const std::string& event,
                                     std::size_t body_bytes = 10) const {
        storage::NewDelivery row;
        row.id = security::uuid7(kNow);
        row.plugin_key = row.source = "checkr";
        row.dedupe_scope = account;
        row.dedupe_key = security::sha256Hex(event);
        row.vendor_event_id = event;
        row.request = row.headers = "{}";
        row.body = std::string(body_bytes, 'x');
        row.proof = "signature";
        row.received_at_ms = kNow;
        return inbox_->seal(scope_, std::move(row));
    }

    /// No batch can run until this is set: each writer has a unit to wait for.
    void block(const std::shared_future<void>& until) {
        for (std::size_t i = 0; i < database_->writerView().threads; ++i) {
            auto begun = std::make_shared<std::promise<void>>();
            database_->submit(
                WriteQueue::kSystem,
                [until, begun](Connection&) {
                    begun->set_value();
                    until.wait();
                },
                [](const hubsdk::Result<void>& done) { EXPECT_TRUE(done.ok()); });
            begun->get_future().wait();  // another unit would share its batch
        }
    }

    std::future<InboxWriter::Inserted> insertLater(storage::SealedDelivery delivery) {
        auto told = std::make_shared<std::promise<InboxWriter::Inserted>>();
        auto future = told->get_future();
        writer_->insert(std::move(delivery), [told](const InboxWriter::Inserted& inserted) {
            told->set_value(inserted);
        });
        return future;
    }

    storage::TenantScope scope_ = storage::TenantScope::fromLeasedRow("none");
    std::unique_ptr<storage::InboxRepository> inbox_;
    std::unique_ptr<InboxWriter> writer_;
};

TEST_F(InboxWriterTest, StoresOneByItself) {
    const auto inserted = insertLater(delivery("a", "1")).get();
    ASSERT_TRUE(inserted.ok()) << inserted.error().text();
    EXPECT_EQ(inserted->outcome, InsertOutcome::kInserted);
    const auto again = insertLater(delivery("a", "1")).get();
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(again->outcome, InsertOutcome::kDuplicate);
    EXPECT_EQ(again->id, inserted->id);
    EXPECT_EQ(count("SELECT duplicates FROM inbound_event"), 1);
}

TEST_F(InboxWriterTest, SharesCommitsAndTellsCopiesApart) {
    std::promise<void> go;
    block(go.get_future().share());
    std::vector<std::future<InboxWriter::Inserted>> told;
    for (int i = 0; i < 150; ++i) {
        told.push_back(insertLater(delivery("a", std::to_string(i))));
        told.push_back(insertLater(delivery("a", std::to_string(i))));
    }
    const auto before = database_->counters().commits.load();
    go.set_value();
    std::map<InsertOutcome, int> outcomes;
    for (auto& one : told) {
        const auto inserted = one.get();
        ASSERT_TRUE(inserted.ok()) << inserted.error().text();
        ++outcomes[inserted->outcome];
    }
    EXPECT_EQ(outcomes[InsertOutcome::kInserted], 150);
    EXPECT_EQ(outcomes[InsertOutcome::kDuplicate], 150);
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event"), 150);
    EXPECT_EQ(count("SELECT MIN(duplicates) FROM inbound_event"), 1);
    EXPECT_EQ(count("SELECT MAX(duplicates) FROM inbound_event"), 1);
    EXPECT_LE(database_->counters().commits.load() - before, 20U);
}

TEST_F(InboxWriterTest, RefusesTheGuiltyRowAlone) {
    std::promise<void> go;
    block(go.get_future().share());
    std::vector<std::future<InboxWriter::Inserted>> told;
    for (int i = 0; i < 60; ++i) {
        auto row = delivery("a", std::to_string(i));
        if (i == 37) row.row.event_type = std::string(101, 'e');  // longer than its column
        if (i == 41) row.tenant_id = security::uuid7(kNow);       // a tenant nobody has
        told.push_back(insertLater(std::move(row)));
    }
    go.set_value();
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(told[i].get().ok(), i != 37 && i != 41) << i;
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event"), 58);
    EXPECT_TRUE(insertLater(delivery("a", "later")).get().ok()) << "no batch is left behind";
}

TEST_F(InboxWriterTest, ServesAccountsInTurn) {
    std::promise<void> go;
    block(go.get_future().share());
    std::vector<std::future<InboxWriter::Inserted>> flood;
    for (int i = 0; i < 1000; ++i) {
        flood.push_back(insertLater(delivery("a", std::to_string(i))));
    }
    std::promise<int> position;
    writer_->insert(delivery("b", "only"), [&](const InboxWriter::Inserted& inserted) {
        EXPECT_TRUE(inserted.ok());
        position.set_value(static_cast<int>(count("SELECT COUNT(*) FROM inbound_event")));
    });
    go.set_value();
    // Two batches were under way when it came, and it is in the next.
    EXPECT_LE(position.get_future().get(), 2 * 64 + 3 * 64);
    for (auto& one : flood) EXPECT_TRUE(one.get().ok());
}

TEST_F(InboxWriterTest, KeepsABatchWithinItsBytes) {
    std::promise<void> go;
    block(go.get_future().share());
    std::vector<std::future<InboxWriter::Inserted>> told;
    for (int i = 0; i < 12; ++i) {
        told.push_back(insertLater(delivery("a", std::to_string(i), 1024 * 1024)));
    }
    told.push_back(insertLater(delivery("a", "large", 5 * 1024 * 1024)));
    const std::uint64_t before = database_->counters().units_committed;
    const std::uint64_t blocking = database_->writerView().threads;
    go.set_value();
    for (auto& one : told) EXPECT_TRUE(one.get().ok());
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event"), 13);
    database_->stop();
    // The first comes alone and the second too, for two batches may be under way. Sealed, two of
    // the others fit into 4 MiB, and the large one has a batch of its own.
    const std::uint64_t batches = database_->counters().units_committed - before - blocking;
    EXPECT_EQ(batches, 2U + 5U + 1U);
}

TEST_F(InboxWriterTest, RefusesWhatIsOverItsBound) {
    std::promise<void> go;
    block(go.get_future().share());
    std::vector<std::future<InboxWriter::Inserted>> told;
    for (std::size_t i = 0; i < kDeliveriesWaitingMax + 200; ++i) {
        told.push_back(insertLater(delivery("a", std::to_string(i))));
    }
    go.set_value();
    std::size_t stored = 0;
    for (auto& one : told) {
        const auto inserted = one.get();
        if (inserted.ok()) {
            ++stored;
        } else {
            EXPECT_EQ(inserted.error().code, hubsdk::ErrorCode::kUnavailable);
        }
    }
    EXPECT_GE(stored, kDeliveriesWaitingMax);
    EXPECT_LT(stored, told.size());
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event"), static_cast<std::int64_t>(stored));
}

}  // namespace
}  // namespace hub::ingress
