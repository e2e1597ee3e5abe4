// TM-IN-9: the body's word on the account selects among those of the proven connection, and
// nothing else.
#include <gmock/gmock.h>

#include "hub/ingress/inbox_worker.hpp"
#include "hub/ingress/testing/ingress_fixture.hpp"

namespace hub::ingress {
namespace {

using storage::AccountState;
using testing::IngressTest;
using testing::Sent;

class SharedConnection : public IngressTest {
protected:
    SharedConnection() {
        agency_ = account(scope_, "agency");
        client_scope_ = tenantBelow(scope_, "client");
        client_ = account(client_scope_, "client", "acct_1", agency_.id);
        sent_.token = agency_.token;
    }
    std::string body(const std::string& ref) {
        return R"({"id":"evt_)" + ref + R"(","type":"paid","account":")" + ref + R"("})";
    }
    std::int64_t alarms() {
        return count("SELECT COUNT(*) FROM alert WHERE alert_type = 'foreign_account_ref'");
    }

    Made agency_;
    Made client_;
    storage::TenantScope client_scope_ = storage::TenantScope::fromLeasedRow("none");
    Sent sent_;
};

TEST_F(SharedConnection, SelectsTheAccountThatTheVendorNames) {
    EXPECT_EQ(knock(sent_).status, 200);
    EXPECT_EQ(text("SELECT provider_config_id FROM inbound_event"), client_.id);
    EXPECT_EQ(text("SELECT tenant_id FROM inbound_event"), client_scope_.tenantId());
    EXPECT_EQ(text("SELECT connection FROM inbound_event"), agency_.id);
    EXPECT_EQ(alarms(), 0);
}

TEST_F(SharedConnection, ParksAndReportsANameThatIsNotConnected) {
    sent_.body = body("acct_other");
    EXPECT_EQ(knock(sent_).status, 200);
    EXPECT_EQ(text("SELECT provider_config_id FROM inbound_event"), "");
    EXPECT_EQ(text("SELECT tenant_id FROM inbound_event"), scope_.tenantId());
    EXPECT_EQ(alarms(), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'alert_raised' "
                    "AND title = 'foreign_account_ref'"),
              1);
    EXPECT_EQ(knock(sent_).status, 200);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry"), 1) << "a copy is no news";
}

// A parked delivery that is played again finds the account that was connected since.
TEST_F(SharedConnection, AParkedDeliveryGoesToTheAccountThatIsConnectedLater) {
    sent_.body = body("acct_2");
    EXPECT_EQ(knock(sent_).status, 200);
    const std::string id = text("SELECT id FROM inbound_event");
    const auto replay = [&] {
        return database_->write(storage::WriteQueue::kPortal, [&](storage::Connection& connection) {
            repositories_->inbox.replay(connection, scope_, id, now_);
        });
    };
    InboxWorker worker(
        {*database_, *repositories_, *plugins_, [this] { return now_.load(); }, nullptr, nullptr},
        "test", 0);
    ASSERT_TRUE(replay().ok());
    EXPECT_EQ(worker.runOnce(), 1U);
    EXPECT_EQ(text("SELECT status FROM inbound_event"), "parked") << "nobody has the name yet";
    const auto later = account(client_scope_, "later", "acct_2", agency_.id);
    ASSERT_TRUE(replay().ok());
    EXPECT_EQ(worker.runOnce(), 1U);
    EXPECT_EQ(text("SELECT status FROM inbound_event WHERE id = ?", {id}), "processed");
    EXPECT_EQ(text("SELECT tenant_id FROM inbound_event WHERE provider_config_id = ?", {later.id}),
              client_scope_.tenantId());
    EXPECT_EQ(worker.runOnce(), 1U);
    EXPECT_EQ(text("SELECT status FROM inbound_event WHERE provider_config_id = ?", {later.id}),
              "processed");
}

TEST_F(SharedConnection, ReachesNoAccountOfAnotherConnection) {
    const auto stranger_scope = tenant("stranger");
    const auto stranger = account(stranger_scope, "stranger", "acct_9");
    sent_.body = body("acct_9");
    EXPECT_EQ(knock(sent_).status, 200);
    EXPECT_EQ(text("SELECT provider_config_id FROM inbound_event"), "");
    EXPECT_EQ(alarms(), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event WHERE tenant_id = ?",
                    {stranger_scope.tenantId()}),
              0);
}

TEST_F(SharedConnection, ParksForARetiredAccount) {
    scope_ = client_scope_;
    setState(client_.id, AccountState::kRetired);
    EXPECT_EQ(knock(sent_).status, 200);
    EXPECT_EQ(text("SELECT provider_config_id FROM inbound_event"), "");
    EXPECT_EQ(alarms(), 1);
}

TEST_F(SharedConnection, KeepsAnEventWithoutANameForItsOwner) {
    sent_.body = R"({"id":"evt_1","type":"token.revoked"})";
    EXPECT_EQ(knock(sent_).status, 200);
    EXPECT_EQ(text("SELECT provider_config_id FROM inbound_event"), agency_.id);
}

TEST_F(SharedConnection, ProvesWithTheSecretOfTheConnectionOnly) {
    // The member has no secret of its own, so nothing proves a delivery on its own endpoint.
    sent_.token = client_.token;
    EXPECT_EQ(knock(sent_).status, 401);
    EXPECT_EQ(deliveries(), 0);
}

TEST_F(SharedConnection, RefusesAConnectionThatIsNotOfTheTenantOrTheOneAbove) {
    const auto stranger_scope = tenant("stranger");
    EXPECT_THROW(account(stranger_scope, "x", "acct_2", agency_.id), std::runtime_error);
    EXPECT_THROW(account(client_scope_, "x", "acct_1", agency_.id), std::runtime_error)
        << "the vendor's account is connected already";
    EXPECT_THROW(account(client_scope_, "x", std::nullopt, agency_.id), std::runtime_error)
        << "nothing tells it apart";
    EXPECT_THROW(account(client_scope_, "x", "acct_3", client_.id), std::runtime_error)
        << "a member is no connection";
    EXPECT_NO_THROW(account(client_scope_, "x", "acct_2", agency_.id));
}

TEST_F(IngressTest, ParksAForeignNameOnAConnectionOfOneAccount) {
    const auto made = account(scope_, "one", "acct_1");
    Sent sent;
    sent.token = made.token;
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(text("SELECT provider_config_id FROM inbound_event"), made.id);
    sent.body = R"({"id":"evt_2","type":"paid","account":"acct_2"})";
    EXPECT_EQ(knock(sent).status, 200);
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event WHERE provider_config_id IS NULL"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert"), 1);
}

}  // namespace
}  // namespace hub::ingress
