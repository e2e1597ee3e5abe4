// Callers who wait for the flow they start (plugin-contract section 8; RFC 7240).
#include "hub/ingress/answer_desk.hpp"
#include "portal-api/testing/handler_fixture.hpp"

#include <gmock/gmock.h>

#include <future>

namespace portal {
namespace {

using hub::http::Request;
using hub::http::Response;
using hub::storage::FlowState;
using ::testing::HasSubstr;

class WaitTest : public testing::HandlerTest {
protected:
    WaitTest() {
        const auto plugin =
            plugins_->install(std::filesystem::path(SHAPES_DIR) / "shape_oauth_refresh.so");
        if (!plugin) throw std::runtime_error(plugin.error().text());
        provider_id_ = addAccount("shape_oauth_refresh");
        key_ = write([&](hub::storage::Connection& connection) {
                   return repositories_->api_keys.create(connection, scope_, "test",
                                                         {"provider.manage", "order.create"},
                                                         std::nullopt, now_);
               }).key;
        openRouter(hub::ingress::kAnswersWaitingMax);
    }
    ~WaitTest() override {
        desk_->stop();
        work_.stop();
    }

    void openRouter(std::size_t waiting_max) {
        desk_ = std::make_unique<hub::ingress::AnswerDesk>(waiting_max);
        router_ = std::make_unique<Router>(
            PortalServices{*database_, *repositories_, *plugins_, *vault_, [this] { return now_; },
                           [](std::string_view, std::string_view) { return ""; }, [] {}, &control_,
                           desk_.get()},
            work_, routes());
    }

    std::future<Response> post(const std::string& prefer) {
        return post(prefer, "/providers/" + provider_id_ + "/commands",
                    R"({"command":"account.test"})");
    }
    std::future<Response> post(const std::string& prefer, const std::string& path,
                               const std::string& body) {
        Request request;
        request.method = "POST";
        request.path = "/api/v1" + path;
        request.headers = {{"Authorization", "Bearer " + key_},
                           {"Content-Type", "application/json"}};
        if (!prefer.empty()) request.headers.push_back({"Prefer", prefer});
        request.body = body;
        auto promise = std::make_shared<std::promise<Response>>();
        auto future = promise->get_future();
        router_->handle(std::move(request),
                        [promise](Response response) { promise->set_value(std::move(response)); });
        return future;
    }

    // Until the caller stands at the desk.
    void awaitWaiting() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (desk_->waiting() == 0 && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
        EXPECT_EQ(desk_->waiting(), 1U);
    }

    void endTheFlow(FlowState state, const std::optional<std::string>& result) {
        (void)write([&](hub::storage::Connection& connection) {
            const auto& flows = repositories_->flows;
            for (const auto& lease : flows.leaseDue(
                     connection, hub::storage::SystemScope::forWorker(), "test", now_, {1000, 100}))
                flows.finish(connection, lease, state, result, std::nullopt, now_);
            return 0;
        });
    }

    static std::string applied(const Response& response) {
        return std::string(
            hub::http::find(response.headers, "Preference-Applied").value_or("none"));
    }

    std::string provider_id_;
    std::string key_;
    hub::app::WorkPool work_{1, 16};
    std::unique_ptr<hub::ingress::AnswerDesk> desk_;
    std::unique_ptr<Router> router_;
};

TEST_F(WaitTest, WithoutThePreferenceNobodyWaits) {
    const Response response = post("").get();
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(applied(response), "none");
    EXPECT_EQ(desk_->waiting(), 0U);
}

TEST_F(WaitTest, AFlowThatEndsInTimeIsAnsweredWithItsResult) {
    auto answer = post("wait=10");
    awaitWaiting();
    // The only worker thread is free: it serves another call meanwhile.
    EXPECT_EQ(post("").get().status, 202);
    endTheFlow(FlowState::kDone, R"({"ok":true})");
    desk_->wake();
    const Response response = answer.get();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(applied(response), "wait=10");
    EXPECT_THAT(response.body, HasSubstr(R"("state":"done")"));
    EXPECT_THAT(response.body, HasSubstr(R"("result":{"ok":true})"));
}

// An order is answered as it is when its submission has ended.
TEST_F(WaitTest, AnOrderWaitsForItsSubmission) {
    const auto plugin =
        plugins_->install(std::filesystem::path(SHAPES_DIR) / "shape_xml_credentials.so");
    ASSERT_TRUE(plugin) << plugin.error().text();
    auto answer = post(
        "wait=10", "/orders",
        R"({"providerId":")" + addAccount("shape_xml_credentials") +
            R"(","package":"basic","applicant":{"email":"a@b.example","firstName":"A","lastName":"B"}})");
    awaitWaiting();
    (void)write([&](hub::storage::Connection& connection) {
        return connection.run("UPDATE vendor_order SET vendor_order_id = 'v-17'");
    });
    endTheFlow(FlowState::kDone, std::nullopt);
    desk_->wake();
    const Response response = answer.get();
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(applied(response), "wait=10");
    EXPECT_THAT(response.body, HasSubstr(R"("vendorOrderId":"v-17")"));
}

TEST_F(WaitTest, AFailedFlowIsAnEndToo) {
    auto answer = post("wait=10");
    awaitWaiting();
    endTheFlow(FlowState::kFailed, std::nullopt);
    const Response response = answer.get();
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr(R"("state":"failed")"));
}

TEST_F(WaitTest, WhatTakesLongerIsAnsweredWithTheFlowsId) {
    const Response response = post("wait=1").get();
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(applied(response), "wait=1");
    EXPECT_THAT(response.body, HasSubstr(R"("state":"running")"));
    EXPECT_THAT(response.body, HasSubstr(R"("id":")"));
}

TEST_F(WaitTest, AFullDeskAnswersAtOnce) {
    desk_->stop();
    openRouter(0);
    EXPECT_EQ(post("wait=10").get().status, 202);
}

TEST_F(WaitTest, ARefusedCallIsNotWaitedFor) {
    provider_id_ = "nobody";
    const Response response = post("wait=10").get();
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(applied(response), "none");
}

}  // namespace
}  // namespace portal
