#include "portal-api/provider_handler.hpp"

#include <gmock/gmock.h>

#include "portal-api/testing/handler_fixture.hpp"

namespace portal {
namespace {

using hubsdk::ErrorCode;
using ::testing::HasSubstr;

constexpr std::string_view kCommands = "/providers/{}/commands";

/// A provider whose plugin offers account.test and auth.token, and no orders.
class ProviderCommandTest : public testing::HandlerTest {
protected:
    ProviderCommandTest() {
        const auto plugin =
            plugins_->install(std::filesystem::path(SHAPES_DIR) / "shape_oauth_refresh.so");
        if (!plugin) throw std::runtime_error(plugin.error().text());
        provider_id_ = addAccount("shape_oauth_refresh");
    }
    std::string provider_id_;
};

TEST_F(ProviderCommandTest, StartsACommandThatThePluginOffers) {
    const auto answer = ask("POST", kCommands, {provider_id_}, R"({"command":"account.test"})");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 202);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow"), 1);
    EXPECT_EQ(woken_, 1);
}

TEST_F(ProviderCommandTest, RefusesACommandThatThePluginDoesNotOffer) {
    const auto answer = ask("POST", kCommands, {provider_id_}, R"({"command":"catalog.list"})");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(answer.error().path, "command");
    EXPECT_THAT(answer.error().message, HasSubstr("account.test"));
    EXPECT_THAT(answer.error().message, HasSubstr("auth.token"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow"), 0);
    EXPECT_EQ(woken_, 0);
}

TEST_F(ProviderCommandTest, RefusesAnOrderForAPluginThatTakesNone) {
    const std::string body =
        R"({"provider_id":")" + provider_id_ +
        R"(","package":"basic","applicant":{"first_name":"A","last_name":"B","email":"a@b.example"}})";
    const auto answer = ask("POST", "/orders", {}, body);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(answer.error().path, "provider_id");
    EXPECT_THAT(answer.error().message, HasSubstr("does not offer order.submit"));
    for (const char* table : {"flow", "screening_order", "vendor_order", "person"})
        EXPECT_EQ(count(std::string("SELECT COUNT(*) FROM ") + table), 0) << table;
}

// E-082 where the vendor takes no cancellation: the order ends here, and a person asks the vendor.
TEST_F(ProviderCommandTest, OpensATaskToCancelByHandWhereThePluginCannot) {
    const auto plugin =
        plugins_->install(std::filesystem::path(SHAPES_DIR) / "shape_xml_credentials.so");
    ASSERT_TRUE(plugin) << plugin.error().text();
    const std::string provider = addAccount("shape_xml_credentials");
    const auto place = [&] {
        const auto answer = ask(
            "POST", "/orders", {},
            R"({"provider_id":")" + provider +
                R"(","package":"basic","applicant":{"first_name":"A","last_name":"B","email":"a@b.example"}})");
        EXPECT_TRUE(answer) << answer.error().text();
        return database_->read([&](hub::storage::Connection& connection) {
            return repositories_->vendor_orders
                .ofOrder(connection, scope_,
                         hubsdk::JsonDocument::parse(answer->document)->root()["id"].text())
                .front();
        });
    };
    const auto unsent = place();
    ASSERT_TRUE(ask("POST", "/orders/{}/cancel", {unsent.order_id}));
    EXPECT_EQ(count("SELECT COUNT(*) FROM task"), 0) << "the vendor never heard of it";
    auto sent = place();
    (void)write([&](hub::storage::Connection& connection) {
        sent.status = "submitted";
        repositories_->vendor_orders.save(connection, scope_, sent, now_);
        return 0;
    });
    const auto cancelled = ask("POST", "/orders/{}/cancel", {sent.order_id});
    ASSERT_TRUE(cancelled) << cancelled.error().text();
    EXPECT_THAT(cancelled->document, HasSubstr(R"("status":"cancelled")"));
    EXPECT_EQ(tasksOn("manual_cancel", sent.order_id), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE command = 'order.cancel'"), 0);
    const auto under_way = place();
    (void)write([&](hub::storage::Connection& connection) {
        // The vendor may know the order by now.
        return connection.run("UPDATE flow SET state = 'uncertain' WHERE subject_id = ?",
                              {under_way.id});
    });
    const auto unloaded = place();
    (void)write([&](hub::storage::Connection& connection) {
        return connection.run(
            "UPDATE vendor_order SET status = 'submitted', plugin_key = 'gone' WHERE id = ?",
            {unloaded.id});
    });
    for (const auto& row : {under_way, unloaded}) {
        ASSERT_TRUE(ask("POST", "/orders/{}/cancel", {row.order_id}));
        EXPECT_EQ(tasksOn("manual_cancel", row.order_id), 1);
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow WHERE command = 'order.cancel'"), 0);
}

TEST_F(ProviderCommandTest, KeepsRecordingsOnlyWhereItIsAskedTo) {
    const auto create = [&](const std::string& days) {
        return ask(
            "POST", "/providers", {},
            R"({"plugin_key":"shape_oauth_refresh","provider_code":"days)" + days +
                R"(","provider_name":"n","settings":{"client_id":"c"},"secrets":{"client_secret":"s"},"recording_days":)" +
                days + "}");
    };
    for (const char* wrong : {"1", "29", "366", "-30"})
        EXPECT_EQ(create(wrong).error().path, "recording_days") << wrong;
    const auto made = create("90");
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_THAT(made->document, HasSubstr(R"("recording_days":90)"));
}

TEST_F(ProviderCommandTest, StartsOneFeedFromItsCursor) {
    const auto plugin =
        plugins_->install(std::filesystem::path(SHAPES_DIR) / "shape_paged_list.so");
    ASSERT_TRUE(plugin) << plugin.error().text();
    const std::string id = addAccount("shape_paged_list");
    const auto wrong =
        ask("POST", kCommands, {id}, R"({"command":"feed.sync","parameters":{"feed":"else"}})");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().path, "parameters.feed");
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow"), 0);
    for (int i = 0; i < 2; ++i) {
        const auto answer = ask("POST", kCommands, {id},
                                R"({"command":"feed.sync","parameters":{"feed":"reports"}})");
        ASSERT_TRUE(answer) << answer.error().text();
        EXPECT_THAT(answer->document, HasSubstr(R"("subject_type":"feed")"));
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM flow"), 1) << "one run at a time";
}

}  // namespace
}  // namespace portal
