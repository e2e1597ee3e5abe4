// Secrets of an account: used, taken out of replies, renewed, and never seen (TM-OUT-11).
#include "hub/flows/flow_sweep.hpp"
#include "hub/flows/testing/flow_fixture.hpp"
#include "hub/flows/token_upkeep.hpp"

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using testing::answer;
using ::testing::HasSubstr;
using testing::loseReply;
using ::testing::Not;

constexpr const char* kTokenFlow =
    R"({"auth.token":[{"label":"token","path":"/token","repeat":"keyed","refresh":true,"show":true,
        "capture":[{"at":"/access","into":"access_token","expires":"/in"},
                   {"at":"/refresh","into":"refresh_token"}]}]})";
constexpr const char* kUseToken =
    R"([{"label":"a","method":"GET","path":"/a","secret":"access_token"}])";

class CredentialTest : public testing::FlowEngineTest {
protected:
    CredentialTest() {
        sql("UPDATE provider_config SET vendor_options = ?", {kTokenFlow});
        setSecret("refresh_token", "refresh-1");
        vendor_.on("/token", {answer(200, R"({"access":"new","refresh":"refresh-2","in":3600})")});
    }
    std::string sent(std::size_t index = 0) {
        return headerOf(vendor_.seen("/a").at(index), "X-Secret");
    }
    std::int64_t authFlows() {
        return count("SELECT COUNT(*) FROM flow WHERE command = 'auth.token'");
    }
};

TEST_F(CredentialTest, UsesATokenThatIsCurrent) {
    setSecret("access_token", "old", now_ + 3'600'000);
    const std::string id = start(kUseToken);
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(sent(), "old");
    EXPECT_EQ(authFlows(), 0);
}

TEST_F(CredentialTest, RenewsATokenThatIsMissingOrAboutToExpire) {
    const std::string missing = start(kUseToken);
    run();
    EXPECT_EQ(state(missing), "done") << error(missing);
    EXPECT_EQ(sent(), "new");
    EXPECT_EQ(vendor_.seen("/token").at(0).body, "refresh_token=refresh-1");
    EXPECT_EQ(secrets().at("refresh_token").front().text, "refresh-2");
    EXPECT_EQ(secrets().at("access_token").front().expires_at_ms, now_ + 3'600'000);
    now_ += 3'600'000 - kTokenMarginMs;
    start(kUseToken);
    run();
    EXPECT_EQ(vendor_.seen("/token").at(1).body, "refresh_token=refresh-2")
        << "the rotated token was committed before it was used";
    EXPECT_EQ(authFlows(), 2);
}

TEST_F(CredentialTest, ManyFlowsShareOneRenewal) {
    std::vector<std::string> ids;
    for (const char* command : {"account.test", "account.connect", "feed.sync"})
        ids.push_back(start(kUseToken, command));
    run();
    for (const std::string& id : ids) EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(vendor_.seen("/token").size(), 1U);
}

TEST_F(CredentialTest, ARefusedTokenIsRenewedOnceAndTheCallRepeatedOnce) {
    setSecret("access_token", "old", now_ + 3'600'000);
    vendor_.on("/a", {answer(401), answer(200)});
    const std::string id = start(kUseToken);
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(sent(0), "old");
    EXPECT_EQ(sent(1), "new");
    EXPECT_EQ(vendor_.seen("/token").size(), 1U);
}

TEST_F(CredentialTest, ASecondRefusalIsThePluginsToJudge) {
    setSecret("access_token", "old", now_ + 3'600'000);
    vendor_.on("/a", {answer(401)});
    const std::string id = start(kUseToken);
    runToEnd();
    EXPECT_EQ(state(id), "failed");
    EXPECT_THAT(error(id), HasSubstr("auth 401 at a"));
    EXPECT_EQ(vendor_.seen("/a").size(), 2U);
    EXPECT_EQ(vendor_.seen("/token").size(), 1U);
}

TEST_F(CredentialTest, ARenewalThatFailsFailsWhoeverWaits) {
    vendor_.on("/token", {answer(400)});
    const std::string id = start(kUseToken);
    runToEnd();
    EXPECT_EQ(state(id), "failed");
    EXPECT_THAT(error(id), HasSubstr("auth: the token could not be renewed"));
    EXPECT_EQ(vendor_.seen("/token").size(), 1U);
    EXPECT_TRUE(vendor_.seen("/a").empty());
    vendor_.on("/token", {answer(200, R"({"access":"new","refresh":"r","in":60})")});
    now_ += kTokenFailureMs + 1;
    const std::string later = start(kUseToken);
    runToEnd();
    EXPECT_EQ(state(later), "done") << error(later);
}

// A token that is asked for twice harms nobody, whatever the plugin says of its repeats.
TEST_F(CredentialTest, ALostTokenIsAskedForAgain) {
    sql("UPDATE provider_config SET vendor_options = REPLACE(vendor_options, 'keyed', 'never')");
    vendor_.on("/token", {loseReply(), answer(200, R"({"access":"new","refresh":"r","in":3600})")});
    const std::string id = start(kUseToken);
    runToEnd();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(vendor_.seen("/token").size(), 2U);
    EXPECT_EQ(authFlows(), 1);
}

// R-VEN-16: who cannot be reached refuses nothing.
TEST_F(CredentialTest, AnOrderWhoseTokenNobodyGivesGoesToAPerson) {
    vendor_.on("/token", {answer(500)});
    const auto order =
        startOrder(std::string(kTokenFlow).insert(1, R"("order.submit":[{"label":"a","path":"/a",
            "secret":"access_token"}],)"));
    for (int i = 0; i < 4; ++i) {
        run();
        now_ += kTokenWaitMs;
    }
    EXPECT_EQ(flow(order.flow_id).waits_for, "token");
    now_ += kGiveUpAfterMs;
    runToEnd();
    EXPECT_EQ(state(order.flow_id), "failed");
    EXPECT_THAT(error(order.flow_id), HasSubstr("gave up"));
    EXPECT_EQ(orderStatus(order.order_id), "in_progress") << "by hand, not failed";
    EXPECT_EQ(count("SELECT COUNT(*) FROM task WHERE kind = 'manual_fallback'"), 1);
}

// What the vendor forgets when it idles for a day is renewed before, though nobody calls.
TEST_F(CredentialTest, ATokenThatIdlesIsRenewedBeforeTheVendorForgetsIt) {
    constexpr std::int64_t kIdleMaxMs = 86'400'000;  // of the test vendor's manifest
    EXPECT_EQ(renewIdleTokens(services()), 1) << "nobody knows how old the first one is";
    run();
    EXPECT_EQ(secrets().at("refresh_token").front().text, "refresh-2");
    now_ += kIdleMaxMs / 2 - 1;
    EXPECT_EQ(renewIdleTokens(services()), 0);
    now_ += 1;
    EXPECT_EQ(renewIdleTokens(services()), 1);
    EXPECT_EQ(renewIdleTokens(services()), 0) << "one at a time";
    run();
    EXPECT_EQ(vendor_.seen("/token").size(), 2U);
    EXPECT_EQ(vendor_.seen("/token").at(1).body, "refresh_token=refresh-2");
}

TEST_F(CredentialTest, AFailedRenewalOfAnIdleTokenIsTriedAgain) {
    constexpr std::int64_t kIdleMaxMs = 86'400'000;
    vendor_.on("/token", {answer(400)});
    EXPECT_EQ(renewIdleTokens(services()), 1);
    runToEnd();
    EXPECT_EQ(renewIdleTokens(services()), 0) << "not at once";
    now_ += kIdleMaxMs / 8;
    EXPECT_EQ(renewIdleTokens(services()), 1);
}

TEST_F(CredentialTest, OnlyAnEnabledAccountWithATokenIsKeptAlive) {
    sql("UPDATE provider_config SET account_state = 'paused'", {});
    EXPECT_EQ(renewIdleTokens(services()), 0);
    sql("UPDATE provider_config SET account_state = 'enabled'", {});
    sql("UPDATE provider_config SET secret_names = 'api_key'", {});
    EXPECT_EQ(renewIdleTokens(services()), 0) << "it has no token";
    setSecret("refresh_token", "refresh-1");
    EXPECT_EQ(renewIdleTokens(services()), 1);
}

TEST_F(CredentialTest, ACallWithoutSecretsShowsA401AsItIs) {
    vendor_.on("/a", {answer(401)});
    const std::string id = start(R"([{"label":"a","path":"/a","allow":401}])");
    run();
    EXPECT_THAT(result(id), HasSubstr("a=401"));
    EXPECT_EQ(authFlows(), 0);
}

TEST_F(CredentialTest, CapturedValuesAreBlankForPluginAndJournal) {
    const std::string id = start("", "auth.token");
    run();
    EXPECT_THAT(result(id), HasSubstr("***"));
    EXPECT_THAT(result(id), Not(HasSubstr("refresh-2")));
    EXPECT_THAT(steps(id)[0].reply->body, Not(HasSubstr("new")));
}

TEST_F(CredentialTest, ATransientSecretGoesToTheCallerOnceAndNotToTheAccount) {
    vendor_.on("/s", {answer(200, R"({"client_secret":"once","in":120})")});
    const std::string id = start(
        R"([{"label":"s","path":"/s","capture":[{"at":"/client_secret","into":"sdk_token",
             "mode":"transient","expires":"/in"}]}])");
    run();
    ASSERT_EQ(state(id), "done") << error(id);
    EXPECT_FALSE(secrets().contains("sdk_token"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE transient_enc LIKE '%once%'"), 0);
    const auto take = [&] {
        return database_
            ->writeFor(storage::WriteQueue::kPortal,
                       [&](storage::Connection& connection) {
                           return repositories_->flows.takeTransient(connection, scope_, id, now_);
                       })
            .value();
    };
    EXPECT_EQ(take(), R"({"sdk_token":"once"})");
    EXPECT_EQ(take(), std::nullopt);
}

TEST_F(CredentialTest, ATransientSecretExpires) {
    vendor_.on("/s", {answer(200, R"({"t":"once","in":120})")});
    const std::string id = start(
        R"([{"label":"s","path":"/s","capture":[{"at":"/t","into":"sdk_token","mode":"transient",
             "expires":"/in"}]}])");
    run();
    now_ += 120'000;
    EXPECT_FALSE(database_->read([&](storage::Connection& connection) {
        return repositories_->flows.takeTransient(connection, scope_, id, now_).has_value();
    }));
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE transient_enc IS NOT NULL"), 1);
    EXPECT_EQ(sweepFlows(*database_, repositories_->flows, now_), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE transient_enc IS NOT NULL"), 0);
}

// A captured key that is never renewed is what the vendor counts by.
TEST_F(CredentialTest, ACapturedKeyIsItsBudget) {
    hubsdk::Manifest manifest = plugins_->find("flow_trial")->manifest();
    std::erase(manifest.commands, "auth.token");
    const auto opened = [&](const char* client_secret, const char* token) {
        storage::SecretMap map;
        map["client_secret"].push_back({client_secret, std::nullopt});
        map["access_token"].push_back({token, std::nullopt});
        return Credentials(map, account(), manifest, now_).budgetKey();
    };
    EXPECT_EQ(opened("partner", "key"), opened("partner", "key"));
    EXPECT_NE(opened("partner", "key"), opened("partner", "other"));
}

TEST_F(CredentialTest, AccountsWithOneKeyShareItsBudget) {
    const auto opened = [&](const char* account_id, const char* key) {
        storage::SecretMap map;
        map["api_key"].push_back({key, std::nullopt});
        map["access_token"].push_back({account_id, std::nullopt});
        storage::Account other = account();
        other.id = account_id;
        return Credentials(map, other, plugins_->find("flow_trial")->manifest(), now_).budgetKey();
    };
    EXPECT_EQ(opened("one", "key"), opened("two", "key"));
    EXPECT_NE(opened("one", "key"), opened("one", "other"));
    EXPECT_THAT(opened("one", "key"), Not(HasSubstr("key")));
}

// TM-OUT-11: no secret in a path, a log line, an error or a row.
TEST_F(CredentialTest, NoSecretReachesAnySink) {
    setSecret("access_token", "PLANTED-SECRET", now_ + 3'600'000);
    vendor_.on("/a", {answer(500, "PLANTED-SECRET echoed"), loseReply(), answer(403)});
    ::testing::internal::CaptureStderr();
    const std::string id = start(kUseToken);
    runToEnd();
    const std::string logged = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(logged, HasSubstr("flow."));
    EXPECT_THAT(logged, Not(HasSubstr("PLANTED-SECRET")));
    EXPECT_THAT(error(id), Not(HasSubstr("PLANTED-SECRET")));
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow_attempt WHERE error LIKE '%PLANTED%'"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow_step WHERE error LIKE '%PLANTED%' OR "
                    "reply_body_enc LIKE '%PLANTED%' OR reply_headers_enc LIKE '%PLANTED%'"),
              0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert WHERE description LIKE '%PLANTED%'"), 0);
}

}  // namespace
}  // namespace hub::flows
