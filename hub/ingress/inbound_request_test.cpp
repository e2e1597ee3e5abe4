// Inbound requests: the vendor waits, a flow answers (plugin-contract section 4).
#include <gmock/gmock.h>

#include <thread>

#include "hub/flows/flow_runner.hpp"
#include "hub/ingress/inbound_request.hpp"
#include "hub/ingress/testing/ingress_fixture.hpp"

namespace hub::ingress {
namespace {

using ::testing::HasSubstr;
using testing::IngressTest;
using testing::Sent;

class InboundRequest : public IngressTest {
protected:
    InboundRequest() {
        const auto made =
            account(scope_, "ats", std::nullopt, std::nullopt, "shape_inbound_answer");
        sent_.vendor = "shape_inbound_answer";
        sent_.token = made.token;
        account_ = made.id;
        sent_.tail = "/packages";
        sent_.body = R"({"country":"US"})";
        const auto done =
            database_->write(storage::WriteQueue::kPortal, [&](storage::Connection& connection) {
                connection.run("UPDATE provider_config SET vendor_options = ? WHERE id = ?",
                               {R"({"packages":{"basic":"Basic"}})", made.id});
            });
        EXPECT_TRUE(done.ok());
        runner_ = std::make_unique<flows::FlowRunner>(
            flows::FlowServices{*database_, *repositories_, *plugins_, client_, control_,
                                [this] { return now_.load(); },
                                [](const storage::Account&, const std::string& token) {
                                    return "https://hub.example/" + token;
                                },
                                [this] { desk_->wake(); }});
    }

    // Runs every flow that is due, as an engine would.
    void runFlows() {
        const auto leases =
            database_->writeFor(storage::WriteQueue::kFlow, [&](storage::Connection& connection) {
                return repositories_->flows.leaseDue(connection, storage::SystemScope::forWorker(),
                                                     "test", now_, {60'000, 10});
            });
        ASSERT_TRUE(leases) << leases.error().text();
        for (const auto& lease : *leases) runner_->run(lease);
    }
    std::int64_t flowCount() { return count("SELECT COUNT(*) FROM flow"); }
    // Waits for the row: the answer comes only after the flow ran.
    void waitForFlow() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (flowCount() == 0 && std::chrono::steady_clock::now() < end) {
            std::this_thread::yield();
        }
        EXPECT_EQ(flowCount(), 1);
    }

    http::Client client_{http::ClientConfig{}};
    flows::FlowControl control_;
    std::unique_ptr<flows::FlowRunner> runner_;
    Sent sent_;
    std::string account_;
};

TEST_F(InboundRequest, IsAnsweredByItsFlow) {
    auto answer = knockLater(sent_);
    waitForFlow();
    runFlows();
    const auto response = answer.get();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"([{"key":"basic","label":"Basic"}])");
    const auto signature = http::find(response.headers, "X-Signature");
    ASSERT_TRUE(signature);
    EXPECT_EQ(*signature, security::hexEncode(security::hmac(security::HashAlg::kSha256,
                                                             testing::kSecret, response.body)));
    EXPECT_EQ(text("SELECT status FROM inbound_event"), "processed") << "no worker interprets it";
}

TEST_F(InboundRequest, IsAnsweredAgainWithTheStoredAnswer) {
    auto first = knockLater(sent_);
    waitForFlow();
    runFlows();
    const auto answer = first.get();
    const auto repeated = knock(sent_);
    EXPECT_EQ(repeated.status, 200);
    EXPECT_EQ(repeated.body, answer.body);
    EXPECT_EQ(flowCount(), 1);
    EXPECT_EQ(deliveries(), 1);
}

TEST_F(InboundRequest, IsAnswered503AfterTheDeadlineAndLaterWithTheAnswer) {
    openDoor(1);
    const auto late = knock(sent_);
    EXPECT_EQ(late.status, 503);
    EXPECT_TRUE(http::find(late.headers, "Retry-After"));
    runFlows();
    openDoor();
    EXPECT_EQ(knock(sent_).status, 200);
    EXPECT_EQ(flowCount(), 1);
}

// plugin-contract section 4: the vendor has waited since it asked, not since the commit.
TEST_F(InboundRequest, CountsItsDeadlineFromItsArrival) {
    constexpr std::int64_t kLongMs = 3'600'000;
    openDoor(kLongMs);
    std::promise<void> go;
    // Every writer is held, for the request must not be stored before the clock has moved.
    const auto until = go.get_future().share();
    for (std::size_t i = database_->writerView().threads; i > 0; --i) {
        std::promise<void> begun;
        database_->submit(storage::WriteQueue::kSystem,
                          [&begun, until](storage::Connection&) {
                              begun.set_value();
                              until.wait();
                          },
                          {});
        begun.get_future().wait();
    }
    auto answer = knockLater(sent_);
    while (work_->view().busy > 0 || !work_->view().queued.empty()) std::this_thread::yield();
    steady_ms_ += kLongMs;
    go.set_value();
    EXPECT_EQ(answer.get().status, 503);
    EXPECT_EQ(flowCount(), 1) << "its flow still ends, for a repetition";
}

// Architecture section 5: what is asked of an account that is not enabled starts nothing.
TEST_F(InboundRequest, IsAnswered503WhileItsAccountIsNotEnabled) {
    for (const auto state : {storage::AccountState::kPaused, storage::AccountState::kSetup}) {
        setState(account_, state);
        now_ += kEndpointKeptMs;
        const auto response = knock(sent_);
        EXPECT_EQ(response.status, 503);
        EXPECT_TRUE(http::find(response.headers, "Retry-After"));
    }
    EXPECT_EQ(flowCount(), 0);
    setState(account_, storage::AccountState::kEnabled);
    now_ += kEndpointKeptMs;
    auto answer = knockLater(sent_);
    waitForFlow();
    runFlows();
    EXPECT_EQ(answer.get().status, 200);
}

TEST_F(InboundRequest, StartsNothingWithoutAProof) {
    sent_.secret = "wrong";
    EXPECT_EQ(knock(sent_).status, 401);
    EXPECT_EQ(flowCount(), 0);
    EXPECT_EQ(deliveries(), 0);
}

TEST_F(InboundRequest, KeepsTheStatusOfTheFlowsAnswer) {
    sent_.body = "no JSON";
    auto answer = knockLater(sent_);
    waitForFlow();
    runFlows();
    EXPECT_EQ(answer.get().status, 400);
}

// --- what an answer may hold

storage::Flow ended(const std::string& result) {
    storage::Flow flow{};
    flow.id = "f";
    flow.state = storage::FlowState::kDone;
    flow.result = result;
    return flow;
}

std::optional<http::Response> put(const storage::Flow& flow) {
    hubsdk::Manifest manifest;
    manifest.secrets.emplace_back().name = "webhook_secret";
    manifest.secrets.back().places = {"proof", "sign", "header", "body"};
    static const security::SecretValues kSecrets{{"webhook_secret", {"whsec"}}};
    security::PieceContext context;
    context.secrets = &kSecrets;
    return answerOf(flow, manifest, context);
}

TEST(InboundAnswer, WaitsWhileItsFlowRuns) {
    storage::Flow flow = ended("{}");
    flow.state = storage::FlowState::kWaiting;
    EXPECT_FALSE(put(flow));
}

TEST(InboundAnswer, IsTakenWithinTheRules) {
    const auto good = put(ended(R"({"status":202,"headers":[{"name":"X-A","value":["b"]}],)"
                                R"("body":["yes"]})"));
    ASSERT_TRUE(good);
    EXPECT_EQ(good->status, 202);
    EXPECT_EQ(good->body, "yes");
}

TEST(InboundAnswer, Is503ForWhatBreaksThem) {
    const char* const refused[] = {
        "null",
        R"({"status":99,"headers":[],"body":[]})",
        R"({"status":600,"headers":[],"body":[]})",
        R"({"status":200,"headers":[],"body":[{"secret":"webhook_secret"}]})",
        R"({"status":200,"headers":[{"name":"X","value":[{"secret":"webhook_secret"}]}],"body":[]})",
        R"({"status":200,"headers":[{"name":"Content-Length","value":["0"]}],"body":[]})",
        R"({"status":200,"headers":[{"name":"transfer-encoding","value":["chunked"]}],"body":[]})",
        R"({"status":200,"headers":[{"name":"X Y","value":["z"]}],"body":[]})",
        R"({"status":200,"headers":[{"name":"X","value":["a\r\nSet-Cookie: b"]}],"body":[]})",
    };
    for (const char* text : refused) {
        const auto answer = put(ended(text));
        ASSERT_TRUE(answer) << text;
        EXPECT_EQ(answer->status, 503) << text;
    }
}

}  // namespace
}  // namespace hub::ingress
