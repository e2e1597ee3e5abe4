#include "hub/storage/flow_repository.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "hub/storage/account_repository.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace hub::storage {
namespace {

using hubsdk::ErrorCode;

constexpr std::int64_t kLeaseMs = 1000;

class FlowTest : public StorageTest {
protected:
    FlowTest() { open(); }
    template <class F>
    auto write(F&& unit) {
        return database_->writeFor(WriteQueue::kFlow, std::forward<F>(unit));
    }
    hubsdk::Result<void> run(const Unit& unit) { return database_->write(WriteQueue::kFlow, unit); }
    void SetUp() override {
        scope_ = tenant("acme");
        NewAccount account;
        account.plugin_key = "checkr";
        account.provider_name = account.provider_code = "c";
        account.state = AccountState::kEnabled;
        account_ = write([&](Connection& c) {
                       return AccountRepository(*vault_).create(c, scope_, account, kNow);
                   })
                       .value()
                       .id;
    }
    NewFlow wanted(const std::string& subject) {
        NewFlow flow;
        flow.account_id = account_;
        flow.plugin_key = "checkr";
        flow.plugin_sha256 = security::sha256Hex("so");
        flow.command = "order.submit";
        flow.subject_type = "vendor_order";
        flow.subject_id = subject;
        flow.inputs = R"({"ssn":"123-45-6789"})";
        return flow;
    }
    CreatedFlow create(const NewFlow& flow, std::int64_t now_ms = kNow) {
        return write([&](Connection& c) { return flows_.create(c, scope_, flow, now_ms); }).value();
    }
    std::vector<FlowLease> lease(const char* owner, std::int64_t now_ms) {
        return write([&](Connection& c) {
                   return flows_.leaseDue(c, SystemScope::forWorker(), owner, now_ms,
                                          {kLeaseMs, 10});
               })
            .value();
    }
    std::vector<FlowStep> journal(const FlowLease& held) {
        return database_->read([&](Connection& c) { return flows_.journal(c, held); });
    }
    Flow find(const std::string& id) {
        return database_->read([&](Connection& c) { return *flows_.find(c, scope_, id); });
    }
    static FlowIntent intent(const std::string& label) {
        FlowIntent out;
        out.label = label;
        out.method = "POST";
        out.host = "api.example";
        out.path = "/candidates?email=a@b.example";
        out.body_hash = security::sha256Hex("body");
        out.repeat_rule = "keyed";
        out.idempotency_key = "key-1";
        out.deadline_at_ms = kNow + 30'000;
        return out;
    }

    FlowRepository flows_{*vault_};
    TenantScope scope_ = TenantScope::fromLeasedRow("none");
    std::string account_;
};

TEST_F(FlowTest, RunsAStepFromIntentToApplied) {
    const auto created = create(wanted("s"));
    const auto held = lease("one", kNow).front();
    const std::string step = write([&](Connection& c) {
                                 return flows_.commitIntent(c, held, intent("a"), kNow);
                             }).value();
    ASSERT_EQ(journal(held).size(), 1U);
    EXPECT_EQ(journal(held)[0].state, StepState::kIntent);
    EXPECT_EQ(journal(held)[0].intent.path, "/candidates?email=a@b.example");
    ASSERT_TRUE(run([&](Connection& c) {
                    flows_.commitReply(c, held, step, {201, "{}", std::string("\0x", 2)}, kNow + 7);
                }).ok());
    EXPECT_EQ(journal(held)[0].state, StepState::kReplied);
    EXPECT_EQ(journal(held)[0].entry_at_ms, kNow + 7);
    EXPECT_EQ(journal(held)[0].reply->status, 201);
    EXPECT_EQ(journal(held)[0].reply->body, std::string("\0x", 2));
    EXPECT_EQ(run([&](Connection& c) { flows_.commitReply(c, held, step, {}, kNow); }).error().code,
              ErrorCode::kConflict)
        << "a step has one reply";
    ASSERT_TRUE(run([&](Connection& c) {
                    flows_.markApplied(c, held, step, kNow);
                    flows_.commitIntent(c, held, intent("b"), kNow);
                }).ok());
    EXPECT_EQ(journal(held)[0].state, StepState::kApplied);
    EXPECT_EQ(journal(held)[1].seq, 1);
    ASSERT_TRUE(run([&](Connection& c) {
                    flows_.finish(c, held, FlowState::kDone, "{}", std::nullopt, kNow);
                }).ok());
    EXPECT_EQ(find(created.id).state, FlowState::kDone);
    EXPECT_EQ(find(created.id).result, "{}");
    EXPECT_TRUE(lease("one", kNow + 99'999).empty());
}

TEST_F(FlowTest, LostAndRepeatedStepsKeepTheirLog) {
    create(wanted("s"));
    const auto held = lease("one", kNow).front();
    const std::string step = write([&](Connection& c) {
                                 return flows_.commitIntent(c, held, intent("a"), kNow);
                             }).value();
    EXPECT_EQ(run([&](Connection& c) { flows_.markApplied(c, held, step, kNow); }).error().code,
              ErrorCode::kConflict)
        << "an intent has nothing to apply";
    ASSERT_TRUE(run([&](Connection& c) { flows_.markLost(c, held, step, "timeout", kNow); }).ok());
    EXPECT_EQ(journal(held)[0].state, StepState::kLost);
    ASSERT_TRUE(run([&](Connection& c) {
                    flows_.repeatStep(c, held, step, {"timeout", kNow + 60'000, false}, kNow);
                }).ok());
    EXPECT_EQ(journal(held)[0].state, StepState::kIntent);
    EXPECT_EQ(journal(held)[0].attempt, 2);
    EXPECT_EQ(journal(held)[0].intent.idempotency_key, "key-1") << "the same key again";
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow_attempt WHERE outcome = 'lost' AND attempt = 1"), 1);
}

// TM-DB-3
TEST_F(FlowTest, TwoOwnersNeverHoldOneFlow) {
    create(wanted("s1"));
    create(wanted("s2"));
    const auto first = lease("one", kNow);
    EXPECT_EQ(first.size(), 2U);
    EXPECT_TRUE(lease("two", kNow).empty());
    const auto second = lease("two", kNow + kLeaseMs);
    EXPECT_EQ(second.size(), 2U);
    const Unit late[] = {
        [&](Connection& c) { flows_.commitIntent(c, first[0], intent("a"), kNow); },
        [&](Connection& c) { flows_.renewLease(c, first[0], kNow); },
        [&](Connection& c) { flows_.sleep(c, first[0], kNow, "time", kNow); },
        [&](Connection& c) { flows_.nextLeg(c, first[0], "{}", kNow); },
        [&](Connection& c) { flows_.finish(c, first[0], FlowState::kDone, {}, {}, kNow); },
    };
    for (const auto& unit : late) EXPECT_EQ(run(unit).error().code, ErrorCode::kConflict);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow_step"), 0);
}

TEST_F(FlowTest, CommandsOnOneSubjectRunOneAfterAnother) {
    const auto first = create(wanted("s"), kNow);
    NewFlow cancel = wanted("s");
    cancel.command = "order.cancel";
    const auto second = create(cancel, kNow + 1);
    const auto held = lease("one", kNow + 1);
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0].flow_id, first.id);
    ASSERT_TRUE(run([&](Connection& c) {
                    flows_.finish(c, held[0], FlowState::kDone, {}, {}, kNow);
                }).ok());
    EXPECT_EQ(lease("one", kNow + 1).front().flow_id, second.id);
}

// Two writers at once: the cancel waits for the intent that is being committed, and sees it.
TEST_F(FlowTest, ASubmitWhoseIntentIsUnderWayIsNotTakenBack) {
    const auto submit = create(wanted("s"));
    const auto held = lease("one", kNow);
    std::promise<void> intended;
    std::promise<hubsdk::Result<void>> committed;
    database_->submit(
        WriteQueue::kFlow,
        [&, told = std::make_shared<std::atomic<bool>>(false)](Connection& c) {
            flows_.commitIntent(c, held[0], intent("a"), kNow);
            if (!told->exchange(true)) intended.set_value();
            // On MariaDB another writer runs the cancel meanwhile.
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
        },
        [&](hubsdk::Result<void> done) { committed.set_value(std::move(done)); });
    intended.get_future().wait();
    const auto dropped = write(
        [&](Connection& c) { return flows_.dropUnsent(c, scope_, "s", "order.submit", kNow); });
    EXPECT_TRUE(committed.get_future().get().ok());
    ASSERT_TRUE(dropped.ok());
    EXPECT_FALSE(dropped->has_value()) << "it may be at the vendor";
    EXPECT_EQ(find(submit.id).state, FlowState::kRunning);
}

// TM-OUT-5
TEST_F(FlowTest, OneVendorsFlowsLeaveRoomForOthers) {
    for (const char* subject : {"s1", "s2", "s3"}) create(wanted(subject));
    NewFlow other = wanted("s4");
    other.plugin_key = "other";
    const auto late = create(other, kNow + 1);
    LaneLimit limit;
    limit.most = 2;
    const auto leased = [&](const LaneLimit& with) {
        return write([&](Connection& c) {
                   return flows_.leaseDue(c, SystemScope::forWorker(), "one", kNow + 1,
                                          {kLeaseMs, 10}, with);
               })
            .value();
    };
    EXPECT_EQ(leased(limit).size(), 3U) << "two of one vendor and one of the other";
    limit.running[{scope_.tenantId(), "checkr"}] = 2;
    EXPECT_TRUE(leased(limit).empty());
    limit.running[{scope_.tenantId(), "checkr"}] = 1;
    EXPECT_EQ(leased(limit).size(), 1U);
    EXPECT_EQ(find(late.id).state, FlowState::kRunning);
}

TEST_F(FlowTest, CallersComeFirstAndObjectsThatNobodyKnowsLast) {
    std::vector<std::string> wanted_order;
    for (const char* type : {"vendor_object", "feed", "inbound_event"}) {
        NewFlow flow = wanted("s");
        flow.subject_type = type;
        wanted_order.insert(wanted_order.begin(), create(flow).id);
    }
    std::vector<std::string> given;
    for (const auto& held : lease("one", kNow)) given.push_back(held.flow_id);
    EXPECT_EQ(given, wanted_order);
}

TEST_F(FlowTest, AGivenBackFlowIsDueAtOnce) {
    create(wanted("s"));
    const auto held = lease("one", kNow);
    ASSERT_TRUE(run([&](Connection& c) {
                    flows_.giveBack(c, SystemScope::forWorker(), held, kNow, kNow);
                }).ok());
    EXPECT_EQ(lease("two", kNow).size(), 1U);
    EXPECT_EQ(run([&](Connection& c) { flows_.renewLease(c, held[0], kNow); }).error().code,
              ErrorCode::kConflict);
}

// TM-IN-10: leases that processes let run out are counted, and suspects run one by one.
TEST_F(FlowTest, CountsTheProcessesThatAFlowOutlived) {
    create(wanted("s1"));
    create(wanted("s2"));
    std::int64_t now = kNow;
    for (std::int64_t i = 0; i < kSuspectAbandoned; ++i, now += kLeaseMs) {
        const auto held = lease(("process " + std::to_string(i)).c_str(), now);
        ASSERT_EQ(held.size(), 2U);
        EXPECT_EQ(held[0].abandoned, i);
    }
    const auto alone = lease("last", now);
    ASSERT_EQ(alone.size(), 1U);
    EXPECT_EQ(alone[0].abandoned, kSuspectAbandoned);
    EXPECT_EQ(lease("last", now).size(), 1U);
    // Its own lease that ran out is no sign of a process that ended.
    now += kLeaseMs;
    for (const auto& held : lease("last", now)) EXPECT_EQ(held.abandoned, 0);
}

TEST_F(FlowTest, EqualCommandsAreOneFlow) {
    NewFlow flow = wanted("s");
    flow.dedupe_key = security::sha256Hex("submit s");
    const auto first = create(flow);
    EXPECT_FALSE(create(flow).is_new);
    EXPECT_EQ(create(flow).id, first.id);
    const auto held = lease("one", kNow).front();
    ASSERT_TRUE(
        run([&](Connection& c) { flows_.finish(c, held, FlowState::kDone, {}, {}, kNow); }).ok());
    EXPECT_TRUE(create(flow).is_new) << "only while one is open";
    NewFlow keyed = wanted("t");
    keyed.idempotency_key = security::sha256Hex("caller");
    const auto once = create(keyed);
    EXPECT_EQ(create(keyed).id, once.id);
}

TEST_F(FlowTest, LegsStartWithAnEmptyJournalAndAreBounded) {
    const auto created = create(wanted("s"));
    const auto held = lease("one", kNow).front();
    for (int i = 0; i < kLegEntriesMax; ++i)
        ASSERT_TRUE(
            run([&](Connection& c) { flows_.commitIntent(c, held, intent("a"), kNow); }).ok());
    EXPECT_EQ(
        run([&](Connection& c) { flows_.commitIntent(c, held, intent("a"), kNow); }).error().code,
        ErrorCode::kTooLarge);
    ASSERT_TRUE(run([&](Connection& c) { flows_.nextLeg(c, held, R"({"leg":1})", kNow); }).ok());
    EXPECT_TRUE(journal(held).empty());
    EXPECT_EQ(find(created.id).leg, 1);
    EXPECT_EQ(find(created.id).inputs, R"({"leg":1})");
    EXPECT_TRUE(run([&](Connection& c) { flows_.commitIntent(c, held, intent("a"), kNow); }).ok());
}

TEST_F(FlowTest, SleepsUntilItsTimeOrUntilWoken) {
    const auto created = create(wanted("s"));
    const auto held = lease("one", kNow).front();
    ASSERT_TRUE(
        run([&](Connection& c) { flows_.sleep(c, held, kNow + 60'000, "auth", kNow); }).ok());
    EXPECT_EQ(find(created.id).state, FlowState::kWaiting);
    EXPECT_EQ(find(created.id).waits_for, "auth");
    EXPECT_TRUE(lease("one", kNow + kLeaseMs).empty());
    const TenantScope other = tenant("other");
    const auto wake = [&](const TenantScope& scope) {
        return write([&](Connection& c) { return flows_.wake(c, scope, created.id, kNow); })
            .value();
    };
    EXPECT_FALSE(wake(other));
    EXPECT_TRUE(wake(scope_));
    EXPECT_EQ(lease("one", kNow).size(), 1U);
}

TEST_F(FlowTest, UncertainFlowsWaitForAPerson) {
    const auto created = create(wanted("s"));
    const auto resolve = [&](const TenantScope& scope) {
        return run([&](Connection& c) {
            FlowResolution resolution;
            resolution.result = "{}";
            flows_.resolve(c, scope, created.id, resolution, kNow);
        });
    };
    EXPECT_EQ(resolve(scope_).error().code, ErrorCode::kConflict);
    const auto held = lease("one", kNow).front();
    ASSERT_TRUE(run([&](Connection& c) {
                    flows_.finish(c, held, FlowState::kUncertain, {}, "reply lost", kNow);
                }).ok());
    EXPECT_TRUE(lease("one", kNow + 99'999).empty());
    EXPECT_EQ(database_->read([&](Connection& c) {
        return flows_.countOpen(c, scope_, account_, "order.submit");
    }),
              1);
    EXPECT_EQ(resolve(tenant("other")).error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(resolve(scope_).ok());
    EXPECT_EQ(find(created.id).state, FlowState::kDone);
}

TEST_F(FlowTest, ParkedFlowsTakeNoMoreWrites) {
    create(wanted("s"));
    const auto held = lease("one", kNow).front();
    EXPECT_EQ(write([&](Connection& c) {
                  return flows_.parkOfAccount(c, scope_, account_, "host changed", kNow);
              }).value(),
              1);
    EXPECT_EQ(
        run([&](Connection& c) { flows_.commitIntent(c, held, intent("a"), kNow); }).error().code,
        ErrorCode::kConflict);
    EXPECT_TRUE(lease("one", kNow + 99'999).empty());
}

TEST_F(FlowTest, FlowsOfAPausedAccountWait) {
    create(wanted("s"));
    ASSERT_TRUE(run([&](Connection& c) {
                    AccountRepository(*vault_).setState(c, scope_, account_, AccountState::kPaused,
                                                        kNow);
                }).ok());
    EXPECT_TRUE(lease("one", kNow).empty());
}

// TM-DATA-1
TEST_F(FlowTest, RowsHoldNoPlainInputsOrReplies) {
    create(wanted("s"));
    const auto held = lease("one", kNow).front();
    ASSERT_TRUE(run([&](Connection& c) {
                    const std::string step = flows_.commitIntent(c, held, intent("a"), kNow);
                    flows_.commitReply(c, held, step, {200, "{}", "ssn 123-45-6789"}, kNow);
                }).ok());
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE inputs_enc LIKE '%6789%'"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow_step WHERE reply_body_enc LIKE '%6789%' "
                    "OR path_enc LIKE '%email%'"),
              0);
}

}  // namespace
}  // namespace hub::storage
