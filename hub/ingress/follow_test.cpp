// Events that only point at something: who reads it, and what becomes of it (plugin-contract
// sections 5 and 8).
#include "hub/ingress/inbox_worker.hpp"

#include <gmock/gmock.h>

#include "hub/flows/testing/flow_fixture.hpp"

namespace hub::ingress {
namespace {

using flows::testing::answer;
using ::testing::HasSubstr;

constexpr const char* kSettings =
    R"({"order.submit":[{"label":"place","path":"/orders","observe":true}],
        "order.cancel":[{"label":"cancel","path":"/cancel","repeat":"keyed"}],
        "order.refresh":[{"label":"read","method":"GET","path":"/read","observe":true}]})";
constexpr const char* kPointer =
    R"({"observations":[],"follow":[{"links":[{"type":"report","id":"r-1"}]}]})";

constexpr const char* kNeedsFetch =
    R"({"observations":[{"kind":"screening","links":[{"type":"report","id":"r-1"}],)"
    R"("checks":null,"needs_fetch":true}]})";

/// What the vendor says about report r-1 when it is asked.
std::string reportOf(const std::string& more_links = "") {
    return R"({"observation":{"kind":"screening","vendor_order_id":"r-1","links":[{"type":"report","id":"r-1"})" +
           more_links + R"(],"order_status":"in_progress","checks":[]}})";
}

class FollowTest : public flows::testing::FlowEngineTest {
protected:
    FollowTest() { sql("UPDATE provider_config SET vendor_options = ?", {std::string(kSettings)}); }
    /// An order that the vendor knows by the link order=v-1.
    StartedOrder placed() {
        vendor_.on(
            "/orders",
            {answer(201,
                    R"({"observation":{"kind":"screening","vendor_order_id":"v-1","checks":[],)"
                    R"("order_status":"in_progress","links":[{"type":"order","id":"v-1"},)"
                    R"({"type":"candidate","id":"c-1"}]}})")});
        StartedOrder order = startOrder(kSettings);
        run();
        EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
        return order;
    }
    void work() { worker_.runOnce(); }
    std::string status(const std::string& delivery) {
        return database_->read([&](storage::Connection& connection) {
            std::string found;
            connection.query("SELECT status FROM inbound_event WHERE id = ?", {delivery},
                             [&](const storage::Row& row) { found = row.string(0); });
            return found;
        });
    }
    std::int64_t objectFlows() {
        return count("SELECT COUNT(*) FROM flow WHERE subject_type = 'vendor_object'");
    }
    std::int64_t tasks() {
        return count("SELECT COUNT(*) FROM task WHERE kind = 'unknown_vendor_order'");
    }

    InboxStats stats_;
    InboxWorker worker_{
        InboxServices{
            *database_, *repositories_, *plugins_, [this] { return now_.load(); }, {}, &stats_},
        "test", 1};
};

TEST_F(FollowTest, APointerToAnUnknownReportIsReadAndThenMatched) {
    const auto order = placed();
    vendor_.on("/read", {answer(200, reportOf(R"(,{"type":"candidate","id":"c-1"})"))});
    const std::string delivery = deliver(kPointer);
    work();
    EXPECT_EQ(status(delivery), "processed");
    EXPECT_EQ(objectFlows(), 1);
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
    EXPECT_EQ(vendorOrder(order.vendor_order_id).vendor_order_id, "r-1");
    EXPECT_EQ(count("SELECT COUNT(*) FROM external_link WHERE external_type = 'report' "
                    "AND external_id = 'r-1'"),
              1);
    EXPECT_EQ(tasks(), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM vendor_order"), 1);
}

TEST_F(FollowTest, APointerToAKnownOrderFetchesThatOrder) {
    const auto order = placed();
    vendor_.on("/read", {answer(200, R"({"id":"v-1"})")});
    deliver(R"({"observations":[],"follow":[{"links":[{"type":"order","id":"v-1"}]}]})");
    work();
    run();
    EXPECT_EQ(objectFlows(), 0);
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
    EXPECT_EQ(vendorOrder(order.vendor_order_id).fetch_done, 1);
}

TEST_F(FollowTest, WhatIsReadAndBelongsToNobodyFollowsTheAccount) {
    vendor_.on("/read", {answer(200, reportOf()), answer(200, reportOf())});
    deliver(kPointer);
    work();
    run();
    EXPECT_EQ(tasks(), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM vendor_order"), 0);
    sql("UPDATE provider_config SET unknown_orders = 'create'");
    now_ += 60'000;
    deliver(kPointer);
    work();
    run();
    EXPECT_EQ(count("SELECT COUNT(*) FROM vendor_order WHERE vendor_order_id = 'r-1'"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order WHERE status = 'in_progress'"), 1);
}

TEST_F(FollowTest, AnObservationThatNeedsAFetchIsAPointerToo) {
    deliver(kNeedsFetch);
    work();
    run();
    EXPECT_EQ(objectFlows(), 1);
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
}

// TM-IN-2
TEST_F(FollowTest, AHintOfAnUnknownObjectAsksNobody) {
    sql("UPDATE provider_config SET unknown_orders = 'create'");
    for (const char* body : {kNeedsFetch, kPointer}) {
        const std::string id = deliver(body, true);
        work();
        run();
        EXPECT_EQ(status(id), "processed");
        EXPECT_EQ(count("SELECT COUNT(*) FROM task WHERE subject_id = ?", {id}), 1);
    }
    EXPECT_EQ(objectFlows(), 0);
    EXPECT_TRUE(vendor_.seen("/read").empty());
    EXPECT_EQ(count("SELECT COUNT(*) FROM vendor_order"), 0);
}

TEST_F(FollowTest, AWaveOfPointersToOneObjectIsReadTwice) {
    for (int i = 0; i < 5; ++i) deliver(kPointer);
    work();
    EXPECT_EQ(objectFlows(), 1) << "nobody has begun to read";
    run();
    for (int i = 0; i < 5; ++i) deliver(kPointer);
    work();
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
    now_ += flows::kFetchGatherMs;
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 2U);
}

TEST_F(FollowTest, ItWaitsForASubmitThatMayBringTheOrder) {
    const auto order = startOrder(kSettings);
    const std::string delivery = deliver(kPointer);
    work();
    EXPECT_EQ(status(delivery), "verified");
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event WHERE hold_reason = 'unknown_order'"), 1);
    EXPECT_EQ(objectFlows(), 0);
    vendor_.on("/orders", {answer(201, reportOf())});
    vendor_.on("/read", {answer(200, reportOf())});
    run();
    ASSERT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    now_ += kHoldStepMs;
    work();
    run();
    EXPECT_EQ(status(delivery), "processed");
    EXPECT_EQ(objectFlows(), 0);
    EXPECT_EQ(vendorOrder(order.vendor_order_id).fetch_done, 1);
}

TEST_F(FollowTest, WhatTheVendorDoesNotKnowIsShownToAPerson) {
    vendor_.on("/read", {answer(404)});
    deliver(kPointer);
    work();
    run();
    EXPECT_EQ(tasks(), 1);
}

TEST_F(FollowTest, ADeliveryAsksOnlyForWhatIsOffered) {
    const auto refused = [&](const std::string& follow, bool hint) {
        const std::string id = deliver(R"({"observations":[],"follow":[)" + follow + "]}", hint);
        work();
        std::string why;
        database_->read([&](storage::Connection& connection) {
            connection.query("SELECT error FROM inbound_event WHERE id = ?", {id},
                             [&](const storage::Row& row) { why = row.optString(0).value_or(""); });
            return 0;
        });
        return why;
    };
    const std::string links = R"("links":[{"type":"report","id":"r-1"}]})";
    EXPECT_THAT(refused(R"({"command":"order.report",)" + links, false),
                HasSubstr("does not offer order.report"));
    EXPECT_THAT(refused(R"({"command":"order.submit",)" + links, false), HasSubstr("asked for by"));
    EXPECT_THAT(refused(R"({"command":"order.cancel",)" + links, true), HasSubstr("too little"));
    EXPECT_THAT(refused("{}", false), HasSubstr("names no object"));
    EXPECT_EQ(refused(R"({"command":"order.cancel",)" + links, false), "");
    EXPECT_EQ(objectFlows(), 1);
}

// Perhaps the submit under way brings the order in; perhaps it is nobody's.
TEST_F(FollowTest, AnUnknownOrderIsHeldForAQuarterOfAnHourAtMost) {
    startOrder(kSettings);
    const std::string id =
        deliver(R"({"observations":[{"kind":"screening","vendor_order_id":"nobody","checks":[],)"
                R"("order_status":"in_progress"}]})");
    const std::int64_t end_ms = now_ + kHoldMaxMs;
    while (now_ < end_ms) {
        work();
        ASSERT_NE(status(id), "processed");
        ASSERT_EQ(tasks(), 0);
        now_ += 60'000;
    }
    work();
    EXPECT_EQ(status(id), "processed");
    EXPECT_EQ(tasks(), 1);
}

TEST_F(FollowTest, WordsWithoutAMappingAreCountedByVendorWhereverTheyComeFrom) {
    const char* words = R"("unmapped":["status:weird","outcome:odd"])";
    vendor_.on("/orders",
               {answer(201, R"({"observation":{"kind":"screening","vendor_order_id":"v-1",)"
                            R"("checks":[],"order_status":"in_progress",)" +
                                std::string(words) + "}}")});
    startOrder(kSettings);
    run();
    EXPECT_EQ(control_.stats.unmapped.of("flow_trial", "reply"), 2U);
    deliver(R"({"observations":[{"kind":"screening","vendor_order_id":"v-1","checks":[],)"
            R"("order_status":"in_progress",)" +
            std::string(words) + "}]}");
    work();
    EXPECT_EQ(stats_.unmapped.of("flow_trial", "delivery"), 2U);
}

}  // namespace
}  // namespace hub::ingress
