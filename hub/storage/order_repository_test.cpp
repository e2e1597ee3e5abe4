#include "hub/storage/order_repository.hpp"

#include <fstream>
#include <iterator>

#include "hub/storage/account_repository.hpp"
#include "hub/storage/attention_repository.hpp"
#include "hub/storage/audit_repository.hpp"
#include "hub/storage/blob_repository.hpp"
#include "hub/storage/observation_repository.hpp"
#include "hub/storage/storage_fixture.hpp"
#include "hub/storage/vendor_order_repository.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;

class OrderTest : public StorageTest {
protected:
    OrderTest() { open(); }
    template <class F>
    auto write(F&& unit) {
        return database_->writeFor(WriteQueue::kPortal, std::forward<F>(unit));
    }
    hubsdk::Result<void> run(const Unit& unit) {
        return database_->write(WriteQueue::kPortal, unit);
    }
    void SetUp() override {
        scope_ = tenant("acme");
        other_ = tenant("other");
        NewAccount account;
        account.plugin_key = "checkr";
        account.provider_name = account.provider_code = "c";
        account_ = write([&](Connection& c) {
                       return AccountRepository(*vault_).create(c, scope_, account, kNow);
                   })
                       .value()
                       .id;
    }
    template <class F>
    auto read(F&& f) {
        return database_->read(std::forward<F>(f));
    }
    CreatedOrder create() {
        NewOrder order;
        order.person_document = R"({"last_name":"Planted"})";
        order.person_ssn = "123-45-6789";
        order.request_document = R"({"dob":"1990-02-03"})";
        order.checks = {{"criminal_county", std::nullopt, "DENVER, CO"}, {"ssn_trace", {}, {}}};
        return write([&](Connection& c) { return orders_.create(c, scope_, order, kNow); }).value();
    }
    VendorOrder vendorOrder(const CreatedOrder& order, const std::string& reference) {
        return write([&](Connection& c) {
                   return vendor_orders_.create(
                       c, scope_, {order.order_id, account_, "checkr", reference, {}}, kNow);
               })
            .value();
    }
    hubsdk::Result<bool> link(const VendorOrder& order, const char* type, const char* id,
                              bool unique) {
        const ExternalLink wanted{account_, "vendor_order", order.id, "checkr", type, id, unique};
        return write(
            [&](Connection& c) { return vendor_orders_.addLink(c, scope_, wanted, kNow); });
    }

    OrderRepository orders_{*vault_};
    VendorOrderRepository vendor_orders_{*vault_};
    TenantScope scope_ = TenantScope::afterAuthentication("none");
    TenantScope other_ = TenantScope::afterAuthentication("none");
    std::string account_;
};

TEST_F(OrderTest, CreatesOrderPersonAndChecks) {
    const auto created = create();
    EXPECT_EQ(created.order_number, "CHX-20251009-0001");
    EXPECT_EQ(create().order_number, "CHX-20251009-0002");
    read([&](Connection& c) {
        const auto order = orders_.find(c, scope_, created.order_id);
        ASSERT_TRUE(order.has_value());
        EXPECT_EQ(order->status, "submitted");
        EXPECT_EQ(order->submitted_at_ms, kNow);
        EXPECT_EQ(order->request_document, R"({"dob":"1990-02-03"})");
        const auto person = orders_.person(c, scope_, created.person_id);
        EXPECT_EQ(person->document, R"({"last_name":"Planted"})");
        EXPECT_EQ(person->ssn, "123-45-6789");
        const auto checks = orders_.checks(c, scope_, created.order_id);
        ASSERT_EQ(checks.size(), 2U);
        EXPECT_EQ(checks[0].id, created.check_ids[0]);
        EXPECT_EQ(checks[0].jurisdiction, "DENVER, CO");
        EXPECT_EQ(checks[1].check_type, "ssn_trace");
    });
}

// TM-DATA-4, R-SEC-02: equal numbers of a tenant are found, those of two tenants look different.
TEST_F(OrderTest, TheBlindIndexOfASsnIsOfItsDigitsAndItsTenant) {
    const auto ordered = [&](const TenantScope& scope, const char* ssn) {
        NewOrder order;
        order.person_document = "{}";
        order.person_ssn = ssn;
        const auto made =
            write([&](Connection& c) { return orders_.create(c, scope, order, kNow); }).value();
        std::string index;
        read([&](Connection& c) {
            c.query("SELECT ssn_bidx FROM person WHERE id = ?", {made.person_id},
                    [&](const Row& row) { index = row.optString(0).value_or(""); });
        });
        return index;
    };
    const std::string index = ordered(scope_, "123-45-6789");
    EXPECT_EQ(index.size(), 64U);
    EXPECT_EQ(ordered(scope_, "123456789"), index);
    EXPECT_NE(ordered(scope_, "123456780"), index);
    EXPECT_NE(ordered(other_, "123-45-6789"), index);
    EXPECT_EQ(ordered(scope_, "***-**-6789"), "") << "others end in the same four";
    EXPECT_EQ(count("SELECT COUNT(*) FROM person WHERE ssn_enc LIKE 'v1.k1-p3.%'"), 5);
}

// TM-DB-4
TEST_F(OrderTest, SaveRefusesAStaleRow) {
    const auto created = create();
    Order order = read([&](Connection& c) { return *orders_.find(c, scope_, created.order_id); });
    Order stale = order;
    order.status = "in_progress";
    EXPECT_TRUE(run([&](Connection& c) { orders_.save(c, scope_, order, kNow); }).ok());
    EXPECT_EQ(run([&](Connection& c) { orders_.save(c, scope_, stale, kNow); }).error().code,
              ErrorCode::kConflict);
    EXPECT_EQ(
        read([&](Connection& c) { return orders_.find(c, scope_, created.order_id)->status; }),
        "in_progress");
}

TEST_F(OrderTest, ListsPagesNewestFirst) {
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) ids.push_back(create().order_id);
    std::sort(ids.rbegin(), ids.rend());
    OrderFilter filter;
    filter.page.rows_max = 2;
    const auto list = [&] {
        return read([&](Connection& c) { return orders_.list(c, scope_, filter); });
    };
    const auto first = list();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].id, ids[0]);
    EXPECT_EQ(read([&](Connection& c) { return orders_.count(c, scope_, filter); }), 3);
    EXPECT_EQ(read([&](Connection& c) { return orders_.count(c, other_, filter); }), 0);
    filter.page.offset = 2;
    EXPECT_EQ(list().at(0).id, ids[2]);
    filter.page.offset = 0;
    filter.page.after_id = first[1].id;
    const auto second = list();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].id, ids[2]);
    filter = {};
    filter.status = "completed";
    EXPECT_TRUE(list().empty());
    filter = {};
    filter.account_id = "nobody";
    EXPECT_TRUE(list().empty());
}

TEST_F(OrderTest, FindingsAreUpsertedAndWithdrawnNeverDeleted) {
    const auto created = create();
    Finding finding;
    finding.check_id = created.check_ids[0];
    finding.kind = "criminal_charge";
    finding.dedupe_key = security::sha256Hex("1");
    finding.description = "petty theft";
    finding.is_conviction = true;
    const auto upsert = [&] {
        EXPECT_TRUE(
            run([&](Connection& c) { orders_.upsertFinding(c, scope_, finding, kNow); }).ok());
    };
    const auto stored = [&] {
        return read([&](Connection& c) { return orders_.findings(c, scope_, created.order_id); });
    };
    upsert();
    const std::string id = finding.id;
    finding.description = "theft";
    upsert();
    ASSERT_EQ(stored().size(), 1U);
    EXPECT_EQ(stored()[0].id, id);
    EXPECT_EQ(stored()[0].description, "theft");
    EXPECT_EQ(stored()[0].is_conviction, true);
    EXPECT_EQ(stored()[0].check_type, "criminal_county");
    const auto withdraw = [&](const std::vector<std::string>& kept) {
        return write([&](Connection& c) {
                   return orders_.withdrawFindings(c, scope_, finding.check_id, kept, kNow);
               })
            .value();
    };
    EXPECT_EQ(withdraw({finding.dedupe_key}), 0);
    EXPECT_EQ(withdraw({}), 1);
    EXPECT_EQ(stored()[0].removed_at_ms, kNow);
    upsert();
    EXPECT_FALSE(stored()[0].removed_at_ms.has_value());
}

TEST_F(OrderTest, ForeignIdsAreNotFound) {
    const auto created = create();
    read([&](Connection& c) {
        EXPECT_FALSE(orders_.find(c, other_, created.order_id).has_value());
        EXPECT_FALSE(orders_.person(c, other_, created.person_id).has_value());
        EXPECT_TRUE(orders_.checks(c, other_, created.order_id).empty());
        EXPECT_TRUE(orders_.list(c, other_, {}).empty());
    });
    Check check;
    check.order_id = created.order_id;
    check.check_type = "mvr";
    Finding finding;
    finding.check_id = created.check_ids[0];
    finding.kind = "other";
    finding.dedupe_key = "k";
    Check known =
        read([&](Connection& c) { return orders_.checks(c, scope_, created.order_id)[0]; });
    const Unit attempts[] = {
        [&](Connection& c) { orders_.upsertCheck(c, other_, check, kNow); },
        [&](Connection& c) { orders_.upsertCheck(c, other_, known, kNow); },
        [&](Connection& c) { orders_.upsertFinding(c, other_, finding, kNow); },
        [&](Connection& c) {
            vendor_orders_.create(c, other_, {created.order_id, account_, "checkr", "r", {}}, kNow);
        },
        [&](Connection& c) {
            vendor_orders_.addLink(c, other_,
                                   {account_, "vendor_order", "x", "checkr", "t", "i", true}, kNow);
        },
        [&](Connection& c) { vendor_orders_.raiseFetchWanted(c, other_, created.order_id, kNow); },
    };
    for (const auto& attempt : attempts) EXPECT_EQ(run(attempt).error().code, ErrorCode::kNotFound);
}

TEST_F(OrderTest, VendorOrderIsFoundByEachStepOfTheMatch) {
    const auto a = vendorOrder(create(), "ref-a");
    const auto b = vendorOrder(create(), "ref-b");
    EXPECT_TRUE(link(a, "report", "r1", true).value());
    EXPECT_FALSE(link(a, "report", "r1", true).value()) << "known already";
    EXPECT_EQ(link(b, "report", "r1", true).error().code, ErrorCode::kConflict);
    EXPECT_TRUE(link(a, "candidate", "c1", false).value());
    EXPECT_TRUE(link(b, "candidate", "c1", false).value()) << "narrowing links are shared";
    read([&](Connection& c) {
        EXPECT_EQ(vendor_orders_.byUniqueLink(c, scope_, account_, "report", "r1")->id, a.id);
        EXPECT_FALSE(
            vendor_orders_.byUniqueLink(c, scope_, account_, "candidate", "c1").has_value());
        EXPECT_FALSE(vendor_orders_.byUniqueLink(c, other_, account_, "report", "r1").has_value());
        EXPECT_EQ(vendor_orders_.byClientReference(c, scope_, account_, "ref-b")->id, b.id);
        const auto open =
            vendor_orders_.openByNarrowingLink(c, scope_, account_, "candidate", "c1");
        ASSERT_EQ(open.size(), 2U);
        EXPECT_EQ(open[0].id, a.id);
        EXPECT_TRUE(
            vendor_orders_.openByNarrowingLink(c, other_, account_, "candidate", "c1").empty());
        EXPECT_EQ(vendor_orders_.links(c, scope_, "vendor_order", a.id).size(), 2U);
    });
    VendorOrder done = b;
    done.status = "completed";
    done.vendor_order_id = "v1";
    EXPECT_TRUE(run([&](Connection& c) { vendor_orders_.save(c, scope_, done, kNow); }).ok());
    read([&](Connection& c) {
        EXPECT_EQ(vendor_orders_.openByNarrowingLink(c, scope_, account_, "candidate", "c1").size(),
                  1U)
            << "b has ended";
        EXPECT_EQ(vendor_orders_.byVendorOrderId(c, scope_, account_, "v1")->id, b.id);
    });
}

TEST_F(OrderTest, VendorOrderKeepsFetchMarksAndRefusesStaleRows) {
    const auto created = create();
    VendorOrder order = vendorOrder(created, "ref");
    VendorOrder stale = order;
    EXPECT_EQ(write([&](Connection& c) {
                  return vendor_orders_.raiseFetchWanted(c, scope_, order.id, kNow);
              }).value(),
              1);
    EXPECT_EQ(run([&](Connection& c) { vendor_orders_.save(c, scope_, stale, kNow); }).error().code,
              ErrorCode::kConflict);
    EXPECT_EQ(run([&](Connection& c) { vendor_orders_.lock(c, scope_, stale); }).error().code,
              ErrorCode::kConflict)
        << "as a stale row, which a unit reads afresh, not as a database that is busy";
    order = read([&](Connection& c) { return *vendor_orders_.find(c, scope_, order.id); });
    order.fetch_done = order.fetch_wanted;
    order.applicant_url = "https://apply.example/secret";
    order.next_poll_at_ms = kNow + 5;
    EXPECT_TRUE(run([&](Connection& c) { vendor_orders_.save(c, scope_, order, kNow); }).ok());
    read([&](Connection& c) {
        const auto found = vendor_orders_.ofOrder(c, scope_, created.order_id);
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0].fetch_done, 1);
        EXPECT_EQ(found[0].applicant_url, "https://apply.example/secret");
        const auto due = [&](std::int64_t now_ms) {
            return vendor_orders_.dueForPoll(c, SystemScope::forWorker(), now_ms, 10).size();
        };
        EXPECT_EQ(due(kNow), 0U);
        EXPECT_EQ(due(kNow + 5), 1U);
    });
    const auto again = write([&](Connection& c) {
        return vendor_orders_.create(c, scope_, {created.order_id, account_, "checkr", "ref", {}},
                                     kNow);
    });
    EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST_F(OrderTest, ObservationsAreAppliedOnce) {
    const ObservationRepository observations(*vault_);
    StoredObservation observation{
        account_, "delivery", "d1", 0, "screening", {}, "applied", R"({"kind":"screening"})", 0};
    const auto add = [&] {
        return run([&](Connection& c) { observations.add(c, scope_, observation, kNow); });
    };
    EXPECT_TRUE(add().ok());
    EXPECT_EQ(add().error().code, ErrorCode::kConflict);
    read([&](Connection& c) {
        EXPECT_TRUE(observations.isDone(c, scope_, "d1", 0));
        EXPECT_FALSE(observations.isDone(c, scope_, "d1", 1));
        EXPECT_EQ(observations.ofSource(c, scope_, "d1").front().document,
                  R"({"kind":"screening"})");
        EXPECT_TRUE(observations.ofSource(c, other_, "d1").empty());
    });
}

TEST_F(OrderTest, AuditEntryAndEventCommitTogether) {
    const AuditRepository audit(*vault_);
    AuditEntry entry;
    entry.action = "order_created";
    entry.resource_type = "order";
    entry.resource_id = entry.order_id.emplace("o1");
    entry.changes = R"([{"field":"dob"}])";
    OutboundEvent event;
    event.event_type = "order.created";
    event.subject_type = "order";
    event.subject_id = "o1";
    event.idempotency_key = security::sha256Hex("1");
    EXPECT_TRUE(run([&](Connection& c) { audit.record(c, scope_, entry, event, kNow); }).ok());
    event.idempotency_key = std::string(65, 'x');
    EXPECT_FALSE(run([&](Connection& c) { audit.record(c, scope_, entry, event, kNow); }).ok());
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE seq IS NULL"), 1);
    read([&](Connection& c) {
        EXPECT_EQ(audit.timeline(c, scope_, "o1", 10).front().action, "order_created");
        EXPECT_TRUE(audit.timeline(c, other_, "o1", 10).empty());
        EXPECT_EQ(audit.tenantsToNumber(c, SystemScope::forRelay(), 10),
                  std::vector<std::string>{scope_.tenantId()});
    });
}

TEST_F(OrderTest, BlobsComeBackWholeAndAreBounded) {
    const BlobRepository blobs(*vault_);
    std::string content(kBlobChunkBytes * 2 + 1, 'x');
    content[kBlobChunkBytes] = '\0';
    const auto add = [&](std::string_view bytes) {
        return write(
            [&](Connection& c) { return blobs.add(c, scope_, bytes, "text/plain", kNow); });
    };
    const StoredBlob blob = add(content).value();
    EXPECT_EQ(count("SELECT COUNT(*) FROM stored_blob_chunk"), 3);
    read([&](Connection& c) {
        EXPECT_EQ(blobs.content(c, scope_, blob.id), content);
        EXPECT_FALSE(blobs.content(c, other_, blob.id).has_value());
    });
    EXPECT_EQ(add(std::string(kBlobBytesMax + 1, 'x')).error().code, ErrorCode::kTooLarge);
    EXPECT_TRUE(
        run([&](Connection& c) { c.run("DELETE FROM stored_blob_chunk WHERE ordinal = 1"); }).ok());
    EXPECT_THROW(read([&](Connection& c) { return blobs.content(c, scope_, blob.id); }),
                 StorageError);
}

TEST_F(OrderTest, AlertsAndTasksAreRaisedOnce) {
    const AttentionRepository attention(*vault_);
    Alert alert{"",   "monitoring", "hit",         "high", {}, "person",
                "p1", "text",       "sealed text", "new",  "k"};
    Task task{"", "manual_document_review", "delivery", "d1", {}, {}, "open", "notes"};
    const auto raise = [&] {
        return write([&](Connection& c) { return attention.raiseAlert(c, scope_, alert, kNow); })
            .value();
    };
    const auto open_task = [&] {
        return write([&](Connection& c) { return attention.openTask(c, scope_, task, kNow); })
            .value();
    };
    EXPECT_TRUE(raise());
    EXPECT_FALSE(raise());
    EXPECT_TRUE(open_task());
    EXPECT_FALSE(open_task());
    read([&](Connection& c) {
        EXPECT_EQ(attention.alerts(c, scope_, {}).front().details, "sealed text");
        EXPECT_EQ(attention.alerts(c, scope_, {}).front().created_at_ms, kNow);
        EXPECT_EQ(attention.tasks(c, scope_, {}).front().notes, "notes");
        EXPECT_TRUE(attention.alerts(c, other_, {}).empty());
        EXPECT_EQ(attention.countAlerts(c, scope_, {}), 1);
        EXPECT_EQ(attention.countTasks(c, other_, {}), 0);
        AlertFilter severe;
        severe.severity = "low";
        EXPECT_TRUE(attention.alerts(c, scope_, severe).empty());
    });
}

TEST_F(OrderTest, AnAlertThatAPersonClosedDoesNotSwallowTheNext) {
    const AttentionRepository attention(*vault_);
    Alert alert;
    alert.alert_type = "unmapped_vendor_word";
    alert.subject_type = "plugin";
    alert.subject_id = "checkr:weird";
    const auto raise = [&] {
        return write([&](Connection& c) { return attention.raiseAlert(c, scope_, alert, kNow); })
            .value();
    };
    const auto set = [&](std::string_view status) {
        EXPECT_TRUE(write([&](Connection& c) {
                        return c.run("UPDATE alert SET status = ? WHERE status = 'new'", {status});
                    }).ok());
    };
    for (const char* closed : {"actioned", "dismissed"}) {
        EXPECT_TRUE(raise()) << closed;
        EXPECT_FALSE(raise()) << "it stands";
        set(closed);
    }
    EXPECT_TRUE(raise());
    set("reviewed");
    EXPECT_FALSE(raise()) << "a person has seen it, and it still stands";
    alert.occurrence = "event 1";
    EXPECT_TRUE(raise()) << "an event of its own";
    set("dismissed");
    EXPECT_FALSE(raise()) << "the same event is told once";
    alert.occurrence = "event 2";
    EXPECT_TRUE(raise());
}

// TM-DATA-1
TEST_F(OrderTest, FilesHoldNoPlantedText) {
    const auto created = create();
    Finding finding;
    finding.check_id = created.check_ids[0];
    finding.kind = "criminal_charge";
    finding.dedupe_key = security::sha256Hex("1");
    finding.description = "GRAND LARCENY";
    finding.case_number = "CR-2019-55555";
    Check check =
        read([&](Connection& c) { return orders_.checks(c, scope_, created.order_id)[0]; });
    check.details = R"({"license_number":"D1234567"})";
    ASSERT_TRUE(run([&](Connection& c) {
                    orders_.upsertFinding(c, scope_, finding, kNow);
                    orders_.upsertCheck(c, scope_, check, kNow);
                }).ok());
    const AttentionRepository attention(*vault_);
    const BlobRepository blobs(*vault_);
    const Alert alert{"",   "monitoring", "hit",           "high", {}, "person",
                      "p1", "text",       "RED NOTICE 17", "new",  "k"};
    const Task task{"", "manual_document_review", "delivery", "d1", {}, {}, "open", "CALL HER MOM"};
    ASSERT_TRUE(run([&](Connection& c) {
                    attention.raiseAlert(c, scope_, alert, kNow);
                    attention.openTask(c, scope_, task, kNow);
                    blobs.add(c, scope_, "%PDF-1.7 COURT RECORD", "application/pdf", kNow);
                }).ok());
    database_->stop();
    expectNotInFiles({"123-45-6789", "1990-02-03", "GRAND LARCENY", "CR-2019-55555", "D1234567",
                      "RED NOTICE 17", "CALL HER MOM", "COURT RECORD"},
                     created.order_id);
}

// TM-DATA-2
TEST_F(OrderTest, SwappedPersonsDoNotOpen) {
    const auto a = create();
    const auto b = create();
    ASSERT_TRUE(
        run([&](Connection& c) {
            c.run(
                "UPDATE person SET data_enc = (SELECT o.data_enc FROM person o WHERE o.id = ?) "
                "WHERE id = ?",
                {b.person_id, a.person_id});
        }).ok());
    EXPECT_THROW(read([&](Connection& c) { return orders_.person(c, scope_, a.person_id); }),
                 StorageError);
}

}  // namespace
}  // namespace hub::storage
