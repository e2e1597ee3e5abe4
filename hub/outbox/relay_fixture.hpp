/// Test base: entries and events to be numbered.
#pragma once

#include "hub/outbox/relay.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace hub::outbox {

using storage::kNow;

class RelayTest : public storage::StorageTest {
protected:
    RelayTest() : repositories_(*vault_) {
        open();
        scope_ = tenant("acme");
    }
    [[nodiscard]] RelayServices services() {
        return {*database_, repositories_, [this] { return now_.load(); }};
    }
    /// One entry and one event with the resource "row-N".
    void recordIn(storage::Connection& connection, const storage::TenantScope& scope, int number) {
        storage::AuditEntry entry;
        entry.action = "order_status_changed";
        entry.resource_type = "screening_order";
        entry.resource_id = "row-" + std::to_string(number);
        entry.changes = R"([{"field":"name","old":null,"new":"Ann"}])";
        storage::OutboundEvent event;
        event.event_type = "order.status_changed";
        event.subject_type = "screening_order";
        event.subject_id = entry.resource_id;
        event.idempotency_key = security::sha256Hex(scope.tenantId() + entry.resource_id);
        repositories_.audit.record(connection, scope, entry, event, now_);
    }
    void record(const storage::TenantScope& scope, int first, int rows = 1) {
        const auto done =
            database_->write(storage::WriteQueue::kPortal, [&](storage::Connection& c) {
                for (int i = 0; i < rows; ++i) recordIn(c, scope, first + i);
            });
        EXPECT_TRUE(done.ok());
    }
    void run(std::string_view sql, std::initializer_list<storage::Value> params = {}) {
        const auto done = database_->write(storage::WriteQueue::kPortal,
                                           [&](storage::Connection& c) { c.run(sql, params); });
        EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().text());
    }
    void drain(Relay& relay) {
        while (relay.runOnce().more) {
        }
    }
    /// The whole chain of a tenant in pages of `rows`.
    storage::ChainPage verify(const storage::TenantScope& scope, int rows = 100) {
        storage::ChainPage all;
        while (true) {
            const auto page = database_->read([&](storage::Connection& c) {
                return repositories_.audit.verify(c, scope, all.last_seq, rows);
            });
            all.checked += page.checked;
            all.last_seq = page.last_seq;
            all.broken = page.broken;
            all.unnumbered = page.unnumbered;
            if (page.at_end || page.broken) return all;
        }
    }
    [[nodiscard]] std::string reason(const storage::TenantScope& scope) {
        const auto page = verify(scope);
        if (!page.broken) return "holds";
        return std::to_string(page.broken->seq) + " " + page.broken->reason;
    }

    storage::Repositories repositories_;
    storage::TenantScope scope_ = storage::TenantScope::afterAuthentication("none");
    std::atomic<std::int64_t> now_ = kNow;
};

}  // namespace hub::outbox
