// What flows do to orders: placing, cancelling, refreshing, and uncertain ends.
#include "hub/flows/freshness.hpp"
#include "hub/flows/resolution.hpp"
#include "hub/flows/testing/flow_fixture.hpp"

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using hubsdk::ErrorCode;
using testing::answer;
using ::testing::HasSubstr;
using testing::loseReply;

constexpr const char* kSettings =
    R"({"order.submit":[{"label":"place","path":"/orders","observe":true}],
        "order.cancel":[{"label":"cancel","path":"/cancel","repeat":"keyed"}],
        "order.refresh":[{"label":"read","method":"GET","path":"/read","observe":true}]})";

class OrderFlowTest : public testing::FlowEngineTest {
protected:
    FlowServices services() {
        return FlowServices{*database_, *repositories_, *plugins_,
                            *client_,   control_,       [this] { return now_.load(); },
                            {}};
    }
    StartedOrder uncertainOrder() {
        vendor_.on("/orders", {loseReply(), answer(201, R"({"id":"v-2"})")});
        StartedOrder order = startOrder(kSettings);
        run();
        EXPECT_EQ(state(order.flow_id), "uncertain");
        return order;
    }
    hubsdk::Result<void> resolve(const std::string& id, Verdict verdict,
                                 std::optional<std::string> vendor_order_id = std::nullopt) {
        return resolveAs(scope_, id, verdict, std::move(vendor_order_id));
    }
    hubsdk::Result<void> resolveAs(const storage::TenantScope& scope, const std::string& id,
                                   Verdict verdict, std::optional<std::string> vendor_order_id) {
        return database_->write(storage::WriteQueue::kPortal, [&](storage::Connection& connection) {
            resolveFlow({connection, *repositories_, scope, now_}, *plugins_, id,
                        {verdict, vendor_order_id, "key-7"});
        });
    }
};

TEST_F(OrderFlowTest, PlacesAnOrder) {
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    const auto order = startOrder(kSettings);
    run();
    EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    EXPECT_EQ(vendorOrder(order.vendor_order_id).vendor_order_id, "v-1");
    EXPECT_EQ(orderStatus(order.order_id), "in_progress");
}

TEST_F(OrderFlowTest, ARefusedOrderFails) {
    vendor_.on("/orders", {answer(422)});
    const auto order = startOrder(kSettings);
    run();
    EXPECT_EQ(vendorOrder(order.vendor_order_id).status, "failed");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).last_error, "validation");
    EXPECT_EQ(orderStatus(order.order_id), "failed");
}

TEST_F(OrderFlowTest, AnErrorStaysUntilTheSameCommandSucceeds) {
    vendor_.on("/orders", {answer(422)});
    vendor_.on("/read", {answer(200, R"({"id":"v-1"})"), answer(403), answer(200), answer(200)});
    vendor_.on("/cancel", {answer(403), answer(200)});
    const auto order = startOrder(kSettings);
    run();
    const auto after = [&](const std::string& command) {
        startOrderCommand(order.vendor_order_id, command);
        now_ += kFetchGatherMs;
        run();
        return vendorOrder(order.vendor_order_id).last_error.value_or("none");
    };
    EXPECT_EQ(after("order.refresh"), "validation") << "a refresh hides no failed submit";
    EXPECT_EQ(after("order.refresh"), "validation") << "not even by an error of its own";
    EXPECT_EQ(after("order.cancel"), "forbidden") << "the newer of two that were asked for";
    EXPECT_EQ(after("order.refresh"), "forbidden");
    EXPECT_EQ(after("order.cancel"), "none");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).last_error_command, std::nullopt);
}

TEST_F(OrderFlowTest, ARefreshTakesAwayItsOwnError) {
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    vendor_.on("/read", {answer(403), answer(200, R"({"id":"v-1"})")});
    const auto order = startOrder(kSettings);
    run();
    startOrderCommand(order.vendor_order_id, "order.refresh");
    run();
    EXPECT_EQ(vendorOrder(order.vendor_order_id).last_error, "forbidden");
    now_ += kFetchGatherMs;
    startOrderCommand(order.vendor_order_id, "order.refresh");
    run();
    EXPECT_EQ(vendorOrder(order.vendor_order_id).last_error, std::nullopt);
}

TEST_F(OrderFlowTest, ACancelTakesBackASubmitThatWasNotSent) {
    const auto order = startOrder(kSettings);
    const std::string cancel = startOrderCommand(order.vendor_order_id, "order.cancel");
    EXPECT_EQ(cancel, order.flow_id);
    run();
    EXPECT_TRUE(vendor_.seen().empty());
    EXPECT_EQ(state(order.flow_id), "failed");
    EXPECT_EQ(error(order.flow_id), "cancelled before it was sent");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).status, "cancelled");
}

TEST_F(OrderFlowTest, ACancelAlsoTakesBackWhatNeverReachedTheVendor) {
    takeVendorAway();
    const auto order = startOrder(kSettings);
    run();
    EXPECT_EQ(state(order.flow_id), "waiting");
    startOrderCommand(order.vendor_order_id, "order.cancel");
    bringVendorBack();
    runToEnd();
    EXPECT_TRUE(vendor_.seen().empty());
    EXPECT_EQ(vendorOrder(order.vendor_order_id).status, "cancelled");
}

TEST_F(OrderFlowTest, ACancelDuringTheSubmitRunsAfterItAndKnowsItsLinks) {
    StartedOrder order;
    std::string cancel;
    testing::Behaviour placing = answer(201, R"({"id":"v-1"})");
    placing.before = [&] { cancel = startOrderCommand(order.vendor_order_id, "order.cancel"); };
    vendor_.on("/orders", {placing});
    order = startOrder(kSettings);
    run();
    EXPECT_NE(cancel, order.flow_id);
    EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    EXPECT_EQ(state(cancel), "done") << error(cancel);
    EXPECT_EQ(vendor_.seen().back().target, "/cancel");
    EXPECT_THAT(flow(cancel).inputs, HasSubstr("v-1"));
}

TEST_F(OrderFlowTest, AWorkerThatIsAboutToSendLosesAgainstTheCancel) {
    const auto order = startOrder(kSettings);
    const auto held = lease();
    startOrderCommand(order.vendor_order_id, "order.cancel");
    runLease(held);
    EXPECT_TRUE(vendor_.seen().empty());
}

TEST_F(OrderFlowTest, EventsDuringAFetchAskForAnotherOne) {
    const auto order = startOrder(kSettings);
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    run();
    const auto raise = [&] {
        ASSERT_TRUE(database_
                        ->write(storage::WriteQueue::kApply,
                                [&](storage::Connection& connection) {
                                    repositories_->vendor_orders.raiseFetchWanted(
                                        connection, scope_, order.vendor_order_id, now_);
                                })
                        .ok());
    };
    testing::Behaviour reading = answer(200, R"({"id":"v-1"})");
    testing::Behaviour meanwhile = reading;
    meanwhile.before = raise;
    vendor_.on("/read", {meanwhile, reading});
    startOrderCommand(order.vendor_order_id, "order.refresh");
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 1U) << "what follows is gathered";
    now_ += kFetchGatherMs;
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 2U);
    const auto row = vendorOrder(order.vendor_order_id);
    EXPECT_EQ(row.fetch_done, row.fetch_wanted);
}

TEST_F(OrderFlowTest, EventsDuringAFetchThatFailsAskForAnotherOne) {
    const auto order = startOrder(kSettings);
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    run();
    testing::Behaviour refused = answer(404);
    refused.before = [&] {
        ASSERT_TRUE(database_
                        ->write(storage::WriteQueue::kApply,
                                [&](storage::Connection& connection) {
                                    repositories_->vendor_orders.raiseFetchWanted(
                                        connection, scope_, order.vendor_order_id, now_);
                                })
                        .ok());
    };
    vendor_.on("/read", {refused, answer(200, R"({"id":"v-1"})")});
    startOrderCommand(order.vendor_order_id, "order.refresh");
    run();
    now_ += kFetchGatherMs;
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 2U);
    const auto row = vendorOrder(order.vendor_order_id);
    EXPECT_EQ(row.fetch_done, row.fetch_wanted);
}

TEST_F(OrderFlowTest, TheFirstWishIsFetchedAtOnceAndThoseThatFollowTogether) {
    const auto order = startOrder(kSettings);
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    vendor_.on("/read", {answer(200, R"({"id":"v-1"})"), answer(200, R"({"id":"v-1"})")});
    run();
    const auto wish = [&] {
        ASSERT_TRUE(database_
                        ->write(storage::WriteQueue::kApply,
                                [&](storage::Connection& connection) {
                                    repositories_->vendor_orders.raiseFetchWanted(
                                        connection, scope_, order.vendor_order_id, now_);
                                })
                        .ok());
        startOrderCommand(order.vendor_order_id, "order.refresh");
        run();
    };
    wish();
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
    for (int i = 0; i < 5; ++i) {
        now_ += kFetchGatherMs / 6;
        wish();
    }
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
    now_ += kFetchGatherMs;
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 2U) << "one for all five";
    now_ += kFetchGatherMs;
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 2U);
    const auto row = vendorOrder(order.vendor_order_id);
    EXPECT_EQ(row.fetch_wanted, 6);
    EXPECT_EQ(row.fetch_done, 6);
}

// TM-IN-6
TEST_F(OrderFlowTest, WhatNobodyToldIsFetchedWhenItIsTooOld) {
    const auto order = startOrder(kSettings);
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    vendor_.on("/read", {answer(200, R"({"id":"v-1"})"), answer(200, R"({"id":"v-1"})")});
    run();
    EXPECT_EQ(fetchOverdue(services()), 0);
    now_ += storage::kFreshnessMinutesDefault * 60'000;
    EXPECT_EQ(fetchOverdue(services()), 1);
    EXPECT_EQ(fetchOverdue(services()), 0) << "asked for once, also by another node";
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
    ASSERT_TRUE(database_
                    ->write(storage::WriteQueue::kPortal,
                            [&](storage::Connection& connection) {
                                connection.run(
                                    "UPDATE provider_config SET account_state = 'paused'");
                            })
                    .ok());
    now_ += storage::kFreshnessMinutesDefault * 60'000;
    EXPECT_EQ(fetchOverdue(services()), 0) << "a paused account is not asked";
    EXPECT_EQ(vendorOrder(order.vendor_order_id).next_poll_at_ms,
              now_ + storage::kFreshnessMinutesDefault * 60'000);
}

TEST_F(OrderFlowTest, AnUncertainOrderStaysAsItIs) {
    const auto order = uncertainOrder();
    runToEnd();
    EXPECT_EQ(vendor_.seen("/orders").size(), 1U) << "never twice";
    EXPECT_EQ(orderStatus(order.order_id), "submitted");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).last_error, "uncertain");
}

TEST_F(OrderFlowTest, ResolvedAsPlacedItTakesTheVendorsIdAndFetches) {
    const auto order = uncertainOrder();
    vendor_.on("/read", {answer(200, R"({"id":"v-9"})")});
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kPlaced, "v-9").ok());
    EXPECT_EQ(state(order.flow_id), "done");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).vendor_order_id, "v-9");
    EXPECT_EQ(orderStatus(order.order_id), "in_progress");
    run();
    EXPECT_EQ(vendor_.seen("/read").size(), 1U);
    EXPECT_EQ(vendor_.seen("/orders").size(), 1U);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'flow_resolved' "
                    "AND actor_id = 'key-7' AND old_status = 'uncertain' AND new_status = 'done'"),
              1);
    EXPECT_EQ(resolve(order.flow_id, Verdict::kAbandon).error().code, ErrorCode::kConflict)
        << "only once";
}

// canonical-model.md section 5.1: cancellation is tried for every open vendor order.
TEST_F(OrderFlowTest, ResolvedAsPlacedAfterItWasCancelledItIsCancelledAtTheVendor) {
    vendor_.on("/read", {answer(200, R"({"id":"v-9"})")});
    vendor_.on("/cancel", {answer(200)});
    const auto order = uncertainOrder();
    sql("UPDATE screening_order SET status = 'cancelled' WHERE id = ?", {order.order_id});
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kPlaced, "v-9").ok());
    runToEnd();
    EXPECT_EQ(vendor_.seen("/cancel").size(), 1U);
    EXPECT_EQ(count("SELECT COUNT(*) FROM task"), 0);
}

TEST_F(OrderFlowTest, ACancelThatTheVendorRefusesIsAPersonsTask) {
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    vendor_.on("/cancel", {answer(403)});
    const auto order = startOrder(kSettings);
    run();
    startOrderCommand(order.vendor_order_id, "order.cancel");
    run();
    EXPECT_EQ(tasksOn("manual_cancel", order.order_id), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM task"), 1);
}

TEST_F(OrderFlowTest, WhatNoProgramCanCancelIsAPersonsTask) {
    const auto order = uncertainOrder();
    sql("UPDATE screening_order SET status = 'cancelled' WHERE id = ?", {order.order_id});
    sql("UPDATE vendor_order SET plugin_key = 'gone' WHERE id = ?", {order.vendor_order_id});
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kPlaced, "v-9").ok());
    EXPECT_EQ(tasksOn("manual_cancel", order.order_id), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE command = 'order.cancel'"), 0);
}

TEST_F(OrderFlowTest, ResolvedAsNotPlacedItIsSentAgain) {
    const auto order = uncertainOrder();
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kNotPlaced).ok());
    EXPECT_EQ(state(order.flow_id), "running");
    runToEnd();
    EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    EXPECT_EQ(vendor_.seen("/orders").size(), 2U);
    EXPECT_EQ(vendorOrder(order.vendor_order_id).vendor_order_id, "v-2");
}

TEST_F(OrderFlowTest, AnAbandonedOrderFails) {
    const auto order = uncertainOrder();
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kAbandon).ok());
    EXPECT_EQ(state(order.flow_id), "failed");
    EXPECT_EQ(error(order.flow_id), "abandoned by a person");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).status, "failed");
    EXPECT_EQ(orderStatus(order.order_id), "failed");
}

TEST_F(OrderFlowTest, AParkedOrderGoesOnWhereItStopped) {
    const auto order = startOrder(
        R"({"order.submit":[{"label":"a","path":"/a"},{"label":"place","path":"/orders"}]})");
    auto unloads = answer(200);
    unloads.before = [&] {
        sql("UPDATE flow SET plugin_key = 'gone', plugin_sha256 = 'gone' WHERE id = ?",
            {order.flow_id});
    };
    vendor_.on("/a", {unloads});
    run();
    ASSERT_EQ(state(order.flow_id), "parked");
    EXPECT_EQ(resolve(order.flow_id, Verdict::kNotPlaced).error().code, ErrorCode::kConflict);
    sql("UPDATE flow SET plugin_key = 'flow_trial', abandoned = 9 WHERE id = ?", {order.flow_id});
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kResume).ok());
    runToEnd();
    EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    EXPECT_EQ(vendor_.seen("/a").size(), 1U) << "what was answered is not asked again";
    EXPECT_EQ(vendor_.seen("/orders").size(), 1U);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'flow_resolved' "
                    "AND old_status = 'parked' AND new_status = 'running'"),
              1);
}

TEST_F(OrderFlowTest, AParkedSubmitOfACancelledOrderIsNotSentAfterAll) {
    const auto order = startOrder(R"({"order.submit":[{"label":"place","path":"/orders"}]})");
    sql("UPDATE flow SET plugin_key = 'gone', plugin_sha256 = 'gone' WHERE id = ?",
        {order.flow_id});
    run();
    sql("UPDATE screening_order SET status = 'cancelled' WHERE id = ?", {order.order_id});
    sql("UPDATE flow SET plugin_key = 'flow_trial' WHERE id = ?", {order.flow_id});
    EXPECT_EQ(resolve(order.flow_id, Verdict::kResume).error().code, ErrorCode::kConflict);
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kAbandon).ok());
    runToEnd();
    EXPECT_TRUE(vendor_.seen().empty());
}

// TM-DATA-2
TEST_F(OrderFlowTest, WhatCannotBeOpenedCanBeAbandoned) {
    const auto order = startOrder(R"({"order.submit":[{"label":"place","path":"/orders"}]})");
    sql("UPDATE flow SET inputs_enc = 'not sealed' WHERE id = ?", {order.flow_id});
    run();
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kAbandon).ok());
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE id = ? AND state = 'failed'", {order.flow_id}),
              1);
}

// TM-IN-10: what ended every process that ran it may have been sent; a person knows better.
TEST_F(OrderFlowTest, AnIntentOfADeadProcessIsSentAgainOnceItIsSaidNotToBePlaced) {
    const auto order = startOrder(R"({"order.submit":[{"label":"place","path":"/orders"}]})");
    auto stolen = answer(200);
    stolen.before = [&] {
        sql("UPDATE flow SET fence = fence + 1, owner = 'dead', abandoned = 9, wake_at = "
            "'2000-01-01 00:00:00.000' WHERE id = ?",
            {order.flow_id});
    };
    vendor_.on("/orders", {stolen, answer(200, R"({"id":"v-3"})")});
    run();
    ASSERT_EQ(state(order.flow_id), "uncertain") << error(order.flow_id);
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kNotPlaced).ok());
    runToEnd();
    EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    EXPECT_EQ(vendor_.seen("/orders").size(), 2U);
}

TEST_F(OrderFlowTest, AParkedOrderCanBeAbandoned) {
    const auto order = startOrder(R"({"order.submit":[{"label":"place","path":"/orders"}]})");
    sql("UPDATE flow SET plugin_key = 'gone', plugin_sha256 = 'gone' WHERE id = ?",
        {order.flow_id});
    run();
    ASSERT_EQ(state(order.flow_id), "parked");
    ASSERT_TRUE(resolve(order.flow_id, Verdict::kAbandon).ok());
    EXPECT_EQ(vendorOrder(order.vendor_order_id).status, "failed");
    EXPECT_EQ(vendorOrder(order.vendor_order_id).last_error, "internal");
    EXPECT_TRUE(vendor_.seen().empty());
}

TEST_F(OrderFlowTest, AResolutionIsChecked) {
    const auto order = uncertainOrder();
    const auto refused = [&](Verdict verdict, std::optional<std::string> id) {
        const auto result = resolve(order.flow_id, verdict, std::move(id));
        EXPECT_FALSE(result.ok());
        return result.ok() ? "" : result.error().path;
    };
    EXPECT_EQ(refused(Verdict::kPlaced, std::nullopt), "vendor_order_id");
    EXPECT_EQ(refused(Verdict::kPlaced, ""), "vendor_order_id");
    EXPECT_EQ(refused(Verdict::kPlaced, std::string(101, 'x')), "vendor_order_id");
    EXPECT_EQ(refused(Verdict::kPlaced, "a b"), "vendor_order_id");
    EXPECT_EQ(refused(Verdict::kNotPlaced, "v-1"), "vendor_order_id");
    EXPECT_EQ(refused(Verdict::kAbandon, "v-1"), "vendor_order_id");
    EXPECT_EQ(resolve("nobody", Verdict::kAbandon).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(
        resolveAs(tenant("other"), order.flow_id, Verdict::kAbandon, std::nullopt).error().code,
        ErrorCode::kNotFound);
    EXPECT_EQ(state(order.flow_id), "uncertain");
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'flow_resolved'"), 0);
}

TEST_F(OrderFlowTest, CutsADocumentOutOfAReplyIntoABlob) {
    const auto order = startOrder(
        R"({"order.submit":[{"label":"place","path":"/orders",
            "document":{"from":19,"size":8,"decode":"base64"}}]})");
    vendor_.on("/orders", {answer(201, R"({"id":"v-1","pdf":"cmVwb3J0"})")});
    run();
    EXPECT_EQ(state(order.flow_id), "done") << error(order.flow_id);
    const auto blob = vendorOrder(order.vendor_order_id).report_blob_id;
    ASSERT_TRUE(blob);
    EXPECT_EQ(database_->read([&](storage::Connection& connection) {
        return repositories_->blobs.content(connection, scope_, *blob);
    }),
              "report");
}

TEST_F(OrderFlowTest, ASliceOutsideItsReplyFailsTheFlow) {
    const auto order = startOrder(
        R"({"order.submit":[{"label":"place","path":"/orders","document":{"from":1,"size":99}}]})");
    run();
    EXPECT_EQ(state(order.flow_id), "failed");
    EXPECT_THAT(error(order.flow_id), HasSubstr("schema"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM stored_blob"), 0);
}

}  // namespace
}  // namespace hub::flows
