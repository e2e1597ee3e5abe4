#include "portal-api/flow_handler.hpp"

#include "portal-api/testing/handler_fixture.hpp"

namespace portal {
namespace {

using hub::storage::Connection;
using hub::storage::FlowState;
using hubsdk::ErrorCode;

class FlowHandlerTest : public testing::HandlerTest {};

constexpr std::string_view kResolve = "/admin/flows/{}/resolve";

TEST_F(FlowHandlerTest, ResolvesAnUncertainFlow) {
    const std::string id = startFlow("account.connect");
    endFlow(id, FlowState::kUncertain);
    const auto answer = ask("POST", kResolve, {id}, R"({"outcome":"not_placed"})");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_NE(answer->document.find(R"("state":"running")"), std::string::npos);
    EXPECT_EQ(woken_, 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'flow_resolved' "
                    "AND actor_id = 'key-7'"),
              1);
    EXPECT_EQ(ask("POST", kResolve, {id}, R"({"outcome":"abandon"})").error().code,
              ErrorCode::kConflict);
}

TEST_F(FlowHandlerTest, NamesTheFieldThatIsWrong) {
    const std::string id = startFlow("account.connect");
    endFlow(id, FlowState::kUncertain);
    const auto field = [&](std::string_view body) {
        const auto answer = ask("POST", kResolve, {id}, body);
        EXPECT_FALSE(answer);
        EXPECT_EQ(answer.error().code, ErrorCode::kInvalid);
        return answer.error().path;
    };
    EXPECT_EQ(field("{}"), "outcome");
    EXPECT_EQ(field(R"({"outcome":"perhaps"})"), "outcome");
    EXPECT_EQ(field(R"({"outcome":"abandon","vendor_order_id":"v"})"), "vendor_order_id");
    EXPECT_EQ(field(R"({"outcome":"abandon","note":"x"})"), "note");
}

// TM-AZ-1
TEST_F(FlowHandlerTest, AnotherTenantsFlowIsNotThere) {
    const std::string id = startFlow("account.connect");
    endFlow(id, FlowState::kUncertain);
    scope_ = tenant("other");
    EXPECT_EQ(ask("POST", kResolve, {id}, R"({"outcome":"abandon"})").error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(ask("GET", "/admin/flows/{}", {id}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(ask("GET", "/admin/flows")->document, R"({"items":[]})");
}

TEST_F(FlowHandlerTest, ListsPageByPage) {
    for (const char* command : {"account.test", "account.connect", "catalog.list"}) {
        startFlow(command);
        ++now_;
    }
    const auto first = ask("GET", "/admin/flows", {}, "{}", "limit=2");
    ASSERT_TRUE(first) << first.error().text();
    const auto document = hubsdk::JsonDocument::parse(first->document);
    EXPECT_EQ(document->root()["items"].size(), 2U);
    const std::string next(document->root()["next"].text());
    const auto last = ask("GET", "/admin/flows", {}, "{}", "limit=2&after=" + next);
    EXPECT_NE(last->document.find("catalog.list"), std::string::npos);
    EXPECT_EQ(last->document.find("next"), std::string::npos);
    EXPECT_EQ(ask("GET", "/admin/flows", {}, "{}", "state=uncertain")->document, R"({"items":[]})");
    for (const char* query : {"limit=0", "limit=101", "limit=x", "state=odd"})
        EXPECT_EQ(ask("GET", "/admin/flows", {}, "{}", query).error().code, ErrorCode::kInvalid);
}

TEST_F(FlowHandlerTest, GivesTransientSecretsOnceAndWritesItDown) {
    const std::string id = startFlow("account.connect");
    (void)write([&](Connection& connection) {
        const auto& flows = repositories_->flows;
        const auto lease = flows.leaseDue(connection, hub::storage::SystemScope::forWorker(),
                                          "test", now_, {1000, 1});
        flows.keepTransient(connection, lease.at(0), {"sdk_token", "once", std::nullopt}, now_);
        return 0;
    });
    const auto answer = ask("POST", "/admin/flows/{}/transient", {id});
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->document, R"({"values":{"sdk_token":"once"}})");
    EXPECT_EQ(ask("POST", "/admin/flows/{}/transient", {id}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'flow_secrets_taken'"), 1);
}

TEST_F(FlowHandlerTest, ShowsTheBreakersOfItsOwnProviders) {
    for (int i = 0; i < hub::flows::kBreakerFailuresMax; ++i) {
        control_.breaker.failed("trial", account_id_, now_);
        control_.breaker.failed("trial", "another tenant's", now_);
    }
    hub::storage::NewAccount second;
    second.plugin_key = "trial";
    second.provider_name = second.provider_code = "second";
    const auto stumbled = write([&](Connection& connection) {
        return repositories_->accounts.create(connection, scope_, second, now_).id;
    });
    control_.breaker.failed("trial", stumbled, now_);  // once: still closed
    const auto answer = ask("GET", "/admin/breakers");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_NE(answer->document.find(R"("state":"open")"), std::string::npos);
    EXPECT_EQ(answer->document.find("another"), std::string::npos);
    EXPECT_EQ(answer->document.find("closed"), std::string::npos) << answer->document;
}

}  // namespace
}  // namespace portal
