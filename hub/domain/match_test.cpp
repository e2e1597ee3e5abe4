#include "hub/domain/testing/domain_fixture.hpp"

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::OrderStatus;

// plugin-contract.md section 5.
class MatchTest : public DomainTest {
protected:
    hubsdk::Observation news(std::vector<hubsdk::Link> links) {
        auto observation = said(OrderStatus::kInProgress);
        observation.needs_fetch = true;
        observation.links = std::move(links);
        observation.vendor_order_id = "v-" + std::to_string(++named_);
        return observation;
    }
    std::optional<std::string> matched(const hubsdk::Observation& observation) {
        return apply(observation, told()).vendor_order_row_id;
    }
    int named_ = 0;
};

TEST_F(MatchTest, GoesByUniqueLinkThenReferenceThenNarrowingLink) {
    const Placed first = place("ref-1");
    const Placed second = place("ref-2");
    auto by_reference = news({linkOf("report", "r1"), linkOf("candidate", "c1")});
    by_reference.client_reference = "ref-1";
    EXPECT_EQ(matched(by_reference), first.row_id);
    auto both = news({linkOf("report", "r1")});
    both.client_reference = "ref-2";
    EXPECT_EQ(matched(both), first.row_id) << "the link stands before the reference";
    EXPECT_EQ(matched(news({linkOf("report", "r2"), linkOf("candidate", "c1")})), std::nullopt)
        << "the first has a report, the second no such candidate";
    auto invited = news({linkOf("invitation", "i2"), linkOf("candidate", "c1")});
    invited.client_reference = "ref-2";
    EXPECT_EQ(matched(invited), second.row_id);
    EXPECT_EQ(matched(news({linkOf("report", "r2"), linkOf("candidate", "c1")})), second.row_id)
        << "of the two with this candidate only one lacks a report";
    EXPECT_EQ(matched(news({linkOf("report", "r2")})), second.row_id) << "the link was kept";
}

TEST_F(MatchTest, NarrowsOnlyToOneOpenOrder) {
    const Placed first = place("ref-1");
    const Placed second = place("ref-2");
    for (const char* reference : {"ref-1", "ref-2"}) {
        auto known = news({linkOf("candidate", "c1")});
        known.client_reference = reference;
        matched(known);
    }
    EXPECT_EQ(matched(news({linkOf("candidate", "c1")})), std::nullopt) << "two are open";
    fetch(first, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    EXPECT_EQ(matched(news({linkOf("candidate", "c1")})), second.row_id);
    fetch(second, said(OrderStatus::kCompleted, CheckOutcome::kClear));
    EXPECT_EQ(matched(news({linkOf("candidate", "c1")})), std::nullopt) << "none is open";
}

TEST_F(MatchTest, ARowThatLacksOnlySomeUniqueTypesIsAnothersRow) {
    place("ref-1");
    auto known = news({linkOf("invitation", "i1"), linkOf("candidate", "c1")});
    known.client_reference = "ref-1";
    matched(known);
    EXPECT_EQ(matched(news(
                  {linkOf("report", "r9"), linkOf("invitation", "i9"), linkOf("candidate", "c1")})),
              std::nullopt)
        << "it has another invitation";
}

TEST_F(MatchTest, MonitoringNeverMatchesAnOpenOrderByReferenceOrCandidate) {
    const Placed placed = place("ref-1");
    auto known = news({linkOf("candidate", "c1")});
    known.client_reference = "ref-1";
    matched(known);
    auto hit = news({linkOf("report", "r7"), linkOf("candidate", "c1")});
    hit.client_reference = "ref-1";
    hit.origin = "monitoring";
    const auto row_id = matched(hit);
    ASSERT_TRUE(row_id.has_value());
    EXPECT_NE(*row_id, placed.row_id);
    EXPECT_EQ(alerts("monitoring_hit"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order WHERE channel = 'monitoring' AND "
                    "status = 'in_progress'"),
              1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'order_created'"), 1);
    EXPECT_EQ(matched(hit), *row_id) << "the same hit again";
    hit.links.clear();
    hit.vendor_order_id = std::string(100, 'v');
    const auto unlinked = matched(hit);
    EXPECT_EQ(matched(hit), unlinked) << "also without a link, by its reference";
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order WHERE channel = 'monitoring'"), 2);
}

TEST_F(MatchTest, LinksOfTwoOrdersAreAnAlarmAndChangeNothing) {
    // TM-IN-9
    const Placed first = place("ref-1");
    const Placed second = place("ref-2");
    auto one = news({linkOf("report", "r1")});
    one.client_reference = "ref-1";
    matched(one);
    auto other = news({linkOf("invitation", "i2")});
    other.client_reference = "ref-2";
    matched(other);
    const auto both = news({linkOf("report", "r1"), linkOf("invitation", "i2")});
    EXPECT_EQ(apply(both, told()).outcome, ApplyOutcome::kParked);
    EXPECT_EQ(apply(both, fetched(first.row_id)).outcome, ApplyOutcome::kParked);
    EXPECT_EQ(alerts("ambiguous_order"), 2);
    EXPECT_EQ(vendorOrder(first.row_id).fetch_wanted, 1);
    EXPECT_EQ(vendorOrder(second.row_id).fetch_wanted, 1);
}

TEST_F(MatchTest, IdsOfAnotherAccountOrTenantAreUnknown) {
    // TM-IN-9
    const Placed ours = place("ref-1");
    auto known = news({linkOf("report", "r1")});
    known.client_reference = "ref-1";
    matched(known);
    const auto home = scope_;
    const auto home_account = account_;
    scope_ = tenant("other");
    account_ = makeAccount(scope_, "main");
    EXPECT_EQ(apply(known, told()).outcome, ApplyOutcome::kParked);
    EXPECT_EQ(tasks("unknown_vendor_order"), 1);
    scope_ = home;
    account_ = makeAccount(home, "second");
    EXPECT_EQ(apply(known, told()).outcome, ApplyOutcome::kParked) << "links belong to an account";
    account_ = home_account;
    EXPECT_EQ(vendorOrder(ours.row_id).fetch_wanted, 1);
}

TEST_F(MatchTest, UnknownOrdersAreHeldThenBecomeATaskOrAnOrder) {
    auto unknown = news({linkOf("report", "r9")});
    ApplyContext context = told();
    context.unknown_order = UnknownOrder::kHold;
    EXPECT_EQ(apply(unknown, context).outcome, ApplyOutcome::kHeld);
    EXPECT_EQ(count("SELECT COUNT(*) FROM observation"), 0) << "so that it can be tried again";
    context.unknown_order = UnknownOrder::kTask;
    EXPECT_EQ(apply(unknown, context).outcome, ApplyOutcome::kParked);
    EXPECT_EQ(tasks("unknown_vendor_order"), 1);
    ApplyContext create = told();
    create.unknown_order = UnknownOrder::kCreate;
    EXPECT_EQ(apply(unknown, create).outcome, ApplyOutcome::kFetch);
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order WHERE channel = 'external_api'"), 1);
    ApplyContext hint = told();
    hint.unknown_order = UnknownOrder::kCreate;
    hint.is_hint = true;
    EXPECT_EQ(apply(news({linkOf("report", "r10")}), hint).outcome, ApplyOutcome::kParked)
        << "TM-IN-2: a hint makes no order";
}

TEST_F(MatchTest, WhatNamesNoOrderIsOnlyKept) {
    hubsdk::Observation package;
    EXPECT_EQ(apply(package, told()).outcome, ApplyOutcome::kApplied);
    EXPECT_EQ(tasks("unknown_vendor_order"), 0);
    package.alert = true;
    apply(package, told());
    EXPECT_EQ(alerts("vendor_message"), 1);
}

}  // namespace
}  // namespace hub::domain
