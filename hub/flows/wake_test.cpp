// Waits that an event ends (plugin-contract section 6, wake_on).
#include "hub/flows/testing/flow_fixture.hpp"

#include <gmock/gmock.h>

#include "hub/domain/apply.hpp"
#include "hub/domain/trail.hpp"

namespace hub::flows {
namespace {

using storage::Connection;
using storage::WriteQueue;
using testing::answer;
using ::testing::HasSubstr;

constexpr const char* kWaits =
    R"({"order.submit":[{"label":"place","path":"/orders","observe":true},
        {"do":"wait","ms":60000,"wake_on":["delivery","order.noted"]},
        {"label":"read","method":"GET","path":"/read"}]})";

class WakeTest : public testing::FlowEngineTest {
protected:
    /// An order whose submit waits for an event.
    StartedOrder waiting() {
        vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
        StartedOrder order = startOrder(kWaits);
        run();
        EXPECT_EQ(state(order.flow_id), "waiting") << error(order.flow_id);
        return order;
    }
    template <class F>
    void inUnit(F&& work) {
        const auto done = database_->write(WriteQueue::kApply, [&](Connection& connection) {
            work(domain::UnitOfWork{connection, *repositories_, scope_, now_});
        });
        ASSERT_TRUE(done.ok()) << done.error().text();
    }
    void happens(const std::string& order_id, const std::string& event_type) {
        inUnit([&](const domain::UnitOfWork& unit) {
            domain::Change change = domain::orderChange(order_id, "");
            change.action = "noted";
            change.event_type = event_type;
            change.event_key = std::to_string(now_);
            domain::record(unit, {domain::Actor::kSystem, "test", std::nullopt}, change);
        });
    }
    void arrives(const StartedOrder& order) {
        const auto from = account();
        const auto plugin = plugins_->find("flow_trial");
        inUnit([&](const domain::UnitOfWork& unit) {
            hubsdk::Observation told;
            told.client_reference =
                repositories_->vendor_orders.find(unit.connection, scope_, order.vendor_order_id)
                    ->client_reference;
            told.needs_fetch = true;
            const domain::ApplyContext context{from,  plugin->manifest(), domain::Source::kTold,
                                               false, "delivery",         security::uuid7(now_)};
            EXPECT_EQ(domain::applyObservation(unit, told, context).outcome,
                      domain::ApplyOutcome::kFetch);
        });
    }
    std::int64_t wakes() { return count("SELECT COUNT(*) FROM flow_wake"); }
};

TEST_F(WakeTest, AnEventOfItsOrderEndsTheWait) {
    const auto order = waiting();
    now_ += 1000;
    happens(order.order_id, "order.noted");
    run();
    EXPECT_THAT(result(order.flow_id), HasSubstr("woken by order.noted read=200"));
    EXPECT_EQ(wakes(), 0);
}

TEST_F(WakeTest, ADeliveryAboutItEndsTheWait) {
    const auto order = waiting();
    now_ += 1000;
    arrives(order);
    run();
    EXPECT_THAT(result(order.flow_id), HasSubstr("woken by delivery read=200"));
}

TEST_F(WakeTest, OtherEventsAndOtherOrdersDoNot) {
    const auto order = waiting();
    vendor_.on("/orders", {answer(201, R"({"id":"v-2"})")});
    const auto other = startOrder(kWaits);
    run();
    happens(order.order_id, "order.other");
    happens(other.order_id, "order.noted");
    run();
    EXPECT_EQ(state(order.flow_id), "waiting");
    EXPECT_EQ(state(other.flow_id), "done") << error(other.flow_id);
}

TEST_F(WakeTest, WithoutAnEventItsTimeEndsIt) {
    const auto order = waiting();
    now_ += 59'999;
    run();
    EXPECT_EQ(state(order.flow_id), "waiting");
    now_ += 1;
    run();
    EXPECT_THAT(result(order.flow_id), HasSubstr("waited read=200"));
    EXPECT_EQ(wakes(), 0) << "nothing is left that an event could wake";
}

TEST_F(WakeTest, AnEventBetweenTheCommitOfTheWaitAndTheSleepIsNotLost) {
    bool fired = false;
    StartedOrder order;
    FlowServices hooked = services();
    // Asked between the two commits, and only there while the flow is awake with its wish stored.
    hooked.now_ms = [&] {
        if (!fired && wakes() > 0) {
            fired = true;
            happens(order.order_id, "order.noted");
        }
        return now_.load();
    };
    runner_ = std::make_unique<FlowRunner>(hooked);
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    order = startOrder(kWaits);
    run();
    EXPECT_TRUE(fired);
    EXPECT_THAT(result(order.flow_id), HasSubstr("woken by order.noted"));
}

TEST_F(WakeTest, AnEventAfterTheLastLookAndBeforeTheSleepIsNotLost) {
    const auto order = waiting();
    now_ += 60'000;
    const auto held = lease();
    now_ -= 60'000;
    happens(order.order_id, "order.noted");
    inUnit([&](const domain::UnitOfWork& unit) {
        repositories_->flows.sleepUnlessWoken(unit.connection, held, now_ + 60'000, "time", now_);
    });
    EXPECT_EQ(flow(order.flow_id).wake_at_ms, now_.load());
    run();
    EXPECT_THAT(result(order.flow_id), HasSubstr("woken by order.noted"));
}

TEST_F(WakeTest, ADeliveryDuringTheCallBeforeTheWaitIsNotLost) {
    StartedOrder order;
    testing::Behaviour placing = answer(201, R"({"id":"v-1"})");
    placing.before = [&] { arrives(order); };
    vendor_.on("/orders", {placing});
    order = startOrder(kWaits);
    run();
    EXPECT_THAT(result(order.flow_id), HasSubstr("woken by delivery"));
}

TEST_F(WakeTest, OneDeliveryEndsOneWait) {
    vendor_.on("/orders", {answer(201, R"({"id":"v-1"})")});
    const auto order = startOrder(
        R"({"order.submit":[{"label":"place","path":"/orders","observe":true},
            {"do":"wait","ms":60000,"wake_on":["delivery"]},
            {"do":"wait","ms":60000,"wake_on":["delivery"]}]})");
    run();
    now_ += 1000;
    arrives(order);
    run();
    EXPECT_EQ(state(order.flow_id), "waiting");
    EXPECT_EQ(wakes(), 2);
    runToEnd();
    EXPECT_THAT(result(order.flow_id), HasSubstr("woken by delivery waited"));
}

TEST_F(WakeTest, AWaitIsBounded) {
    const std::string id = start(R"([{"do":"wait","ms":7776000001}])");
    const std::string names =
        start(R"([{"do":"wait","ms":1,"wake_on":["a","b","c","d","e","f","g","h","i"]}])");
    run();
    EXPECT_THAT(error(id), HasSubstr("within 90 days"));
    EXPECT_EQ(state(names), "failed");
}

TEST_F(WakeTest, WhatEndedFlowsWaitedForIsSwept) {
    const auto order = waiting();
    sql("UPDATE flow SET state = 'failed' WHERE id = ?", {order.flow_id});
    inUnit([&](const domain::UnitOfWork& unit) {
        EXPECT_EQ(
            repositories_->flows.dropWakes(unit.connection, storage::SystemScope::forWorker()), 4);
    });
    EXPECT_EQ(wakes(), 0);
}

}  // namespace
}  // namespace hub::flows
