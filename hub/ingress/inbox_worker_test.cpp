// Deliveries that tell of several persons, and what becomes of those that cannot be applied
// (TM-IN-10).
#include "hub/ingress/inbox_worker.hpp"

#include <gmock/gmock.h>

#include "hub/ingress/testing/ingress_fixture.hpp"
#include "hub/storage/testing/faulty_driver.hpp"

namespace hub::ingress {
namespace {

using testing::IngressTest;
using testing::Sent;

class InboxWorkerTest : public IngressTest {
protected:
    InboxWorkerTest() {
        const auto plugin = plugins_->install(HUB_BUILD_DIR "/plugins/e2e/roster.so");
        if (!plugin) throw std::runtime_error(plugin.error().text());
        account_ = account(scope_, "roster", std::nullopt, std::nullopt, "roster");
        sql("UPDATE provider_config SET unknown_orders = 'create'");
    }
    void sql(std::string_view text) {
        const auto done =
            database_->write(storage::WriteQueue::kSystem,
                             [&](storage::Connection& connection) { connection.run(text); });
        ASSERT_TRUE(done.ok()) << done.error().text();
    }
    [[nodiscard]] Sent signedBy(const std::string& event, const std::string& persons) const {
        Sent sent;
        sent.vendor = "roster";
        sent.token = account_.token;
        sent.body = R"({"id":")" + event + R"(","persons":[)" + persons + "]}";
        sent.is_signed = false;
        sent.more_headers.push_back(
            {"X-Roster-Signature", security::hexEncode(security::hmac(security::HashAlg::kSha256,
                                                                      sent.secret, sent.body))});
        return sent;
    }
    void send(const std::string& event, const std::string& persons) {
        ASSERT_EQ(knock(signedBy(event, persons)).status, 200);
    }
    InboxWorker worker(const std::string& owner, std::function<std::int64_t()> now_ms) {
        return {{*database_, *repositories_, *plugins_, std::move(now_ms), [] {}}, owner, 1};
    }
    /// Works until nothing is due.
    void work() {
        InboxWorker worker(
            {*database_, *repositories_, *plugins_, [this] { return now_.load(); }, [] {}}, "test",
            1);
        while (worker.runOnce() > 0) {
        }
    }
    std::string of(const std::string& event, const std::string& column) {
        return text("SELECT " + column + " FROM inbound_event WHERE vendor_event_id = ?", {event});
    }
    std::string statusOf(const std::string& person) {
        return text("SELECT status FROM vendor_order WHERE vendor_order_id = ?", {person});
    }
    std::int64_t alarms() {
        return count("SELECT COUNT(*) FROM alert WHERE alert_type = 'delivery_dead'");
    }

    Made account_;
};

constexpr const char* kGood = R"({"id":"p1","status":"completed","outcome":"clear"})";

// TM-IN-3
TEST_F(InboxWorkerTest, AThousandParallelCopiesHaveOneEffect) {
    const Sent sent = signedBy("e1", kGood);
    std::vector<std::future<http::Response>> answers;
    for (int i = 0; i < 1000; ++i) answers.push_back(knockLater(sent));
    // The first copies are interpreted while the last ones come.
    work();
    for (auto& answer : answers) ASSERT_EQ(answer.get().status, 200);
    work();
    EXPECT_EQ(count("SELECT COUNT(*) FROM observation"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'order_created'"), 1);
    EXPECT_EQ(count("SELECT duplicates FROM inbound_event"), 999);
    EXPECT_EQ(statusOf("p1"), "completed");
}

// TM-DATA-2: who cannot be read is told of, and does not come back for ever.
TEST_F(InboxWorkerTest, BuriesWhatCannotBeOpened) {
    send("e1", kGood);
    sql("UPDATE inbound_event SET body_enc = 'not sealed'");
    work();
    EXPECT_EQ(of("e1", "status"), "dead");
    EXPECT_EQ(of("e1", "error"), "what is stored cannot be read");
    EXPECT_EQ(alarms(), 1);
}

TEST_F(InboxWorkerTest, BuriesWhatEndedEveryProcessThatInterpretedIt) {
    send("e1", kGood);
    sql("UPDATE inbound_event SET owner = 'a process that ended', abandoned = 9");
    work();
    EXPECT_EQ(of("e1", "status"), "dead");
    EXPECT_EQ(alarms(), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM observation"), 0);
}

TEST_F(InboxWorkerTest, AppliesTheGoodOneOfTwoPersonsAndBuriesTheBadOneWithItsReason) {
    send("e1", std::string(kGood) + R"(,{"status":"completed"})");
    work();
    EXPECT_EQ(statusOf("p1"), "completed");
    EXPECT_EQ(of("e1", "status"), "dead");
    EXPECT_EQ(of("e1", "error"), "observation 1: schema no_id");
    EXPECT_EQ(alarms(), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM observation"), 1);
}

TEST_F(InboxWorkerTest, BuriesAPersonThatThePluginWroteWrongly) {
    send("e1",
         R"({"id":"p0","status":"completed","completed_at":"yesterday"},)" + std::string(kGood));
    work();
    EXPECT_EQ(statusOf("p1"), "completed");
    EXPECT_EQ(statusOf("p0"), "");
    EXPECT_EQ(of("e1", "status"), "dead");
    EXPECT_EQ(of("e1", "error"), "observation 0: schema at completed_at");
}

TEST_F(InboxWorkerTest, DoesNotDelayTheNeighboursOfABadDelivery) {
    send("bad", R"({"status":"completed"})");
    send("good", kGood);
    work();
    EXPECT_EQ(of("bad", "status"), "dead");
    EXPECT_EQ(of("good", "status"), "processed");
    EXPECT_EQ(statusOf("p1"), "completed");
}

TEST_F(InboxWorkerTest, TriesAnUnreadableDeliveryAgainAndBuriesItAtLast) {
    send("e1", R"({"id":"p1","completed_at":"yesterday"})");
    work();
    EXPECT_EQ(of("e1", "status"), "failed");
    EXPECT_EQ(alarms(), 0);
    for (std::int64_t i = 1; i < kAttemptsMax; ++i) {
        now_ += 3'600'000;
        work();
    }
    EXPECT_EQ(of("e1", "status"), "dead");
    EXPECT_THAT(of("e1", "error"), ::testing::HasSubstr("observations[0].completed_at"));
    EXPECT_EQ(alarms(), 1);
}

// A delivery that takes longer than its lease keeps it, and so do those behind it: no other hub
// takes them and counts them as left behind.
TEST_F(InboxWorkerTest, KeepsItsLeasesWhileADeliveryIsSlow) {
    send("e1", kGood);
    send("e2", R"({"id":"p2","status":"completed","outcome":"clear"})");
    InboxWorker* slow = nullptr;
    std::size_t taken_by_others = 0;
    bool was_slow = false;
    // The first question for the time after the claim is asked while the first delivery is applied.
    int questions = 0;
    const auto now = [&] {
        if (++questions > 1 && !was_slow) {
            was_slow = true;
            for (int i = 0; i < 4; ++i) {
                now_ += kInboxLeaseMs * 2 / 3;
                slow->renewHeld();
                taken_by_others += worker("another hub", [this] { return now_.load(); }).runOnce();
            }
        }
        return now_.load();
    };
    InboxWorker first = worker("one hub", now);
    slow = &first;
    EXPECT_EQ(first.runOnce(), 2U);
    EXPECT_TRUE(was_slow);
    EXPECT_EQ(taken_by_others, 0U);
    EXPECT_EQ(of("e1", "status"), "processed");
    EXPECT_EQ(of("e2", "status"), "processed");
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event WHERE fence = 1"), 2);
}

// TM-DB-2: what the database's absence interrupts goes on when it is back, and no attempt counts.
TEST_F(InboxWorkerTest, GivesBackWhatCouldNotBeStored) {
    send("e1", kGood);
    storage::testing::Faults faults;
    storage::Database database(std::make_unique<storage::testing::FaultyDriver>(url(), faults), {});
    int questions = 0;
    // It goes while the delivery is applied: after the question before the claim.
    const auto now = [&] {
        if (++questions == 2) faults.away = true;
        return now_.load();
    };
    InboxWorker worker({database, *repositories_, *plugins_, now, [] {}}, "one hub", 1);
    EXPECT_EQ(worker.runOnce(), 1U);
    EXPECT_EQ(worker.runOnce(), 0U) << "still away";
    EXPECT_EQ(of("e1", "status"), "verified");
    faults.away = false;
    worker.runOnce();
    now_ += kStrandedPauseMs;
    static_assert(kStrandedPauseMs < kInboxLeaseMs / 2);
    EXPECT_EQ(worker.runOnce(), 1U);
    EXPECT_EQ(of("e1", "status"), "processed");
    EXPECT_EQ(count("SELECT attempts FROM inbound_event"), 0);
    EXPECT_EQ(statusOf("p1"), "completed");
    database.stop();
}

// In the usual quick case renewing asks nobody.
// A plugin that never returns must not keep a delivery, nor those behind it, from everybody else.
TEST(HeldLeases, AreNotRenewedForEver) {
    HeldLeases held;
    const storage::DeliveryLease lease{"row", "tenant", 1, 0};
    held.hold({lease}, 0, kInboxLeaseMs);
    EXPECT_EQ(held.endingBefore(kInboxLeaseMs + 1, 0).size(), 1U);
    EXPECT_TRUE(held.endingBefore(kInboxLeaseMs + 1, 1).empty());
}

TEST(HeldLeases, OfOneRowAreToldApartByTheirFence) {
    HeldLeases held;
    const storage::DeliveryLease lost{"row", "tenant", 1, 0};
    const storage::DeliveryLease current{"row", "tenant", 2, 0};
    held.hold({lost}, 0, 1);
    held.hold({current}, 0, 1);
    held.extend({lost}, 100);
    held.letGo(lost);
    const auto ending = held.endingBefore(2, 0);
    ASSERT_EQ(ending.size(), 1U);
    EXPECT_EQ(ending.front().fence, 2);
}

TEST_F(InboxWorkerTest, RenewsNothingThatIsYoungOrDone) {
    send("e1", kGood);
    InboxWorker one = worker("one hub", [this] { return now_.load(); });
    one.runOnce();
    now_ += kInboxLeaseMs;
    const auto before = database_->counters().units_committed.load();
    one.renewHeld();
    EXPECT_EQ(database_->counters().units_committed, before);
}

TEST_F(InboxWorkerTest, BringsInWhatIsMissingWhenADeadLetterIsReplayed) {
    send("e1", std::string(kGood) + R"(,{"status":"completed"})");
    work();
    const auto replayed =
        database_->write(storage::WriteQueue::kPortal, [&](storage::Connection& connection) {
            repositories_->inbox.replay(connection, scope_, of("e1", "id"), now_);
        });
    ASSERT_TRUE(replayed.ok()) << replayed.error().text();
    work();
    EXPECT_EQ(of("e1", "status"), "dead") << "this plugin knows no better";
    EXPECT_EQ(count("SELECT COUNT(*) FROM observation"), 1) << "the good one counts once";
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order"), 1);
}

}  // namespace
}  // namespace hub::ingress
